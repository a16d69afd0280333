"""Tasks on the workers of a Dask cluster, which may come late, go, and be replaced."""

from __future__ import annotations

import logging
import pickle
import socket
import struct
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say, without_logs
from deepcme.base.version import __version__
from deepcme.cohort.arrays import CohortArrays
from deepcme.study.executors.attempt import Outcome, try_task
from deepcme.study.tasks import Task, computing_versions, package_versions

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWER_SECONDS = 20
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_BETWEEN_WORDS = 600.0

_MOST_BYTES_OF_GREETING = 1 << 20
_KEPT = "what is finished is kept, and the same command goes on."


class _OtherVersionsError(Exception):
    """A worker's packages are not those that the study was laid out with."""


def run_on_dask(
    data: CohortArrays, tasks: Sequence[Task], address: str
) -> Generator[Outcome, None, None]:
    """Run tasks on a Dask cluster.

    The cohort is itself the result of a task, so that Dask makes it again where every worker
    that had it is lost. A task whose worker is lost runs again on another, as often as the
    scheduler allows (``distributed.scheduler.allowed-failures``, 3). Workers are waited for
    without end, as those of a batch system may be queued for hours; that is said.

    Raises
    ------
    DeepCMEError
        If Dask is not installed, no scheduler answers, it is lost, or a worker has other
        packages, which may give other numbers.
    """
    try:
        from distributed import as_completed
    except ImportError as error:
        raise DeepCMEError(
            "--scheduler needs Dask: install it with  pip install 'deepcme[dask]'.",
            topic="installing",
        ) from error
    by_key = {task.key: task for task in tasks}
    # Dask, and the event loop it runs on, would tell what is told here.
    with without_logs(logging.CRITICAL), _connect(address) as client:
        futures = _submit(client, data, by_key)
        results = as_completed(futures, with_results=True, raise_errors=False)
        del futures  # what is done shall not be kept until all is
        watch = _Watch(client, address)
        while not results.is_empty():
            if not results.has_ready():
                watch.look()
                time.sleep(0.05)
                continue
            future, result = results.next()
            yield _outcome_of(future, result, by_key[future.key], address)
            future.release()


def _submit(client: Client, data: CohortArrays, tasks: Mapping[str, Task]) -> list[Future]:
    versions = _versions_that_matter()
    packed = [pickle.dumps(task) for task in tasks.values()]
    with warnings.catch_warnings(action="ignore"):  # that a cohort is large
        cohort = client.submit(pickle.loads, pickle.dumps(data), key=f"cohort-{uuid.uuid4()}")
        alike = [versions] * len(tasks), [cohort] * len(tasks)
        futures: list[Future] = client.map(_unpacking(), *alike, packed, key=list(tasks))
    return futures


def _unpacking() -> Callable[[Mapping[str, str], CohortArrays, bytes], Outcome]:
    """A function that Dask sends as code, as a worker without deepcme would end of its name."""

    def try_packed(versions: Mapping[str, str], data: CohortArrays, task: bytes) -> Outcome:
        from deepcme.study.executors.cluster import try_with

        return try_with(versions, data, task)

    return try_packed


def try_with(versions: Mapping[str, str], data: CohortArrays, task: bytes) -> Outcome:
    """Run a packed task on a worker whose packages give the numbers that the study's would."""
    here = _versions_that_matter()
    for name, version in versions.items():
        if here.get(name) != version:
            raise _OtherVersionsError(f"{name} {here.get(name)} instead of {version}")
    return try_task(data, pickle.loads(task))  # noqa: S301 (of this run itself)


def _versions_that_matter() -> dict[str, str]:
    return {"deepcme": __version__, **computing_versions(package_versions())}


