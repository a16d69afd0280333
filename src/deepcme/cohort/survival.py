"""The time to an event as an outcome, and the binary question that a horizon asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.follow_up import COMPETING, EVENT, FloatArray, FollowUp
from deepcme.cohort.outcome import NO_ENDPOINT, Endpoint, Outcome

FEWEST_TO_PART = 20
"""Samples that ended alike, from which on splits are spread over early and late ones."""


@dataclass(frozen=True, eq=False)
class SurvivalOutcome(Outcome):
    """A time of follow-up and what ended it.

    Parameters
    ----------
    times : array
        From 0 on, in the endpoint's unit.
    ends : array
        `CENSORED` (0), `EVENT` (1) or `COMPETING` (2), another event that rules it out.
    endpoint : Endpoint, optional
        With the unit of the times, and the horizon if a binary question is asked.

    Raises
    ------
    DeepCMEError
        If a time or an end is none of these.
    """

    kind = "survival"
    columns = ("time", "event")
    words = ("{} without the event", "{} with the event")

    times: FloatArray
    ends: NDArray[np.int8]
    endpoint: Endpoint = NO_ENDPOINT

    def __post_init__(self) -> None:
        given = pd.Series(self.ends)
        ends = pd.to_numeric(given, errors="coerce")
        if not (usable := ends.isin([0, 1, 2])).all():
            raise DeepCMEError(
                "An event must be 0 (censored), 1 (the event) or 2 (the competing event), not "
                f"{given[~usable].iloc[0]}."
            )
        times = pd.to_numeric(pd.Series(self.times), errors="coerce").to_numpy(np.float64)
        if len(times):
            FollowUp(times, ends.to_numpy())
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "ends", ends.to_numpy(dtype=np.int8))

    @classmethod
    def read(cls, table: Mapping[str, Any] | pd.DataFrame, endpoint: Endpoint) -> Self:
        """That of a column of times and one of events."""
        return cls(np.asarray(table["time"]), np.asarray(table["event"]), endpoint)

    @property
    def values(self) -> dict[str, NDArray[Any]]:
        """Times and events."""
        return {"time": self.times, "event": self.ends}

    @property
    def events(self) -> NDArray[np.int8]:
        """1 for each sample with the event, 0 for each censored or with a competing event."""
        events: NDArray[np.int8] = (self.ends == EVENT).astype(np.int8)
        return events

    @property
    def strata(self) -> NDArray[np.int8]:
        """By what ended the follow-up, and early or late where many ended alike."""
        rank = np.select([self.ends == EVENT, self.ends == COMPETING], [2, 1], 0)
        strata = (2 * rank).astype(np.int8)
        for value in np.unique(rank):
            alike = rank == value
            if alike.sum() >= FEWEST_TO_PART:
                strata[alike] += self.times[alike] > np.median(self.times[alike])
        return strata

    @property
    def follow_up(self) -> FollowUp:
        """The follow-up of the samples, one entry each."""
        return FollowUp(self.times, self.ends)

    def count(self) -> str:
        """How many samples ended how, in words."""
        n_events, n_competing = (int((self.ends == end).sum()) for end in (EVENT, COMPETING))
        competing = f", {n_competing} with the competing event" if n_competing else ""
        n_censored = len(self.ends) - n_events - n_competing
        having = self.called(1, "samples")
        return f"{n_events} {having}{competing} and {n_censored} censored"

    def known_at(self, horizon: float) -> NDArray[np.bool_]:
        """Whether each sample ended with either event up to the horizon, or lived beyond it."""
        ended: NDArray[np.bool_] = (self.ends != 0) & (self.times <= horizon)
        return ended | (self.times > horizon)

    def cases_at(self, horizon: float) -> NDArray[np.int8]:
        """1 for each sample with the event up to and at the horizon, 0 for every other."""
        cases: NDArray[np.int8] = self.events * (self.times <= horizon)
        return cases


def require_horizon(endpoint: Endpoint) -> float:
    """The horizon of an endpoint.

    Raises
    ------
    DeepCMEError
        If it has none.
    """
    if endpoint.horizon is None:
        raise DeepCMEError(
            "The cohort has times and no horizon, by which the event comes or not: make it "
            "anew with --horizon of `deepcme prepare`."
        )
    return endpoint.horizon
