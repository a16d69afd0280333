"""The time to an event as an endpoint: columns of times and events, with their unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, counted, few
from deepcme.cohort.endpoints.follow_up import LONGEST
from deepcme.cohort.endpoints.labelling import SurvivalLabelling, asked_column, files_with
from deepcme.cohort.endpoints.records import (
    SEPARATOR,
    any_record,
    lower_words,
    records,
    records_of,
)
from deepcme.cohort.endpoints.times import read_times, time_columns
from deepcme.cohort.endpoints.units import TimeUnit, doubts_on_unit, unit_of_times
from deepcme.cohort.follow_up import CENSORED, COMPETING, EVENT
from deepcme.cohort.survival import CENSORED_AT_START, DAYS

NAME = "time-to-event"
_ENTRY = re.compile(
    r"(delayed|late)[\W_]*entry|(left[\W_]*)?truncation|"
    r"(entry|enroll?ment|registration)[\W_]*(time|days?|months?|years?)([\W_]|$)|"
    r"(time|days?|months?|years?)([\W_]+(to|from|at|of))?[\W_]+(entry|enroll?ment|registration)",
    re.IGNORECASE,
)
"""What times are called at which patients came under observation."""
_CODE = re.compile(r"\d+\s*:\s*")


@dataclass(frozen=True)
class TimeToEvent:
    """The columns that tell times and events, and what is asked of them.

    Parameters
    ----------
    time : str
        Column of the time to the event or the last follow-up; or two, as in
        ``days_to_death,days_to_last_follow_up``.
    event : str
        Column that may say 1 and 0, ``1:DECEASED`` and ``0:LIVING``, yes and no, dead
        and alive.
    unit : {"days", "months", "years"}, optional
        Taken from the names of the columns if not given.
    competing : tuple of str, optional
        A column and its value, such as ``("vital_status", "Dead")``, that tells of an
        event which rules out the other.
    horizon : float, optional
        The time up to which the event is asked for, in that unit.
    """

    time: str
    event: str
    unit: TimeUnit | None = None
    competing: tuple[str, str] | None = None
    horizon: float | None = None

    @property
    def columns(self) -> list[str]:
        """The columns as they are asked for."""
        of_competing = [] if self.competing is None else [self.competing[0]]
        named = [*self.time.split(","), self.event, *of_competing]
        return list(dict.fromkeys(cleaned(name) for name in named))

    def label(self, clinical: pd.DataFrame) -> SurvivalLabelling:
        """The time of each sample and what ended it.

        A competing event counts where the event was not seen, at the time of follow-up. An
        event at time 0 is kept; a censoring at time 0 tells nothing and is left out.

        Raises
        ------
        DeepCMEError
            If a column is not there or holds something else, naming the sample; the unit is
            not known or cannot be right; the competing event is not there.
        """
        if self.horizon is not None and not 0 < self.horizon < np.inf:
            raise DeepCMEError(f"The horizon must be greater than 0, not {self.horizon:g}.")
        times, event = time_columns(clinical, self.time), asked_column(clinical, self.event)
        unit = unit_of_times(times, self.unit)
        competing = _competing(clinical, self.competing)
        if competing is not None and competing.column == event:
            clinical = competing.without_its_event(clinical)
        of_unit = doubts_on_unit(clinical, times, unit, is_told=self.unit is not None)
        read = read_times(clinical, times, event, LONGEST / DAYS[unit])
        ends = pd.Series(np.where(read.event, EVENT, CENSORED), read.time.index)
        if competing is not None:
            if not read.event.any():
                raise DeepCMEError(
                    f"The competing event {competing.said} leaves no sample with the event by "
                    f"{event}: name what rules the event out with --competing, not the event."
                )
            ends[competing.seen & ~read.event] = COMPETING
        at_start = (read.time == 0) & (ends == CENSORED)
        columns = (*read.columns, *([] if competing is None else [competing.column]))
        return SurvivalLabelling(
            name=NAME,
            rule=self._rule(times, event, unit, competing),
            times=read.time.mask(at_start),
            ends=ends,
            left_out={**read.left_out, CENSORED_AT_START: int(at_start.sum())},
            columns=columns,
            unit=unit,
            horizon=self.horizon,
            competing="" if competing is None else competing.said,
            conflicts=read.conflicts,
            doubts=(
                *read.doubts,
                *of_unit,
                *_doubts_on_start(read.time, ends),
                *_doubts_on_entry(clinical, columns),
            ),
        )

    def _rule(
        self, times: Sequence[str], event: str, unit: str, competing: _Competing | None
    ) -> str:
        ends = f"; {competing.said} without it = the competing event" if competing else ""
        asked = f" The horizon is {self.horizon:g} {unit}." if self.horizon else ""
        return (
            f"Time to {event} by {' or '.join(times)}, in {unit}; followed without it = "
            f"censored{ends}.{asked}"
        )


@dataclass(frozen=True)
class _Competing:
    column: str
    value: str
    seen: pd.Series

    @property
    def said(self) -> str:
        return f"{self.column} = {self.value}"

    def without_its_event(self, clinical: pd.DataFrame) -> pd.DataFrame:
        """The table in which the column says 0 where it told of the competing event."""
        columns = [name for (name,) in files_with(clinical, [self.column])]
        return clinical.assign(**{name: clinical[name].map(self._without) for name in columns})

    def _without(self, cell: object) -> object:
        found = pd.Series(records(cell), dtype=object)
        told = found.mask(_says(found, self.value), "0")
        return SEPARATOR.join("NA" if one is None else str(one) for one in told)


def _competing(clinical: pd.DataFrame, asked: tuple[str, str] | None) -> _Competing | None:
    if asked is None:
        return None
    column, value = asked_column(clinical, asked[0]), cleaned(asked[1])
    columns = [name for (name,) in files_with(clinical, [column])]
    found = pd.concat([records_of(clinical[name]) for name in columns])
    says = _says(found, value)
    if not says.any():
        raise DeepCMEError(
            f"No sample has the competing event {column} = {value}; the column holds "
            f"{few(map(str, found.dropna().unique()), 8) or 'nothing'}."
        )
    return _Competing(column, value, any_record(says, clinical.index))


def _says(found: pd.Series, value: str) -> pd.Series:
    """Whether cells hold the value, ``DECEASED`` of ``1:DECEASED`` as well, in any case."""
    words, asked = lower_words(found), value.casefold()
    as_number = pd.to_numeric(found, errors="coerce") == pd.to_numeric(asked, errors="coerce")
    return (
        (words == asked) | (words.str.replace(_CODE, "", n=1, regex=True) == asked) | as_number
    )


def _doubts_on_start(time: pd.Series, ends: pd.Series) -> list[str]:
    named = time.index[(time == 0) & (ends != CENSORED)]
    if not len(named):
        return []
    return [
        f"{counted(len(named), 'sample')} ({few(named)}) with an event at time 0: kept; "
        "if it was there when the sample was taken, nothing is predicted: leave such "
        "patients out."
    ]


def _doubts_on_entry(clinical: pd.DataFrame, read: Sequence[str]) -> list[str]:
    """On times of entry after time 0, which would need risk sets of those who have entered."""
    entries = [
        str(name)
        for name in clinical.columns
        if name not in read
        and _ENTRY.search(str(name))
        and (pd.to_numeric(clinical[name], errors="coerce") > 0).any()
    ]
    if not entries:
        return []
    return [
        f"{few(entries)} may hold when patients came under observation: a delayed entry (left "
        "truncation) is not taken account of, and whoever had the event before it could not be "
        "seen, so that the risk is understated."
    ]
