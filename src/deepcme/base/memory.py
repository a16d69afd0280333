"""Memory: how much is free, and refusing what would not fit before it is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from deepcme.base.errors import DeepCMEError

MOST_UNFOLDED = 200
"""Times its size that a file's values may take; those of real studies stay below 50."""
SMALL = 200_000_000
"""Bytes that the values of any file may take, however small it is."""
TIMES_TAKEN = 2
"""What commands take at most at a time for each byte of the values."""

BYTES_OF_A_TEXT = 80
"""What a text takes besides its letters: the object, and two pointers to it."""

_BYTES_OF_CELL = 25  # a pointer to its text in three tables

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUPS = Path("/proc/self/cgroup")
_OWN_STATUS = Path("/proc/self/status")
_MACHINE = Path("/proc/meminfo")


def available_bytes() -> int | None:
    """Bytes of memory that this process can still take; None where nothing tells.

    The least of what the machine has free, what the limits of its control groups (of
    containers and batch systems) leave, and what ``ulimit`` leaves. Where only the size of
    the whole memory is known, as on macOS, it is that.
    """
    told = [*_free_on_machine(), *_left_by_cgroups(), *_left_by_ulimit()]
    return max(min(told), 0) if told else None


def require_memory(n_bytes: int, path: Path, what: str, held: int = 0) -> None:
    """Refuse values that cannot be meant or do not fit into memory.

    Parameters
    ----------
    n_bytes : int
        What they take once, estimated before they are read.
    path : path
        The file that holds them.
    what : str
        What they are, to begin a sentence with: ``its matrix of 5 x 10 values``.
    held : int
        Bytes of them that are in memory already.

    Raises
    ------
    DeepCMEError
        If they take far more than the file's size explains, or more than is free: twice
        what they take, since work on them needs a copy.
    """
    if n_bytes > max(SMALL, MOST_UNFOLDED * path.stat().st_size):
        raise DeepCMEError(
            f"{path}: {what} would unfold to about {_in_words(n_bytes)}, over {MOST_UNFOLDED} "
            "times the size of the file, as no measured values do: if they are real, save them "
            "as plain text."
        )
    free = available_bytes()
    if free is not None and TIMES_TAKEN * n_bytes - held > free:
        raise DeepCMEError(
            f"{path}: {what} would take about {_in_words(TIMES_TAKEN * n_bytes)} of memory and "
            f"{_in_words(free)} are free: leave out what is not needed, or use a computer with "
            "more memory."
        )


def require_memory_for_matrix(
    n_rows: int, n_columns: int, path: Path, *, texts: int = 0, held: int = 0
) -> None:
    """Refuse a matrix of float32, beside columns of text, by `require_memory`."""
    what = f"its matrix of {n_rows:,} x {n_columns:,} values"
    n_bytes = n_rows * (4 * n_columns + BYTES_OF_A_TEXT * texts)
    require_memory(n_bytes, path, what, held)


def require_memory_for_cells(n_rows: int, n_columns: int, path: Path) -> None:
    """Refuse a table of text by `require_memory`."""
    what = f"its table of {n_rows:,} x {n_columns:,} cells"
    require_memory(_BYTES_OF_CELL * n_rows * n_columns, path, what)


def _in_words(n_bytes: int) -> str:
    unit, word = (10**9, "GB") if n_bytes >= 10**9 else (10**6, "MB")
    amount = n_bytes / unit
    return f"{amount:.1f} {word}" if amount < 10 else f"{amount:,.0f} {word}"


def _numbers(path: Path, separator: str | None = None) -> dict[str, int]:
    """The numbers of a file of the kernel's, by the words before them."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split(separator, 1) for line in lines)
    return {
        pair[0]: int(pair[1].split()[0])
        for pair in pairs
        if len(pair) == 2 and pair[1].strip() and pair[1].split()[0].isdecimal()
    }


def _number(path: Path) -> int | None:
    """The one number of a file; None where there is none, such as ``max``."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _free_on_machine() -> Iterator[int]:
    kilobytes = _numbers(_MACHINE, ":").get("MemAvailable")
    if kilobytes is not None:
        yield kilobytes * 1024
    elif sys.platform == "win32":
        yield _free_on_windows()
    elif "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _left_by_cgroups() -> Iterator[int]:
    """What each group that the process is in, and each that holds it, leaves (Linux)."""
    try:
        groups = _OWN_CGROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in groups:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            yield from _left_by(_CGROUPS, group, "memory.max", "memory.current", "")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_")
            yield from _left_by(_CGROUPS / "memory", group, *names)


def _left_by(root: Path, group: str, limit: str, usage: str, prefix: str) -> Iterator[int]:
    inner = root / group.strip("/")
    for folder in (inner, *inner.parents):
        most, used = _number(folder / limit), _number(folder / usage)
        if most is not None and used is not None:
            # Pages of files that were not used lately are given up when memory is short.
            cached = _numbers(folder / "memory.stat").get(f"{prefix}inactive_file", 0)
            yield most - used + cached
        if folder == root:
            break


def _left_by_ulimit() -> Iterator[int]:
    if sys.platform == "win32":
        return
    import resource

    used = _numbers(_OWN_STATUS, ":")
    for limit, taken in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY:
            yield soft - 1024 * used.get(taken, 0)


def _free_on_windows() -> int:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "page", "free_page")),
            *((name, ctypes.c_ulonglong) for name in ("virtual", "free_virtual", "extended")),
        )

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return int(status.free)
