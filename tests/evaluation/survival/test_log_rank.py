"""The log-rank test: against R, a published trial, and where there is nothing."""

import numpy as np
import pytest
from scipy import stats

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.log_rank import compute_log_rank
from tests.evaluation.survival.drawn import draw_follow_up
from tests.evaluation.survival.test_kaplan_meier import REMISSION

PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


@pytest.mark.parametrize(("name", "stratified"), [("log_rank", False), ("stratified", True)])
def test_it_is_that_of_r(follow_up, invented, curves, name, stratified):
    strata = invented["stratum"] if stratified else None
    test = compute_log_rank(follow_up, invented["group"], strata=strata)
    assert test.statistic == pytest.approx(curves[name]["statistic"], abs=1e-10)
    assert test.groups["group"].tolist() == ["high", "low", "middle"]
    assert test.groups["expected"].tolist() == pytest.approx(curves[name]["expected"])
    assert test.degrees_of_freedom == 2
    assert test.p_value == pytest.approx(stats.chi2.sf(test.statistic, 2))


def test_it_finds_what_the_published_trial_found():
    times = np.concatenate([REMISSION.times, PLACEBO])
    events = np.concatenate([REMISSION.events, np.ones(21)])
    arms = ["6-mercaptopurine"] * 21 + ["placebo"] * 21
    test = compute_log_rank(FollowUp(times, events), arms)
    assert test.statistic == pytest.approx(16.79, abs=5e-3)
    assert test.groups["n"].tolist() == [21, 21]
    assert test.groups["events"].tolist() == [9, 21]
    assert test.groups["expected"].tolist() == pytest.approx([19.25, 10.75], abs=5e-3)


def test_a_competing_event_counts_as_censored(follow_up, invented):
    of_cause = compute_log_rank(follow_up.of_cause(1), invented["group"])
    assert compute_log_rank(follow_up, invented["group"]).statistic == of_cause.statistic


@pytest.mark.parametrize(
    ("events", "groups", "strata"),
    [
        ([1, 1, 1, 1], "aaaa", None),
        ([0, 0, 2, 0], "abab", None),
        ([1, 1, 1, 1], "aabb", "1122"),
        # Those of one group are gone before the other has an event.
        ([0, 0, 1, 1], "aabb", None),
    ],
)
def test_there_is_none_where_nothing_can_be_compared(events, groups, strata):
    follow_up = FollowUp([1, 2, 3, 4], events)
    with pytest.raises(AbsentError, match="no log-rank test"):
        compute_log_rank(
            follow_up, list(groups), strata=None if strata is None else list(strata)
        )


def test_patients_without_a_group_or_stratum_are_refused(follow_up, invented):
    some = invented["stratum"].where(invented["stratum"] == "a")
    with pytest.raises(DeepCMEError, match="needs a group, but of 75 patients"):
        compute_log_rank(follow_up, some)
    with pytest.raises(DeepCMEError, match="needs a stratum, but of 75 patients"):
        compute_log_rank(follow_up, invented["group"], strata=some)
    with pytest.raises(DeepCMEError, match="of 75 patients 3 have one"):
        compute_log_rank(follow_up, ["a", "b", "a"])


def test_a_group_without_anybody_at_risk_takes_no_degree_of_freedom():
    follow_up = FollowUp([1, 3, 4, 5, 6], [0, 1, 1, 1, 0])
    assert compute_log_rank(follow_up, list("cabab")).degrees_of_freedom == 1


# With 20 patients a group the test, in R too, rejects 56 of 1,000.
@pytest.mark.parametrize(
    ("a_group", "studies", "low", "high"),
    [(20, 300, 0.02, 0.09), pytest.param(100, 5000, 0.04, 0.06, marks=pytest.mark.slow)],
)
def test_it_rejects_one_in_twenty_where_groups_fare_alike(random, a_group, studies, low, high):
    groups = np.repeat(["a", "b", "c"], a_group)
    rejected = [
        compute_log_rank(draw_follow_up(3 * a_group, random), groups).p_value < 0.05
        for _ in range(studies)
    ]
    assert low <= np.mean(rejected) <= high
