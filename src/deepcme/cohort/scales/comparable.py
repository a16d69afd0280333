"""Whether the logs of two matrices mean the same: their offset, base and centre."""

from __future__ import annotations

from collections.abc import Mapping

from deepcme.base.notes import WARNING
from deepcme.cohort.scales.distribution import (
    HAS_ZEROS,
    Distribution,
    Matrix,
    describe_distribution,
)
from deepcme.cohort.scales.floors import RATIO_NEGATIVES, name_of_log

CLEARLY = 4.0
"""Shares that differ by less may be of one kind, on either side of a threshold."""
ANOTHER_SIZE = 1.3
"""Natural logs are 1.44 times smaller than log2; levels of one platform differ far less."""
FLOORS_APART = 0.01
FEWEST_GENES = 20
"""A few genes may lie in any range."""


def warn_of_other_logs(parts: Mapping[str, Matrix]) -> list[str]:
    """A warning for each matrix whose values are not comparable with those of the first.

    Parameters
    ----------
    parts : mapping of name to ndarray of float32, shape (samples, genes)
        Logs of the same genes; NaN where missing.
    """
    (first_name, first), *others = parts.items()
    found = [difference_of_logs(first, other, (first_name, name)) for name, other in others]
    return [
        f"{WARNING}the values are not comparable: {difference}; bring all to one scale before "
        "they are put together."
        for difference in found
        if difference is not None
    ]


def difference_of_logs(first: Matrix, other: Matrix, names: tuple[str, str]) -> str | None:
    """Why values of two matrices are not comparable, in words; None if they may be.

    Parameters
    ----------
    first, other : ndarray of float32, shape (samples, genes)
        Logs of the same genes; NaN where missing.
    names : tuple of str
        What to call them.

    Returns
    -------
    str or None
        A clause, such as ``the lowest value, which means not expressed, is -9.966 in
        north (log2(x + 0.001)) and 0 in south``.
    """
    if first.shape[1] < FEWEST_GENES:
        return None
    found = describe_distribution(first), describe_distribution(other)
    return (
        _another_centre(found, names)
        or _another_floor(found, names)
        or _another_size(found, names)
    )


_Pair = tuple[Distribution, Distribution]


def _another_centre(found: _Pair, names: tuple[str, str]) -> str | None:
    """Ratios, centred or standardised values beside levels of expression."""
    shares = [_relative_share(of) for of in found]
    if max(shares) < RATIO_NEGATIVES or max(shares) < CLEARLY * min(shares):
        return None
    relative, levels = names if shares[0] > shares[1] else names[::-1]
    return (
        f"{relative} holds many negative values ({max(shares):.1%}), as ratios, centred and "
        f"standardised values are, and {levels} levels of expression"
    )


def _relative_share(found: Distribution) -> float:
    """Share of negative values, where these are not logs of values far below 1."""
    return 0.0 if found.has_shared_floor else found.negative


def _another_floor(found: _Pair, names: tuple[str, str]) -> str | None:
    floored = [of.has_shared_floor for of in found]
    if all(floored):
        if abs(found[0].floor - found[1].floor) <= FLOORS_APART:
            return None
        where = " and ".join(
            f"{of.floor + 0.0:.4g} in {name}{_named(of)}"
            for of, name in zip(found, names, strict=True)
        )
        return f"the lowest value, which means not expressed, is {where}"
    if not any(floored):
        return None
    of, beside = found if floored[0] else found[::-1]
    with_floor, without = names if floored[0] else names[::-1]
    if beside.floor < of.floor or beside.zero >= HAS_ZEROS:
        return None
    return (
        f"{of.floor_share:.1%} of the values of {with_floor} are {of.floor + 0.0:.4g}, which "
        f"means not expressed, and hardly any of {without} is as low"
    )


def _named(found: Distribution) -> str:
    name = name_of_log(found) if found.floor else None
    return f" ({name})" if name else ""


def _another_size(found: _Pair, names: tuple[str, str]) -> str | None:
    sizes = [of.upper for of in found]
    if max(map(_relative_share, found)) >= RATIO_NEGATIVES:
        return None  # the largest ratios differ between cohorts of one kind
    if min(sizes) <= 0 or max(sizes) < ANOTHER_SIZE * min(sizes):
        return None
    return (
        f"0.1% of the values are above {sizes[0]:.3g} in {names[0]} and above {sizes[1]:.3g} "
        f"in {names[1]}, as logs of another base or of another unit are"
    )
