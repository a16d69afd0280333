"""Tasks on the workers of a Dask cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cohort.arrays import CohortArrays
from deepcme.study.executors.attempt import Outcome, try_task
from deepcme.study.tasks import Task

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWER_SECONDS = 30
WORKER_SECONDS = 120


def run_on_dask(
    data: CohortArrays, tasks: Sequence[Task], address: str
) -> Generator[Outcome, None, None]:
    """Run tasks on a Dask cluster; the cohort is sent once to every worker.

    A task whose worker is lost runs again on another. Workers that are still queued are
    waited for, `WORKER_SECONDS` at the most.

    Raises
    ------
    DeepCMEError
        If Dask is not installed, no scheduler answers, or it has no workers.
    """
    try:
        from distributed import as_completed
    except ImportError as error:
        raise DeepCMEError(
            "--scheduler needs Dask: install it with  pip install 'deepcme[dask]'."
        ) from error
    with _connect(address) as client:
        shared = _send(client, data, address)
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
                yield Outcome(task, f"the task was lost on the cluster: {outcome}")
            future.release()


def _connect(address: str) -> Client:
    """A client of the scheduler; whatever else answers there is given up after a while."""
    from distributed import Client

    answers: list[Client | Exception] = []
    give_up = time.monotonic() + ANSWER_SECONDS

    def ask() -> None:
        while not answers and time.monotonic() < give_up:
            try:
                answers.append(Client(address, timeout=ANSWER_SECONDS))
            except Exception as error:
                answers.append(error)
            except BaseException:  # such as a start that Dask itself cancels: no answer yet
                continue

    # Dask waits without end for the first word of a service that is no scheduler.
    thread = threading.Thread(target=ask, daemon=True)
    if address.strip():  # without an address Dask would start a cluster of its own
        thread.start()
        thread.join(ANSWER_SECONDS)
    answer = answers[0] if answers else None
    if isinstance(answer, Exception) or answer is None:
        raise DeepCMEError(
            f"No Dask scheduler answers at {address!r}: give --scheduler tcp://HOST:PORT as "
            "`dask scheduler` prints it, and start workers with `dask worker --nthreads 1`."
        ) from answer
    return answer


def _send(client: Client, data: CohortArrays, address: str) -> Future:
    """The cohort on every worker there is, once there is one."""
    if not client.scheduler_info()["workers"]:
        say(
            f"Waiting for workers at {address}, {WORKER_SECONDS} seconds at the most.",
            error=True,
        )
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
        return client.scatter(data, broadcast=True)
    except TimeoutError as error:
        raise DeepCMEError(
            f"The Dask scheduler at {address} had no workers for {WORKER_SECONDS} seconds: "
            "start some with `dask worker --nthreads 1`, and run the same command again."
        ) from error
