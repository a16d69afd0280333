"""Newton's method with step halving, for log likelihoods that have one maximum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepcme.evaluation.predictions import FloatArray

_MAX_STEPS = 100
_MAX_HALVINGS = 30
# Of what one more step would gain, which is half of this, relative to the likelihood's size.
_TOLERANCE = 1e-16


def maximise(
    log_likelihood: Callable[[FloatArray], float],
    step: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    start: FloatArray,
) -> tuple[FloatArray, bool]:
    """Climb from a start until a step would gain nothing that the numbers can hold.

    A step that does not climb is halved until it does.

    Parameters
    ----------
    log_likelihood : callable
    step : callable
        Gradient at a place, and the step that Newton's method takes from there.
    start : array

    Returns
    -------
    array
        Where it ended.
    bool
        Whether that is a maximum.
    """
    place, value = start, log_likelihood(start)
    for _ in range(_MAX_STEPS):
        gradient, direction = step(place)
        expected = float(gradient @ direction)
        if expected <= _TOLERANCE * max(1.0, abs(value)):
            return place + direction, True
        for halving in range(_MAX_HALVINGS):
            candidate = place + direction / 2**halving
            climbed = log_likelihood(candidate)
            if climbed > value:
                break
        else:
            # No climb is left that rounding would show.
            return place, expected < np.sqrt(_TOLERANCE) * max(1.0, abs(value))
        place, value = candidate, climbed
    return place, False
