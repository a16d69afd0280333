"""The distribution of the values of a matrix, as the rules on scales and floors look at it.

No part of it is a lowest or highest value, which one faulty cell would change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError

HIGHEST_LOGGED = 30.0
"""Logs lie below: 2^30 is more than any read count or intensity."""
HAS_ZEROS = 0.001
"""Share of zeros from which on they stand for genes that are not expressed."""
SHARED_FLOOR = 0.01
"""Share of values at the lowest one from which on it stands for genes not expressed."""
CLIPPED = 4.0
"""A floor is so many times as common as the highest value; clipping makes both common."""
ALL_WHOLE = 0.999
FEW_NEGATIVES = 0.1
"""Sequencing has none; correcting for batches leaves fewer than this share."""
BACKGROUND_NEGATIVES = 0.4
"""Subtracting the background leaves half of the probes without signal below 0."""
POISSON_LIKE = 0.7
"""Counts have a variance of at least their mean, less some error; rounded logs far below."""
SUMMED_SAMPLES = 0.95
CENTRED_WITHIN = 0.25
"""Standard deviations of a gene that its mean may be off where it was centred."""
MOST_CENTRED = 0.5
FLOOR_TOLERANCE = 1e-3

_UPPER = 0.999
_LOWER = 0.005
_SUM_TOLERANCE = 0.01
_ROWS = 256
_COLUMNS = 8192
_ROWS_AT_ONCE = 64

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Distribution:
    """What the rules look at.

    Attributes
    ----------
    negative, zero, whole : float
        Shares of the values, 0 to 1.
    floor, top : float
        The value that 0.5% lie below, and the one that 0.5% lie above.
    floor_share, top_share : float
        Shares of the values that equal them, 0 to 1.
    upper : float
        The value that 0.1% lie above.
    median_expressed : float
        Median of the values above 0; NaN without any.
    n_genes : int
    dispersion : float
        Variance over mean of the genes, both summed; NaN unless all values are whole.
    summed_to_million : float
        Share of the samples that sum to a million, within 1%.
    centred : float
        Share of the genes whose mean is within a quarter of a standard deviation of 0.
    """

    negative: float
    zero: float
    whole: float
    floor: float
    floor_share: float
    top: float
    top_share: float
    upper: float
    median_expressed: float
    n_genes: int
    dispersion: float
    summed_to_million: float
    centred: float

    @property
    def is_linear_sized(self) -> bool:
        """Whether values are larger than logs can be."""
        return self.upper > HIGHEST_LOGGED

    @property
    def all_whole(self) -> bool:
        """Whether values are whole numbers."""
        return self.whole >= ALL_WHOLE

    @property
    def has_zeros(self) -> bool:
        """Whether zeros are common enough to mean genes that are not expressed."""
        return self.zero >= HAS_ZEROS

    @property
    def sums_to_million(self) -> bool:
        """Whether nearly every sample sums to a million."""
        return self.summed_to_million >= SUMMED_SAMPLES

    @property
    def has_shared_floor(self) -> bool:
        """Whether the lowest value is common as genes not expressed make it.

        The highest is not, as clipping would do, and not each gene has its mean at 0, as
        in z-scores and ratios, of which only low ones may be clipped.
        """
        is_common = self.floor_share >= max(SHARED_FLOOR, CLIPPED * self.top_share)
        return is_common and not (self.floor < 0 and self.centred > MOST_CENTRED)

    @property
    def is_centred(self) -> bool:
        """Whether more values are negative than subtracting a background leaves."""
        return self.negative > BACKGROUND_NEGATIVES

    @property
    def is_small_counts(self) -> bool:
        """Whether values are whole numbers that vary as counts do."""
        return self.all_whole and self.negative < HAS_ZEROS and self.dispersion >= POISSON_LIKE


def describe_distribution(X: Matrix) -> Distribution:
    """Summarise the values of a matrix, samples x genes.

    At most 256 samples and 8,192 genes are looked at, spread evenly over the
    matrix, so that a large one takes no more time and memory than a small one.

    Raises
    ------
    DeepCMEError
        If the matrix holds no numbers.
    """
    rows = spread_rows(X)
    sampled = np.asarray(spread_columns(rows), dtype=np.float32)
    values = np.sort(sampled[np.isfinite(sampled)])
    if values.size == 0:
        raise DeepCMEError("The matrix holds no numbers.")
    # Order statistics, not interpolated, so that one outlier moves none of them.
    floor, top, upper = (
        values[int(q * (values.size - 1))] for q in (_LOWER, 1 - _LOWER, _UPPER)
    )
    expressed = values[np.searchsorted(values, 0, side="right") :]
    whole = float(np.mean(values == np.rint(values)))
    mean, variance = _moments(sampled)
    return Distribution(
        negative=float(np.searchsorted(values, 0) / values.size),
        zero=_share_within(values, 0.0, 0.0),
        whole=whole,
        floor=float(floor),
        floor_share=_share_within(values, float(floor), FLOOR_TOLERANCE),
        top=float(top),
        top_share=_share_within(values, float(top), FLOOR_TOLERANCE),
        upper=float(upper),
        median_expressed=float(np.median(expressed)) if expressed.size else np.nan,
        n_genes=X.shape[1],
        dispersion=_dispersion(mean, variance) if whole >= ALL_WHOLE else np.nan,
        summed_to_million=_share_of_million(rows),
        centred=float(np.mean(np.abs(mean) < CENTRED_WITHIN * np.sqrt(variance))),
    )


def spread_rows(X: Matrix) -> Matrix:
    """At most 256 rows, spread evenly over the matrix."""
    return X[:: -(-X.shape[0] // _ROWS) or 1]


def spread_columns(X: Matrix) -> Matrix:
    """At most 8,192 columns, spread evenly over the matrix."""
    return X[:, :: -(-X.shape[1] // _COLUMNS) or 1]


def _share_within(values: Matrix, centre: float, tolerance: float) -> float:
    """Share of sorted values that lie at a centre, or as near as the tolerance."""
    first = np.searchsorted(values, np.float32(centre - tolerance), side="left")
    last = np.searchsorted(values, np.float32(centre + tolerance), side="right")
    return float((last - first) / values.size)


def _moments(values: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance of each gene; NaN where it has fewer than two values."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    count = np.where(count > 1, count, np.nan)
    mean = np.where(known, values, 0).sum(axis=0, dtype=np.float64) / count
    squares = np.where(known, values - mean, 0) ** 2
    return mean, squares.sum(axis=0) / (count - 1)


def _dispersion(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> float:
    expected = float(np.nansum(mean))
    return float(np.nansum(variance)) / expected if expected > 0 else np.nan


def _share_of_million(rows: Matrix) -> float:
    starts = range(0, len(rows), _ROWS_AT_ONCE)
    blocks = [rows[start : start + _ROWS_AT_ONCE] for start in starts]
    totals = np.concatenate([np.nansum(block, axis=1, dtype=np.float64) for block in blocks])
    return float(np.mean(np.abs(totals / 1e6 - 1) < _SUM_TOLERANCE))
