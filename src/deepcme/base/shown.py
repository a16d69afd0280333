"""How objects show themselves: as text that fits a screen, and as HTML in a notebook.

The HTML has no colours of its own, so that it looks right in light and dark notebooks.
"""

from __future__ import annotations

import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from deepcme.base.names import printable

WIDTH, LINES = 100, 25
_LONGEST_TEXT = 900
_LONGEST_CELL = 60
_CUT = " ..."


@dataclass(frozen=True)
class Shown:
    """What an object shows of itself.

    Attributes
    ----------
    title : str
        What it is, in one line.
    text : sequence of str
        Sentences below it.
    facts : sequence of (str, str)
        A name and what is said of it.
    table : DataFrame, optional
        Its first rows are shown, in as many columns as there is room for.
    end : str
        How to get at more.
    """

    title: str
    text: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    table: pd.DataFrame | None = None
    end: str = ""

    def as_text(self) -> str:
        """At most `LINES` lines of at most `WIDTH` letters."""
        name_width = max((len(name) for name, _ in self.facts), default=0) + 2
        below = [line for said in self.text for line in _wrapped(said)]
        for name, said in self.facts:
            below += _wrapped(said, printable(name).ljust(name_width))
        end = _wrapped(self.end) if self.end else []
        title = _wrapped(self.title)
        room = LINES - len(title) - len(end)
        if self.table is not None and len(self.table) and room > len(below) + 1:
            below += _rows_of(self.table, room - len(below))
        if len(below) > room:
            below = [*below[: room - 1], _CUT.strip()]
        return "\n".join(line[:WIDTH].rstrip() for line in [*title, *below, *end])

    def as_html(self) -> str:
        """The same, escaped, as headings and tables."""
        parts = [f"<div><strong>{escape(self.title)}</strong>"]
        parts += [f"<p>{escape(_cut(said))}</p>" for said in self.text]
        if self.facts:
            rows = (
                f"<tr><th {_LEFT}>{escape(name)}</th><td {_LEFT}>{escape(_cut(said))}</td></tr>"
                for name, said in self.facts
            )
            parts.append(f"<table><tbody>{''.join(rows)}</tbody></table>")
        if self.table is not None and len(self.table):
            shown = _cells(self.table.head(_ROWS_IN_HTML))
            parts.append(shown.to_html(index=False, border=0, escape=True))
        if self.end:
            parts.append(f"<p><em>{escape(self.end)}</em></p>")
        return "".join([*parts, "</div>"])


_ROWS_IN_HTML = 12
_LEFT = 'style="text-align: left; vertical-align: top"'
"""Of words in a table, which notebooks put to the right."""


class Shows(ABC):
    """An object that shows itself in a console and in a notebook."""

    @abstractmethod
    def _shown(self) -> Shown:
        """What is shown."""

    def __repr__(self) -> str:
        return self._shown().as_text()

    def _repr_html_(self) -> str:
        return self._shown().as_html()


def names_in_line(names: Iterable[str], most: int = 30) -> str:
    """Names one after another; those beyond `most` are counted."""
    listed = list(names)
    more = len(listed) - most
    if more <= 1:
        return ", ".join(listed) or "none"
    return f"{', '.join(listed[:most])} and {more:,} more"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rstrip() + _CUT


def _wrapped(text: str, name: str = "") -> list[str]:
    """Lines of a text behind its name, further ones as far in as the first."""
    return textwrap.wrap(
        printable(_cut(text)),
        WIDTH,
        initial_indent=name,
        subsequent_indent=" " * len(name),
        break_on_hyphens=False,
    ) or [name.rstrip()]


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """A table with its numbers to three digits after the point, and long words cut."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if pd.isna(value) else f"{value:.3f}".rstrip("0").rstrip(".")
        text = "" if value is None or value is pd.NA else printable(str(value))
        return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL].rstrip() + _CUT

    shown = table.astype(object).map(cell)
    return shown.rename(columns=lambda name: printable(str(name)))


def _rows_of(table: pd.DataFrame, room: int) -> list[str]:
    """Heading and first rows, of the first columns that fit the width."""
    n_rows = min(len(table), room - 1 if len(table) <= room - 1 else room - 2)
    shown = _cells(table.head(n_rows))
    cells = [[str(name), *column] for name, column in shown.items()]
    lines = [""] * (n_rows + 1)
    for column in cells:
        width = max(map(len, column)) + 2
        if len(lines[0]) + width > WIDTH + 2:
            break
        lines = [line + cell.ljust(width) for line, cell in zip(lines, column, strict=True)]
    left = len(table) - n_rows
    return [*lines, f"... {left:,} more rows"] if left else lines
