"""What a committee is above its best member, of times to an event."""

from __future__ import annotations

import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.committees.survival import compute_survival_committee_gain
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from tests.evaluation.committees.committees import take_as_members
from tests.evaluation.survival.tables.conftest import evaluate, invent_predictions

EVERY = ["network", "ranker", "coin"]


@pytest.fixture(scope="module")
def predictions():
    return invent_predictions()


@pytest.fixture(scope="module")
def evaluation(predictions):
    return evaluate(predictions, refitted=EVERY, draws=50)


@pytest.fixture(scope="module")
def members(predictions):
    return take_as_members(predictions, "network", EVERY[1:])


def test_it_is_the_difference_in_unos_c_on_the_same_draws(evaluation, members):
    table = compute_survival_committee_gain(evaluation, members, "network").set_index("model")
    values = compute_survival_discrimination(evaluation, [UNO]).set_index("model")
    differences = compute_survival_differences(
        evaluation, "network", EVERY[1:], measures=[UNO]
    ).set_index("baseline")
    for column in ("value", "ci_low", "ci_high", "n", "events", "n_splits"):
        assert table[column].tolist() == pytest.approx(values.loc[table.index, column].tolist())
    for column, own in (
        ("difference", "difference"), ("ci_low", "difference_low"),
        ("ci_high", "difference_high"),
    ):  # fmt: skip
        assert table.loc[EVERY[1:], own].tolist() == pytest.approx(
            differences.loc[EVERY[1:], column].tolist()
        )
    assert table.index[table["best"]].tolist() == ["ranker"]
    assert (table["measure"] == "uno_c").all()
    assert table.loc["coin", "correlation"] == table.loc["ranker", "correlation"]


def test_where_c_cannot_be_estimated_it_says_why(predictions, members):
    nobody = predictions.assign(event=0)
    with pytest.raises(AbsentError):
        compute_survival_committee_gain(
            evaluate(nobody, draws=5), members.assign(event=0), "network"
        )
