"""Sizes of studies of times, against published numbers and against simulated studies."""

import math

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.log_rank import compute_log_rank
from deepcme.evaluation.survival.planning.known_hazards import NormalLogHazards
from deepcme.evaluation.survival.planning.sample_size import (
    compute_events_for_hazard_ratio,
    compute_size_of_r2,
    compute_smallest_hazard_ratio,
    compute_survival_development_size,
    compute_survival_validation_size,
    count_survival_parameters_supported,
    expect_patients_like,
)
from deepcme.simulation.survival import FollowUpDesign, draw_follow_up

PATIENTS = NormalLogHazards.of_concordance(0.7, 0.25, 0.2)


@pytest.mark.parametrize(
    ("parameters", "r2", "rate", "sizes"),
    [
        (25, 0.051, 0.065, [4286, 866]),
        (25, 0.065, 0.065, [3335, 859]),
        (50, 0.051, 0.065, [8572, 1731]),
        (25, 0.051, 0.1, [4286, 731]),
        (30, 0.051, 0.065, [5143, 1039]),
    ],
)
def test_patients_to_develop_a_model_as_published(parameters, r2, rate, sizes):
    """Of the example of Riley et al. 2019, by pmsampsize, which rounds events up."""
    size = compute_size_of_r2(parameters, r2, 1 - math.exp(-2 * rate), 2.07 * rate)
    assert [size.criteria["shrinkage"], size.criteria["optimism"]] == pytest.approx(
        sizes, abs=1
    )
    assert size.criteria["shrinkage"] == sizes[0]
    if rate == 0.065 and r2 == 0.051:
        assert size.events / parameters == pytest.approx(23.07, abs=0.02)


def test_overall_risk_is_known_as_published():
    """At 5,143 patients pmsampsize gives 0.113 to 0.130 about a risk of 0.122."""
    hazard, events = 0.13, 5143 * 2.07 * 0.065
    ends = [-math.expm1(-hazard * (1 + way * 1.96 / math.sqrt(events))) for way in (-1, 1)]
    assert ends == pytest.approx([0.113, 0.130], abs=5e-4)
    # By the same formula the margin is 0.05 with as many as the criterion asks for.
    n = compute_size_of_r2(1, 0.5, 1 - math.exp(-hazard), 0.13).criteria["overall risk"]
    low = -math.expm1(-hazard * (1 - 1.96 / math.sqrt(0.13 * n)))
    assert 1 - math.exp(-hazard) - low == pytest.approx(0.05, abs=5e-4)


@pytest.mark.parametrize(
    ("hazard_ratio", "patients"), [(1.25, 1264), (1.5, 384), (1.75, 204), (2.0, 132)]
)
def test_events_to_find_a_hazard_ratio_as_published(hazard_ratio, patients):
    """Half of the patients censored; groups are of whole patients (doi 10.1186/s13063-015-0727-9, table 1)."""
    events = compute_events_for_hazard_ratio(hazard_ratio)
    assert 2 * events <= patients <= 2 * (events + 1)
    assert compute_smallest_hazard_ratio(events) <= hazard_ratio
    assert compute_smallest_hazard_ratio(events - 1) > hazard_ratio


def test_events_to_find_the_effect_of_a_number_as_published():
    """Hsieh and Lavori 2000: log hazard ratio 1, standard deviation 0.3126, one-sided 0.05."""
    two_sided = compute_events_for_hazard_ratio(math.e, variance=0.3126**2)
    ratio = (1.6449 + 0.8416) ** 2 / (1.9600 + 0.8416) ** 2
    assert math.ceil(two_sided * ratio) == 64


@pytest.mark.slow
def test_events_asked_for_find_the_hazard_ratio_in_eighty_of_a_hundred(say):
    events = compute_events_for_hazard_ratio(1.8)
    random = np.random.default_rng(4)
    shares = {}
    for ratio in (1.8, 1.0):
        found = []
        for _ in range(1000):
            group = np.arange(300) % 2
            times = random.exponential(size=300) / ratio**group
            last = np.sort(times)[events - 1]
            follow_up = FollowUp(np.minimum(times, last), (times <= last).astype(int))
            found.append(compute_log_rank(follow_up, group).p_value < 0.05)
        shares[ratio] = np.mean(found)
    say(
        f"{events} events: found in {shares[1.8]:.1%}, and where there is none {shares[1.0]:.1%}"
    )
    assert 0.77 <= shares[1.8] <= 0.83
    assert 0.035 <= shares[1.0] <= 0.065


