"""Endpoints: clinical columns to a binary label, with the rule in words.

Every rule takes a table of clinical columns, one row per sample, and returns a
`Labelling`: 1, 0, or missing with the reason counted. A cell may hold several records
(`deepcme.cohort.endpoints.records`); those that say nothing count for nothing. A column that
several files bring is read in each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few, quoted
from deepcme.cohort.endpoints.follow_up import NEGATIVE_WORDS, POSITIVE_WORDS, read_follow_up
from deepcme.cohort.endpoints.labelling import (
    Labelling,
    asked_column,
    doubts_on_spelling,
    files_with,
    named_reason,
)
from deepcme.cohort.endpoints.records import lower_words, records_of

DAYS_PER_YEAR = 365.25
FEWEST_TIMED = 0.1
"""Of the share of samples with a time among those of the other status."""
_TIME_OF = {
    0: re.compile(r"follow|contact|alive"),
    1: re.compile(r"death|dead|died|event|relapse|recur|progress|metast"),
}
"""What times are called that those without an event have, and those with one."""
_UNIT = re.compile(r"day|month|year")


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


def horizon_endpoint(
    clinical: pd.DataFrame, time: str, event: str, horizon: float
) -> Labelling:
    """Event within a horizon = 1, followed to it without = 0, censored before = left out.

    Of several records the first with the event counts, or the longest follow-up
    where none has it; a record without a time or without a status is passed over.
    Of two columns of times the later counts (`read_follow_up`). Where two files tell
    1 and 0, or a time cannot be one, the sample is left out and named.

    Parameters
    ----------
    clinical : DataFrame
    time : str
        Column of the time to the event or the last follow-up; or two, as in
        ``days_to_death,days_to_last_follow_up``.
    event : str
        Column that may say 1 and 0, ``1:DECEASED`` and ``0:LIVING``, yes and no, dead
        and alive.
    horizon : float
        In the unit of the time column, greater than 0.

    Raises
    ------
    DeepCMEError
        If a column is not there or holds something else, naming the sample, or hardly a
        sample of one status has a time.
    """
    if not horizon > 0:
        raise DeepCMEError(f"The horizon must be greater than 0, not {horizon:g}.")
    times, event = _time_columns(clinical, time), asked_column(clinical, event)
    time = " or ".join(times)
    files = files_with(clinical, [*times, event])
    followed = [
        read_follow_up([clinical[name] for name in of_times], clinical[of_event])
        for *of_times, of_event in files
    ]
    impossible = _first_known([table["impossible"] for table in followed])
    is_impossible = impossible.notna()
    labels = pd.concat([_within(table, horizon) for table in followed], axis=1)
    one, zero = labels.eq(1).any(axis=1), labels.eq(0).any(axis=1)
    conflicts = named_reason(
        f"with different {event} or {time} in several files", one & zero & ~is_impossible
    )
    values = one.astype(float).where((one != zero) & ~is_impossible)
    _require_times_of_both(clinical, followed, times, event, values)
    lost = values.isna() & ~(one & zero) & ~is_impossible
    reasons, unpaired = _reasons_for_no_label(followed, lost, time, event, horizon)
    impossibles = _impossible_times(impossible)
    return Labelling(
        name="event-within-horizon",
        rule=(
            f"{event} within {horizon:g} (the unit of {time}) = 1; followed for "
            f"{horizon:g} without = 0; followed for less without = left out."
        ),
        values=values,
        left_out={**impossibles, **reasons, **unpaired, **conflicts},
        columns=tuple(column for columns in files for column in columns),
        conflicts=(*impossibles, *unpaired, *conflicts),
        doubts=(
            *doubts_on_spelling(clinical, (*times, event)),
            *_doubts_on_times(followed, values, times),
        ),
    )


def _time_columns(clinical: pd.DataFrame, asked: str) -> list[str]:
    """One column, or the two whose names a comma separates."""
    names = [name.strip() for name in asked.split(",")]
    if len(names) == 1 or asked in clinical.columns:
        return [asked_column(clinical, asked)]
    if len(names) > 2 or len(set(names)) < 2:
        raise DeepCMEError(
            f"The time is one column or two, as in days_to_death,days_to_last_follow_up, and "
            f"not {asked!r}."
        )
    columns = [asked_column(clinical, name) for name in names]
    units = [_UNIT.search(name.lower()) for name in columns]
    if len({unit[0] for unit in units if unit is not None}) > 1:
        raise DeepCMEError(
            f"The times {' and '.join(columns)} are of different units by their names: give "
            "two columns of one unit."
        )
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
    followed: Sequence[pd.DataFrame], values: pd.Series, times: Sequence[str]
) -> list[str]:
    contradictory = _any_of(followed, lambda table: table["contradictory"])
    named = values.index[contradictory & values.notna()]
    if not len(named):
        return []
    return [
        f"{counted(len(named), 'sample')} ({few(named)}) have times in {' and '.join(times)} "
        "that contradict each other (a death before the last follow-up, an event at two "
        "times, or its time without it): the later time was taken."
    ]


def _within(followed: pd.DataFrame, horizon: float) -> pd.Series:
    label = event_within_horizon(followed["time"], followed["event"], horizon)
    return pd.Series(label, index=followed.index)


def _reasons_for_no_label(
    followed: Sequence[pd.DataFrame], lost: pd.Series, time: str, event: str, horizon: float
) -> tuple[dict[str, int], dict[str, int]]:
    """How many samples have no label for which reason, and those whose records do not pair."""
    timed = _any_of(followed, lambda table: table["is_timed"])
    of_status = _any_of(followed, lambda table: table["status"].notna())
    known = _any_of(followed, lambda table: table["time"].notna())
    unpaired = lost & ~known & _any_of(followed, lambda table: table["unpaired"])
    open_reason = lost & ~known & ~unpaired
    counts = {
        f"without a known {time}": open_reason & ~timed & of_status,
        f"without a known {event}": open_reason & timed & ~of_status,
        f"without a known {time} and {event}": open_reason & (timed == of_status),
        f"censored before {horizon:g}": lost & known,
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
    labels: pd.Series,
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
        is_lost = labels.notna().any() and not (labels == value).any()
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
    return _any_record(pd.to_numeric(found, errors="coerce") > 0, clinical.index)


def binary_column(clinical: pd.DataFrame, column: str) -> Labelling:
    """Use a column of 1 and 0, or yes and no, as it stands; blank and unknown are left out.

    Several records that agree are one; 1 beside 0 is left out, and the samples named.

    Raises
    ------
    DeepCMEError
        If the column is not there or holds anything else.
    """
    column = asked_column(clinical, column)
    columns = [name for (name,) in files_with(clinical, [column])]
    found = pd.concat([records_of(clinical[name]) for name in columns])
    words = lower_words(found)
    is_one, is_zero = words.isin(POSITIVE_WORDS), words.isin(NEGATIVE_WORDS)
    odd = found[~is_one & ~is_zero & (words != "")].drop_duplicates()
    if len(odd):
        raise DeepCMEError(
            f"the label {column!r} is not binary: it holds "
            f"{', '.join(map(str, odd.iloc[:6]))}. Write 1 and 0 (or yes and no), and leave "
            "unknown ones blank."
        )
    one, zero = _any_record(is_one, clinical.index), _any_record(is_zero, clinical.index)
    conflicts = named_reason(f"with 1 beside 0 in {', '.join(columns)}", one & zero)
    return Labelling(
        name=column,
        rule=f"{column} = 1 against {column} = 0, as given; blank = left out.",
        values=one.astype(float).where(one != zero),
        left_out={f"with a blank {column}": int((~one & ~zero).sum()), **conflicts},
        columns=tuple(columns),
        conflicts=tuple(conflicts),
        doubts=doubts_on_spelling(clinical, [column]),
    )


def _any_record(says: pd.Series, ids: pd.Index) -> pd.Series:
    """Whether any record of an id says so."""
    return says.astype(bool).groupby(level=0).any().reindex(ids)
