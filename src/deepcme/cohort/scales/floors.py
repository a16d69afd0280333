"""The lowest value of logs, where it stands for genes that are not expressed."""

from __future__ import annotations

from math import e, floor, log, log10

import numpy as np

from deepcme.cohort.scales.distribution import (
    FLOOR_TOLERANCE,
    HAS_ZEROS,
    HIGHEST_LOGGED,
    Distribution,
    Matrix,
    describe_distribution,
)

RATIO_NEGATIVES = 0.01
LARGEST = 1e6
"""At most 0.1% of read counts, intensities and the like are above."""

_BASES = (("log2", 2.0), ("ln", e), ("log10", 10.0))
_OFFSET_TOLERANCE = 5 * FLOOR_TOLERANCE


def floor_of_logs(X: Matrix) -> float | None:
    """The value up to which a gene is not expressed; None where no value says so.

    The lowest value, if many share it: 0 for log2(x + 1), -9.97 for log2(x + 0.001).

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        Logs; NaN where missing.
    """
    found = describe_distribution(X)
    if found.has_shared_floor:
        return found.floor + FLOOR_TOLERANCE if found.floor else 0.0
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
    formula = name_of_log(found)
    meaning = f": {formula}, where it means" if formula else ", which means"
    return [
        f"The lowest value, {found.floor:.4g}, is shared by {found.floor_share:.1%} of the "
        f"values{meaning} not expressed."
    ]


def describe_logs(X: Matrix) -> str:
    """A note that values are logged already, with the offset that their floor tells."""
    found = describe_distribution(X)
    return f"The values are {name_of_log(found) or 'logs'} already and are not logged again."


def name_of_log(found: Distribution) -> str | None:
    """The log whose zeros lie at the shared floor, such as ``log2(x + 0.001)``.

    None without a floor, and where no round offset, or more than one, gives the floor
    and upper values of the size of expression.
    """
    if not found.has_shared_floor or found.floor > 0:
        return None
    if found.floor == 0:
        return "log2(x + 1)"
    fitting = []
    for name, base in _BASES:
        offset = _round_offset(base**found.floor)
        distance = abs(log(offset, base) - found.floor)
        if distance < _OFFSET_TOLERANCE and HIGHEST_LOGGED < base**found.upper < LARGEST:
            fitting.append((round(distance, 3), f"{name}(x + {offset:g})"))
    fitting.sort()
    is_clear = len(fitting) == 1 or (len(fitting) > 1 and fitting[0][0] < fitting[1][0])
    return fitting[0][1] if is_clear else None


def _round_offset(value: float) -> float:
    """The nearest number of one digit, or 0.25 and its tenths."""
    quarter = 2.5 * 10.0 ** floor(log10(value))
    return min(float(f"{value:.0e}"), quarter, key=lambda offset: abs(offset - value))
