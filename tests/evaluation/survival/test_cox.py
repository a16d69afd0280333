"""Cox's regression, held against R, and Firth's where it fails."""

import json

import numpy as np
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cox import find_monotone_columns, fit_cox_regression
from deepcme.evaluation.survival.proportional_hazards import check_proportional_hazards
from tests.evaluation.survival.cox_patients import DESIGN, FOLLOW_UP, PATIENTS, REFERENCES, R


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


def test_hazard_ratios_come_with_wald_intervals():
    ratios = fit_cox_regression(DESIGN, FOLLOW_UP).hazard_ratios()
    log_ratio, error = R["efron"]["coefficients"][0], R["efron"]["covariance"][0][0] ** 0.5
    assert ratios.loc[0, "hazard_ratio"] == pytest.approx(np.exp(log_ratio))
    assert ratios.loc[0, "ci_high"] == pytest.approx(np.exp(log_ratio + 1.959964 * error))
    assert ratios.loc[0, ["n", "events"]].tolist() == [16, 11]


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


def test_a_score_on_real_follow_up_has_the_values_of_coxph_and_wanes():
    # coxph and cox.zph of survival 3.5-3 on the frozen scores of GSE25055.
    frozen = json.loads((REFERENCES / "ipcw.json").read_text(encoding="utf-8"))
    cohort = frozen["cohorts"]["GSE25055"]
    score = np.array(cohort["scores"])[:, np.newaxis]
    follow_up = FollowUp(cohort["times"], cohort["events"])
    fit = fit_cox_regression(score, follow_up)
    assert fit.coefficients[0] == pytest.approx(0.7765257359, abs=1e-9)
    assert fit.standard_errors[0] == pytest.approx(0.1524950173, abs=1e-9)
    assert fit.log_likelihood == pytest.approx(-334.31078095, abs=1e-7)
    assert fit.null_log_likelihood == pytest.approx(-348.81487182, abs=1e-7)
    check = check_proportional_hazards(score, follow_up, ["score"])
    assert check.tests["p_value"][0] == pytest.approx(0.00802799104983, abs=1e-8)
