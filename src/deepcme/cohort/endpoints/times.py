"""Times and events of clinical columns, of several files and records: one of each sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few, quoted
from deepcme.cohort.endpoints.follow_up import read_follow_up
from deepcme.cohort.endpoints.labelling import (
    asked_column,
    doubts_on_spelling,
    files_with,
    named_reason,
)
from deepcme.cohort.endpoints.records import any_record, records_of
from deepcme.cohort.endpoints.units import require_one_unit

FEWEST_TIMED = 0.1
"""Of the share of samples with a time among those of the other status."""
_TIME_OF = {
    0: re.compile(r"follow|contact|alive"),
    1: re.compile(r"death|dead|died|event|relapse|recur|progress|metast"),
}
"""What times are called that those without an event have, and those with one."""


@dataclass(frozen=True)
class TimesRead:
    """Times and events of samples, and why some have none.

    Parameters
    ----------
    time : Series of float
        NaN where it is not known.
    event : Series of bool
        Whether the event was seen at that time.
    left_out : mapping of str to int
        How many samples each reason leaves without a time.
    conflicts : tuple of str
        Reasons among them that are records which contradict each other.
    doubts : tuple of str
        Sentences on what may be wrong with the times.
    columns : tuple of str
        All columns that were read.
    """

    time: pd.Series
    event: pd.Series
    left_out: dict[str, int]
    conflicts: tuple[str, ...]
    doubts: tuple[str, ...]
    columns: tuple[str, ...]


def read_times(
    clinical: pd.DataFrame, times: Sequence[str], event: str, longest: float
) -> TimesRead:
    """One time and event of each sample, of the columns of all files that have them.

    Of several records the first with the event counts, or the longest follow-up
    where none has it; a record without a time or without a status is passed over.
    Of two columns of times the later counts (`read_follow_up`). Where a file tells of the
    event and another of follow-up without it beyond that time, or a time cannot be one,
    the sample is left out and named.

    Parameters
    ----------
    clinical : DataFrame
    times, event : sequence of str, str
        Columns of it, as `time_columns` and `asked_column` find them.
    longest : float
        A time that is impossible beyond it.

    Raises
    ------
    DeepCMEError
        If a column holds something else, naming the sample, or hardly a sample of one
        status has a time.
    """
    time = " or ".join(times)
    files = files_with(clinical, [*times, event])
    followed = [
        read_follow_up([clinical[name] for name in of_times], clinical[of_event], longest)
        for *of_times, of_event in files
    ]
    impossible = _first_known([table["impossible"] for table in followed])
    first = pd.concat([t["time"].where(t["event"]) for t in followed], axis=1).min(axis=1)
    without = pd.concat([t["time"].where(~t["event"]) for t in followed], axis=1).max(axis=1)
    differ = (without > first) & impossible.isna()
    conflicts = named_reason(f"with different {event} or {time} in several files", differ)
    found = first.fillna(without).where(impossible.isna() & ~differ)
    _require_times_of_both(clinical, followed, times, event, first.notna()[found.notna()])
    lost = found.isna() & ~differ & impossible.isna()
    reasons, unpaired = _reasons_for_no_time(followed, lost, time, event)
    impossibles = _impossible_times(impossible)
    return TimesRead(
        found,
        first.notna(),
        {**impossibles, **reasons, **unpaired, **conflicts},
        (*impossibles, *unpaired, *conflicts),
        (
            *doubts_on_spelling(clinical, (*times, event)),
            *_doubts_on_times(followed, found.notna(), times),
            *_doubts_on_events(followed, lost, time, event),
        ),
        tuple(column for columns in files for column in columns),
    )


def time_columns(clinical: pd.DataFrame, asked: str) -> list[str]:
    """One column, or the two whose names a comma separates.

    Raises
    ------
    DeepCMEError
        If there are others, or they are of different units by their names.
    """
    names = [name.strip() for name in asked.split(",")]
    if len(names) == 1 or asked in clinical.columns:
        return [asked_column(clinical, asked)]
    if len(names) > 2 or len(set(names)) < 2:
        raise DeepCMEError(
            f"The time is one column or two, as in days_to_death,days_to_last_follow_up, and "
            f"not {asked!r}."
        )
    columns = [asked_column(clinical, name) for name in names]
    require_one_unit(columns)
    return columns


def _first_known(columns: Sequence[pd.Series]) -> pd.Series:
    first, *others = columns
    for other in others:
        first = first.where(first.notna(), other)
    return first


def _impossible_times(impossible: pd.Series) -> dict[str, int]:
    """The reason that leaves out those with a time that cannot be one, some named."""
    found = impossible.dropna()
    if found.empty:
        return {}
    named = few(f"{sample}: {said}" for sample, said in found.items())
    return {f"with an impossible time ({named})": len(found)}


def _doubts_on_times(
    followed: Sequence[pd.DataFrame], known: pd.Series, times: Sequence[str]
) -> list[str]:
    contradictory = _any_of(followed, lambda table: table["contradictory"])
    named = known.index[contradictory & known]
    if not len(named):
        return []
    return [
        f"{counted(len(named), 'sample')} ({few(named)}) have times in {' and '.join(times)} "
        "that contradict each other (a death before the last follow-up, an event at two "
        "times, or its time without it): the later time was taken."
    ]


def _doubts_on_events(
    followed: Sequence[pd.DataFrame], lost: pd.Series, time: str, event: str
) -> list[str]:
    """On events that are lost, as nothing tells when they came."""
    seen = lost & _any_of(followed, lambda table: table["status"] == 1)
    named = lost.index[seen]
    if not len(named):
        return []
    return [
        f"{counted(len(named), 'sample')} ({few(named)}) with the event by {event} and no "
        f"known {time}: left out, so that the risk is understated; give a column with "
        "their time as well, as --time A,B."
    ]


def _reasons_for_no_time(
    followed: Sequence[pd.DataFrame], lost: pd.Series, time: str, event: str
) -> tuple[dict[str, int], dict[str, int]]:
    """How many samples have no time for which reason, and those whose records do not pair."""
    timed = _any_of(followed, lambda table: table["is_timed"])
    of_status = _any_of(followed, lambda table: table["status"].notna())
    known = _any_of(followed, lambda table: table["time"].notna())
    unpaired = lost & ~known & _any_of(followed, lambda table: table["unpaired"])
    open_reason = lost & ~known & ~unpaired
    counts = {
        f"without a known {time}": open_reason & ~timed & of_status,
        f"without a known {event}": open_reason & timed & ~of_status,
        f"without a known {time} and {event}": open_reason & (timed == of_status),
    }
    do_not_pair = named_reason(f"whose records of {time} and {event} do not pair", unpaired)
    return {why: int(who.sum()) for why, who in counts.items()}, do_not_pair


def _any_of(
    followed: Sequence[pd.DataFrame], says: Callable[[pd.DataFrame], pd.Series]
) -> pd.Series:
    return pd.concat([says(table) for table in followed], axis=1).any(axis=1)


def _require_times_of_both(
    clinical: pd.DataFrame,
    followed: Sequence[pd.DataFrame],
    times: Sequence[str],
    event: str,
    seen: pd.Series,
) -> None:
    """Refuse times that hardly a sample with the event has, or hardly one without.

    And those that leave one outcome, where others of the status lack a time.
    """
    status = pd.concat([table["status"] for table in followed], axis=1).max(axis=1)
    timed = _any_of(followed, lambda table: table["is_timed"])
    share = {value: timed[status == value].mean() for value in (0, 1)}
    for value, word in ((0, "without"), (1, "with")):
        concerned = status == value
        lacking = concerned & ~timed
        is_lost = len(seen) > 0 and not (seen == value).any()
        if lacking.any() and (share[value] < FEWEST_TIMED * share[1 - value] or is_lost):
            n_timed = int(timed[concerned].sum())
            raise DeepCMEError(
                f"{n_timed or 'None'} of the {int(concerned.sum()):,} samples {word} the event "
                f"by {event} {'have' if n_timed > 1 else 'has'} a known {' or '.join(times)}, "
                "and all others of them would be lost: "
                f"{_other_time(clinical, lacking, times, _TIME_OF[value])}."
            )


def _other_time(
    clinical: pd.DataFrame, lacking: pd.Series, times: Sequence[str], called: re.Pattern[str]
) -> str:
    """What to do: give a column as well that has times of those who lack one, if one does."""
    known = {
        str(name): _have_time(clinical, str(name))[lacking].mean()
        for name in clinical.columns
        if name not in times and called.search(str(name).lower()) and " (" not in str(name)
    }
    best = max(known, key=lambda name: known[name], default=None)
    if best is None or known[best] < 0.5 or len(times) > 1:
        return (
            "name a column that holds the time to the event or else to the last follow-up, or "
            "two, as in --time days_to_death,days_to_last_follow_up"
        )
    return f"{best!r} has times of them: give both, as --time {quoted(f'{times[0]},{best}')}"


def _have_time(clinical: pd.DataFrame, column: str) -> pd.Series:
    """Whether a sample has a time above 0 in a column of any file."""
    columns = [name for (name,) in files_with(clinical, [column])]
    found = pd.concat([records_of(clinical[name]) for name in columns])
    return any_record(pd.to_numeric(found, errors="coerce") > 0, clinical.index)
