"""Measures at a horizon: against R, by hand, and against what is told without weights."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.probabilities.calibration import compute_log_odds
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_auc_at_horizon,
    compute_brier_at_horizon,
    compute_net_benefit_at_horizon,
    compute_null_brier,
    compute_observed_expected_at_horizon,
    compute_observed_risk,
    compute_scaled_brier_at_horizon,
    compute_sensitivity_at_horizon,
    compute_slope_at_horizon,
    compute_specificity_at_horizon,
)
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from tests.evaluation.survival.conftest import FROZEN


def patients_at(times, events, horizon, random=None, draws=0):
    """Twelve more who are followed far beyond any horizon, without the event."""
    follow_up = FollowUp(np.r_[times, np.full(12, 99.0)], np.r_[events, np.zeros(12)])
    return AtHorizon.draw(follow_up, horizon, random or np.random.default_rng(0), draws)


def some_patients(random, n=80):
    """Half of them censored early or late, some with the competing event, many ties."""
    times = np.ceil(random.exponential(4, n))
    return FollowUp(times, random.choice([0, 1, 2], n, p=[0.5, 0.35, 0.15]))


@pytest.mark.parametrize("cohort", FROZEN)
def test_auc_and_brier_score_are_those_of_risk_regression(frozen, cohort):
    at, scores, risks, case = frozen[cohort]
    assert compute_auc_at_horizon(at, scores)[0] == pytest.approx(case["auc"], abs=1e-11)
    assert compute_brier_at_horizon(at, risks)[0] == pytest.approx(case["brier"], abs=1e-11)
    assert compute_null_brier(at)[0] == pytest.approx(case["null_brier"], abs=1e-11)
    scaled = compute_scaled_brier_at_horizon(at, risks)[0]
    assert scaled == pytest.approx(1 - case["brier"] / case["null_brier"], abs=1e-10)


@pytest.mark.parametrize("kind", ["competing", "alone"])
def test_with_tied_times_and_a_competing_event_they_are_too(competing, kind):
    at, scores, risks, case = competing[kind]
    assert compute_auc_at_horizon(at, scores)[0] == pytest.approx(case["auc"], abs=1e-11)
    assert compute_brier_at_horizon(at, risks)[0] == pytest.approx(case["brier"], abs=1e-11)
    assert compute_null_brier(at)[0] == pytest.approx(case["null_brier"], abs=1e-11)
    assert compute_observed_risk(at)[0] == pytest.approx(case["observed"], abs=1e-11)


def test_the_observed_risk_is_that_of_kaplan_meier_or_aalen_johansen(random):
    for events in (some_patients(random).of_cause(1), some_patients(random)):
        at = AtHorizon.draw(events, 4, random, 20)
        # Weights are cut in draws where hardly anybody is uncensored.
        uncut = at.weights.max(axis=1) / at.counts.max(axis=1) < 9
        assert uncut[0]
        drawn = [np.repeat(np.arange(events.n), n.astype(int)) for n in at.counts[uncut]]
        by_curve = [compute_risk(events.rows(rows), 4).value for rows in drawn]
        np.testing.assert_allclose(compute_observed_risk(at)[uncut], by_curve)


def test_without_censoring_the_measures_are_the_usual_ones(random):
    times, risks = random.exponential(4, 60), random.uniform(0.05, 0.9, 60)
    at = AtHorizon.draw(FollowUp(times, np.ones(60)), 3, random, 0)
    label = times <= 3
    assert compute_auc_at_horizon(at, risks)[0] == pytest.approx(roc_auc_score(label, risks))
    assert compute_brier_at_horizon(at, risks)[0] == pytest.approx(
        ((label - risks) ** 2).mean()
    )
    ratio = compute_observed_expected_at_horizon(at, risks)[0]
    assert ratio == pytest.approx(label.mean() / risks.mean())
    log_odds = compute_log_odds(risks)
    line = fit_logistic_regression(np.column_stack([np.ones(60), log_odds]), label)
    assert compute_slope_at_horizon(at, risks)[0] == pytest.approx(line.coefficients[1])


def test_weights_by_hand():
    # Censored at 1 and 3 of 16, then of 14: G is 15/16, then 15/16 * 13/14. The two cases
    # stand for 1 and 16/15 patients, the twelve beyond for the rest.
    at = patients_at([1, 1, 2, 3], [1, 0, 1, 0], 4)
    risks = np.r_[0.8, 0.5, 0.1, 0.5, np.repeat([0.3, 0.05], 6)]
    first, second = 1.0, 15 / 14
    beyond = (16 - first - second) / 12
    assert at.weights[0, [0, 1, 2, 3]] == pytest.approx([first, 0, second, 0])
    assert at.weights[0, 4:] == pytest.approx(beyond)
    assert (at.n_cases, at.n_controls) == (2, 12)
    assert compute_sensitivity_at_horizon(at, risks, 0.2)[0] == pytest.approx(
        first / (first + second)
    )
    assert compute_specificity_at_horizon(at, risks, 0.2)[0] == pytest.approx(0.5)
    benefit = (first - 6 * beyond * 0.25) / 16
    assert compute_net_benefit_at_horizon(at, risks, 0.2)[0] == pytest.approx(benefit)
    concordant = first * 12 + second * 6
    auc = concordant / ((first + second) * 12)
    assert compute_auc_at_horizon(at, risks)[0] == pytest.approx(auc)
    expected = risks.mean()
    assert compute_observed_expected_at_horizon(at, risks)[0] == pytest.approx(
        (first + second) / 16 / expected
    )


def test_who_is_censored_at_the_horizon_is_not_followed_beyond_it():
    at = patients_at([2, 4], [1, 0], 4)
    assert at.n_controls == 12
    assert at.weights[0, 1] == 0


def test_who_had_the_competing_event_is_no_case():
    at = patients_at([2, 1, 3], [1, 0, 2], 4)
    assert at.is_case.tolist() == [True] + [False] * 14
    # One of 15 is censored at 1.
    assert at.weights[0, [0, 2]] == pytest.approx(15 / 14)
    assert at.n_controls == 13


def test_each_draw_is_computed_as_if_its_patients_were_all(random):
    follow_up = some_patients(random)
    risks = random.uniform(0.05, 0.6, follow_up.n)
    at = AtHorizon.draw(follow_up, 4, random, 3)
    held = np.repeat(np.arange(follow_up.n), at.counts[2].astype(int))
    alone = AtHorizon.draw(follow_up.rows(held), 4, random, 0)
    for compute in (
        compute_auc_at_horizon,
        compute_brier_at_horizon,
        compute_scaled_brier_at_horizon,
        compute_observed_expected_at_horizon,
        compute_slope_at_horizon,
    ):
        assert compute(at, risks)[2] == pytest.approx(compute(alone, risks[held])[0])


def test_there_is_no_slope_of_risks_that_separate_or_are_all_the_same():
    at = patients_at([2, 3, 4], [1, 1, 1], 5)
    risks = np.r_[0.5, 0.6, 0.7, np.full(12, 0.2)]
    assert np.isnan(compute_slope_at_horizon(at, risks)).all()
    assert np.isnan(compute_slope_at_horizon(at, np.full(15, 0.2))).all()


def test_a_horizon_before_any_event_is_told():
    with pytest.raises(AbsentError, match=r"No patient has the event by the horizon"):
        patients_at([2, 3], [1, 0], 1)


def test_the_same_draws_at_another_horizon(random):
    at = AtHorizon.draw(some_patients(random), 4, random, 5)
    earlier = at.move_to(2)
    assert earlier.horizon == 2
    assert earlier.counts is at.counts
    assert earlier.n_cases < at.n_cases


def test_weights_know_what_censoring_depends_on(random):
    # Those of the first half are all censored early but for events, and so weigh more.
    group = np.repeat([1.0, 0], 60)
    times, censoring = random.exponential(8, 120), random.exponential(6, 120) / (1 + 2 * group)
    follow_up = FollowUp(np.minimum(times, censoring), times <= censoring)
    at = AtHorizon.draw(follow_up, 2, random, 5, columns=group[:, np.newaxis])
    beyond = follow_up.times > 2
    assert (
        at.weights[0, beyond & (group == 1)].min() > at.weights[0, beyond & (group == 0)].max()
    )
    assert not np.isnan(compute_observed_risk(at)).any()
    assert at.move_to(1).columns is at.columns
    with pytest.raises(AbsentError, match="they repeat each other"):
        AtHorizon.draw(follow_up, 2, random, 5, columns=np.column_stack([group, 2 * group]))
