"""Aalen-Johansen: against R, Kaplan-Meier, repeated patients, and a known truth."""

import numpy as np
import pytest
from hypothesis import given

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.survival.cumulative_incidence import (
    compute_cumulative_incidence,
    compute_risk,
)
from deepcme.evaluation.survival.kaplan_meier import compute_kaplan_meier, compute_survival
from tests.evaluation.survival.drawn import draw_follow_up, tied_follow_ups, true_risk


def test_the_curve_and_its_interval_are_those_of_r(follow_up, curves):
    curve, known = (
        compute_cumulative_incidence(follow_up).iloc[1:],
        curves["cumulative_incidence"],
    )
    assert curve["time"].tolist() == known["time"]
    assert curve["risk"].tolist() == pytest.approx(known["risk"], abs=1e-12)
    varies = curve["risk"] > 0
    for column in ("ci_low", "ci_high"):
        expected = np.array(known[column], dtype=float)[varies]
        assert curve.loc[varies, column].to_numpy() == pytest.approx(expected, abs=1e-10)


def test_the_risk_in_groups_is_that_of_r(follow_up, invented, curves):
    known = curves["at_12"]
    for position, group in enumerate(("high", "low", "middle")):
        risk = compute_risk(follow_up.rows(invented["group"] == group), 12)
        expected = [known[column][position] for column in ("risk", "ci_low", "ci_high")]
        assert [risk.value, risk.ci_low, risk.ci_high] == pytest.approx(expected, abs=1e-10)


@given(tied_follow_ups((0, 1)))
def test_without_competing_events_it_is_one_minus_kaplan_meier(follow_up):
    curve, survival = compute_cumulative_incidence(follow_up), compute_kaplan_meier(follow_up)
    assert curve["risk"].to_numpy() == pytest.approx(1 - survival["survival"], abs=1e-12)


def test_the_risk_without_competing_events_has_the_interval_of_the_curve_drawn():
    follow_up = FollowUp([1, 2, 3, 4], [1, 0, 1, 0])
    risk, survival = compute_risk(follow_up, 3), compute_survival(follow_up, 3)
    assert risk.value == 1 - survival.value
    assert (risk.ci_low, risk.ci_high) == (1 - survival.ci_high, 1 - survival.ci_low)


def test_a_competing_event_is_no_censoring():
    # Of three, one dies first: two thirds can still have the event, one of two does at once.
    follow_up = FollowUp([1, 2, 3], [2, 1, 0])
    assert compute_risk(follow_up, 2).value == pytest.approx(1 / 3)
    assert 1 - compute_survival(follow_up.of_cause(1), 2).value == pytest.approx(1 / 2)


def test_risks_of_both_events_and_of_neither_add_up_to_one(follow_up):
    swapped = FollowUp(follow_up.times, np.array([0, 2, 1])[follow_up.events])
    either = FollowUp(follow_up.times, np.minimum(follow_up.events, 1))
    free = compute_kaplan_meier(either)["survival"]
    risks = [compute_cumulative_incidence(of)["risk"] for of in (follow_up, swapped)]
    assert (risks[0] + risks[1] + free).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize(("horizon", "share"), [(1, 0.2), (4, 0.4), (5, 0.6)])
def test_where_nobody_is_censored_it_is_a_share_with_the_variance_of_one(horizon, share):
    risk = compute_risk(FollowUp([1, 2, 3, 4, 5], [1, 2, 1, 2, 1]), horizon)
    factor = np.exp(NORMAL_QUANTILE * np.sqrt((1 - share) / share / 5))
    assert risk.value == pytest.approx(share)
    assert risk.ci_low == pytest.approx(share / factor)
    assert risk.ci_high == pytest.approx(min(1, share * factor))


@pytest.mark.parametrize("n", [3, 7, 49, 107])
def test_the_variance_holds_where_the_last_patients_leave_together(n):
    risk = compute_risk(FollowUp(np.ones(n), [1] + [2] * (n - 1)), 1)
    factor = np.exp(NORMAL_QUANTILE * np.sqrt((n - 1) / n))
    assert [risk.ci_low, risk.ci_high] == pytest.approx([1 / n / factor, min(1, factor / n)])


@pytest.mark.parametrize("code", [1, 2])
def test_nothing_is_said_of_times_beyond_all_follow_up(code):
    with pytest.raises(AbsentError, match="Nobody is followed to the horizon"):
        compute_risk(FollowUp([1, 2], [0, code]), 3)


@pytest.mark.parametrize(
    ("studies", "low", "high"),
    [(300, 0.91, 0.985), pytest.param(5000, 0.935, 0.965, marks=pytest.mark.slow)],
)
def test_intervals_cover_the_true_risk(random, studies, low, high):
    horizon, covered = 5.0, 0
    for _ in range(studies):
        risk = compute_risk(draw_follow_up(100, random, competing=True), horizon)
        covered += risk.ci_low <= true_risk(horizon, competing=True) <= risk.ci_high
    assert low <= covered / studies <= high
