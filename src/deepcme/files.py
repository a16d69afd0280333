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


# A signed number is a number to a spreadsheet too.
_FORMULA = re.compile(r"[=+\-@](?!\d+(\.\d+)?$)")


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


def write_csv(path: Path, table: pd.DataFrame, *, separator: str = ",") -> None:
    """Write a table as CSV or TSV whose text cells no spreadsheet takes for a formula.

    A text that starts with ``=``, ``+``, ``-`` or ``@`` gets an apostrophe
    before it (OWASP, "CSV injection").
    """
    safe = table.copy()
    for column in safe.columns:
        if safe[column].dtype.kind not in "biuf":
            safe[column] = safe[column].map(_without_formula)
    with whole_file(path) as temporary:
        safe.to_csv(temporary, sep=separator, index=False, lineterminator="\n")


def _without_formula(value: object) -> object:
    is_formula = isinstance(value, str) and bool(_FORMULA.match(value))
    return f"'{value}" if is_formula else value
