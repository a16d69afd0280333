"""The process that holds one set of models, verified, and the workers that answer with it.

On Linux its workers are forks of it, so that they share what was read and imported, and one
that was killed is replaced at once. Elsewhere forking is not safe, and each reads for itself.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.workers import leave_stopping_to_parent, starter
from deepcme.service.processes.signals import STOP
from deepcme.service.settings import ServiceSettings

if TYPE_CHECKING:
    from deepcme.service.models.served import ServedModel

_CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
_SECONDS_BEFORE_NEXT = 1.0
"""Before another takes the place of a worker that ended before it answered."""
_SECONDS_MORE = 5.0
"""That a worker may take to end after the time that requests at work have."""


class Refused(NamedTuple):
    """These models cannot be served; why, in a sentence."""

    sentence: str


class Serving(NamedTuple):
    """All workers answer: the name and version of each model."""

    models: list[tuple[str, str]]


class Replaced(NamedTuple):
    """A worker ended and another one takes its place."""

    how: str


class Stopped(NamedTuple):
    """All have ended; of so many workers the requests at work were cut off."""

    n_cut_off: int


@dataclass(frozen=True)
class Orders:
    """What a generation is to serve, and how.

    Attributes
    ----------
    folders : tuple of (str, path, path)
        Each model's name, the private copy of its folder, and the folder.
    settings : ServiceSettings
    n_workers : int
    stop_seconds : int
        That requests at work have to finish.
    place : path
        Private folder for temporary files.
    """

    folders: tuple[tuple[str, Path, Path], ...]
    settings: ServiceSettings
    n_workers: int
    stop_seconds: int
    place: Path


def hold(
    orders: Orders, listening: socket.socket, supervisor: Connection, of_main: bool
) -> None:
    """Verify models and have workers answer with them, until told to stop or left alone."""
    leave_stopping_to_parent(of_main)
    try:
        models = _load(orders.folders)
    except (DeepCMEError, OSError) as error:
        supervisor.send(Refused(str(error)))
        return
    except MemoryError:
        supervisor.send(Refused("The models take more memory than is free."))
        return
    gc.collect()
    gc.freeze()  # so that collecting in a worker writes to no page that all share
    workers = _Workers(orders, listening, supervisor)
    try:
        workers.watch([(served.name, served.version) for served in models.values()])
    finally:
        workers.kill()


@cache
def _load(folders: tuple[tuple[str, Path, Path], ...]) -> dict[str, ServedModel]:
    """Read the models; a forked worker finds them here, read by its parent."""
    from deepcme.service.models.loading import load_served
    from deepcme.service.processes import worker  # noqa: F401 (that forks find it imported)

    return {name: load_served(name, copy, source) for name, copy, source in folders}


def _work(orders: Orders, listening: socket.socket, told: Connection, by: Any) -> None:
    from deepcme.service.processes.worker import work

    tempfile.tempdir = str(orders.place)
    models = _load(orders.folders)
    work(models, orders.settings, listening, orders.stop_seconds, told, by)


class _Worker:
    """A worker as the process that started it sees it."""

    def __init__(self, orders: Orders, listening: socket.socket) -> None:
        self.connection, told = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(
            target=_work, args=(orders, listening, told, starter()), name="worker"
        )
        self.process.start()
        told.close()
        self.serves = False

    def hear(self) -> None:
        """Take what it says, which is that it serves."""
        try:
            self.connection.recv()
        except (EOFError, OSError):
            self.connection.close()
        else:
            self.serves = True

    def stop(self) -> None:
        """Ask it to finish what it is at."""
        try:
            self.connection.send(STOP)
        except OSError:  # it has ended
            return

    def ended(self) -> str:
        """How it ended, once it has."""
        code = self.process.exitcode
        return f"by signal {-code}" if code < 0 else f"with code {code}"


class _Workers:
    """The workers of a generation."""

    def __init__(
        self, orders: Orders, listening: socket.socket, supervisor: Connection
    ) -> None:
        self._orders, self._listening, self._supervisor = orders, listening, supervisor
        self._workers = [self._another() for _ in range(orders.n_workers)]
        self._have_served = False

    def _another(self) -> _Worker:
        return _Worker(self._orders, self._listening)

    def watch(self, models: list[tuple[str, str]]) -> None:
        """Replace whoever ends, until the supervisor says that it is enough."""
        while True:
            heard = self._wait()
            if self._supervisor in heard:
                return self._stop()
            for worker in self._workers:
                if worker.connection in heard:
                    worker.hear()
            if not self._have_served and all(worker.serves for worker in self._workers):
                self._have_served = True
                self._supervisor.send(Serving(models))
            for place, worker in enumerate(self._workers):
                if not worker.process.is_alive() and not self._replace(place):
                    return None

    def _wait(self) -> Sequence[object]:
        sentinels = [worker.process.sentinel for worker in self._workers]
        speaking = [
            worker.connection for worker in self._workers if not worker.connection.closed
        ]
        return wait([self._supervisor, *speaking, *sentinels])

    def _replace(self, place: int) -> bool:
        """Another worker for one that ended; none if no worker could ever begin."""
        worker = self._workers[place]
        worker.process.join()
        _forget_gauges(worker.process.pid)
        how = f"A worker (process {worker.process.pid}) ended {worker.ended()}"
        if not self._have_served:
            self._supervisor.send(Refused(f"{how} before it answered."))
            return False
        if not worker.serves:
            time.sleep(_SECONDS_BEFORE_NEXT)
        self._workers[place] = self._another()
        self._supervisor.send(Replaced(f"{how}; another one takes its place."))
        return True

    def _stop(self) -> None:
        """Let all finish what they are at, within the time that they have."""
        for worker in self._workers:
            worker.stop()
        until = time.monotonic() + self._orders.stop_seconds + _SECONDS_MORE
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
        n_cut_off = sum(worker.process.exitcode != 0 for worker in self._workers)
        self.kill()
        for worker in self._workers:
            _forget_gauges(worker.process.pid)
        self._supervisor.send(Stopped(n_cut_off))

    def kill(self) -> None:
        """End at once what is left."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()


def _forget_gauges(process: int) -> None:
    """What a worker measured of its present state ended with it; its counts stay."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(process)
