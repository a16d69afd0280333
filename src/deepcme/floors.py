"""The lowest value of logs, where it stands for genes that are not expressed."""

from __future__ import annotations

from math import log

import numpy as np

from deepcme.distribution import FLOOR_TOLERANCE, HAS_ZEROS, Matrix, describe_distribution

RATIO_NEGATIVES = 0.01


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
        if distance < 5 * FLOOR_TOLERANCE:
            found.append((round(distance, 3), f"{name}(x + {offset:g})"))
    found.sort()
    is_clear = len(found) == 1 or (len(found) > 1 and found[0][0] < found[1][0])
    return found[0][1] if is_clear else None
