"""Writing files whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deepcme.base.processes import is_running, this_machine
from deepcme.base.refusals import naming_place

if TYPE_CHECKING:
    import pandas as pd


# A spreadsheet may drop spaces, control characters and quotes before a formula, and takes signs
# of full width for plain ones. A signed number is a number to it too.
_DROPPED = r"[\s\x00-\x1f\"\u200b\ufeff]*"
_SIGNED_NUMBER = r"[+-][0-9]+(\.[0-9]+)?\s*\Z"
_FORMULA = re.compile(rf"{_DROPPED}(?!{_SIGNED_NUMBER})[=+\-@\uff1d\uff0b\uff0d\uff20]")

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
    prefix = f"{_UNFINISHED}{this_machine()}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(dir=place, prefix=prefix) as folder:
        yield Path(folder)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the final name only on success."""
    with naming_place(path), unfinished_folder(path.parent) as folder:
        temporary = folder / path.name
        yield temporary
        temporary.replace(path)


def remove_leftovers(place: Path) -> None:
    """Remove unfinished folders of this machine's processes that no longer run."""
    for folder in place.glob(f"{_UNFINISHED}*"):
        writer = _WRITER.fullmatch(folder.name)
        if writer is None or writer["machine"] != this_machine():
            continue
        if not is_running(int(writer["process"])):
            shutil.rmtree(folder, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, table: pd.DataFrame, *, separator: str = ",") -> None:
    """Write a table as CSV or TSV in which no spreadsheet takes a text for a formula.

    One that starts with ``=``, ``+``, ``-`` or ``@``, after spaces or not, gets an
    apostrophe before it (OWASP, "CSV injection").
    """
    safe = table.set_axis(range(table.shape[1]), axis=1)
    for column in safe.columns:
        if safe[column].dtype.kind not in "biuf":
            safe[column] = safe[column].map(_safe)
    safe = safe.set_axis([_safe(name) for name in table.columns], axis=1)
    with whole_file(path) as temporary:
        safe.to_csv(temporary, sep=separator, index=False, lineterminator="\n")


def _safe(value: object) -> object:
    """The cell as it is, but a text neither a formula nor cut by a lone carriage return."""
    if not isinstance(value, str):
        return value
    # Python's csv module quotes cells for line feeds, and not for carriage returns.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else text
