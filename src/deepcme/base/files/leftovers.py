"""What is being written bears the name of its process, so that none stays of a dead one."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from deepcme.base.processes.processes import is_running, this_machine, this_process

_PREFIX = ".deepcme-"
PARTIAL = ".partial"
"""Ends the name of a file; what has it not is a folder."""

_WRITER = re.compile(
    rf"{re.escape(_PREFIX)}(?P<machine>[0-9a-f]{{8}})-(?P<number>\d+)-(?P<begun>[0-9a-f]+)-.+"
)
_SECONDS_UNTOUCHED = 86_400.0


def unfinished_name(ending: str = "") -> str:
    """A name for what this process writes, which nothing else has."""
    return f"{_PREFIX}{this_process()}-{secrets.token_hex(4)}{ending}"


def remove_leftovers(place: Path, *, of_others: bool = True) -> None:
    """Remove from a folder what processes were writing there when they were killed.

    Whether one of another computer runs cannot be known, nor whether one of an older
    deepcme, which left no name: theirs goes a day after it was last written to, or not
    at all (`of_others`), as where files are read for longer than that.
    """
    for path in _unfinished_in(place):
        with suppress(OSError):  # another process was quicker
            if not _is_abandoned(path, of_others):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def _unfinished_in(place: Path) -> Iterator[Path]:
    for path in place.glob(f"{_PREFIX}*"):
        if not path.is_symlink() and (path.is_dir() or path.name.endswith(PARTIAL)):
            yield path


def _is_abandoned(path: Path, of_others: bool) -> bool:
    writer = _WRITER.fullmatch(path.name)
    if writer is not None and writer["machine"] == this_machine():
        return not is_running(int(writer["number"]), writer["begun"])
    if not of_others:
        return False
    written = max(inside.stat().st_mtime for inside in [path, *path.rglob("*")])
    return time.time() - written > _SECONDS_UNTOUCHED
