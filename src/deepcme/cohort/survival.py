"""The time to an event as an outcome, and the binary question that a horizon asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.follow_up import COMPETING, EVENT, FloatArray, FollowUp
from deepcme.cohort.outcome import NO_ENDPOINT, Endpoint, Outcome

__all__ = ["SurvivalOutcome"]

DAYS = {"days": 1.0, "months": 365.25 / 12, "years": 365.25}
"""Days in a unit of times."""
CENSORED_AT_START = "censored before any follow-up"
"""Why samples are left out that were censored at time 0."""
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

    Examples
    --------
    >>> from deepcme import SurvivalOutcome
    >>> SurvivalOutcome([2, 5, 8], [1, 0, 1]).known_at(6).tolist()
    [True, False, True]
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
        _require_usable(self.endpoint)
        if len(times):
            FollowUp(times, ends.to_numpy())
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "ends", ends.to_numpy(dtype=np.int8))

    @classmethod
    def read(cls, table: Mapping[str, Any] | pd.DataFrame, endpoint: Endpoint) -> Self:
        """That of a column of times and one of events."""
        return cls(np.asarray(table["time"]), np.asarray(table["event"]), endpoint)

    @classmethod
    def join(cls, outcomes: Mapping[str, Outcome]) -> Self:
        """That of several cohorts, in the unit of the first.

        Raises
        ------
        DeepCMEError
            If a unit is not known or the horizons differ.
        """
        endpoints = {name: outcome.endpoint for name, outcome in outcomes.items()}
        (first, of_first), *_ = endpoints.items()
        tables = []
        for name, outcome in outcomes.items():
            factor = units_in(endpoints[name].unit, of_first.unit, name, first)
            _require_one_horizon(endpoints[name].horizon, of_first, factor, name, first)
            table = pd.DataFrame(outcome.values)
            tables.append(table if factor == 1 else table.assign(time=table["time"] * factor))
        joined = replace(Endpoint.join(endpoints), unit=of_first.unit, horizon=of_first.horizon)
        return cls.read(pd.concat(tables), joined)

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

    def in_unit(self, unit: str, name: str, other: str) -> Self:
        """The same times in another unit, that of something else.

        Parameters
        ----------
        unit : str
        name, other : str
            Whose times these are, and whose unit that is, for messages.

        Raises
        ------
        DeepCMEError
            If one of the units is not known and the other is.
        """
        factor = units_in(self.endpoint.unit, unit, name, other)
        if factor == 1:
            return self
        horizon = self.endpoint.horizon
        endpoint = replace(
            self.endpoint, unit=unit, horizon=None if horizon is None else horizon * factor
        )
        return type(self)(self.times * factor, self.ends, endpoint)

    def known_at(self, horizon: float) -> NDArray[np.bool_]:
        """Whether each sample ended with either event up to the horizon, or lived beyond it."""
        ended: NDArray[np.bool_] = (self.ends != 0) & (self.times <= horizon)
        return ended | (self.times > horizon)

    def cases_at(self, horizon: float) -> NDArray[np.int8]:
        """1 for each sample with the event up to and at the horizon, 0 for every other."""
        cases: NDArray[np.int8] = self.events * (self.times <= horizon)
        return cases


def _require_usable(endpoint: Endpoint) -> None:
    if endpoint.unit not in ("", *DAYS):
        raise DeepCMEError(f"The unit must be days, months or years, not {endpoint.unit!r}.")
    if endpoint.horizon is not None and not 0 < endpoint.horizon < np.inf:
        raise DeepCMEError(f"The horizon must be greater than 0, not {endpoint.horizon:g}.")


def units_in(unit: str, of_first: str, name: str, first: str) -> float:
    """How many units of the first cohort one of another is."""
    if unit == of_first:
        return 1.0
    if unit not in DAYS or of_first not in DAYS:
        raise DeepCMEError(
            f"The times of {first} are in {of_first or 'an unknown unit'} and those of {name} "
            f"in {unit or 'an unknown unit'}: make both cohorts with --time-unit."
        )
    return DAYS[unit] / DAYS[of_first]


def _require_one_horizon(
    horizon: float | None, of_first: Endpoint, factor: float, name: str, first: str
) -> None:
    asked, there = of_first.horizon, None if horizon is None else horizon * factor
    if (asked is None) != (there is None) or not np.isclose(asked or 0, there or 0, rtol=1e-6):
        said = ("none" if one is None else f"{one:g}" for one in (asked, there))
        raise DeepCMEError(
            f"The horizons of {first} and {name} are {' and '.join(said)} (in "
            f"{of_first.unit or 'an unknown unit'}): make both cohorts with one --horizon."
        )


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
