"""Signals as a supervisor takes them: noted when they come, looked at when there is time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})
RELOADING = signal.SIGHUP

STOP = "stop"
"""What a process is sent through its pipe that is to finish what it is at, and end."""


class Signals:
    """Those that came and were not looked at yet.

    Attributes
    ----------
    reader : int
        Descriptor of a pipe that can be read when there may be one.
    """

    def __init__(self, reader: int) -> None:
        self.reader = reader
        self._came: list[int] = []

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        self._came.append(number)

    def take(self) -> list[int]:
        """Those that came, in order; they count as looked at."""
        while True:
            try:
                if not os.read(self.reader, 512):
                    break
            except BlockingIOError:
                break
        came, self._came = self._came, []
        return came


@contextmanager
def noted_signals() -> Iterator[Signals]:
    """Note what would stop or reload the service, and end nothing, as long as this lasts."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signals = Signals(reader)
    # The handlers first: whoever watched the signals before would end this process.
    before = {number: signal.signal(number, signals.note) for number in STOPPING | {RELOADING}}
    before_writer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield signals
    finally:
        signal.set_wakeup_fd(before_writer)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
