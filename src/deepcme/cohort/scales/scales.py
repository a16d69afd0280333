"""Expression scales: what the values of a matrix are, and how their distribution tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.cohort.scales.distribution import (
    BACKGROUND_NEGATIVES,
    FEW_NEGATIVES,
    HAS_ZEROS,
    Distribution,
    Matrix,
    describe_distribution,
    spread_columns,
    spread_rows,
)
from deepcme.cohort.scales.floors import RATIO_NEGATIVES, describe_floor, floor_of_logs

_Float = TypeVar("_Float", np.float32, np.float64)
Scale = Literal["fpkm", "tpm", "rsem", "counts", "log2", "intensity"]
SCALES: tuple[Scale, ...] = get_args(Scale)
SEQUENCING_SCALES: frozenset[Scale] = frozenset({"fpkm", "tpm", "rsem", "counts"})
LINEAR_SCALES: frozenset[Scale] = SEQUENCING_SCALES | {"intensity"}

WIDE = 5_000
"""Genes from which on some have no read, so that counts hold zeros."""
RSEM_MEDIAN = 20.0
LINEAR_SLOPE = 0.7
"""Doublings of a gene's spread for each doubling of its level: about 1 of linear values."""
LINEAR_SPREAD = 0.3
"""Of the higher genes, the middle half of the samples over the level: of logs about 0.1."""

_FEWEST_GENES = 20
_LEVELS_DIFFER = 0.3
_ROWS_AT_ONCE = 256


_RULES: tuple[tuple[Scale, Callable[[Distribution], bool], str], ...] = (
    (
        "counts",
        lambda d: not d.is_linear_sized and d.is_small_counts,
        "all values are whole numbers and vary as counts do",
    ),
    (
        "log2",
        lambda d: not d.is_linear_sized and d.has_shared_floor and d.floor != 0,
        "{d.floor_share:.1%} of the values are the lowest, {d.floor:.4g}, as genes that are "
        "not expressed are on a log scale",
    ),
    (
        "log2",
        lambda d: not d.is_linear_sized and d.negative >= RATIO_NEGATIVES,
        "{d.negative:.1%} of the values are negative and 99.9% are not above {d.upper:.3g}, "
        "as logs and log ratios",
    ),
    (
        "log2",
        lambda d: not d.is_linear_sized,
        "99.9% of the values are not above {d.upper:.3g}, as on a log scale",
    ),
    (
        "log2",
        lambda d: d.is_centred,
        "{d.negative:.1%} of the values are negative, as in ratios and centred values, of "
        "which no log can be taken",
    ),
    (
        "intensity",
        lambda d: d.negative > (HAS_ZEROS if d.all_whole else FEW_NEGATIVES),
        "{d.negative:.1%} of the values are negative, as subtracting the background leaves "
        "them",
    ),
    (
        "intensity",
        lambda d: d.all_whole and not d.has_zeros and d.n_genes >= WIDE,
        "all values are whole numbers, but of {d.n_genes:,} genes hardly any value is 0, as "
        "in rounded intensities",
    ),
    ("counts", lambda d: d.all_whole, "all values are whole numbers"),
    ("tpm", lambda d: d.sums_to_million, "the samples sum to a million"),
    (
        "intensity",
        lambda d: not d.has_zeros,
        "0.1% of the values are above {d.upper:.3g} and hardly any is 0",
    ),
    (
        "rsem",
        lambda d: d.median_expressed > RSEM_MEDIAN,
        "a median of {d.median_expressed:.3g} among expressed genes is usual for RSEM",
    ),
    (
        "fpkm",
        lambda d: True,
        "a median of {d.median_expressed:.3g} among expressed genes is usual for FPKM",
    ),
)
"""Scale, whether a distribution ``d`` fits it, and why, for `str.format`.

The first that fits decides; docs/reference/file-formats/scale.md shows the same table.
"""


def logged(values: NDArray[_Float], scale: Scale) -> NDArray[_Float]:
    """log2(x + 1) of values on a linear scale; others are logs already."""
    return np.log2(values + 1) if scale in LINEAR_SCALES else values


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
    scale, reason = next(
        (scale, why.format(d=found)) for scale, fits, why in _RULES if fits(found)
    )
    if scale == "intensity" and found.negative >= HAS_ZEROS:
        reason += "; sequencing corrected for batches needs --scale rsem, tpm or fpkm"
    return scale, reason


def doubt_logs(X: Matrix) -> list[str]:
    """A warning where values of the size of logs may be linear ones of few, low genes.

    The spread of linear values is in proportion to the level of the gene; taking logs
    makes genes alike, and those of high level vary little about it.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        NaN where missing.
    """
    if describe_distribution(X).negative >= RATIO_NEGATIVES or not _varies_as_linear(X):
        return []
    return [
        f"{WARNING}the values are as small as logs, but genes vary in proportion to their "
        "level, as linear values do: if they are not logged, say --scale fpkm, tpm, rsem or "
        "intensity; if they are, say --scale log2."
    ]


def _varies_as_linear(X: Matrix) -> bool:
    """By quartiles, so that genes without an expression in a few samples do not matter."""
    values = spread_columns(spread_rows(X))
    complete = values[:, ~np.isnan(values).any(axis=0)]
    lower, level, upper = np.quantile(complete, (0.25, 0.5, 0.75), axis=0)
    varies = (upper > lower) & (lower > 0)
    level, spread = level[varies], (upper - lower)[varies]
    if len(level) < _FEWEST_GENES:
        return False
    higher, highest = (level >= np.quantile(level, q) for q in (0.5, 0.9))
    doublings = np.log2(level[higher])
    if np.std(doublings) < _LEVELS_DIFFER:
        return False
    slope = np.polyfit(doublings, np.log2(spread[higher]), 1)[0]
    relative = np.median(spread[highest] / level[highest])
    return bool(slope > LINEAR_SLOPE and relative > LINEAR_SPREAD)


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


def require_possible_values(
    X: Matrix,
    scale: Scale,
    samples: Sequence[str] | NDArray[np.object_],
    genes: Sequence[str] | NDArray[np.object_],
) -> None:
    """Refuse a value that is infinite or, on a linear scale, negative.

    Raises
    ------
    DeepCMEError
        Naming its sample and gene.
    """
    for start in range(0, len(X), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        _refuse(np.isinf(X[rows]), "is infinite", X[rows], samples[rows], genes)
        if scale in LINEAR_SCALES:
            what = f"is negative, which {scale} cannot be"
            _refuse(X[rows] < 0, what, X[rows], samples[rows], genes)


def _refuse(
    cells: NDArray[np.bool_],
    what: str,
    X: Matrix,
    samples: Sequence[str] | NDArray[np.object_],
    genes: Sequence[str] | NDArray[np.object_],
) -> None:
    if cells.any():
        row, column = np.argwhere(cells)[0]
        raise DeepCMEError(
            f"sample {samples[row]}, gene {genes[column]}: the value {X[row, column]:g} {what}."
        )


def absent_up_to(X: Matrix, scale: Scale) -> float | None:
    """The value up to which a gene is not expressed; None where no value says so.

    0 on sequencing scales, the floor of logs; None for ratios and intensities.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        NaN where missing.
    scale : Scale
    """
    if scale in SEQUENCING_SCALES:
        return 0.0
    return None if scale == "intensity" else floor_of_logs(X)


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "fewer than 0.1%"
