"""Tasks on processes of this machine."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from deepcme.base.processes.parallel import run_parallel
from deepcme.cohort.arrays import CohortArrays
from deepcme.study.executors.attempt import Outcome, try_task
from deepcme.study.tasks import Task


def run_on_processes(
    data: CohortArrays, tasks: Sequence[Task], jobs: int
) -> Generator[Outcome, None, None]:
    """Run tasks on processes of this machine, which share one memory map of the matrix."""
    return run_parallel(try_task, ((data, task) for task in tasks), jobs, ordered=False)
