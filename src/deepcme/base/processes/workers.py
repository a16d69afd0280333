"""A process that works for another: it ends with it, and leaves the ending to it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from deepcme.base.processes.processes import is_running

_SECONDS_BETWEEN_LOOKS = 0.5
_PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def starter() -> tuple[int, bool]:
    """Who starts a worker, to be given to its `begin_worker`: the process, and how.

    Linux kills a process when the thread that started it ends, which for other threads
    than the main one may be long before their process does.
    """
    return os.getpid(), threading.current_thread() is threading.main_thread()


def worker_command(module: str, *arguments: str) -> list[str]:
    """The command that runs the `main` of a module in a worker of this process."""
    code = (
        f"from {begin_worker.__module__} import begin_worker; begin_worker{starter()}; "
        f"from {module} import main; main()"
    )
    return [sys.executable, "-P", "-c", code, *arguments]


def begin_worker(parent: int, of_main_thread: bool) -> None:
    """Let this process be killed when its parent ends, however that ends.

    Ctrl-C and the signals of batch systems reach all processes of a command; they are
    left to the parent, which kills its workers.

    Parameters
    ----------
    parent : int
        The process that started this one.
    of_main_thread : bool
        Whether the parent's main thread did.
    """
    leave_stopping_to_parent(of_main_thread)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def leave_stopping_to_parent(of_main_thread: bool) -> None:
    """As `begin_worker` where only Linux ends this process with its parent: without a thread.

    For a process that starts others by forking, and sees the end of its parent itself.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if of_main_thread and sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with(parent: int) -> None:
    while _is_child_of(parent):
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def _is_child_of(parent: int) -> bool:
    # Windows goes on to tell the number of a parent that has ended.
    return is_running(parent) if sys.platform == "win32" else os.getppid() == parent
