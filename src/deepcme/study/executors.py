"""Where tasks run: processes of this machine, or a Dask cluster. The results are the same."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence

from joblib import Parallel, delayed

from deepcme.arrays import CohortArrays
from deepcme.errors import DeepCMEError
from deepcme.study.fit import TaskResult, fit_task
from deepcme.study.plan import Task
from deepcme.study.selection import Arrays, SelectionTask, run_selection_task

AnyTask = Task | SelectionTask
Outcome = tuple[AnyTask, TaskResult | Arrays | str]
"""A task with its result, or with the text of the error that stopped it."""


def try_task(data: CohortArrays, task: AnyTask) -> Outcome:
    """Run a task; an error comes back as text, so that the others go on."""
    try:
        if isinstance(task, SelectionTask):
            return task, run_selection_task(data, task)
        return task, fit_task(data, task)
    except Exception:
        return task, traceback.format_exc()


def run_on_processes(
    data: CohortArrays, tasks: Sequence[AnyTask], jobs: int
) -> Iterator[Outcome]:
    """Run tasks on processes of this machine, which share one memory map of the matrix."""
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    yield from parallel(delayed(try_task)(data, task) for task in tasks)


def run_on_dask(
    data: CohortArrays, tasks: Sequence[AnyTask], address: str
) -> Iterator[Outcome]:
    """Run tasks on a Dask cluster; the cohort is sent once to every worker.

    A task whose worker is lost runs again on another.

    Raises
    ------
    DeepCMEError
        If Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise DeepCMEError(
            "--scheduler needs Dask: install it with  pip install 'deepcme[dask]'."
        ) from error
    try:
        client = Client(address, timeout="20s")
    except (OSError, TimeoutError, ValueError) as error:
        raise DeepCMEError(
            f"No Dask scheduler answers at {address}: start one with `dask scheduler`, and "
            "workers with `dask worker --nthreads 1`."
        ) from error
    with client:
        shared = client.scatter(data, broadcast=True)
        futures = client.map(
            try_task,
            [shared] * len(tasks),
            list(tasks),
            key=[task.key for task in tasks],
            retries=3,
        )
        for future, outcome in as_completed(futures, with_results=True, raise_errors=False):
            if future.status == "finished":
                yield outcome
            else:
                task = next(task for task in tasks if task.key == future.key)
                yield task, f"the task was lost on the cluster: {outcome}"
            future.release()
