"""C and AUC(t) of a study: of one split as frozen, of several the mean over test parts."""

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.survival.measured import AUC_AT_HORIZON, HARRELL, UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.metrics import compute_survival_metrics
from tests.evaluation.survival.conftest import FROZEN
from tests.evaluation.survival.tables.conftest import evaluate, invent_predictions, one_split


@pytest.fixture(scope="module")
def table(evaluation):
    return compute_survival_discrimination(evaluation)


def value_of(table, model, measure, column="value"):
    chosen = table[(table["model"] == model) & (table["measure"] == measure)]
    return chosen[column].item()


@pytest.mark.parametrize("cohort", FROZEN)
def test_of_one_split_they_are_those_of_r(frozen, cohort):
    at, scores, risks, case = frozen[cohort]
    study = evaluate(one_split(at.follow_up, scores, risks), case["horizon"], draws=20)
    table = compute_survival_discrimination(study).set_index("measure")
    for name in ("uno_c", "harrell_c", "auc"):
        assert table.loc[name, "value"] == pytest.approx(case[name], abs=1e-9)
    assert table.loc["uno_c", "events"] == at.n_cases
    assert table.loc["harrell_c", "events"] == at.follow_up.n_events
    assert (table["n_not_estimable"] == 0).all()


@pytest.mark.parametrize("measure", [UNO, HARRELL, AUC_AT_HORIZON], ids=lambda of: of.name)
def test_of_one_split_the_interval_is_that_of_a_frozen_model(frozen, measure):
    at, scores, risks, _ = frozen["GSE25055"]
    study = evaluate(one_split(at.follow_up, scores, risks), at.horizon)
    row = compute_survival_discrimination(study).set_index("measure").loc[measure.name]
    alone = measure.of(study.patients[0].at, scores).interval()
    assert row[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [alone.value, alone.ci_low, alone.ci_high]
    )


def test_of_several_splits_it_is_their_mean_and_widened(table, predictions):
    metrics = compute_survival_metrics(predictions, 3.0)
    test = metrics[metrics["part"] == "test"]
    means = test.groupby(["model", "metric"])["value"].mean()
    for (model, measure), mean in means.items():
        assert value_of(table, model, measure) == pytest.approx(mean)
    assert (table["n_splits"] == 6).all()
    assert table["ci_low"].lt(table["value"]).all()
    assert table["ci_high"].gt(table["value"]).all()


def test_who_knows_nothing_is_at_chance_and_who_knows_is_above(table):
    for measure in ("uno_c", "harrell_c", "auc"):
        low, high = (value_of(table, "coin", measure, end) for end in ("ci_low", "ci_high"))
        assert low < 0.5 < high
        assert value_of(table, "network", measure, "ci_low") > 0.5


def test_scores_that_tell_nobody_apart_have_no_interval(predictions):
    steady = predictions[predictions["model"] == "coin"].assign(score=0.0)
    table = compute_survival_discrimination(evaluate(steady))
    assert (table["value"] == 0.5).all()
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)


def test_pairs_after_tau_are_counted(table):
    assert value_of(table, "network", "uno_c", "pairs_dropped") > 0
    assert np.isnan(value_of(table, "network", "auc", "pairs_dropped"))
    assert (table["tau"] == 3).all()


def test_a_part_without_event_is_left_out_and_counted(predictions):
    first = predictions["split"] == 0
    early = first & (predictions["part"] == "test") & (predictions["event"] == 1)
    table = compute_survival_discrimination(evaluate(predictions[~early], draws=20))
    row = table[(table["model"] == "network") & (table["measure"] == "auc")].iloc[0]
    assert (row["n_splits"], row["n_not_estimable"]) == (5, 1)
    assert row["absent"] == "no patient of the test part has the event in time"
    assert 0.5 < row["value"] < 1


