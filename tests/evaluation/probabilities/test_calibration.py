from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.measures import find_measure
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration,
    compute_calibration_line,
    describe_calibration_evidence,
)
from deepcme.evaluation.probabilities.calibration_curves import (
    compute_calibration_curve,
    compute_study_calibration_curves,
)
from tests.evaluation.simulations import simulate_repeated_rows


def expand(groups: list[dict[str, float]]) -> tuple[np.ndarray, np.ndarray]:
    labels = [np.repeat([1, 0], [g["events"], g["n"] - g["events"]]) for g in groups]
    return np.concatenate(labels), np.repeat(
        [g["predicted"] for g in groups], [g["n"] for g in groups]
    )


@pytest.fixture
def calibrated() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    probability = random.beta(1, 3, size=2000)
    return (random.random(2000) < probability).astype(int), probability


def test_line_of_two_groups_by_hand(reference):
    case = reference("calibration")
    line = compute_calibration_line(*expand(case["groups"]))
    assert line.slope.value == pytest.approx(case["slope"], abs=1e-5)
    assert line.intercept.value == pytest.approx(case["intercept"], abs=1e-5)
    assert line.in_the_large.value == pytest.approx(case["in_the_large"], abs=1e-6)
    half_width = NORMAL_QUANTILE * case["slope_standard_error"]
    assert line.slope.ci_low == pytest.approx(case["slope"] - half_width, abs=1e-5)
    assert line.slope.ci_high == pytest.approx(case["slope"] + half_width, abs=1e-5)
    assert (line.slope.n, line.slope.events) == (200, 70)


def test_calibrated_probabilities_have_slope_one(calibrated):
    line = compute_calibration_line(*calibrated)
    assert line.slope.ci_low < 1 < line.slope.ci_high
    assert line.in_the_large.ci_low < 0 < line.in_the_large.ci_high


def test_too_extreme_probabilities_have_a_slope_below_one(calibrated):
    label, probability = calibrated
    odds = (probability / (1 - probability)) ** 2
    assert compute_calibration_line(label, odds / (1 + odds)).slope.ci_high < 1


def test_too_high_probabilities_are_negative_in_the_large(calibrated):
    label, probability = calibrated
    assert compute_calibration_line(label, np.sqrt(probability)).in_the_large.ci_high < 0


def test_rows_repeated_by_patient_do_not_narrow_the_interval(calibrated):
    label, probability = (values[:300] for values in calibrated)
    patients = np.arange(300)
    once = compute_calibration_line(label, probability, patients).slope
    often = compute_calibration_line(
        np.tile(label, 5), np.tile(probability, 5), np.tile(patients, 5)
    ).slope
    assert often.ci_high - often.ci_low == pytest.approx(once.ci_high - once.ci_low, rel=1e-4)


def test_separated_classes_have_no_slope():
    line = compute_calibration_line([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])
    assert np.isnan([line.slope.value, line.slope.ci_low, line.intercept.value]).all()
    assert np.isfinite(line.in_the_large.value)


def test_curve_of_calibrated_probabilities_holds_the_diagonal(calibrated):
    curve = compute_calibration_curve(*calibrated, points=20)
    inside = (curve["ci_low"] <= curve["predicted"]) & (curve["predicted"] <= curve["ci_high"])
    assert inside.mean() >= 0.9
    assert (curve["n"] == 2000).all()


def test_curve_follows_a_bend(calibrated):
    label, probability = calibrated
    curve = compute_calibration_curve(label, probability**2, points=20)
    assert np.abs(curve["observed"] - np.sqrt(curve["predicted"])).max() < 0.08


def test_curve_of_a_few_distinct_risks_is_the_line(reference):
    case = reference("calibration")
    curve = compute_calibration_curve(*expand(case["groups"]), points=2)
    assert curve["observed"].tolist() == pytest.approx([0.1, 0.6], abs=1e-6)


@pytest.mark.parametrize("probabilities", [[0.1, 0.2, 0.3, 0.4], [0.3] * 4])
def test_curve_that_cannot_be_fitted_is_empty_of_values(probabilities):
    curve = compute_calibration_curve([0, 0, 1, 1], probabilities, points=3)
    assert curve[["observed", "ci_low", "ci_high"]].isna().all(axis=None)


