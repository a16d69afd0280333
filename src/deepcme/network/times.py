"""Times to an event as one number a row: what the losses of times call an outcome."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float32]


def encode_times(times: ArrayLike, events: ArrayLike) -> FloatArray:
    """The rank of each row's time, negative where it is censored.

    Equal times have one rank, 1 being the earliest: a partial likelihood compares times and
    asks no more of them.

    Parameters
    ----------
    times : array, rows
    events : array, rows
        1 for the event; anything else counts as censored.
    """
    ranks = np.unique(np.asarray(times), return_inverse=True)[1].reshape(-1) + 1
    return np.where(np.asarray(events) == 1, ranks, -ranks).astype(np.float32)


def is_event(y: FloatArray) -> NDArray[np.bool_]:
    """Rows whose time ended in the event."""
    return np.asarray(y > 0)


def rank_concordance(scores: NDArray[np.floating], y: FloatArray) -> float:
    """Harrell's C by encoded times; NaN where no row is known to outlast another's event.

    A tie of scores counts half, and two events at one time are no pair.
    """
    time, events = np.abs(y), np.flatnonzero(is_event(y))
    later = (time > time[events, None]) | ((time == time[events, None]) & ~is_event(y))
    first = scores[events, None]
    above = (first > scores).sum(where=later) + (first == scores).sum(where=later) / 2
    n_pairs = int(later.sum())
    return float(above / n_pairs) if n_pairs else float("nan")
