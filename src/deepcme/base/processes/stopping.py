"""Ending before the work is done, as the user or the system asks: in time, and in words."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from deepcme.base.errors import StoppedError
from deepcme.base.terminal import say

GRACE_SECONDS = 3.0
"""What a command may take to put things in order; then it ends at once."""

GOES_ON = "the same command goes on"
"""What follows where finished parts of the work are kept."""

_SIGNALS = frozenset(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    if hasattr(signal, name)
)


class _Phase:
    """What the command is at: how far it is, and what the same command does next time."""

    def __init__(self, where: Callable[[], str], then: str) -> None:
        self.where = where
        self.then = then


_phases = [_Phase(lambda: "before the end", "the same command begins again")]


@contextmanager
def if_halted(where: Callable[[], str], then: str) -> Iterator[None]:
    """Say this of the work inside, should it be stopped or lose a worker.

    Parameters
    ----------
    where : callable
        Tells how far the work is when it is called, such as ``after 12 of 80 fits``.
    then : str
        What follows, such as `GOES_ON`.
    """
    phase = _Phase(where, then)
    _phases.append(phase)
    try:
        yield
    finally:
        _phases.remove(phase)


def describe_halt(what: str, advice: str = "") -> str:
    """One sentence: what happened, how far the work is, what to do, what follows."""
    phase = _phases[-1]
    return f"{what} {phase.where()}{advice}; {phase.then}."


_endings: set[Callable[[], None]] = set()


def end_if_stopped(ending: Callable[[], None]) -> None:
    """Call this, once, when the command is stopped: what it ends would hold up the exit."""
    _endings.add(ending)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP raise `StoppedError` in the main thread.

    A signal that is ignored, as under ``nohup`` or behind ``&`` in a script, stays so.
    Further ones change nothing; `GRACE_SECONDS` after the first the process ends at once,
    and what is written is whole all the same, as after ``kill -9``. Only the command does
    this: a notebook or another program keeps its own ways.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop = _Stop()
    before = {
        number: signal.signal(number, stop.handle)
        for number in _SIGNALS
        if signal.getsignal(number) != signal.SIG_IGN
    }
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    # Python's own handlers wait until a long call of a library returns; this does not.
    before_writer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=stop.watch, args=(reader,), daemon=True).start()
    try:
        yield
    except StoppedError:
        for ending in _endings:
            ending()
        raise
    finally:
        if stop.error is None:
            signal.set_wakeup_fd(before_writer)
            os.close(writer)
            for number, handler in before.items():
                signal.signal(number, handler)


class _Hold:
    """Whether a stop has to wait, and the one that waits."""

    on = False
    waiting: StoppedError | None = None


_hold = _Hold()


@contextmanager
def held_back() -> Iterator[None]:
    """Start workers here: what stops the command waits until they are known to it.

    The workers are deaf to these signals from their first moment: Ctrl-C and batch systems
    send them to all processes of a command, which kills its workers itself.
    """
    has_mask = hasattr(signal, "pthread_sigmask")  # Windows has none
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS) if has_mask else set()
    _hold.on = True
    try:
        yield
    finally:
        _hold.on = False
        if has_mask:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if _hold.waiting is not None:
            raise _hold.waiting


class _Stop:
    """The first signal to stop, and the end if the process does not follow it in time."""

    def __init__(self) -> None:
        self.error: StoppedError | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Raise the error in the main thread, once."""
        if self.error is None:
            self.error = _stopped_by(number)
            # Threads of libraries may stumble over what ends; that is not told.
            threading.excepthook = lambda _: None
            if not _hold.on:
                raise self.error
            _hold.waiting = self.error

    def watch(self, reader: int) -> None:
        """Wait in a thread for the number of a signal that stops, and then for the end."""
        with open(reader, "rb", buffering=0) as numbers:
            while came := numbers.read(1):
                if came[0] in _SIGNALS:
                    time.sleep(GRACE_SECONDS)
                    self._end_at_once(self.error or _stopped_by(came[0]))

    def _end_at_once(self, error: StoppedError) -> None:
        if not error.is_told:
            # In a thread, as the main thread may hold up what goes to standard error.
            teller = threading.Thread(target=tell, args=(error,), daemon=True)
            teller.start()
            teller.join(GRACE_SECONDS / 10)
        os._exit(error.exit_code)  # workers see it, and go as well


def _stopped_by(number: int) -> StoppedError:
    return StoppedError(describe_halt("Stopped"), number)


def tell(error: BaseException, topic: str | None = None) -> None:
    """Say on standard error why the command ends, if anybody still listens there.

    On a terminal it is also said where more is told about the topic, if there is one.
    """
    if isinstance(error, StoppedError):
        error.is_told = True
    try:
        say(f"deepcme: {error}", error=True)
        if topic is not None and sys.stderr.isatty():
            say(f"More: deepcme explain {topic}", error=True, whole=True)
    except OSError:  # such as a terminal that was closed
        with suppress(OSError):  # what is left in the buffer must not fail at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
