"""How small a table is printed, so that all of its columns are on the paper."""

from __future__ import annotations

from deepcme.report.formatting import Shown

_TEXT_AT_LEAST = 14
"""Characters to which a column of text is narrowed, if none of its words is longer."""
_GAP = 2
"""Characters that stand for the space between two columns."""
_FITTING = ((105, ""), (130, "print-small"), (165, "print-smaller"))
"""Characters of a row that fit the width of the paper, by the class of the table."""
_SMALLEST = "print-smallest"


def print_size(shown: Shown) -> str:
    """The class of the table that has it printed in letters which are small enough.

    Headings and text break between words, numbers and intervals do not.
    """
    needed = 0
    for column, (heading, numeric) in enumerate(
        zip(shown.headings, shown.numeric, strict=True)
    ):
        cells = [row[column] for row in shown.rows]
        widths = [max(map(len, heading.split()), default=0)]
        for cell in cells:
            longest = max(map(len, cell.split()), default=0)
            widths.append(
                len(cell) if numeric else max(longest, min(len(cell), _TEXT_AT_LEAST))
            )
        needed += max(widths) + _GAP
    return next((name for room, name in _FITTING if needed <= room), _SMALLEST)
