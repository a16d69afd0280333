"""Follow-up is told whole: who ended how, for how long, and the risk by the horizon."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.time_scale import TimeScale
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.report.survival.follow_up import compute_follow_up, group_by_end, show_follow_up

# Two events by 5 years, one after; two censored before, one at 5, four beyond.
TIMES = np.array([1.0, 3, 8, 2, 4, 5, 6, 7, 9, 10])
ENDS = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])


def values(follow_up, horizon=5.0):
    table = compute_follow_up(follow_up, horizon)
    return table.set_index("quantity")["value"].to_dict()


def test_ends_are_counted_at_the_horizon_and_in_all():
    found = values(FollowUp(TIMES, ENDS))
    assert found["patients"] == 10
    assert (found["event"], found["censored"]) == (3, 7)
    assert found["event_by_horizon"] == 2
    assert found["censored_before_horizon"] == 3  # who is censored at 5 is not known beyond
    assert found["followed_beyond_horizon"] == 5
    assert "competing" not in found
    assert found["risk"] == pytest.approx(compute_risk(FollowUp(TIMES, ENDS), 5.0).value)


def test_competing_events_are_counted_where_there_are_any():
    ends = np.where(TIMES == 4, 2, ENDS)
    found = values(FollowUp(TIMES, ends))
    assert (found["competing"], found["competing_by_horizon"]) == (1, 1)
    assert found["censored_before_horizon"] == 2


def test_without_a_horizon_there_is_no_risk():
    assert values(FollowUp(TIMES, ENDS), None).keys() == {
        "patients", "event", "censored", "median_follow_up",
    }  # fmt: skip


def test_what_cannot_be_told_says_why():
    shown = show_follow_up(
        compute_follow_up(FollowUp(TIMES, ENDS), 11.0), TimeScale.of("years", 10.0), 11.0
    )
    risk = shown.set_index("quantity")["shown"]["Risk of the event by 11 years"]
    assert risk == "Nobody is followed to the horizon."
    assert "%" not in risk


def test_it_is_shown_in_words():
    scale = TimeScale.of("days", 3652.5)
    days = FollowUp(TIMES * 365.25, ENDS)
    shown = show_follow_up(compute_follow_up(days, 1826.25), scale, 1826.25)
    by_name = shown.set_index("quantity")["shown"]
    assert by_name["Patients"] == "10 (100.0%)"
    assert by_name["Censored before 5 years"] == "3 (30.0%)"
    assert by_name["Median follow-up"].startswith("7 years")


def test_those_censored_before_the_horizon_are_a_group_of_their_own():
    samples = pd.DataFrame({"time": TIMES, "event": np.where(TIMES == 4, 2, ENDS)})
    groups = {name: int(of.sum()) for name, of in group_by_end(samples, 5.0).items()}
    assert groups == {"event": 2, "no_event": 6, "censored": 2}
    at_end = {name: int(of.sum()) for name, of in group_by_end(samples, None).items()}
    assert at_end == {"event": 3, "no_event": 1, "censored": 6}
