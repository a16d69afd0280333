"""Studies of times beside each other: Uno's C, and differences on the same patients."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.survival.tables.differences import (
    compute_difference_to_study,
    compute_survival_differences,
)
from deepcme.report.results import StudyResults
from deepcme.report.side_by_side import OTHER_PATIENTS, compute_side_by_side, show_results
from tests.evaluation.survival.tables.conftest import evaluate, invent_predictions


def test_between_studies_of_the_same_splits_it_is_the_difference_of_two_models():
    predictions = invent_predictions()
    both = evaluate(predictions)
    expected = compute_survival_differences(both, "network", ["coin"]).iloc[0]
    named = {"coin": "model", "network": "other"}
    first = both.with_predictions(predictions.replace({"model": named}))
    named = {"network": "model", "coin": "other"}
    second = both.with_predictions(predictions.replace({"model": named}))
    found = compute_difference_to_study(second, first, "model").iloc[0]
    for column in ("difference", "ci_low", "ci_high", "n", "events"):
        assert found[column] == pytest.approx(expected[column]), column


@pytest.fixture
def study(contents_of, invented_predictions, monkeypatch):
    """A folder whose results are those of predictions."""
    known = {}

    def make(predictions=None, **options):
        predictions = invented_predictions() if predictions is None else predictions
        models = tuple(predictions["model"].unique())
        results = contents_of(predictions, models=models, **options).results
        known[results.folder.path] = results
        return results.folder

    monkeypatch.setattr(StudyResults, "read", lambda folder: known[folder.path])
    return make


def test_a_row_for_each_model_has_its_c_and_the_difference_to_the_first_study(
    study, invented_predictions
):
    better = invented_predictions(strengths={"Cox-ridge": 3, "Cox-lasso": 1}, seed=1)
    better["split"] += 100  # their splits need not be the same
    first, second = study(), study(better)
    table = compute_side_by_side([first, second])
    assert table["uno_c"].between(0.5, 1).all() and "auc" not in table
    rows = table[table["study"] == second.path.name].set_index("model")
    of_first = table[table["study"] == first.path.name].set_index("model")
    ridge = rows.loc["Cox-ridge"]
    assert ridge["difference"] == pytest.approx(ridge["uno_c"] - of_first["uno_c"]["Cox-ridge"])
    assert ridge["difference_ci_low"] < ridge["difference"] < ridge["difference_ci_high"]
    assert np.isnan(rows.loc["Cox-lasso", "difference"])
    assert of_first["difference"].isna().all()
    shown = show_results(table)
    assert "Uno's C (95%)" in shown.headings and "Samples" not in shown.headings
    assert "Mean test Uno's C of one fit" in shown.caption


def test_of_other_patients_there_is_no_difference(study, invented_predictions):
    few = invented_predictions()
    test = few["part"] == "test"
    few.loc[test & (few["patient"] == "P1"), "part"] = "train"
    table = compute_side_by_side([study(), study(few)])
    assert set(table["difference_interval"]) == {"", OTHER_PATIENTS}


def test_what_asks_another_question_does_not_compare(study, invented_predictions):
    with pytest.raises(DeepCMEError, match=r"asks for the event by 3 years, and .* by 5 years"):
        compute_side_by_side([study(), study(horizon=3.0)])
    other = invented_predictions().assign(time=lambda table: table["time"] + 1)
    with pytest.raises(DeepCMEError, match="80 of 80 samples have another time or event, P"):
        compute_side_by_side([study(), study(other)])
