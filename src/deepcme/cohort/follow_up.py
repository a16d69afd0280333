"""How long patients were followed, and what ended it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import AbsentError, DeepCMEError

__all__ = ["FollowUp"]

CENSORED, EVENT, COMPETING = 0, 1, 2
"""What ends follow-up: that no more is known, the event, another that rules it out."""

FloatArray = NDArray[np.float64]

CODES = (CENSORED, EVENT, COMPETING)


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Follow-up of patients, one entry each.

    At tied times events come before censorings: who is censored at a time was still there
    when others had their event.

    Parameters
    ----------
    times : array
        From 0 on, in any unit.
    events : array
        `CENSORED` (0), `EVENT` (1) or `COMPETING` (2) at that time.

    Raises
    ------
    DeepCMEError
        If a time is missing, infinite or negative, an event has no such code, or there are
        not as many of both; `AbsentError` if there is no patient.

    Examples
    --------
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> FollowUp([2, 5, 8], [1, 0, 1]).n
    3
    """

    times: FloatArray
    events: NDArray[np.int8]

    def __post_init__(self) -> None:
        times = np.asarray(self.times, dtype=np.float64)
        events = np.asarray(self.events)
        if times.ndim != 1 or times.shape != events.shape:
            raise DeepCMEError(
                "Follow-up is one time and one event a patient, but there are arrays of "
                f"{times.shape} times and {events.shape} events."
            )
        if not times.size:
            raise AbsentError("There is no patient to follow.")
        impossible = ~(np.isfinite(times) & (times >= 0))
        if impossible.any():
            first = int(np.argmax(impossible))
            raise DeepCMEError(
                f"Times of follow-up must be numbers from 0 on, but number {first + 1} is "
                f"{times[first]:g}."
            )
        unknown = ~np.isin(events, CODES)
        if unknown.any():
            first = int(np.argmax(unknown))
            raise DeepCMEError(
                "Events must be 0 (censored), 1 (the event) or 2 (the competing event), but "
                f"number {first + 1} is {events[first]}."
            )
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "events", events.astype(np.int8))

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.times)

    @property
    def n_events(self) -> int:
        """Number of patients with the event."""
        return int(np.sum(self.events == EVENT))

    @property
    def has_competing(self) -> bool:
        """Whether any patient had the competing event."""
        return bool(np.any(self.events == COMPETING))

    def of_cause(self, cause: int) -> Self:
        """The same follow-up with this code as the event and every other as censored."""
        return type(self)(self.times, (self.events == cause).astype(np.int8))

    def rows(self, index: ArrayLike) -> Self:
        """Follow-up of some patients, by position or by an array of bool."""
        chosen: NDArray[Any] = np.asarray(index)
        return type(self)(self.times[chosen], self.events[chosen])