def test_strata_are_averaged_as_their_cases_weigh(predictions):
    level = np.where(predictions["patient"].str[-1].isin(list("0123")), "a", "b")
    strata = predictions.assign(stratum=level)
    # What differs between the levels is no discrimination within them.
    shifted = strata.assign(score=strata["score"] + 50 * (level == "a"))
    within = compute_survival_discrimination(evaluate(strata, draws=20))
    again = compute_survival_discrimination(evaluate(shifted, draws=20))
    pd.testing.assert_frame_equal(
        within.drop(columns=["ci_low", "ci_high"]), again.drop(columns=["ci_low", "ci_high"])
    )
    assert within["value"].notna().all()


def test_each_cohort_left_out_has_rows_of_its_own(by_cohort):
    table = compute_survival_discrimination(evaluate(by_cohort, draws=20))
    assert table.columns[0] == "left_out"
    assert table.groupby("left_out").size().tolist() == [9, 9]
    metrics = compute_survival_metrics(by_cohort, 3.0)
    test = metrics[(metrics["part"] == "test") & (metrics["metric"] == "uno_c")]
    both = table[table["measure"] == "uno_c"].merge(test, on=["left_out", "model"])
    assert both["value_x"].tolist() == pytest.approx(both["value_y"].tolist())


def test_differences_are_paired_to_each_baseline(evaluation, table):
    differences = compute_survival_differences(
        evaluation, "network", ["coin", "ranker"], comparator="ranker"
    )
    assert differences["comparator"].tolist() == [False] * 3 + [True] * 3
    row = differences.iloc[0]
    expected = value_of(table, "network", "uno_c") - value_of(table, "coin", "uno_c")
    assert row["difference"] == pytest.approx(expected)
    assert row["ci_low"] < row["difference"] < row["ci_high"]
    for measure in ("uno_c", "harrell_c", "auc"):
        events = differences.set_index("measure").loc[measure, "events"]
        assert (events == value_of(table, "network", measure, "events")).all()
    # The p-value is below 5% just where the interval excludes 0.
    excludes = (differences["ci_low"] > 0) | (differences["ci_high"] < 0)
    assert (excludes == (differences["p_value"] < 0.05)).all()
    assert (differences["p_holm"] >= differences["p_value"]).all()


def test_a_model_does_not_differ_from_itself(predictions):
    twin = predictions[predictions["model"] == "network"].assign(model="twin")
    study = evaluate(pd.concat([predictions, twin]), draws=20)
    row = compute_survival_differences(study, "network", ["twin"]).iloc[0]
    assert (row["difference"], row["ci_low"], row["ci_high"], row["p_value"]) == (0, 0, 0, 1)


def test_no_score_above_chance_where_nothing_is_known():
    # C of random scores lies around one half, and its interval holds it.
    values, held = [], []
    for seed in range(12):
        study = invent_predictions(60, seed)
        table = compute_survival_discrimination(
            evaluate(study[study["model"] == "coin"], draws=60)
        )
        row = table[table["measure"] == "uno_c"].iloc[0]
        values.append(row["value"])
        held.append(row["ci_low"] < 0.5 < row["ci_high"])
    assert np.mean(values) == pytest.approx(0.5, abs=0.04)
    assert np.sum(held) >= 10


def test_metrics_have_a_row_for_each_split_model_part_and_measure(predictions):
    metrics = compute_survival_metrics(predictions, 3.0)
    assert list(metrics.columns) == [
        "split", "model", "part", "metric", "value", "chance", "n", "events",
    ]  # fmt: skip
    assert len(metrics) == 6 * 3 * 3 * 3
    assert (metrics["chance"] == 0.5).all()
    parts = metrics[(metrics["metric"] == "auc") & (metrics["model"] == "coin")]
    assert (parts.groupby("split")["n"].sum() == 120).all()


def test_metrics_that_cannot_be_estimated_are_missing(predictions):
    metrics = compute_survival_metrics(predictions, 50.0)
    assert metrics["value"].isna().all()
    assert (metrics["n"] > 0).all()
