"""Logs and linear values in one matrix: which samples are of which kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepcme.base.words import few
from deepcme.cohort.scales.distribution import (
    ALL_WHOLE,
    FEW_NEGATIVES,
    HIGHEST_LOGGED,
    Matrix,
    spread_columns,
    spread_rows,
)

APART = 5.0
"""The upper values of linear samples pass those of logs so many times at least."""
SLOPE_OF_LOGS = 0.5
"""Doublings of a gene for each doubling of its linear values: 1, of logs far fewer."""
AS_COMPLETE = 0.5
"""A sample with a smaller share of values other than 0 than the others have may be damaged."""

_FEWEST_GENES = 20
_FEWEST_LEVELS = 5
_UPPER = 0.99


@dataclass(frozen=True)
class MixedScales:
    """Rows of a matrix whose values are of two kinds.

    Attributes
    ----------
    linear, logged : ndarray of int64
        Rows that hold linear values, and logs.
    linear_upper, logged_upper : float
        The value that 1% lie above, in the median sample of each kind.
    """

    linear: NDArray[np.int64]
    logged: NDArray[np.int64]
    linear_upper: float
    logged_upper: float

    def describe(self, samples: Sequence[str]) -> str:
        """Which samples are the odd ones, and what to do about them; no full stop."""
        linear = f"linear values (1% of them above {self.linear_upper:.3g})"
        logs = f"logs (1% of them above {self.logged_upper:.3g})"
        if len(self.linear) <= len(self.logged):
            odd, has, others, first = self.linear, linear, logs, "take the log of"
        else:
            odd, has, others, first = self.logged, logs, linear, "undo the log of"
        named = few((samples[row] for row in odd), 5)
        return (
            f"{len(odd):,} of {len(samples):,} samples ({named}) hold {has}, and others hold "
            f"{others}: {first} these samples first, or leave them out"
        )


def find_mixed_scales(X: Matrix) -> MixedScales | None:
    """Tell samples of logs from samples of linear values.

    A sample is linear if its upper values are larger than logs can be. Beside such
    samples, one of far lower values is one of logs if its genes differ by fewer
    doublings than the same genes do in those, or many of its values are negative. A
    sample of few reads, or without most genes, is therefore not taken for logs. 8,192
    genes, spread evenly over the matrix, are looked at.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        NaN where missing.

    Returns
    -------
    MixedScales or None
        None where all samples are of one kind, or have too few values to tell.
    """
    genes = spread_columns(X)
    upper, present, negative, whole = np.array([_summary(sample) for sample in genes]).T
    linear = (upper > HIGHEST_LOGGED) & (negative <= FEW_NEGATIVES)
    if not linear.any():
        return None
    linear_upper = float(np.median(upper[linear]))
    low = (
        (upper < min(HIGHEST_LOGGED, linear_upper / APART))
        & (present > AS_COMPLETE * np.median(present[linear]))
        & (whole < ALL_WHOLE)
    )
    levels = _levels(spread_rows(genes[linear]))
    logged = [
        row
        for row in np.flatnonzero(low)
        if negative[row] > FEW_NEGATIVES or _slope(genes[row], levels) < SLOPE_OF_LOGS
    ]
    if not logged:
        return None
    return MixedScales(
        np.flatnonzero(linear),
        np.array(logged, dtype=np.int64),
        linear_upper,
        float(np.median(upper[logged])),
    )


def _summary(sample: Matrix) -> tuple[float, float, float, float]:
    """The upper quantile of the values other than 0, and the shares of kinds of values."""
    values = np.sort(sample[np.isfinite(sample) & (sample != 0)])
    if values.size < _FEWEST_GENES:
        return np.nan, np.nan, np.nan, np.nan
    return (
        float(values[int(_UPPER * (values.size - 1))]),
        values.size / sample.size,
        float(np.searchsorted(values, 0) / values.size),
        float(np.mean(values == np.rint(values))),
    )


def _levels(samples: Matrix) -> Matrix:
    """Median of each gene; 0 where it has no value."""
    levels = np.zeros(samples.shape[1], dtype=np.float32)
    known = ~np.isnan(samples).all(axis=0)
    levels[known] = np.nanmedian(samples[:, known], axis=0)
    return levels


def _slope(sample: Matrix, levels: Matrix) -> float:
    """Doublings of a sample's values for each doubling of the genes' levels; NaN if unclear.

    Lower genes do not count: log2(x + 1) of small values is nearly linear, and few reads
    are 0 or 1.
    """
    above = levels[levels > 1]
    used = (sample > 0) & (levels >= (np.median(above) if above.size else np.inf))
    if used.sum() < _FEWEST_LEVELS:
        return np.nan
    return float(np.polyfit(np.log2(levels[used]), np.log2(sample[used]), 1)[0])
