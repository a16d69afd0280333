"""Expression scales: what the values of a matrix are, and how their distribution tells.

No rule asks for a lowest or highest value, which one faulty cell would change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from deepcme.errors import DeepCMEError

Scale = Literal["fpkm", "tpm", "rsem", "counts", "log2", "intensity"]
SCALES: tuple[Scale, ...] = get_args(Scale)
SEQUENCING_SCALES: frozenset[Scale] = frozenset({"fpkm", "tpm", "rsem", "counts"})
LINEAR_SCALES: frozenset[Scale] = SEQUENCING_SCALES | {"intensity"}

HIGHEST_LOGGED = 30.0
"""Logs lie below: 2^30 is more than any read count or intensity."""
HAS_ZEROS = 0.001
"""Share of zeros from which on they stand for genes that are not expressed."""
SHARED_FLOOR = 0.01
"""Share of values at the lowest one from which on it stands for genes not expressed."""
CLIPPED = 4.0
"""A floor is so many times as common as the highest value; clipping makes both common."""
ALL_WHOLE = 0.999
WIDE = 5_000
"""Genes from which on some have no read, so that counts hold zeros."""
FEW_NEGATIVES = 0.1
"""Sequencing has none; correcting for batches leaves fewer than this share."""
BACKGROUND_NEGATIVES = 0.4
"""Subtracting the background leaves half of the probes without signal below 0."""
RATIO_NEGATIVES = 0.01
POISSON_LIKE = 0.7
"""Counts have a variance of at least their mean, less some error; rounded logs far below."""
RSEM_MEDIAN = 20.0
SUMMED_SAMPLES = 0.95

_UPPER = 0.999
_LOWER = 0.005
_FLOOR_TOLERANCE = 1e-3
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
        """Whether the lowest value is common, and the highest is not, as clipping would do."""
        return self.floor_share >= max(SHARED_FLOOR, CLIPPED * self.top_share)

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
    rows = X[:: -(-X.shape[0] // _ROWS) or 1]
    sampled = np.asarray(rows[:, :: -(-X.shape[1] // _COLUMNS) or 1], dtype=np.float32)
    values = np.sort(sampled[np.isfinite(sampled)])
    if values.size == 0:
        raise DeepCMEError("The matrix holds no numbers.")
    # Order statistics, not interpolated, so that one outlier moves none of them.
    floor, top, upper = (
        values[int(q * (values.size - 1))] for q in (_LOWER, 1 - _LOWER, _UPPER)
    )
    expressed = values[np.searchsorted(values, 0, side="right") :]
    whole = float(np.mean(values == np.rint(values)))
    return Distribution(
        negative=float(np.searchsorted(values, 0) / values.size),
        zero=_share_within(values, 0.0, 0.0),
        whole=whole,
        floor=float(floor),
        floor_share=_share_within(values, float(floor), _FLOOR_TOLERANCE),
        top=float(top),
        top_share=_share_within(values, float(top), _FLOOR_TOLERANCE),
        upper=float(upper),
        median_expressed=float(np.median(expressed)) if expressed.size else np.nan,
        n_genes=X.shape[1],
        dispersion=_dispersion(sampled) if whole >= ALL_WHOLE else np.nan,
        summed_to_million=_share_of_million(rows),
    )


def _share_within(values: Matrix, centre: float, tolerance: float) -> float:
    """Share of sorted values that lie at a centre, or as near as the tolerance."""
    first = np.searchsorted(values, np.float32(centre - tolerance), side="left")
    last = np.searchsorted(values, np.float32(centre + tolerance), side="right")
    return float((last - first) / values.size)


def _dispersion(values: Matrix) -> float:
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0, dtype=np.float64)
    mean = total / np.maximum(count, 1)
    squares = np.where(known, values - mean, 0) ** 2
    variance = squares.sum(axis=0) / np.maximum(count - 1, 1)
    repeated = count > 1
    expected = float(mean[repeated].sum())
    return float(variance[repeated].sum()) / expected if expected > 0 else np.nan


def _share_of_million(rows: Matrix) -> float:
    starts = range(0, len(rows), _ROWS_AT_ONCE)
    blocks = [rows[start : start + _ROWS_AT_ONCE] for start in starts]
    totals = np.concatenate([np.nansum(block, axis=1, dtype=np.float64) for block in blocks])
    return float(np.mean(np.abs(totals / 1e6 - 1) < _SUM_TOLERANCE))


@dataclass(frozen=True)
class _Rule:
    scale: Scale
    fits: Callable[[Distribution], bool]
    reason: str
    """A sentence that `str.format` fills from the distribution ``d``."""


_RULES: tuple[_Rule, ...] = (
    _Rule(
        "counts",
        lambda d: not d.is_linear_sized and d.is_small_counts,
        "all values are whole numbers and vary as counts do",
    ),
    _Rule(
        "log2",
        lambda d: not d.is_linear_sized and d.has_shared_floor and d.floor != 0,
        "{d.floor_share:.1%} of the values are the lowest, {d.floor:.4g}, as genes that are "
        "not expressed are on a log scale",
    ),
    _Rule(
        "log2",
        lambda d: not d.is_linear_sized and d.negative >= RATIO_NEGATIVES,
        "{d.negative:.1%} of the values are negative and 99.9% are not above {d.upper:.3g}, "
        "as logs and log ratios",
    ),
    _Rule(
        "log2",
        lambda d: not d.is_linear_sized,
        "99.9% of the values are not above {d.upper:.3g}, as on a log scale",
    ),
    _Rule(
        "log2",
        lambda d: d.is_centred,
        "{d.negative:.1%} of the values are negative, as in ratios and centred values, of "
        "which no log can be taken",
    ),
    _Rule(
        "intensity",
        lambda d: d.negative > (HAS_ZEROS if d.all_whole else FEW_NEGATIVES),
        "{d.negative:.1%} of the values are negative, as subtracting the background leaves "
        "them",
    ),
    _Rule(
        "intensity",
        lambda d: d.all_whole and not d.has_zeros and d.n_genes >= WIDE,
        "all values are whole numbers, but of {d.n_genes:,} genes hardly any value is 0, as "
        "in rounded intensities",
    ),
    _Rule("counts", lambda d: d.all_whole, "all values are whole numbers"),
    _Rule(
        "intensity",
        lambda d: not d.has_zeros,
        "0.1% of the values are above {d.upper:.3g} and hardly any is 0",
    ),
    _Rule("tpm", lambda d: d.sums_to_million, "the samples sum to a million"),
    _Rule(
        "rsem",
        lambda d: d.median_expressed > RSEM_MEDIAN,
        "a median of {d.median_expressed:.3g} among expressed genes is usual for RSEM",
    ),
    _Rule(
        "fpkm",
        lambda d: True,
        "a median of {d.median_expressed:.3g} among expressed genes is usual for FPKM",
    ),
)
"""The first that fits decides; docs/preparing-a-cohort.md shows the same table."""


def guess_scale(X: Matrix) -> tuple[Scale, str]:
    """Work out the scale from the distribution of the values.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        NaN where missing.

    Returns
    -------
    scale : Scale
    reason : str
        Why, in words.

    Raises
    ------
    DeepCMEError
        If the matrix holds no numbers.
    """
    found = describe_distribution(X)
    rule = next(rule for rule in _RULES if rule.fits(found))
    return rule.scale, rule.reason.format(d=found)


def on_scale(values: Matrix, scale: Scale) -> tuple[Matrix, list[str]]:
    """Values as the scale has them: negative ones become 0 where it is linear.

    Parameters
    ----------
    values : ndarray of float32, shape (samples, genes)
        NaN where missing; not changed.
    scale : Scale
        Declared or guessed.

    Returns
    -------
    values : ndarray of float32, shape (samples, genes)
        The same array where nothing had to change.
    notes : list of str
        How many became 0, or what the lowest value of logs stands for.

    Raises
    ------
    DeepCMEError
        If more values are negative than corrections for batches or the background leave.
    """
    if scale not in LINEAR_SCALES:
        return values, describe_floor(values)
    n_negative = sum(int(np.count_nonzero(row < 0)) for row in values)
    if n_negative == 0:
        return values, []
    share = n_negative / values.size
    found = describe_distribution(values)
    most = BACKGROUND_NEGATIVES if scale == "intensity" else FEW_NEGATIVES
    if share > most or not (found.is_linear_sized or found.is_small_counts):
        raise DeepCMEError(
            f"{_share(share)} of the values are negative and 99.9% are not above "
            f"{found.upper:.3g}, which does not fit {scale}: --scale log2 takes logs, ratios "
            f"and standardised values as they are; if they are {scale}, set the negative ones "
            "to 0."
        )
    return np.maximum(values, np.float32(0)), [
        f"{n_negative:,} negative values ({_share(share)}) became 0: {scale} has none, but "
        "correcting for batches or the background leaves some."
    ]


def absent_up_to(X: Matrix, scale: Scale) -> float | None:
    """The value up to which a gene is not expressed; None where no value says so.

    0 on sequencing scales. Of logs, the lowest value if many share it: 0 for
    log2(x + 1), -9.97 for log2(x + 0.001). None for ratios and intensities.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        NaN where missing.
    scale : Scale
    """
    if scale in SEQUENCING_SCALES:
        return 0.0
    if scale == "intensity":
        return None
    found = describe_distribution(X)
    if found.has_shared_floor:
        return found.floor + _FLOOR_TOLERANCE if found.floor else 0.0
    zeros = sum(int(np.count_nonzero(row == 0)) for row in X)
    return 0.0 if np.nanmin(X) == 0 and zeros / X.size > HAS_ZEROS else None


def are_relative(X: Matrix) -> bool:
    """Whether logs are ratios or centred, so that their level in a sample means nothing."""
    return describe_distribution(X).negative >= RATIO_NEGATIVES


def describe_floor(X: Matrix) -> list[str]:
    """A note on the lowest value of logs, where many share it and it is not 0."""
    found = describe_distribution(X)
    if not found.has_shared_floor or found.floor == 0:
        return []
    formula = _log_with_floor(found.floor)
    meaning = f": {formula}, where it means" if formula else ", which means"
    return [
        f"The lowest value, {found.floor:.4g}, is shared by {found.floor_share:.1%} of the "
        f"values{meaning} not expressed."
    ]


def describe_logs(X: Matrix) -> str:
    """A note that values are logged already, with the offset that their floor tells."""
    found = describe_distribution(X)
    formula = _log_with_floor(found.floor) if found.has_shared_floor else None
    return f"The values are {formula or 'logs'} already and are not logged again."


def _log_with_floor(floor: float) -> str | None:
    """The log whose zeros lie at a floor, if its offset has one digit: ``log2(x + 0.001)``."""
    if floor >= 0:
        return "log2(x + 1)" if floor == 0 else None
    found = []
    for name, base in (("log2", 2.0), ("ln", np.e), ("log10", 10.0)):
        offset = float(f"{base**floor:.0e}")
        distance = abs(log(offset, base) - floor)
        if distance < 5 * _FLOOR_TOLERANCE:
            found.append((round(distance, 3), f"{name}(x + {offset:g})"))
    found.sort()
    is_clear = len(found) == 1 or (len(found) > 1 and found[0][0] < found[1][0])
    return found[0][1] if is_clear else None


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "fewer than 0.1%"
