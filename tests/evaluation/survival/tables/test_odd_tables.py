"""Whatever the patients are like, no table of a study raises: it says what cannot be told."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme.base.errors import AbsentError
from deepcme.evaluation.survival.recalibration import (
    fit_survival_recalibrations,
    recalibrate_survival_predictions,
)
from deepcme.evaluation.survival.tables.auc_over_time import compute_survival_auc_over_time
from deepcme.evaluation.survival.tables.calibration import (
    compute_survival_calibration_groups,
)
from deepcme.evaluation.survival.tables.decisions import (
    compute_survival_classification,
    compute_survival_decision_curve,
    compute_survival_net_benefit,
)
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.metrics import compute_survival_metrics
from deepcme.evaluation.survival.tables.naive import compute_naive_beside_weighted
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from deepcme.evaluation.survival.tables.risk_groups import (
    compute_group_risks,
    compute_numbers_at_risk_by_group,
    compute_risk_curves,
    compute_risk_groups,
)
from tests.evaluation.survival.tables.conftest import evaluate

HORIZON = 3.0


def make_tables(predictions, horizon, draws=8):
    """Every table; those that may be absent altogether, and say why, are so."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study = evaluate(predictions, horizon, draws=draws)
        tables = {
            "discrimination": compute_survival_discrimination(study),
            "differences": compute_survival_differences(study, "a", ["b"]),
            "metrics": compute_survival_metrics(predictions, horizon),
        }
        if horizon is not None:
            tables["performance"] = compute_survival_performance(study)
            fits = fit_survival_recalibrations(predictions, horizon)
            again = recalibrate_survival_predictions(predictions, fits)
            tables["recalibrated"] = compute_survival_performance(study.with_predictions(again))
        for compute in (
            lambda: compute_survival_classification(study, [0.2]),
            lambda: compute_survival_decision_curve(study, [0.2]),
            lambda: compute_survival_net_benefit(study, [0.2]),
            lambda: compute_survival_calibration_groups(study),
            lambda: compute_survival_auc_over_time(study, 3),
            lambda: compute_naive_beside_weighted(study),
            lambda: fare_in_groups(study),
        ):
            try:
                compute()
            except AbsentError as absent:
                assert str(absent)
    return tables


def fare_in_groups(study):
    groups = compute_risk_groups(study)
    compute_risk_curves(groups)
    compute_numbers_at_risk_by_group(groups, [0, 1])
    compute_group_risks(groups, HORIZON)


def check_told(tables):
    """Where there is no value there is a reason."""
    for name in ("discrimination", "differences", "performance", "recalibrated"):
        if name in tables:
            table = tables[name]
            value = table["difference" if name == "differences" else "value"]
            assert (table.loc[value.isna(), "absent"] != "").all()
    inside = tables["discrimination"].dropna(subset="value")
    assert inside["value"].between(0, 1).all()


def invented(times, events, scores, risks, split=0, train=True):
    """Two models that tested these patients, `b` with scores turned round."""
    n = len(times)
    names = np.array([f"p{i}" for i in range(n)])
    one = {"split": split, "sample": names, "patient": names, "time": times, "event": events}
    tables = [
        pd.DataFrame({**one, "model": model, "part": part, "score": score, "probability": risk})
        for model, score, risk in (("a", scores, risks), ("b", -np.asarray(scores), np.nan))
        for part in (("train", "validation", "test") if train else ("test",))
    ]
    return pd.concat(tables, ignore_index=True)


N = 40
STEADY = np.linspace(0.1, 8, N)
EVERY_THIRD = (np.arange(N) % 3 == 0).astype(int)
SCORES = np.sin(np.arange(N))
RISKS = 1 / (1 + np.exp(-SCORES))

