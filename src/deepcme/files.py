"""Writing files whole or not at all."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


# A spreadsheet may drop spaces, control characters and quotes before a formula, and takes signs
# of full width for plain ones. A signed number is a number to it too.
_DROPPED = r"[\s\x00-\x1f\"\u200b\ufeff]*"
_SIGNED_NUMBER = r"[+-][0-9]+(\.[0-9]+)?\s*\Z"
_FORMULA = re.compile(rf"{_DROPPED}(?!{_SIGNED_NUMBER})[=+\-@\uff1d\uff0b\uff0d\uff20]")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the final name only on success."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".deepcme-") as folder:
        temporary = Path(folder) / path.name
        yield temporary
        temporary.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV in which no spreadsheet takes a name or text for a formula.

    One that starts with ``=``, ``+``, ``-`` or ``@``, after spaces or not, gets an
    apostrophe before it (OWASP, "CSV injection").
    """
    safe = table.set_axis(range(table.shape[1]), axis=1)
    for column in safe.columns:
        if safe[column].dtype.kind not in "biuf":
            safe[column] = safe[column].map(_safe)
    safe = safe.set_axis([_safe(name) for name in table.columns], axis=1)
    with whole_file(path) as temporary:
        safe.to_csv(temporary, index=False, lineterminator="\n")


def _safe(value: object) -> object:
    """The cell as it is, but a text neither a formula nor cut by a lone carriage return."""
    if not isinstance(value, str):
        return value
    # Python's csv module quotes cells for line feeds, and not for carriage returns.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else text