def _outcome_of(future: Future, result: Any, task: Task, address: str) -> Outcome:
    """What came of a task; what a fit itself failed of is its result already."""
    from distributed.scheduler import KilledWorker

    if future.status == "finished":
        outcome: Outcome = result
        return outcome
    error = result[1] if future.status == "error" else None  # of its type, itself, traceback
    if isinstance(error, KilledWorker):
        return Outcome(
            task,
            "each worker that ran it was lost, perhaps for lack of memory: start workers with "
            "a larger --memory-limit and --nthreads 1.",
        )
    if isinstance(error, _OtherVersionsError):
        raise DeepCMEError(
            f"A worker of {address} has {error}, which may give other numbers: install the "
            f"same packages everywhere; {_KEPT}"
        )
    if error is not None:
        raise DeepCMEError(
            f"The scheduler or a worker at {address} cannot take a fit "
            f"({type(error).__name__}: {_first_line(error)}): install deepcme {__version__} "
            f"and the same packages everywhere; {_KEPT}"
        ) from error
    raise _lost(address)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _lost(address: str) -> DeepCMEError:
    return DeepCMEError(
        f"The Dask scheduler at {address} was lost: start it and its workers again; {_KEPT}"
    )


class _Watch:
    """Looks now and then whether there are workers, and says where there are none."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._had_workers = False
        self._next_look = 0.0
        self._next_word = 0.0

    def look(self) -> None:
        """Say that there is no worker, once and then now and then."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + SECONDS_BETWEEN_LOOKS
        if self._count_workers():
            self._had_workers, self._next_word = True, 0.0
        elif now >= self._next_word:
            self._next_word = now + SECONDS_BETWEEN_WORDS
            lost = ": its last worker is lost, perhaps for lack of memory"
            say(
                f"Waiting for workers at {self._address}{lost if self._had_workers else ''}. "
                f"Start some with: dask worker --nthreads 1 {self._address}",
                error=True,
            )

    def _count_workers(self) -> int:
        try:
            return len(self._client.scheduler_info()["workers"])
        except (OSError, TimeoutError, RuntimeError) as error:
            raise _lost(self._address) from error


def _connect(address: str) -> Client:
    """A client of the scheduler; whatever else answers there is given up after a while."""
    from distributed import Client

    answers: list[Client | Exception] = []
    give_up = time.monotonic() + ANSWER_SECONDS

    def ask() -> None:
        while not answers and time.monotonic() < give_up:
            try:
                _require_greeting(address)
                answers.append(Client(address, timeout=ANSWER_SECONDS))
            except Exception as error:
                answers.append(error)
            except BaseException:  # such as a start that Dask itself cancels: no answer yet
                continue

    # Dask waits without end for the first word of a service that is no scheduler.
    thread = threading.Thread(target=ask, daemon=True)
    if address.strip():  # without an address Dask would start a cluster of its own
        with warnings.catch_warnings(action="ignore"):  # of versions, which each fit looks at
            thread.start()
            thread.join(ANSWER_SECONDS)
    answer = answers[0] if answers else None
    if isinstance(answer, Exception) or answer is None:
        raise DeepCMEError(
            f"No Dask scheduler answers at {address!r}: give --scheduler tcp://HOST:PORT as "
            "`dask scheduler` prints it, and start workers with `dask worker --nthreads 1`."
        ) from answer
    return answer


def _require_greeting(address: str) -> None:
    """Refuse a service that does not greet as a scheduler does, before Dask listens to it.

    A scheduler speaks first: the length of its greeting, which is short. Dask takes the first
    eight bytes of any other service for a length too, and would reserve memory for it.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tcp" or parts.hostname is None or parts.port is None:
        return  # not of this form; Dask says what is wrong
    with (
        socket.create_connection((parts.hostname, parts.port), ANSWER_SECONDS) as connection,
        connection.makefile("rb") as answer,
    ):
        start = answer.read(8)
    if len(start) < 8 or struct.unpack("<Q", start)[0] > _MOST_BYTES_OF_GREETING:
        raise OSError("what answers is no Dask scheduler")