ODD = {
    "no event": (STEADY, np.zeros(N, int), SCORES, RISKS),
    "only events": (STEADY, np.ones(N, int), SCORES, RISKS),
    "only competing events": (STEADY, np.full(N, 2), SCORES, RISKS),
    "one event": (STEADY, np.eye(1, N, 3, dtype=int)[0], SCORES, RISKS),
    "events after the horizon alone": (STEADY + 3.5, EVERY_THIRD, SCORES, RISKS),
    "a tail that is all censored": (STEADY, EVERY_THIRD * (STEADY < 2), SCORES, RISKS),
    "nobody followed beyond the horizon": (STEADY / 3, EVERY_THIRD, SCORES, RISKS),
    "all censored at the start": (
        np.where(EVERY_THIRD, STEADY, 0.0),
        EVERY_THIRD,
        SCORES,
        RISKS,
    ),
    "G is 0": (np.minimum(STEADY, 3.0), EVERY_THIRD, SCORES, RISKS),
    "one time": (np.full(N, 2.0), EVERY_THIRD, SCORES, RISKS),
    "constant scores": (STEADY, EVERY_THIRD, np.zeros(N), np.full(N, 0.5)),
    "risks of 0": (STEADY, EVERY_THIRD, SCORES, np.zeros(N)),
    "risks of 1": (STEADY, EVERY_THIRD, SCORES, np.ones(N)),
    "no risks": (STEADY, EVERY_THIRD, SCORES, np.full(N, np.nan)),
    "some risks": (STEADY, EVERY_THIRD, SCORES, np.where(np.arange(N) < 5, np.nan, RISKS)),
    "a missing score": (
        STEADY,
        EVERY_THIRD,
        np.where(np.arange(N) == 5, np.nan, SCORES),
        RISKS,
    ),
    "perfect scores": (STEADY, np.ones(N, int), -STEADY, (STEADY < 3) * 0.9),
    "one patient": ([2.0], [1], [0.3], [0.4]),
    "two patients": ([2.0, 5.0], [1, 0], [0.3, 0.1], [0.4, 0.2]),
}


QUICK = (
    "no event", "a tail that is all censored", "G is 0", "constant scores", "some risks",
    "only competing events", "one patient",
)  # fmt: skip


@pytest.mark.parametrize("odd", QUICK)
def test_no_table_raises(odd):
    check_told(make_tables(invented(*ODD[odd]), HORIZON))


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("horizon", [HORIZON, None], ids=["horizon", "no horizon"])
def test_none_of_them_does(odd, horizon):
    check_told(make_tables(invented(*ODD[odd]), horizon))


def test_a_fold_without_event_is_no_reason_to_stop():
    fine = invented(STEADY, EVERY_THIRD, SCORES, RISKS)
    tested = fine["part"] == "test"
    folds = pd.concat(
        fine[~tested | (fine["event"].eq(1) == with_event)].assign(split=split)
        for split, with_event in enumerate([True, False])
    )
    tables = make_tables(folds, HORIZON)
    check_told(tables)
    auc = tables["discrimination"].query("measure == 'auc' and model == 'a'").iloc[0]
    # One fold has no case, the other nobody but cases.
    assert auc["n_splits"] + auc["n_not_estimable"] == 2
    assert auc["n_not_estimable"] >= 1


def test_neither_draws_nor_training_rows_are_needed():
    table = invented(STEADY, EVERY_THIRD, SCORES, RISKS, train=False)
    check_told(make_tables(table, HORIZON, draws=0))


@st.composite
def odd_tables(draw):
    """A few patients, perhaps beside fifteen who are followed long without the event."""
    n = draw(st.integers(1, 30))
    lists = {
        "times": st.integers(0, 7), "events": st.sampled_from([0, 0, 1, 1, 2]),
        "scores": st.sampled_from([-1.0, 0.0, 0.5, 2.0]), "risks": st.sampled_from([0.0, 0.2, 1.0]),
    }  # fmt: skip
    drawn = {name: draw(st.lists(of, min_size=n, max_size=n)) for name, of in lists.items()}
    if draw(st.booleans()):
        followed = {"times": 9, "events": 0, "scores": 0.0, "risks": 0.2}
        drawn = {name: [*values, *[followed[name]] * 15] for name, values in drawn.items()}
    return invented(np.array(drawn.pop("times"), dtype=float), **drawn)


def check_any(table, horizon):
    check_told(make_tables(table, horizon))


HORIZONS = st.sampled_from([HORIZON, None])
test_no_table_raises_whatever_the_patients = settings(max_examples=5, deadline=None)(
    given(odd_tables(), HORIZONS)(check_any)
)
test_none_raises_of_many = pytest.mark.slow(
    settings(max_examples=100, deadline=None)(given(odd_tables(), HORIZONS)(check_any))
)
