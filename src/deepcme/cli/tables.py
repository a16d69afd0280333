"""A small table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from deepcme.base.terminal import say


def say_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Say a table in columns that are as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in [headings, *rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(line.rstrip(), whole=True)
