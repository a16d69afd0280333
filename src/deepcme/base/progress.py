"""Progress: a bar with time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from deepcme.base.terminal import say

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

SECONDS_BETWEEN_LINES = 20.0


Advance = Callable[[], None]
"""Call it once for each piece of work that is done."""


@contextmanager
def show_progress(description: str, total: int, *, quiet: bool = False) -> Iterator[Advance]:
    """Show how far `total` pieces of work have come, on standard error."""
    if quiet:
        yield lambda: None
    elif sys.stderr.isatty():
        with _bar(description, total) as advance:
            yield advance
    else:
        yield _lines(description, total)


@contextmanager
def _bar(description: str, total: int) -> Iterator[Advance]:
    from rich.progress import MofNCompleteColumn, TimeElapsedColumn

    with _columns(MofNCompleteColumn(), TimeElapsedColumn()) as bar:
        task = bar.add_task(description, total=total)
        yield lambda: bar.advance(task)


def _columns(*done: ProgressColumn) -> Progress:
    """A bar on standard error, with what is done and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    before = (TextColumn("{task.description}"), BarColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    return Progress(*before, *done, *left, console=Console(stderr=True))


def _lines(description: str, total: int) -> Advance:
    start = time.monotonic()
    done = 0
    last = start

    def advance() -> None:
        nonlocal done, last
        done += 1
        now = time.monotonic()
        if done < total and now - last < SECONDS_BETWEEN_LINES:
            return
        last = now
        left = (now - start) / done * (total - done)
        rest = f", about {left:.0f} s left" if done < total else f" in {now - start:.0f} s"
        say(f"{description}: {done} of {total}{rest}", error=True)

    return advance


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
    from rich.progress import DownloadColumn, TransferSpeedColumn

    with _columns(DownloadColumn(), TransferSpeedColumn()) as bar:
        task = bar.add_task(description, total=None)

        class _Bar:
            def start(self, n_bytes: int) -> None:
                bar.update(task, total=n_bytes + (bar.tasks[task].total or 0))

            def advance(self, n_bytes: int) -> None:
                bar.advance(task, n_bytes)

        yield _Bar()
