"""A quadratic with a penalty on absolute values: its lowest place, found exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

FloatArray = NDArray[np.float64]

# A slope exceeds its threshold if it does by more than this share of it.
_EXCEEDS = 1e-10
_TURNS_PER_PLACE = 20


def minimise_quadratic(
    curvature: FloatArray, slope: FloatArray, thresholds: FloatArray, start: FloatArray
) -> FloatArray:
    """Place b where b'Ab/2 - q'b plus the thresholds times absolute values is lowest.

    The feature-sign search [1]_: between places that are 0 and signs that hold, the lowest
    place is that of a linear system. A place that would change its sign on the way there is
    set to 0, and one whose slope exceeds its threshold leaves 0, until there is none.

    Parameters
    ----------
    curvature : array, k x k
        Symmetric, positive definite where the places are not 0 (A).
    slope : array, k
        Of the quadratic at 0, downwards (q).
    thresholds : array, k
        0 of a place without penalty.
    start : array, k
        The closer, the fewer systems have to be solved.

    References
    ----------
    .. [1] Lee H, Battle A, Raina R, Ng AY (2006). Efficient sparse coding algorithms. NIPS
       19:801-808.
    """
    place = start.copy()
    signs = np.sign(place)
    moving = (place != 0) | (thresholds == 0)
    several = True
    for _ in range(_TURNS_PER_PLACE * (len(place) + 1)):
        _descend(curvature, slope, thresholds, place, signs, moving)
        left = slope - curvature @ place
        excess = np.abs(left) - thresholds * (1 + _EXCEEDS)
        excess[moving] = -np.inf
        if not np.any(excess > 0):
            break
        # That all of them move with the sign of their slope is certain one at a time only.
        entering = excess > 0 if several else excess == excess.max()
        signs[entering] = np.sign(left[entering])
        moving |= entering
        several = False
    return place


def _descend(
    curvature: FloatArray,
    slope: FloatArray,
    thresholds: FloatArray,
    place: FloatArray,
    signs: FloatArray,
    moving: NDArray[np.bool_],
) -> None:
    """Move to the lowest place of these signs; those that would change theirs stop at 0."""
    while True:
        rows = np.flatnonzero(moving)
        if not len(rows):
            return
        target = _solve(
            curvature[np.ix_(rows, rows)], slope[rows] - thresholds[rows] * signs[rows]
        )
        now = place[rows]
        turning = (thresholds[rows] > 0) & (target * signs[rows] <= 0)
        if not turning.any():
            place[rows] = target
            return
        shares = np.full(len(rows), np.inf)
        shares[turning] = now[turning] / (now[turning] - target[turning] + (now == 0)[turning])
        share = shares.min()
        place[rows] = now + share * (target - now)
        stopped = rows[shares == share]
        place[stopped] = signs[stopped] = 0.0
        moving[stopped] = False


def _solve(matrix: FloatArray, right: FloatArray) -> FloatArray:
    _, solution, failed = lapack.dposv(matrix, right)
    if failed:
        solution = np.linalg.lstsq(matrix, right, rcond=None)[0]
    return np.asarray(solution, dtype=np.float64)
