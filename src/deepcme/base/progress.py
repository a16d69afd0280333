"""Progress: a bar with time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from itertools import repeat
from typing import TYPE_CHECKING, Any, Protocol

from deepcme.base.terminal import in_notebook, say
from deepcme.base.words import duration
from deepcme.base.workload import Workload

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

_FIRST_WORD = 5.0
_PAUSES = ((180, 20.0), (1800, 60.0), (math.inf, 300.0))
"""Seconds between two lines, so long as less time has gone by."""
_SECONDS_BETWEEN_LOOKS = 0.5
_SLOW_AFTER = 5.0


@contextmanager
def show_progress(
    description: str,
    work: Workload[Any],
    *,
    noun: str = "fits",
    then: str = "",
    quiet: bool = False,
) -> Iterator[None]:
    """Show how far the work has come, and how long it will take, on standard error.

    Parameters
    ----------
    description : str
    work : Workload
    noun : str
        What its pieces are.
    then : str
        What comes after it, whose time is not told; a bar has no room for it.
    quiet : bool
        Show nothing.
    """
    then = f", then {then}" if then else ""
    if quiet or not work.n_pieces:
        yield
    elif in_notebook():
        with _notebook_bar(description, work, noun):
            yield
    elif sys.stderr.isatty():
        with _bar(description, work, noun):
            yield
    else:
        with _lines(description, work, noun, then):
            yield


@contextmanager
def show_step(description: str, *, quiet: bool = False) -> Iterator[None]:
    """Say what is being done, if it takes a while."""
    if quiet or in_notebook():
        yield
        return
    with _every(iter((_SLOW_AFTER,)), lambda: say(f"{description} ...", error=True)):
        yield


@contextmanager
def _every(pauses: Iterator[float], show: Callable[[], None]) -> Iterator[None]:
    """Show something after each of the pauses, from a thread of its own."""
    ended = threading.Event()

    def go_on() -> None:
        if hasattr(signal, "pthread_sigmask"):  # signals are the main thread's
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        for pause in pauses:
            if ended.wait(pause):
                return
            try:
                show()
            except OSError:  # nobody reads it any more
                return

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _bar(description: str, work: Workload[Any], noun: str) -> Iterator[None]:
    """A bar whose length is the share of the work, not of the pieces."""
    from rich.progress import TaskProgressColumn, TextColumn

    columns = TaskProgressColumn(), TextColumn("{task.fields[count]}{task.fields[left]}")
    with _columns(*columns) as bar:
        task = bar.add_task(description, total=1.0, count="", left="")

        def show() -> None:
            ended = work.n_done == work.n_pieces
            bar.update(
                task,
                completed=1.0 if ended else work.share_done(),
                count=_count(work, noun),
                left="" if ended else _left(work),
            )

        show()
        with _every(repeat(_SECONDS_BETWEEN_LOOKS), show):
            yield
        show()


@contextmanager
def _notebook_bar(description: str, work: Workload[Any], noun: str) -> Iterator[None]:
    """A bar below the cell, which goes when all is done."""
    from IPython.display import HTML, display

    def bar() -> HTML:
        said = escape(f"{description}: {_count(work, noun)}{_left(work)}")
        return HTML(f'<progress value="{work.share_done():.3f}" max="1"></progress> {said}')

    shown = display(bar(), display_id=True)
    with _every(repeat(_SECONDS_BETWEEN_LOOKS), lambda: shown.update(bar())):
        yield
    shown.update(HTML(""))


def _columns(*columns: ProgressColumn) -> Progress:
    """A bar on standard error, with columns behind it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    before = (TextColumn("{task.description}"), BarColumn(20))
    return Progress(*before, *columns, console=Console(stderr=True))


@contextmanager
def _lines(description: str, work: Workload[Any], noun: str, then: str) -> Iterator[None]:
    start = time.monotonic()

    def show() -> None:
        share = f", {work.share_done():.0%} of the work"
        say(f"{description}: {_count(work, noun)}{share}{_left(work, then)}", error=True)

    with _every(pauses_between_lines(lambda: time.monotonic() - start), show):
        yield
    if work.n_done == work.n_pieces:
        took = duration(time.monotonic() - start)
        say(f"{description}: {_count(work, noun)} in {took}", error=True)


def pauses_between_lines(gone: Callable[[], float]) -> Iterator[float]:
    """Seconds to the first line, and from each to the next; `gone` tells those so far."""
    yield _FIRST_WORD
    while True:
        yield next(pause for until, pause in _PAUSES if gone() < until)


def _count(work: Workload[Any], noun: str) -> str:
    return f"{work.n_done:,} of {work.n_pieces:,} {noun}"


def _left(work: Workload[Any], then: str = "") -> str:
    seconds = work.seconds_left()
    return "" if math.isnan(seconds) else f", about {duration(max(seconds, 1.0))} left{then}"


class ByteCount(Protocol):
    """Told how many bytes there are to fetch, and then as they come."""

    def start(self, n_bytes: int) -> None:
        """Bytes that are to be fetched, besides those announced before."""

    def advance(self, n_bytes: int) -> None:
        """Bytes that came; negative where some must come again."""


class SilentByteCount:
    """A `ByteCount` that shows nothing."""

    def start(self, n_bytes: int) -> None:
        """Show nothing."""

    def advance(self, n_bytes: int) -> None:
        """Show nothing."""


@contextmanager
def show_bytes(description: str, *, quiet: bool = False) -> Iterator[ByteCount]:
    """Show a download's bytes, speed and time left on standard error."""
    if quiet or not sys.stderr.isatty():
        yield SilentByteCount()
        return
    from rich.progress import (
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    left = (TextColumn("left"), TimeRemainingColumn())
    with _columns(DownloadColumn(), TransferSpeedColumn(), *left) as bar:
        task = bar.add_task(description, total=None)

        class _Bar:
            def start(self, n_bytes: int) -> None:
                bar.update(task, total=n_bytes + (bar.tasks[task].total or 0))

            def advance(self, n_bytes: int) -> None:
                bar.advance(task, n_bytes)

        yield _Bar()
