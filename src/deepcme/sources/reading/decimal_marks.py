"""Points and commas in numbers: decimal, or between thousands."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.words import MISSING_CELLS

_COLUMNS_AT_ONCE = 8  # most matrices are told by the first few
_FEWEST_MARKED = 20
_FEWEST_WHOLE = 5
_NO_LOG = 100
_IN_THOUSANDS = r"-?[1-9]\d{0,2}[.,]\d{3}"


def with_point(cells: pd.Series, decimal: str) -> pd.Series:
    """Numbers written with a decimal point; a point beside a decimal comma is no number."""
    if decimal == ".":
        return cells
    return cells.mask(cells.str.contains(".", regex=False, na=False)).str.replace(decimal, ".")


def comma_hint(cell: str, decimal: str = ".") -> str:
    """The way out for a number with a comma, which may mean two things if it is no decimal."""
    if decimal == ",":
        return ""
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+", cell):
        return " (write it without the comma, or give --decimal , if that is its decimal point)"
    return " (give --decimal , if that is its decimal point)" if "," in cell else ""


def mark_between_thousands(cells: pd.Series, decimal: str) -> str | None:
    """A number such as ``5.639`` whose mark stands between thousands, if others show it.

    They do if all numbers with the mark are so, and plain whole ones pass 100, or are
    many: of logs and measurements to three decimals some end earlier.
    """
    known = cells[~cells.isin(MISSING_CELLS)].astype(str).str.strip()
    marked = known[known.str.contains(decimal, regex=False)]
    if marked.empty or not marked.str.fullmatch(_IN_THOUSANDS).all():
        return None
    whole = known[known.str.fullmatch(r"-?[1-9]\d{0,2}")].astype(int).abs()
    enough = len(marked) >= _FEWEST_MARKED and len(whole) >= _FEWEST_WHOLE
    return str(marked.iloc[0]) if enough or whole.max() >= _NO_LOG else None


def odd_mark(cell: str) -> str:
    """What is wrong with a number that `mark_between_thousands` found."""
    return (
        f"{cell!r} beside plain whole numbers has a mark between thousands; save the numbers "
        "without it"
    )


def could_be_dotted(values: NDArray[np.float32]) -> bool:
    """Whether values have three decimals and a whole part of 1 to 999, but some are whole."""
    some_whole = some_broken = False
    for start in range(0, values.shape[1], _COLUMNS_AT_ONCE):
        block = values[:, start : start + _COLUMNS_AT_ONCE]
        known = np.abs(block[~np.isnan(block)].astype(np.float64))
        if np.any(known >= 1000):
            return False
        thousandths = known * 1000
        broken = known[known % 1 > 0]
        if np.any(broken < 1) or np.any(np.abs(thousandths - np.round(thousandths)) > 0.1):
            return False
        some_whole = some_whole or len(broken) < len(known)
        some_broken = some_broken or len(broken) > 0
    return some_whole and some_broken