def test_study_table_agrees_with_the_single_metrics(predictions):
    table = compute_calibration(predictions, np.random.default_rng(0), draws=100)
    rows = predictions.query("part == 'test' and model == 'logistic'")
    values = table.query("model == 'logistic'").set_index("metric")
    for metric in ("brier", "scaled_brier", "log_loss"):
        assert values.loc[metric, "value"] == pytest.approx(
            find_measure(metric).compute(rows["label"], rows["probability"])
        )
    assert (values["ci_low"] < values["value"]).all()
    assert (values["value"] < values["ci_high"]).all()
    assert set(table["model"]) == {"network", "logistic"}


def test_study_curves_count_distinct_samples(predictions):
    curves = compute_study_calibration_curves(predictions, points=5)
    tested = predictions.query("part == 'test'")["sample"].nunique()
    assert curves.groupby("model", sort=False).size().to_dict() == {"network": 5, "logistic": 5}
    assert (curves["n"] == tested).all()


def test_errors_of_opposite_sign_in_two_cohorts_do_not_cancel(shifted_cohorts):
    """By hand: taking the shift of 1 off gives the event rates, so it is what is found."""
    pooled = compute_calibration(
        shifted_cohorts.drop(columns="left_out"), np.random.default_rng(0), draws=10
    ).set_index("metric")
    assert pooled.loc["in_the_large", "value"] == pytest.approx(0, abs=1e-6)
    table = compute_calibration(shifted_cohorts, np.random.default_rng(0), draws=10)
    found = table.set_index(["left_out", "metric"])["value"]
    for cohort, shift in (("north", -1), ("south", 1)):
        assert found[cohort, "in_the_large"] == pytest.approx(shift, abs=1e-6)
        assert found[cohort, "slope"] == pytest.approx(1, abs=1e-6)
    assert (table["n"] == 100).all()


def test_each_cohort_left_out_has_a_curve(shifted_cohorts):
    curves = compute_study_calibration_curves(shifted_cohorts, points=2).set_index("left_out")
    for cohort in ("north", "south"):
        assert curves.loc[cohort, "observed"].tolist() == pytest.approx([0.2, 0.8], abs=1e-6)


def test_one_row_for_each_patient_needs_no_cluster_robust_errors(predictions):
    single = predictions.query("split == 0").drop_duplicates(["model", "patient"])
    table = compute_calibration(single, np.random.default_rng(0), draws=10)
    rows = single.query("part == 'test' and model == 'logistic'")
    line = compute_calibration_line(rows["label"], rows["probability"])
    low = table.set_index(["model", "metric"]).loc[("logistic", "slope"), "ci_low"]
    assert low == pytest.approx(line.slope.ci_low)


@pytest.mark.parametrize(
    ("events", "words"),
    [(23, "too few to tell"), (150, "not the shape of the curve"), (500, "enough to judge")],
)
def test_statement_on_how_much_can_be_said(events, words):
    statement = describe_calibration_evidence(events, 1000)
    assert words in statement
    assert statement.startswith(f"With {events} events and 1000 non-events")


def test_statement_counts_the_rarer_outcome():
    assert "too few" in describe_calibration_evidence(1000, 23)


def test_intervals_cover_the_truth_for_a_calibrated_frozen_model(frozen_coverage):
    for metric in ("slope", "in_the_large", "curve", "brier", "log_loss", "scaled_brier"):
        assert frozen_coverage[metric] >= 0.84, metric


def test_slope_interval_holds_with_several_rows_of_one_patient():
    coverage = simulate_repeated_rows(studies=60, patients=100, rows=4, seed=6)
    assert coverage["by_patient"] >= 0.85
    assert coverage["as_if_independent"] < coverage["by_patient"]


def test_table_is_tidy(predictions):
    table = compute_calibration(predictions, np.random.default_rng(0), draws=10)
    assert isinstance(table, pd.DataFrame)
    assert table.columns.tolist() == [
        "model", "metric", "value", "ci_low", "ci_high", "interval",
        "n", "events", "n_patients", "n_splits",
    ]  # fmt: skip


def test_the_kind_of_each_interval_is_told(predictions):
    table = compute_calibration(predictions, np.random.default_rng(1), draws=10)
    kinds = table.drop_duplicates("metric").set_index("metric")["interval"]
    assert set(kinds[["brier", "scaled_brier", "log_loss"]]) == {"patient bootstrap"}
    line = kinds[["intercept", "slope", "in_the_large"]]
    assert set(line) == {"Wald, errors by patient"}
