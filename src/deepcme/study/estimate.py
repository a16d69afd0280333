"""How long a study will take, timed from one of each kind."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence

from deepcme.cohort.arrays import CohortArrays
from deepcme.study.executors.attempt import try_task
from deepcme.study.parts import listed
from deepcme.study.tasks import Plan, Task


def describe_expected_time(plan: Plan, tasks: Sequence[Task], jobs: int) -> str:
    """Number of fits and of steps of gene selection, and the expected time, in one sentence.

    Timed are the networks and what comes on top of a default study; its few
    other fits add little.
    """
    seconds = 0.0
    of_kind: dict[Hashable, float] = {}
    for task in tasks:
        part = listed.part_named(task.part)
        if not (part.is_extra or part.count_networks(task)):
            continue
        kind = part.kind(plan, task)
        if kind not in of_kind:
            of_kind[kind] = _seconds(plan, task)
        seconds += of_kind[kind]
    return (
        f"{_count(tasks)}: about {_duration(seconds / jobs)} on {jobs} "
        f"process{'es' if jobs > 1 else ''}."
    )


def _count(tasks: Sequence[Task]) -> str:
    """The tasks by what they are, in words."""
    n_fits, n_networks, words = 0, 0, []
    for part in listed.PARTS:
        of_part = [task for task in tasks if task.part == part.name]
        n_networks += sum(map(part.count_networks, of_part))
        n_fits += 0 if part.noun else len(of_part)
        if of_part and part.noun:
            words.append(f"and {len(of_part):,} {part.noun}")
        elif of_part and part.purpose:
            words.append(f"{len(of_part):,} {part.purpose}")
    return ", ".join([f"{n_fits:,} fits to do, which train {n_networks:,} networks", *words])


def _seconds(plan: Plan, task: Task) -> float:
    """Expected time of a task, or that of running it."""
    expected = listed.part_named(task.part).expect_seconds(plan, task)
    if expected is not None:
        return expected
    start = time.perf_counter()
    try_task(CohortArrays.of(plan.cohort), task)
    return time.perf_counter() - start


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
