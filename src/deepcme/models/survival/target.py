"""What a survival model is fitted to: an event and a time of each patient, clinical columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_array

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted
from deepcme.cohort.follow_up import EVENT, FollowUp

__all__ = ["make_target"]

FloatArray = NDArray[np.float64]

TARGET = np.dtype([("event", np.bool_), ("time", np.float64)])
"""A record a patient, as scikit-survival has them."""


def make_target(follow_up: FollowUp) -> NDArray[Any]:
    """Follow-up as a target; the competing event counts as censored.

    Examples
    --------
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> make_target(FollowUp([2, 5, 8], [1, 0, 1])).tolist()
    [(True, 2.0), (False, 5.0), (True, 8.0)]
    """
    target = np.empty(follow_up.n, dtype=TARGET)
    target["event"] = follow_up.events == EVENT
    target["time"] = follow_up.times
    return target


def read_target(y: ArrayLike, n: int) -> FollowUp:
    """Follow-up of the patients of a target.

    Parameters
    ----------
    y : structured array of shape (n,)
        Fields `event` (bool, or 0 and 1; 2, the competing event, counts as censored) and
        `time`, or two of other names, as `Surv.from_arrays` of scikit-survival makes them:
        of truth values the event, of numbers the time.
    n : int
        Rows of the matrix.

    Raises
    ------
    DeepCMEError
        If it has no such fields, they hold something else, or it does not fit the matrix.
    """
    target = np.asarray(y)
    event, time = _find_fields(target.dtype)
    if target.shape != (n,):
        raise DeepCMEError(
            f"The target holds {counted(target.size, 'patient')} for {counted(n, 'sample')}: "
            "give one for each sample."
        )
    return FollowUp(target[time], _read_events(target[event]))


def _read_events(values: NDArray[Any]) -> NDArray[np.int8]:
    """Ends of follow-up; a number that is none of them would become one in 8 bits."""
    known = np.isin(values, (0, 1, 2))
    if not known.all():
        raise DeepCMEError(
            f"Events of a survival target must be true or false, or 0 and 1, but number "
            f"{np.argmin(known) + 1} is {values[np.argmin(known)]}."
        )
    return values.astype(np.int8)


def _find_fields(dtype: np.dtype[Any]) -> tuple[str, str]:
    names = dtype.names or ()
    if {"event", "time"} <= set(names) and dtype["time"].kind != "b":
        return "event", "time"
    events = [name for name in names if dtype[name].kind == "b"]
    times = [name for name in names if dtype[name].kind in "fiu"]
    if len(events) != 1 or len(times) != 1:
        raise DeepCMEError(
            "A survival target is a structured array with the fields event (bool) and time: "
            "make one with make_target(FollowUp(times, events))."
        )
    return events[0], times[0]


def read_clinical(
    clinical: ArrayLike | None, n: int, n_columns: int | None = None
) -> FloatArray:
    """Clinical columns beside the genes; no column where none are given.

    Parameters
    ----------
    clinical : array of shape (n, columns), optional
    n : int
        Rows of the matrix.
    n_columns : int, optional
        That the model was fitted beside.

    Raises
    ------
    DeepCMEError
        If there is not a row for each sample, or are other columns than in the fit.
    """
    columns: FloatArray = np.empty((n, 0))
    if clinical is not None:
        columns = check_array(clinical, dtype=np.float64, input_name="clinical")
    if len(columns) != n:
        raise DeepCMEError(
            f"clinical holds {len(columns)} rows for {n} samples: give one for each sample."
        )
    if n_columns not in (None, columns.shape[1]):
        raise DeepCMEError(
            f"This model was fitted beside {n_columns} clinical columns, not "
            f"{columns.shape[1]}: give the same."
        )
    return columns
