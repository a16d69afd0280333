"""What is followed, and what is refused as no follow-up."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp


def test_it_counts_patients_and_events():
    follow_up = FollowUp([3, 0, 2.5, 4], [1, 0, 2, 1])
    assert (follow_up.n, follow_up.n_events, follow_up.has_competing) == (4, 2, True)
    assert follow_up.times.dtype == np.float64
    assert follow_up.events.dtype == np.int8


@pytest.mark.parametrize(("cause", "events"), [(1, [1, 0, 0]), (2, [0, 0, 1]), (0, [0, 1, 0])])
def test_of_one_cause_the_others_are_censored(cause, events):
    of_cause = FollowUp([1, 2, 3], [1, 0, 2]).of_cause(cause)
    assert of_cause.events.tolist() == events
    assert of_cause.times.tolist() == [1, 2, 3]


@pytest.mark.parametrize("index", [[2, 0], np.array([2, 0])])
def test_rows_are_chosen_by_position(index):
    rows = FollowUp([1, 2, 3], [1, 0, 2]).rows(index)
    assert rows.times.tolist() == [3, 1]
    assert rows.events.tolist() == [2, 1]


def test_rows_are_chosen_by_truth():
    assert FollowUp([1, 2, 3], [1, 0, 2]).rows(np.array([True, False, True])).n == 2


@pytest.mark.parametrize(
    ("times", "events", "sentence"),
    [
        ([1, np.nan], [0, 1], "number 2 is nan"),
        ([1, np.inf], [0, 1], "number 2 is inf"),
        ([-1, 2], [0, 1], "number 1 is -1"),
        ([1, 2], [0, 3], "number 2 is 3"),
        ([1, 2], [0, 0.5], "number 2 is 0.5"),
        ([1, 2], [np.nan, 0], "number 1 is nan"),
        ([1, 2, 3], [0, 1], r"\(3,\) times and \(2,\) events"),
        ([[1, 2]], [[0, 1]], r"\(1, 2\) times and \(1, 2\) events"),
    ],
)
def test_what_is_no_follow_up_is_refused(times, events, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        FollowUp(times, events)


def test_nobody_is_absent():
    with pytest.raises(AbsentError, match="no patient"):
        FollowUp([], [])
