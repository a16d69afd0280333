"""Writing files whole or not at all."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


# A signed number is a number to a spreadsheet too.
_FORMULA = re.compile(r"[=+\-@](?!\d+(\.\d+)?$)")


_UNFINISHED = ".deepcme-"
_WRITER = re.compile(rf"{re.escape(_UNFINISHED)}(?P<machine>[0-9a-f]{{8}})-(?P<process>\d+)-.+")


@contextmanager
def unfinished_folder(place: Path) -> Iterator[Path]:
    """Give a folder in `place` to write in; it is removed in the end, with what is left in it.

    Its name tells machine and process, so that the next command which writes to `place`
    removes what a killed one left behind, and leaves what a living one writes.
    """
    place.mkdir(parents=True, exist_ok=True)
    remove_leftovers(place)
    prefix = f"{_UNFINISHED}{_machine()}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(dir=place, prefix=prefix) as folder:
        yield Path(folder)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the final name only on success."""
    with unfinished_folder(path.parent) as folder:
        temporary = folder / path.name
        yield temporary
        temporary.replace(path)


def remove_leftovers(place: Path) -> None:
    """Remove unfinished folders of this machine's processes that no longer run."""
    for folder in place.glob(f"{_UNFINISHED}*"):
        writer = _WRITER.fullmatch(folder.name)
        if writer is None or writer["machine"] != _machine():
            continue
        if not _runs(int(writer["process"])):
            shutil.rmtree(folder, ignore_errors=True)


@cache
def _machine() -> str:
    """The machine's name, shortened: a folder may be shared by several."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _runs(process: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        query_limited_information = 0x1000
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(query_limited_information, False, process)
        kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # of another user
    return True


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV whose text cells no spreadsheet takes for a formula.

    A text that starts with ``=``, ``+``, ``-`` or ``@`` gets an apostrophe
    before it (OWASP, "CSV injection").
    """
    safe = table.copy()
    for column in safe.columns:
        if safe[column].dtype.kind not in "biuf":
            safe[column] = safe[column].map(_without_formula)
    with whole_file(path) as temporary:
        safe.to_csv(temporary, index=False, lineterminator="\n")


def _without_formula(value: object) -> object:
    is_formula = isinstance(value, str) and bool(_FORMULA.match(value))
    return f"'{value}" if is_formula else value
