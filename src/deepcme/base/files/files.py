"""Writing files whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deepcme.base.files.leftovers import remove_leftovers, unfinished_name
from deepcme.base.files.refusals import naming_place

if TYPE_CHECKING:
    import pandas as pd


# A spreadsheet may drop spaces, control characters and quotes before a formula, and takes signs
# of full width for plain ones. A signed number is a number to it too.
_DROPPED = r"[\s\x00-\x1f\"\u200b\ufeff]*"
_SIGNED_NUMBER = r"[+-][0-9]+(\.[0-9]+)?\s*\Z"
_FORMULA = re.compile(rf"{_DROPPED}(?!{_SIGNED_NUMBER})[=+\-@\uff1d\uff0b\uff0d\uff20]")

_DUST = ("desktop.ini", "Thumbs.db", "lost+found")
_LOGS = (".log", ".out", ".err")  # which a shell or a queue has begun before the command

# What a file system says that cannot flush: network and user-space ones may not know how.
_CANNOT_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.ENOSYS)


@contextmanager
def unfinished_folder(place: Path) -> Iterator[Path]:
    """Give a folder in `place` to write in; it is removed in the end, with what is left in it.

    Its name tells the process, so that the next command which writes to `place`
    removes what a killed one left behind, and leaves what a living one writes.
    """
    make_folder(place)
    remove_leftovers(place)
    folder = place / unfinished_name()
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the final name only on success.

    Where a link bears the name, it stays, and the file that it leads to is written.
    """
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    with naming_place(path), unfinished_folder(path.parent) as folder:
        temporary = folder / path.name
        yield temporary
        put(temporary, path)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; it takes the final name only on success.

    One of that name which is there already stays, and what was written comes into it.
    """
    there = path.is_dir()
    with naming_place(path), unfinished_folder(path if there else path.parent) as folder:
        temporary = folder / "whole"
        temporary.mkdir()
        yield temporary
        if there:
            for written in sorted(temporary.iterdir()):
                put(written, path / written.name)
        else:
            put(temporary, path)


def put(temporary: Path, path: Path) -> None:
    """Give what was written its name, on the disk itself before and after.

    Whatever a power cut leaves under a final name is whole (Pillai et al. 2014, OSDI, "All
    file systems are not created equal").
    """
    for file in [temporary, *temporary.rglob("*")] if temporary.is_dir() else [temporary]:
        _flush(file)
    temporary.replace(path)
    _flush(path.parent)


def contents_of(folder: Path) -> list[Path]:
    """What is in a folder but for what file managers, shells and killed runs leave there.

    Hidden files, the dust of Windows and logs stay where they are; nothing of ours but what is
    unfinished bears such a name.
    """
    return [
        path
        for path in folder.iterdir()
        if not (path.name.startswith(".") or path.name in _DUST or path.suffix in _LOGS)
    ]


def make_folder(place: Path) -> None:
    """Make a folder, and those that it lies in, on the disk itself."""
    made = [folder for folder in (place, *place.parents) if not folder.exists()]
    place.mkdir(parents=True, exist_ok=True)
    for folder in made:
        _flush(folder.parent)


def _flush(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder, wherever it can be asked to."""
    is_folder = path.is_dir()
    if is_folder and sys.platform == "win32":
        return
    try:
        descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, table: pd.DataFrame, *, separator: str = ",") -> None:
    """Write a table as CSV or TSV in which no spreadsheet takes a text for a formula.

    One that starts with ``=``, ``+``, ``-`` or ``@``, after spaces or not, gets an
    apostrophe before it (OWASP, "CSV injection").
    """
    safe = _without_formulas(table)
    with whole_file(path) as temporary:
        safe.to_csv(temporary, sep=separator, index=False, lineterminator="\n")


def csv_text(table: pd.DataFrame) -> str:
    """What `write_csv` writes of a table."""
    return _without_formulas(table).to_csv(index=False, lineterminator="\n")


def _without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    safe = table.set_axis(range(table.shape[1]), axis=1)
    for column in safe.columns:
        if safe[column].dtype.kind not in "biuf":
            safe[column] = safe[column].map(_safe)
    return safe.set_axis([_safe(name) for name in table.columns], axis=1)


def _safe(value: object) -> object:
    """The cell as it is, but a text neither a formula nor cut by a lone carriage return."""
    if not isinstance(value, str):
        return value
    # Python's csv module quotes cells for line feeds, and not for carriage returns.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else text
