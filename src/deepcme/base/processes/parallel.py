"""Work on several processes of this machine."""

from __future__ import annotations

import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from pickle import PicklingError
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor, process_executor

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.shared import shared_folder
from deepcme.base.processes.stopping import describe_halt, end_if_stopped, held_back
from deepcme.base.processes.workers import begin_worker, starter

Result = TypeVar("Result")


class LostWorkerError(DeepCMEError):
    """A process that worked for this one was killed or broke down."""


def run_parallel(
    function: Callable[..., Result],
    calls: Iterable[tuple[Any, ...]],
    jobs: int,
    *,
    ordered: bool = True,
) -> Generator[Result, None, None]:
    """Call a function on so many processes, which share one memory map of each large array.

    `calls` are the arguments of each; the results come in their order, or as they are ready.
    Close the generator (`contextlib.closing`) where it may not be exhausted: the processes
    then end.

    Raises
    ------
    LostWorkerError
        If a process is killed or breaks down, or memory runs out in one.
    DeepCMEError
        If the disk refuses the files by which the processes share large arrays.
    """
    run = Parallel(
        n_jobs=jobs,
        return_as="generator" if ordered else "generator_unordered",
        temp_folder=_folder() if jobs > 1 else None,
        initializer=_begin,
        initargs=starter(),
    )
    try:
        with ExitStack() as ending:
            with held_back(), _silent_tracker():
                end_if_stopped(_end_idle_workers)
                results = run(delayed(function)(*arguments) for arguments in calls)
                ending.callback(_close, results)
            # `yield from` would close them with a warning.
            for result in results:  # noqa: UP028
                yield result
    except BrokenProcessPool as error:
        raise LostWorkerError(_describe_loss(str(error), jobs)) from error
    except PicklingError as error:
        if (refused := re.search(r"\[Errno \d+\] ([^:\n]+)", str(error.__cause__))) is None:
            raise
        raise DeepCMEError(_describe_unshared(refused[1])) from error
    except MemoryError as error:
        raise LostWorkerError(describe_halt("Memory ran out", _advice(jobs))) from error


def _folder() -> Path:
    try:
        return shared_folder()
    except OSError as error:
        raise DeepCMEError(_describe_unshared(error.strerror or str(error))) from error


def _close(results: Generator[Any, None, None]) -> None:
    """End the processes if they are still at work, and not tell of calls that are given up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results.close()


def _end_idle_workers() -> None:
    """End the processes that joblib keeps for a next call; by themselves it takes them long."""
    executor = get_reusable_executor(reuse=True)
    getattr(executor, "terminate", executor.shutdown)(kill_workers=True)


def _kill(worker: BaseProcess) -> None:
    """End a process that joblib gives up, in joblib's stead: it has no processes of its own.

    Joblib would look for those with psutil or pgrep, and hangs where there is neither, as in
    small containers.
    """
    if worker.pid is not None:
        with suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
    worker.join()


if sys.platform != "win32":
    process_executor.kill_process_tree = _kill


@contextmanager
def _silent_tracker() -> Iterator[None]:
    """Start the process that cleans up after killed ones so that it does not tell of it."""
    name, before = "PYTHONWARNINGS", os.environ.get("PYTHONWARNINGS")
    rule = "ignore::UserWarning:joblib.externals.loky.backend.resource_tracker"
    os.environ[name] = f"{before},{rule}" if before else rule
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _begin(parent: int, of_main_thread: bool) -> None:
    # Joblib would print the stack of a worker that breaks down; who wants it sets this to 1.
    os.environ.setdefault("PYTHONFAULTHANDLER", "0")
    begin_worker(parent, of_main_thread)


def _describe_loss(error: str, jobs: int) -> str:
    """The sentence for what joblib says of a worker that is gone."""
    codes = re.search(r"exit codes of the workers are \{(.*)\}", error)
    signals = sorted({*re.findall(r"SIG[A-Z]+", codes[1])}) if codes else []
    named = f" ({', '.join(signals)})" if signals else ""
    if "SIGKILL" in signals:
        happened, reason = "was killed", "as systems do when memory runs out"
    else:
        happened, reason = "broke down", "which may be for lack of memory"
    return describe_halt(f"A worker process {happened}{named}", f", {reason}{_advice(jobs)}")


def _describe_unshared(reason: str) -> str:
    """The sentence for what the system said of the files by which processes share arrays."""
    named = os.environ.get("JOBLIB_TEMP_FOLDER", "/dev/shm, or that for temporary files")
    return describe_halt(
        f"The processes could not share the data in a folder ({named}: {reason})",
        ": make room there, or name another folder in the variable JOBLIB_TEMP_FOLDER",
    )


def _advice(jobs: int) -> str:
    if jobs == 1:
        return ": use a computer with more memory"
    return f": give fewer --jobs (it was {jobs})"
