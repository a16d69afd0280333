"""Newton's method with step halving, for log likelihoods that have one maximum."""

from __future__ import annotations

from collections.abc import Callable

from deepcme.evaluation.predictions import FloatArray

_MAX_STEPS = 100
_MAX_HALVINGS = 30
# Twice what a step should gain, relative to the likelihood: below the first it is the last
# one; below the second rounding hides whether it climbs, and it is trusted.
_LAST, _TRUSTED = 1e-16, 1e-10


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
        expected = float(gradient @ direction) / max(1.0, abs(value))
        if expected <= _LAST:
            return place + direction, True
        for halving in range(_MAX_HALVINGS):
            candidate = place + direction / 2**halving
            climbed = log_likelihood(candidate)
            if climbed > value or expected <= _TRUSTED:
                break
        else:
            return place, False
        place, value = candidate, climbed
    return place, expected <= _TRUSTED
