"""Cox's regression and what is built on its partial likelihood, held against R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.cox import find_monotone_columns, fit_cox_regression
from deepcme.evaluation.survival.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.evaluation.survival.proportional_hazards import (
    ALL_COLUMNS,
    check_proportional_hazards,
)

REFERENCES = Path(__file__).parent / "references"
R = json.loads((REFERENCES / "cox.json").read_text(encoding="utf-8"))
PATIENTS = pd.read_csv(REFERENCES / "cox.csv")
FOLLOW_UP = FollowUp(PATIENTS["time"], PATIENTS["event"])
DESIGN = PATIENTS[["age", "marker"]].to_numpy()


def assert_same_fit(fit, reference):
    np.testing.assert_allclose(fit.coefficients, reference["coefficients"], atol=1e-10)
    np.testing.assert_allclose(fit.covariance, reference["covariance"], atol=1e-10)
    assert fit.log_likelihood == pytest.approx(reference["log_likelihood"], abs=1e-10)
    assert fit.null_log_likelihood == pytest.approx(reference["null_log_likelihood"], abs=1e-10)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_tied_events_are_those_of_coxph(ties):
    assert_same_fit(fit_cox_regression(DESIGN, FOLLOW_UP, ties=ties), R[ties])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_weights_are_those_of_coxph(ties):
    fit = fit_cox_regression(DESIGN, FOLLOW_UP, ties=ties, weights=PATIENTS["weight"])
    assert_same_fit(fit, R[f"weighted_{ties}"])


def test_strata_and_offset_are_those_of_coxph():
    fit = fit_cox_regression(DESIGN, FOLLOW_UP, strata=PATIENTS["stratum"])
    assert_same_fit(fit, R["stratified"])
    fit = fit_cox_regression(DESIGN[:, 1:], FOLLOW_UP, offset=DESIGN[:, 0] / 2)
    assert_same_fit(fit, R["offset"])


def test_a_patient_of_weight_0_is_as_if_not_there():
    weights = np.ones(FOLLOW_UP.n)
    weights[[2, 7]] = 0
    some = np.flatnonzero(weights)
    weighted = fit_cox_regression(DESIGN, FOLLOW_UP, weights=weights)
    alone = fit_cox_regression(DESIGN[some], FOLLOW_UP.rows(some))
    np.testing.assert_allclose(weighted.coefficients, alone.coefficients, atol=1e-10)
    assert (weighted.n, weighted.events) == (alone.n, alone.events) == (14, 10)


def test_derivatives_are_those_of_the_log_likelihood():
    likelihood = PartialLikelihood.of(FOLLOW_UP)
    at, width = np.array([0.3, -0.7]), 1e-6
    gradient, information = likelihood.derivatives(DESIGN @ at, DESIGN)
    for column, step in enumerate(width * np.eye(2)):
        above, below = (likelihood.log_likelihood(DESIGN @ (at + s)) for s in (step, -step))
        assert gradient[column] == pytest.approx((above - below) / (2 * width), abs=1e-7)
        above, below = (
            likelihood.derivatives(DESIGN @ (at + s), DESIGN)[0] for s in (step, -step)
        )
        np.testing.assert_allclose(
            information[column], (below - above) / (2 * width), atol=1e-7
        )


def test_log_hazards_of_any_size_are_no_overflow():
    likelihood = PartialLikelihood.of(FOLLOW_UP)
    far = likelihood.log_likelihood(5000 + 3000 * DESIGN[:, 0])
    assert np.isfinite(far)
    shifted = likelihood.log_likelihood(3000 * DESIGN[:, 0])
    assert far == pytest.approx(shifted, rel=1e-12)


def test_hazard_ratios_come_with_wald_intervals():
    ratios = fit_cox_regression(DESIGN, FOLLOW_UP).hazard_ratios()
    log_ratio, error = R["efron"]["coefficients"][0], R["efron"]["covariance"][0][0] ** 0.5
    assert ratios.loc[0, "hazard_ratio"] == pytest.approx(np.exp(log_ratio))
    assert ratios.loc[0, "ci_high"] == pytest.approx(np.exp(log_ratio + 1.959964 * error))
    assert ratios.loc[0, ["n", "events"]].tolist() == [16, 11]


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_baseline_is_that_of_survfit(ties):
    log_hazards = DESIGN @ np.array(R[ties]["coefficients"])
    baseline = Baseline.estimate(FOLLOW_UP, log_hazards, ties=ties)
    np.testing.assert_allclose(baseline.times, R[f"baseline_{ties}"]["time"])
    np.testing.assert_allclose(
        baseline.cumulative_hazards, R[f"baseline_{ties}"]["hazard"], atol=1e-10
    )


def test_risk_is_0_at_the_start_and_unknown_beyond_the_last_follow_up():
    baseline = Baseline.estimate(FOLLOW_UP, np.zeros(FOLLOW_UP.n))
    survival = baseline.survival([0.0, 1.0], [0, 5, 17])
    np.testing.assert_array_equal(survival[:, 0], 1)
    assert (np.diff(survival, axis=1) < 0).all()
    np.testing.assert_allclose(baseline.risk([0.0, 1.0], 5), 1 - survival[:, 1])
    with pytest.raises(AbsentError, match="followed to time 18: ask for times up to 17"):
        baseline.survival([0.0], 18)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_check_of_proportional_hazards_is_that_of_cox_zph(ties):
    check = check_proportional_hazards(DESIGN, FOLLOW_UP, ["age", "marker"], ties=ties)
    reference = R[f"proportional_{ties}"]
    assert check.tests["column"].tolist() == ["age", "marker", ALL_COLUMNS]
    np.testing.assert_allclose(check.tests["chi2"], reference["chi2"], atol=1e-8)
    np.testing.assert_allclose(check.tests["p_value"], reference["p_value"], atol=1e-8)
    of_age = check.residuals.query("column == 'age'")["log_hazard_ratio"]
    np.testing.assert_allclose(of_age, np.array(reference["scaled"])[:, 0], atol=1e-8)


def test_the_check_finds_an_effect_that_wanes_and_says_so():
    random = np.random.default_rng(2)
    marker, other = random.normal(size=(2, 400))
    # The hazard ratio is e up to time 1 and 1 from there on.
    early = random.exponential(np.exp(-marker))
    times = np.where(early < 0.5, early, 0.5 + random.exponential(1.0, 400))
    follow_up = FollowUp(np.minimum(times, 2.5), times < 2.5)
    check = check_proportional_hazards(
        np.column_stack([marker, other]), follow_up, ["marker", "other"]
    )
    assert check.tests["p_value"][0] < 1e-4 < 0.05 < check.tests["p_value"][1]
    assert check.tests["ci_high"][0] < 0
    assert "log hazard ratio of marker falls with time (p < 0.001; " in check.sentence("marker")
    assert check.sentence("other").startswith("No sign that the hazard ratio of other changes")
    assert check.sentence().startswith("The hazard ratios change with time")


def test_the_check_rejects_5_in_100_where_hazards_are_proportional():
    random = np.random.default_rng(3)
    p_values = []
    for _ in range(200):
        marker = random.normal(size=(80, 1))
        times, ends = random.exponential(np.exp(-marker[:, 0])), random.exponential(2, 80)
        follow_up = FollowUp(np.minimum(times, ends), times <= ends)
        check = check_proportional_hazards(marker, follow_up, ["marker"])
        p_values.append(check.tests["p_value"][0])
    assert 0.015 <= np.mean(np.array(p_values) < 0.05) <= 0.10


def test_a_hazard_ratio_without_end_is_told_and_the_fit_is_firths():
    mutated = np.array([1.0, 1, 1, 0, 0, 0, 0, 0])
    age = np.array([0.1, -1.0, 0.5, 0.3, -0.2, 0.8, -0.6, 0.0])
    follow_up = FollowUp([1.0, 2, 3, 3, 3, 3, 3, 3], [1, 1, 1, 0, 0, 0, 0, 0])
    design = np.column_stack([mutated, age])
    fit = fit_cox_regression(design, follow_up)
    assert fit.monotone[0]
    assert np.isfinite(fit.coefficients).all() and fit.coefficients[0] > 1
    alone = fit_cox_regression(mutated[:, np.newaxis], follow_up)
    # By hand: three of eight, two of seven, one of six, each times the root of the
    # information, of which the maximum is sought over a grid.
    grid = np.linspace(0, 8, 800_001)
    ratio = np.exp(grid)
    share = np.array([k * ratio / (k * ratio + 5) for k in (3, 2, 1)])
    likelihood = grid * 3 - sum(np.log(k * ratio + 5) for k in (3, 2, 1))
    penalised = likelihood + np.log((share * (1 - share)).sum(axis=0)) / 2
    assert alone.coefficients[0] == pytest.approx(grid[np.argmax(penalised)], abs=2e-5)


def test_an_effect_that_has_a_maximum_is_not_called_endless():
    assert not find_monotone_columns(DESIGN, FOLLOW_UP).any()
    far = DESIGN * [1000, 1]
    assert not fit_cox_regression(far, FOLLOW_UP).monotone.any()


@pytest.mark.parametrize(
    ("design", "events", "sentence"),
    [
        (np.eye(4)[:, :1], [0, 0, 0, 0], "No patient had the event"),
        (np.ones((4, 1)), [1, 1, 0, 1], "constant or repeat each other among its 4 patients"),
        (np.outer(range(4), [1, 2]), [1, 1, 0, 1], "constant or repeat each other"),
    ],
)
def test_what_cannot_be_estimated_is_said(design, events, sentence):
    with pytest.raises(AbsentError, match=sentence):
        fit_cox_regression(design, FollowUp([1.0, 2, 3, 4], events))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"ties": "exact"}, "Ties are 'efron' or 'breslow', not 'exact'"),
        ({"weights": [1, 2]}, r"one stratum or weight a patient, but there are \(2,\) for 16"),
        ({"weights": -np.ones(16)}, "Weights of patients must be numbers from 0 on"),
    ],
)
def test_what_cannot_be_used_is_refused(given, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        PartialLikelihood.of(FOLLOW_UP, **given)


def test_wald_intervals_hold_the_truth_95_times_in_100():
    random = np.random.default_rng(4)
    held = []
    for _ in range(200):
        marker = random.normal(size=(100, 1))
        times, ends = (
            random.exponential(np.exp(-0.7 * marker[:, 0])),
            random.exponential(1, 100),
        )
        fit = fit_cox_regression(marker, FollowUp(np.minimum(times, ends), times <= ends))
        held.append(abs(fit.coefficients[0] - 0.7) <= 1.96 * fit.standard_errors[0])
    assert 0.90 <= np.mean(held) <= 0.99
