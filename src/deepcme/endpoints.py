"""Endpoints: clinical columns to a binary label, with the rule in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DAYS_PER_YEAR = 365.25


def event_within_horizon(
    time: pd.Series, event: pd.Series, horizon: float
) -> NDArray[np.float64]:
    """Label each sample by whether the event came within a horizon.

    Parameters
    ----------
    time : Series of float
        Time to the event or to the last follow-up.
    event : Series
        1 if the event was seen, 0 if not.
    horizon : float
        In the unit of `time`.

    Returns
    -------
    ndarray of float
        1 with the event at or before the horizon, 0 if followed without it to
        the horizon or beyond, NaN if followed for less (the outcome is unknown).
    """
    observed = event.to_numpy(dtype=float) == 1
    duration = time.to_numpy(dtype=float)
    label = np.full(len(duration), np.nan)
    label[duration >= horizon] = 0.0
    label[observed & (duration <= horizon)] = 1.0
    return label
