"""How small a table is printed, so that all of its columns are on the paper."""

from __future__ import annotations

from deepcme.report.formatting import Shown

_NARROW = " .,:;'()|"
_TEXT_AT_LEAST = 8.0
"""To which a column of text is narrowed, if none of its words is longer."""
_GAP = 0.8
_FITTING = ((62, ""), (71, "print-small"), (83, "print-smaller"))
"""How wide a row may be, by the class of the table: 8, 7 and 6 points on 180 mm."""
_SMALLEST = "print-smallest"


def print_size(shown: Shown) -> str:
    """The class of the table that has it printed in letters which are small enough.

    Headings and text break between words, numbers and intervals do not. Widths are in ems,
    those of a wide typeface.
    """
    needed = 0.0
    for column, (heading, numeric) in enumerate(
        zip(shown.headings, shown.numeric, strict=True)
    ):
        widest = _widest_word(heading)
        for row in shown.rows:
            cell = row[column]
            narrowed = max(_widest_word(cell), min(_width(cell), _TEXT_AT_LEAST))
            widest = max(widest, _width(cell) if numeric else narrowed)
        needed += widest + _GAP
    return next((name for room, name in _FITTING if needed <= room), _SMALLEST)


def _widest_word(text: str) -> float:
    return max(map(_width, text.split()), default=0.0)


def _width(text: str) -> float:
    return sum(0.35 if letter in _NARROW else 0.63 for letter in text)
