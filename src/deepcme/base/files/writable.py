"""Whether something can be written, asked before the work and not after it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import contents_of, unfinished_folder
from deepcme.base.files.leftovers import remove_leftovers
from deepcme.base.files.refusals import describe_refusal, naming_place


def require_writable(file: str | Path) -> None:
    """Refuse, before the work, a file that could not be written after it.

    Folders that it lacks are made when it is written, and not now.

    Raises
    ------
    DeepCMEError
        With the reason and the way out.
    """
    file = Path(file)
    _require_written(file.parent, file.name, file)
    if file.is_dir():
        _refuse(errno.EISDIR, file)
    if file.exists() and not file.is_file():
        raise DeepCMEError(f"{file}: this is a device or the like and no file: name another.")


def require_writable_folder(folder: str | Path) -> None:
    """Refuse, before the work, a folder that could not be written in after it.

    Raises
    ------
    DeepCMEError
        With the reason and the way out.
    """
    _require_written(Path(folder), "file", folder)


def require_new_folder(folder: str | Path) -> None:
    """Refuse, before the work, a folder that holds something or could not be made after it.

    Raises
    ------
    DeepCMEError
        With the reason and the way out.
    """
    folder = Path(folder)
    require_writable_folder(folder)
    remove_leftovers(folder.parent)
    if folder.is_dir() and contents_of(folder):
        _refuse(errno.EEXIST, folder)


def _require_written(folder: Path, name: str, named: str | Path) -> None:
    """Write a file for trial where nothing stays: only the system knows what it refuses."""
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if there.exists() and not there.is_dir():
        _refuse(errno.ENOTDIR, there)
    try:
        with naming_place(named), unfinished_folder(there) as trial:
            inside = trial / folder.relative_to(there)
            inside.mkdir(parents=True, exist_ok=True)
            (inside / name).write_bytes(b"0")
    except OSError as error:
        raise DeepCMEError(describe_refusal(error)) from error


def _refuse(number: int, place: str | Path) -> None:
    raise DeepCMEError(describe_refusal(OSError(number, os.strerror(number), str(place))))
