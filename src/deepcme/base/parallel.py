"""Work on several processes of this machine."""

from __future__ import annotations

import os
import re
import signal
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from joblib import Parallel, delayed

from deepcme.base.errors import DeepCMEError
from deepcme.base.stopping import describe_halt
from deepcme.base.workers import begin_worker, starter

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
    """
    run = Parallel(
        n_jobs=jobs,
        return_as="generator" if ordered else "generator_unordered",
        initializer=_begin,
        initargs=starter(),
    )
    try:
        with _signals_held_back():
            results = run(delayed(function)(*arguments) for arguments in calls)
        try:
            # `yield from` would close them with a warning.
            for result in results:  # noqa: UP028
                yield result
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of joblib: of calls that were given up
                results.close()
    except BrokenProcessPool as error:
        raise LostWorkerError(_describe_loss(str(error), jobs)) from error
    except MemoryError as error:
        raise LostWorkerError(describe_halt("Memory ran out", _advice(jobs))) from error


def _begin(parent: int, of_main_thread: bool) -> None:
    # Joblib would print the stack of a worker that breaks down; who wants it sets this to 1.
    os.environ.setdefault("PYTHONFAULTHANDLER", "0")
    begin_worker(parent, of_main_thread)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Start processes that are deaf to signals from their first moment."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _describe_loss(error: str, jobs: int) -> str:
    """The sentence for what joblib says of a worker that is gone."""
    codes = re.search(r"exit codes of the workers are \{(.*)\}", error)
    signals = re.findall(r"SIG[A-Z]+", codes[1]) if codes else []
    named = f" ({', '.join(signals)})" if signals else ""
    if "SIGKILL" in signals:
        happened, reason = "was killed", "as systems do when memory runs out"
    else:
        happened, reason = "broke down", "which may be for lack of memory"
    return describe_halt(f"A worker process {happened}{named}", f", {reason}{_advice(jobs)}")


def _advice(jobs: int) -> str:
    if jobs == 1:
        return ": use a computer with more memory"
    return f": give fewer --jobs (it was {jobs})"
