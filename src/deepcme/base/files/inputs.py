"""Files that a user or a stranger names: only what is one, and of a size that can be meant."""

from __future__ import annotations

import stat
from pathlib import Path

from deepcme.base.errors import DeepCMEError

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def require_file(path: Path) -> None:
    """Refuse what is no file: a pipe or a device might keep who reads it for ever.

    Raises
    ------
    DeepCMEError
        Naming the path, what is there, and the way out.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise DeepCMEError(f"{path}: there is no such file.") from error
    except OSError as error:
        raise DeepCMEError(f"{path}: the file cannot be read ({error.strerror}).") from error
    if stat.S_ISDIR(mode):
        raise DeepCMEError(f"{path}: this is a folder; name the file in it.")
    if not stat.S_ISREG(mode):
        kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "something else")
        raise DeepCMEError(
            f"{path}: this is {kind}, not a file: write what it gives to a file, and name that."
        )


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a small file.

    Parameters
    ----------
    path : path
    most : int
        Bytes that it may have.

    Raises
    ------
    DeepCMEError
        If it is no file, cannot be read, or is larger.
    """
    require_file(path)
    size = path.stat().st_size
    if size > most:
        raise DeepCMEError(
            f"{path}: the file has {size / 1e6:,.1f} MB, and such a file at most "
            f"{most / 1e6:,.0f} MB: is it another one?"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeepCMEError(f"{path}: the file cannot be read ({error.strerror}).") from error
