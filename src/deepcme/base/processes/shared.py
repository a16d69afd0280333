"""Where processes share large arrays, under a name that tells whose they are."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from deepcme.base.files.leftovers import remove_leftovers, unfinished_name

_MEMORY = Path("/dev/shm")
_LEAST_ROOM = 2_000_000_000
"""Bytes that must be free in memory, as joblib asks for; with less, the disk is taken."""


def shared_place() -> Path:
    """The folder that ``JOBLIB_TEMP_FOLDER`` names, or memory, or that of temporary files."""
    if named := os.environ.get("JOBLIB_TEMP_FOLDER"):
        return Path(named).expanduser().absolute()
    if (
        _MEMORY.is_dir()
        and os.access(_MEMORY, os.W_OK)
        and shutil.disk_usage(_MEMORY).free > _LEAST_ROOM
    ):
        return _MEMORY
    return Path(tempfile.gettempdir())


def shared_folder() -> Path:
    """A folder that goes with this process; if that is killed, with the next command."""
    return _shared_folder(shared_place())


@cache
def _shared_folder(place: Path) -> Path:
    remove_leftovers(place, of_others=False)
    folder = place / unfinished_name()
    folder.mkdir(parents=True, mode=0o700)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def remove_shared_leftovers() -> None:
    """Remove what killed processes shared."""
    remove_leftovers(shared_place(), of_others=False)
