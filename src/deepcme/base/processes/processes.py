"""Who writes a file: the machine, and whether a process of it still runs."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

_UNKNOWN = "0"
"""Stands where a system does not tell when a process began."""


@cache
def this_machine() -> str:
    """The machine's name as eight hexadecimal digits: several may share a folder.

    Containers that bear one name are told apart, as each numbers its processes anew.
    """
    numbering = Path("/proc/self/ns/pid")
    name = platform.node() + (str(numbering.readlink()) if numbering.is_symlink() else "")
    return _eight_digits(name)


def this_process() -> str:
    """Machine, number and beginning of this process: no other has had all three."""
    number = os.getpid()
    return f"{this_machine()}-{number}-{_beginning(number)}"


def is_running(number: int, beginning: str = _UNKNOWN) -> bool:
    """Whether a process of this machine runs, whoever started it.

    Numbers are used again: one that began at another moment is another process, where its
    beginning is known.
    """
    if not _has_process(number):
        return False
    now = _began(number)
    return now == beginning or (now is not None and _UNKNOWN in (now, beginning))


@cache
def _beginning(number: int) -> str:
    return _began(number) or _UNKNOWN


def _began(number: int) -> str | None:
    """When a process began, as eight hexadecimal digits; None for one that has ended."""
    if sys.platform == "win32":
        return _began_on_windows(number)
    told = _told_by_linux(number) if sys.platform == "linux" else _told_by_ps(number)
    if told is None:
        return _UNKNOWN
    state, moment = told
    # One that nobody waited for is still listed.
    return None if state.startswith(("Z", "X")) else _eight_digits(moment)


def _told_by_linux(number: int) -> tuple[str, str] | None:
    """State of a process, and the tick of this boot at which it began (proc(5))."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()  # a program's name may hold anything
    return state, f"{boot} {fields[18]}"


def _told_by_ps(number: int) -> tuple[str, str] | None:
    try:
        asked = ["ps", "-o", "stat=,lstart=", "-p", str(number)]
        words = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
        text = subprocess.run(
            asked, capture_output=True, text=True, check=True, env=words
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    state, _, moment = text.strip().partition(" ")
    return state, moment


def _has_process(number: int) -> bool:
    if sys.platform == "win32":
        return _began_on_windows(number) is not None
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # of another user
    return True


def _began_on_windows(number: int) -> str | None:
    if sys.platform != "win32":
        return None
    import ctypes
    from ctypes import wintypes

    query_limited_information, still_active = 0x1000, 259
    kernel = ctypes.windll.kernel32
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(query_limited_information, False, number)
    if not handle:
        return None
    handle, code = wintypes.HANDLE(handle), wintypes.DWORD()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    times = [wintypes.FILETIME() for _ in range(4)]
    kernel.GetProcessTimes(handle, *map(ctypes.byref, times))
    kernel.CloseHandle(handle)
    if code.value != still_active:
        return None
    return _eight_digits(f"{times[0].dwHighDateTime} {times[0].dwLowDateTime}")


def _eight_digits(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]
