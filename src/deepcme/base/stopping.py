"""Ending as the user or the system asks: Ctrl-C, SIGTERM and SIGHUP alike."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from deepcme.base.errors import StoppedError

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_sentences: list[Callable[[], str]] = [
    lambda: "Stopped before it was done: the same command begins again."
]


@contextmanager
def stoppable() -> Iterator[None]:
    """Let these signals raise `StoppedError` in the main thread.

    One that is ignored, as under `nohup` or behind `&` in a script, stays so. Only the
    command does this: a notebook or another program keeps its own ways.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {
        number: signal.signal(number, _stop)
        for number in numbers
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise StoppedError(_sentences[-1](), number)


@contextmanager
def if_stopped(sentence: Callable[[], str]) -> Iterator[None]:
    """Say this, and not that all begins again, where the command is stopped meanwhile."""
    _sentences.append(sentence)
    try:
        yield
    finally:
        _sentences.remove(sentence)
