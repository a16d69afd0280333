"""Numbers as readers see them: estimates with their intervals, shares, p-values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

WIDE = 0.1
"""An interval so wide says nothing about a third decimal."""
_SMALLEST_P = 0.001


def choose_decimals(low: ArrayLike, high: ArrayLike) -> int:
    """Decimals of estimates that stand together: two where intervals are wide, else three.

    Parameters
    ----------
    low, high : array-like
        Ends of their intervals; the middle one of the widths decides.
    """
    widths = np.asarray(high, dtype=float) - np.asarray(low, dtype=float)
    known = widths[np.isfinite(widths)]
    # An interval from .55 to .65 is 0.1 wide, whatever the computer's last digits say.
    return 2 if known.size and np.median(known).round(9) >= WIDE else 3


def show_estimate(
    value: float,
    low: float,
    high: float,
    *,
    decimals: int | None = None,
    signed: bool = False,
    percent: bool = False,
) -> str:
    """An estimate with its interval, such as ``0.76 (0.68 to 0.83)``, as far as they are known.

    Parameters
    ----------
    value, low, high : float
        NaN where unknown.
    decimals : int, optional
        Of the estimate as a number; by default as `choose_decimals` says of its interval.
    signed : bool
        Whether numbers above 0 have a plus.
    percent : bool
        Whether it is shown as a percentage, which has two decimals less.
    """
    if pd.isna(value):
        return ""
    places = choose_decimals([low], [high]) if decimals is None else decimals
    kind = f".{max(places - 2, 0)}%" if percent else f".{places}f"
    form = f"+{kind}" if signed else kind
    ends = f" ({low:{form}} to {high:{form}})" if np.isfinite([low, high]).all() else ""
    return f"{value:{form}}{ends}"


def show_estimates(
    table: pd.DataFrame,
    names: tuple[str, ...],
    decimals: int | None = None,
    *,
    signed: bool = False,
    percent: bool = False,
) -> list[str]:
    """The estimates of a column with their intervals, all to as many decimals.

    Parameters
    ----------
    table : DataFrame
    names : tuple of str
        Its columns of estimates and of both ends.
    decimals : int, optional
        By default as `choose_decimals` says.
    signed, percent : bool
        As `show_estimate` takes them.
    """
    values, lows, highs = (table[name].to_numpy(dtype=float) for name in names)
    places = choose_decimals(lows, highs) if decimals is None else decimals
    return [
        show_estimate(*numbers, decimals=places, signed=signed, percent=percent)
        for numbers in zip(values, lows, highs, strict=True)
    ]


def show_ranges(table: pd.DataFrame, low: str, high: str) -> list[str]:
    """Intervals by themselves, such as ``0.68 to 0.83``, all to as many decimals."""
    lows, highs = (table[name].to_numpy(dtype=float) for name in (low, high))
    places = choose_decimals(lows, highs)
    return [
        f"{ends[0]:.{places}f} to {ends[1]:.{places}f}" if np.isfinite(ends).all() else ""
        for ends in zip(lows, highs, strict=True)
    ]


def show_p_value(value: float) -> str:
    """A p-value to three decimals, or that it is below what these can say."""
    if pd.isna(value):
        return ""
    return f"{value:.3f}" if value >= _SMALLEST_P else f"< {_SMALLEST_P}"


def as_percent(share: float) -> str:
    """A share as a percentage, with no more digits than it has."""
    return f"{100 * share:.6g}%"
