"""The target of a survival model: an event and a time for each patient, in one array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted
from deepcme.cohort.follow_up import EVENT, FollowUp

TARGET = np.dtype([("event", np.bool_), ("time", np.float64)])
"""A record a patient, as scikit-survival has them."""


def make_target(follow_up: FollowUp) -> NDArray[Any]:
    """Follow-up as a target; the competing event counts as censored."""
    target = np.empty(follow_up.n, dtype=TARGET)
    target["event"] = follow_up.events == EVENT
    target["time"] = follow_up.times
    return target


def read_target(y: ArrayLike, n: int) -> FollowUp:
    """Follow-up of the patients of a target.

    Parameters
    ----------
    y : structured array of shape (n,)
        Fields `event` (bool) and `time`.
    n : int
        Rows of the matrix.

    Raises
    ------
    DeepCMEError
        If it has no such fields, or does not fit the matrix.
    """
    target = np.asarray(y)
    if target.dtype.names is None or {"event", "time"} - set(target.dtype.names):
        raise DeepCMEError(
            "A survival target is a structured array with the fields event (bool) and time: "
            "make one with make_target(FollowUp(times, events))."
        )
    if target.shape != (n,):
        raise DeepCMEError(
            f"The target holds {counted(target.size, 'patient')} for {counted(n, 'sample')}: "
            "give one for each sample."
        )
    return FollowUp(target["time"], target["event"].astype(np.int8))
