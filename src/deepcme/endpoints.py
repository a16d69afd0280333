"""Endpoints: clinical columns to a binary label, with the rule in words.

Every rule takes a table of clinical columns, one row per sample, and returns a
`Labelling`: 1, 0, or missing with the reason counted. A cell may hold several records
(`deepcme.records`); those that say nothing count for nothing. A column that several
files bring is read in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.errors import DeepCMEError
from deepcme.follow_up import NEGATIVE_WORDS, POSITIVE_WORDS, read_follow_up
from deepcme.labelling import (
    Labelling,
    asked_column,
    doubts_on_spelling,
    files_with,
    named_reason,
)
from deepcme.records import lower_words, records_of

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


def horizon_endpoint(
    clinical: pd.DataFrame, time: str, event: str, horizon: float
) -> Labelling:
    """Event within a horizon = 1, followed to it without = 0, censored before = left out.

    Of several records the first with the event counts, or the longest follow-up
    where none has it; a record without a time or without a status is passed over.
    Where two files tell 1 and 0, the sample is left out and named.

    Parameters
    ----------
    clinical : DataFrame
    time, event : str
        Columns; the event may be written 1 and 0, ``1:DECEASED`` and
        ``0:LIVING``, yes and no, dead and alive.
    horizon : float
        In the unit of the time column, greater than 0.

    Raises
    ------
    DeepCMEError
        If a column is not there or holds something else, naming the sample, or no
        sample of one status has a time.
    """
    if not horizon > 0:
        raise DeepCMEError(f"The horizon must be greater than 0, not {horizon:g}.")
    time, event = asked_column(clinical, time), asked_column(clinical, event)
    files = files_with(clinical, [time, event])
    followed = [
        read_follow_up(clinical[of_time], clinical[of_event]) for of_time, of_event in files
    ]
    _require_times_of_both(followed, time, event)
    labels = pd.concat([_within(table, horizon) for table in followed], axis=1)
    one, zero = labels.eq(1).any(axis=1), labels.eq(0).any(axis=1)
    conflicts = named_reason(f"with different {event} or {time} in several files", one & zero)
    values = one.astype(float).where(one != zero)
    lost = values.isna() & ~(one & zero)
    reasons, unpaired = _reasons_for_no_label(followed, lost, time, event, horizon)
    return Labelling(
        name="event-within-horizon",
        rule=(
            f"{event} within {horizon:g} (the unit of {time}) = 1; followed for "
            f"{horizon:g} without = 0; followed for less without = left out."
        ),
        values=values,
        left_out={**reasons, **unpaired, **conflicts},
        columns=tuple(column for columns in files for column in columns),
        conflicts=(*unpaired, *conflicts),
        doubts=doubts_on_spelling(clinical, (time, event)),
    )


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


def _require_times_of_both(followed: Sequence[pd.DataFrame], time: str, event: str) -> None:
    """Refuse a time that only samples with the event have, or only those without."""
    status = pd.concat([table["status"] for table in followed], axis=1).max(axis=1)
    timed = _any_of(followed, lambda table: table["is_timed"])
    for value, word in ((0, "without"), (1, "with")):
        concerned = status == value
        if concerned.any() and timed.any() and not timed[concerned].any():
            raise DeepCMEError(
                f"None of the {int(concerned.sum()):,} samples {word} the event by {event} has "
                f"a known {time}, and all of them would be lost: name a column that holds the "
                "time to the event or else to the last follow-up."
            )


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
