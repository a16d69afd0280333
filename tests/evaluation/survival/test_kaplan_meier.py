"""Kaplan-Meier: against R, a published trial, repeated patients, and a known truth."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.kaplan_meier import (
    compute_kaplan_meier,
    compute_median_follow_up,
    compute_median_survival,
    compute_numbers_at_risk,
    compute_survival,
)
from tests.evaluation.survival.drawn import draw_follow_up, true_risk

# Remission under 6-mercaptopurine in weeks: Freireich EJ et al. (1963), Blood 21:699-716.
REMISSION = FollowUp(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)


@pytest.fixture
def of_cause(follow_up):
    return follow_up.of_cause(1)


def test_the_curve_and_its_interval_are_those_of_r(of_cause, curves):
    curve, known = compute_kaplan_meier(of_cause).iloc[1:], curves["kaplan_meier"]
    for column in ("time", "at_risk", "events", "survival"):
        assert curve[column].tolist() == pytest.approx(known[column], abs=1e-12)
    # Before the first event R says from 1 to 1.
    varies = curve["survival"] < 1
    for column in ("ci_low", "ci_high"):
        expected = np.array(known[column], dtype=float)[varies]
        assert curve.loc[varies, column].to_numpy() == pytest.approx(expected, abs=1e-12)
    assert curve.loc[~varies, ["ci_low", "ci_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("horizon", "survival", "ci_low", "ci_high"),
    [
        (1, 0.9118391404845, 0.8806235304465, 0.9441612554889),
        (3, 0.764797617069, 0.7122853121242, 0.8211813231556),
        (5, 0.732722574859, 0.6745789664009, 0.7958777229188),
    ],
)
def test_survival_in_a_real_cohort_is_that_of_r(frozen, horizon, survival, ci_low, ci_high):
    of = compute_survival(frozen["GSE25055"][0].follow_up, horizon)
    assert (of.n, of.value) == (309, pytest.approx(survival, abs=1e-12))
    assert [of.ci_low, of.ci_high] == pytest.approx([ci_low, ci_high], abs=1e-12)


def test_the_curve_of_a_published_trial():
    curve = compute_kaplan_meier(REMISSION).set_index("time")
    known = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert curve.loc[list(known), "survival"].tolist() == pytest.approx(
        list(known.values()), abs=5e-4
    )
    assert compute_median_survival(REMISSION).value == 23


def test_it_starts_with_everybody():
    start = compute_kaplan_meier(FollowUp([0, 2], [1, 0])).iloc[0]
    assert start[["time", "at_risk", "events", "survival"]].tolist() == [0, 2, 0, 1]


def test_who_is_censored_at_a_time_is_at_risk_of_the_events_at_it():
    assert compute_survival(FollowUp([1, 1, 2], [0, 1, 0]), 1).value == pytest.approx(2 / 3)


def test_survival_at_a_horizon_counts_the_events_until_then():
    estimate = compute_survival(REMISSION, 10)
    assert (estimate.n, estimate.events) == (21, 5)
    assert estimate.ci_low < estimate.value < estimate.ci_high


@pytest.mark.parametrize("events", [[0, 0, 0], [1, 1, 1]])
def test_there_is_no_interval_without_variance(events):
    estimate = compute_survival(FollowUp([1, 2, 3], events), 3)
    assert np.isnan([estimate.ci_low, estimate.ci_high]).all()


def test_nothing_is_said_of_times_beyond_all_follow_up():
    with pytest.raises(AbsentError, match="Nobody is followed to the horizon"):
        compute_survival(REMISSION, 36)


def test_competing_events_are_not_taken_for_censorings(follow_up):
    with pytest.raises(DeepCMEError, match="use compute_cumulative_incidence"):
        compute_kaplan_meier(follow_up)


def test_numbers_at_risk_are_those_just_before_a_time():
    table = compute_numbers_at_risk(REMISSION, [0, 6, 7, 10, 35, 36])
    assert table["at_risk"].tolist() == [21, 21, 17, 15, 1, 0]


def test_the_median_and_its_interval_are_those_of_r(of_cause, curves):
    median = compute_median_survival(of_cause)
    known = np.array(curves["median"], dtype=float)
    assert [median.value, median.ci_low, median.ci_high] == pytest.approx(known, nan_ok=True)


def test_the_median_of_a_curve_that_stays_at_one_half_is_the_middle():
    assert compute_median_survival(FollowUp([1, 2, 3, 4], [1, 1, 1, 1])).value == 2.5
    assert compute_median_survival(FollowUp([1, 2, 3, 4], [1, 1, 0, 0])).value == 2


def test_a_median_that_is_not_reached_is_absent():
    with pytest.raises(AbsentError, match=r"not reached: .* when follow-up ends"):
        compute_median_survival(FollowUp([1, 2, 3], [1, 0, 0]))


def test_median_follow_up_is_the_reverse(follow_up, curves):
    median = compute_median_follow_up(follow_up)
    # Times of censoring stand a millionth later in R.
    assert [median.value, median.ci_low, median.ci_high] == pytest.approx(
        curves["median_follow_up"], abs=2e-6
    )
    assert median.events == np.sum(follow_up.events == 0)


@pytest.mark.parametrize(
    ("studies", "low", "high"),
    [(300, 0.91, 0.985), pytest.param(5000, 0.935, 0.965, marks=pytest.mark.slow)],
)
def test_intervals_cover_the_true_survival(random, studies, low, high):
    horizon, covered = 5.0, 0
    for _ in range(studies):
        estimate = compute_survival(draw_follow_up(100, random), horizon)
        covered += estimate.ci_low <= 1 - true_risk(horizon) <= estimate.ci_high
    assert low <= covered / studies <= high
