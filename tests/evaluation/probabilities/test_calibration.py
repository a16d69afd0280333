from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.measures import find_measure
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration,
    compute_calibration_line,
    compute_observed_expected,
)
from tests.evaluation.probabilities.conftest import expand
from tests.evaluation.simulations import simulate_repeated_rows


def test_line_of_two_groups_by_hand(reference):
    case = reference("calibration")
    line = compute_calibration_line(*expand(case["groups"]))
    assert line.slope.value == pytest.approx(case["slope"], abs=1e-5)
    assert line.intercept.value == pytest.approx(case["intercept"], abs=1e-5)
    half_width = NORMAL_QUANTILE * case["slope_standard_error"]
    assert line.slope.ci_low == pytest.approx(case["slope"] - half_width, abs=1e-5)
    assert line.slope.ci_high == pytest.approx(case["slope"] + half_width, abs=1e-5)
    assert (line.slope.n, line.slope.events) == (200, 70)


def test_calibrated_probabilities_have_slope_one(calibrated):
    line = compute_calibration_line(*calibrated)
    assert line.slope.ci_low < 1 < line.slope.ci_high
    ratio = compute_observed_expected(*calibrated)
    assert ratio.ci_low < 1 < ratio.ci_high


def test_too_extreme_probabilities_have_a_slope_below_one(calibrated):
    label, probability = calibrated
    odds = (probability / (1 - probability)) ** 2
    assert compute_calibration_line(label, odds / (1 + odds)).slope.ci_high < 1


def test_too_high_probabilities_have_fewer_events_than_expected(calibrated):
    label, probability = calibrated
    assert compute_observed_expected(label, np.sqrt(probability)).ci_high < 1
    assert compute_observed_expected(label, probability**2).ci_low > 1


def test_risks_of_0_and_1_have_a_sane_ratio():
    """By hand: 40 called events, 35 are, so 35 / 40; the slope of such risks says nothing."""
    label = np.repeat([1, 0], [35, 154])
    called = np.zeros(189)
    called[[*range(10), *range(100, 130)]] = 1
    ratio = compute_observed_expected(label, called)
    assert ratio.value == pytest.approx(35 / 40)
    assert 0.6 < ratio.ci_low < ratio.ci_high < 1.3


def test_nothing_expected_has_no_ratio():
    ratio = compute_observed_expected([0, 1], [0.0, 0.0])
    assert np.isnan([ratio.value, ratio.ci_low, ratio.ci_high]).all()


def test_rows_repeated_by_patient_do_not_narrow_the_interval(calibrated):
    label, probability = (values[:300] for values in calibrated)
    patients = np.arange(300)
    repeated = np.tile(label, 5), np.tile(probability, 5), np.tile(patients, 5)
    for compute in (
        lambda *rows: compute_calibration_line(*rows).slope,
        compute_observed_expected,
    ):
        once, often = compute(label, probability, patients), compute(*repeated)
        assert often.value == pytest.approx(once.value)
        assert often.ci_high - often.ci_low == pytest.approx(
            once.ci_high - once.ci_low, rel=1e-4
        )


def test_patients_of_one_row_each_are_independent_rows(calibrated):
    """By hand: the ratio of the two errors is the root of G / (G - 1)."""
    independent = compute_observed_expected(*calibrated)
    by_patient = compute_observed_expected(*calibrated, patients=np.arange(2000))
    errors = [np.log(found.ci_high / found.value) for found in (independent, by_patient)]
    assert errors[1] / errors[0] == pytest.approx(np.sqrt(2000 / 1999), rel=1e-9)


def test_separated_classes_have_no_slope():
    line = compute_calibration_line([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])
    assert np.isnan([line.slope.value, line.slope.ci_low, line.intercept.value]).all()


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


def test_errors_of_opposite_sign_in_two_cohorts_do_not_cancel(shifted_cohorts):
    """By hand: risks of 0.2 and 0.8 moved by 1 have means of 0.660 and 0.340, not 0.5."""
    pooled = compute_calibration(
        shifted_cohorts.drop(columns="left_out"), np.random.default_rng(0), draws=10
    ).set_index("metric")
    assert pooled.loc["observed_expected", "value"] == pytest.approx(1, abs=1e-6)
    table = compute_calibration(shifted_cohorts, np.random.default_rng(0), draws=10)
    found = table.set_index(["left_out", "metric"])["value"]
    for cohort, shift in (("north", 1), ("south", -1)):
        expected = expit(logit([0.2, 0.8]) + shift).mean()
        assert found[cohort, "observed_expected"] == pytest.approx(0.5 / expected)
        assert found[cohort, "slope"] == pytest.approx(1, abs=1e-6)
    assert (table["n"] == 100).all()


def test_one_row_for_each_patient_needs_no_cluster_robust_errors(predictions):
    single = predictions.query("split == 0").drop_duplicates(["model", "patient"])
    table = compute_calibration(single, np.random.default_rng(0), draws=10)
    rows = single.query("part == 'test' and model == 'logistic'")
    line = compute_calibration_line(rows["label"], rows["probability"])
    low = table.set_index(["model", "metric"]).loc[("logistic", "slope"), "ci_low"]
    assert low == pytest.approx(line.slope.ci_low)


def test_intervals_cover_the_truth_for_a_calibrated_frozen_model(frozen_coverage):
    for metric in ("slope", "observed_expected", "curve", "brier", "log_loss", "scaled_brier"):
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
    assert set(kinds[["intercept", "slope"]]) == {"Wald, errors by patient"}
    assert kinds["observed_expected"] == "Wald of the logarithm, by patient"
