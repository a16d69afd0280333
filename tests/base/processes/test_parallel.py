"""Calls on several processes give what they give on one."""

import operator

import pytest

from deepcme.base.processes.parallel import run_parallel

CALLS = [(number, 2) for number in range(6)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_calls(jobs):
    assert list(run_parallel(operator.pow, CALLS, jobs)) == [0, 1, 4, 9, 16, 25]


@pytest.mark.parametrize("jobs", [1, 2])
def test_or_as_they_are_ready(jobs):
    assert sorted(run_parallel(operator.pow, CALLS, jobs, ordered=False)) == [
        0,
        1,
        4,
        9,
        16,
        25,
    ]