def draw_predictors(n, random):
    """Five normal predictors that have one fifth of the log hazard's variance each."""
    predictors = random.normal(size=(n, 5))
    follow_up = draw_follow_up(
        predictors.sum(axis=1) * PATIENTS.sd / np.sqrt(5),
        FollowUpDesign(horizon=1, risk=PATIENTS.risk, censored=PATIENTS.censored),
        random,
    )
    seen = (follow_up.times <= 1) & (follow_up.events == 1)
    return predictors, FollowUp(np.minimum(follow_up.times, 1), seen.astype(int))


def test_models_of_that_size_are_shrunk_by_a_tenth():
    """Linear predictors of normal predictors are normal, so that their slope is exact."""
    n = compute_survival_development_size(5, PATIENTS).criteria["shrinkage"]
    random, true = np.random.default_rng(5), np.full(5, PATIENTS.sd / np.sqrt(5))
    slopes = []
    for _ in range(60):
        fitted = fit_cox_regression(*draw_predictors(n, random)).coefficients
        slopes.append(fitted @ true / (fitted @ fitted))
    assert np.mean(slopes) == pytest.approx(0.9, abs=0.03)


def test_parameters_supported_are_the_most_that_the_patients_are_enough_for():
    size = compute_survival_development_size(10, PATIENTS)
    assert size.events == math.ceil(size.patients * PATIENTS.event_share)
    assert count_survival_parameters_supported(size.patients, PATIENTS) == 10
    assert count_survival_parameters_supported(size.patients - 1, PATIENTS) == 9
    assert count_survival_parameters_supported(1000, NormalLogHazards(0, 0.2)) == 0


def test_validation_is_as_precise_as_is_asked_of_a_binary_outcome():
    """By R's variances: see `test_known_hazards`."""
    criteria = compute_survival_validation_size(PATIENTS).criteria
    assert 2 * 1.96 * math.sqrt(0.2933 / criteria["C"]) == pytest.approx(0.1, rel=0.01)
    error = math.sqrt(0.2146 / criteria["O/E"]) / 0.25
    assert 2 * math.sinh(1.96 * error) == pytest.approx(0.2, rel=0.01)


def test_patients_like_those_of_a_cohort():
    follow_up = FollowUp([1, 2, 3, 4, 5, 6, 7, 8, 9, 9], [1, 0, 1, 2, 0, 1, 1, 0, 0, 0])
    patients = expect_patients_like(follow_up, 6.5)
    # By hand, the competing event at 4 as a loss: 1 - 9/10 * 7/8 * 4/5.
    assert patients.risk == pytest.approx(0.37)
    assert patients.event_share == pytest.approx(0.3)


@pytest.mark.parametrize("events", [3, 5, 12, 29])
def test_patients_none_of_whom_was_lost(events):
    """Kaplan-Meier's risk is then the share of events, but for rounding."""
    times = np.r_[np.linspace(0.1, 1.9, events), np.linspace(2.5, 6, 60 - events)]
    patients = expect_patients_like(FollowUp(times, (times < 2).astype(np.int8)), 2.0)
    assert patients.censored == 0
    assert patients.event_share == pytest.approx(events / 60, rel=1e-4)


def test_no_plan_where_nothing_is_there_to_be_found():
    with pytest.raises(AbsentError, match=r"At a C of 0\.5 no number of patients can develop"):
        compute_survival_development_size(3, NormalLogHazards(0, 0.2))
    with pytest.raises(AbsentError, match=r"At a C of 0\.5 there is no order"):
        compute_survival_validation_size(NormalLogHazards(0, 0.2))
    with pytest.raises(AbsentError, match="By the horizon of 1 no patients have the event"):
        expect_patients_like(FollowUp([2, 3], [1, 0]), 1)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: compute_events_for_hazard_ratio(1), "must be more than 0 and not 1"),
        (lambda: compute_events_for_hazard_ratio(-2), "but is -2"),
        (lambda: compute_events_for_hazard_ratio(2, 0), "variance of more than 0"),
        (lambda: compute_smallest_hazard_ratio(0), "events must be 1 or more, not 0"),
        (lambda: compute_size_of_r2(0, 0.1, 0.2, 0.2), "parameters must be 1 or more, not 0"),
        (lambda: compute_size_of_r2(1, 0.9, 0.2, 0.2), r"less than 0\.648, its largest value"),
        (lambda: compute_size_of_r2(1, 0.1, 0.2, 0), "share of patients with an event"),
    ],
)
def test_impossible_numbers_are_refused(ask, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        ask()
