"""Follow-up of a patient: a time and whether the event was seen, over several records."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.records import lower_words, records

POSITIVE_WORDS = frozenset({"1", "1.0", "yes", "true"})
NEGATIVE_WORDS = frozenset({"0", "0.0", "no", "false"})
_EVENT_WORDS = POSITIVE_WORDS | {
    *("dead", "deceased", "died", "died of disease", "dead of disease", "dod"),
    *("event", "relapse", "relapsed", "recurred", "recurrence", "recurred/progressed"),
    *("progressed", "progression"),
}
_NO_EVENT_WORDS = NEGATIVE_WORDS | {
    *("alive", "living", "censored", "none", "diseasefree", "disease free", "disease-free"),
    *("not recurred", "no recurrence", "no relapse", "no event", "no progression"),
}
_CODED_STATUS = re.compile(r"([01])\s*:")


def read_follow_up(time: pd.Series, event: pd.Series) -> pd.DataFrame:
    """The first event of each sample, or its longest follow-up where no record has one.

    Parameters
    ----------
    time, event : Series
        Cells of one or several records; ``1:DECEASED``, yes and no, dead and alive
        and the like say whether the event was seen.

    Returns
    -------
    DataFrame
        `time` (float, NaN if unknown) and `event` (bool) of each sample, of records
        with both a time and a status; `is_timed`, whether any record has a time;
        `status`, 1 if any says that the event was seen, 0 if one says that it was not,
        else NaN; `unpaired`, whether it has several records of both, and not as many
        of each.

    Raises
    ------
    DeepCMEError
        If a time or a status is something else, naming the sample.
    """
    pairs = [
        _paired(records(of_time), records(of_event))
        for of_time, of_event in zip(time, event, strict=True)
    ]
    table = pd.DataFrame({"pair": [pair or [(None, None)] for pair in pairs]}, time.index)
    exploded = table["pair"].explode()
    duration = _numbers(exploded.str[0].rename(str(time.name)))
    observed = _event_indicator(exploded.str[1].rename(str(event.name)))
    known = duration.notna() & observed.notna()
    first = duration[known & (observed == 1)].groupby(level=0).min().reindex(time.index)
    longest = duration[known].groupby(level=0).max().reindex(time.index)
    return pd.DataFrame(
        {
            "time": first.fillna(longest),
            "event": first.notna(),
            "is_timed": duration.notna().groupby(level=0).any().reindex(time.index),
            "status": observed.groupby(level=0).max().reindex(time.index),
            "unpaired": [pair is None for pair in pairs],
        },
        time.index,
    )


def _paired(times: list[object], events: list[object]) -> list[tuple[object, object]] | None:
    """The records of two columns side by side; a single one is shared by all of the other's."""
    n = max(len(times), len(events))
    if {len(times), len(events)} - {1, n}:
        return None
    return list(zip(times * (n // len(times)), events * (n // len(events)), strict=True))


def _numbers(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    odd = (numbers.isna() & values.notna()) | np.isinf(numbers) | (numbers < 0)
    if odd.any():
        raise DeepCMEError(
            f"sample {values.index[odd][0]}: {values.name} is {values[odd].iloc[0]!r}, "
            "which is not a length of time."
        )
    return numbers


def _event_indicator(values: pd.Series) -> pd.Series:
    words = lower_words(values)
    coded = words.str.extract(_CODED_STATUS, expand=False)
    words = coded.where(coded.notna(), words)
    event = pd.Series(np.nan, index=values.index)
    event[words.isin(_EVENT_WORDS)] = 1.0
    event[words.isin(_NO_EVENT_WORDS)] = 0.0
    odd = event.isna() & (words != "")
    if odd.any():
        raise DeepCMEError(
            f"sample {values.index[odd][0]}: {values.name} is {values[odd].iloc[0]!r}, "
            "which does not say whether the event was seen; write 1 or 0."
        )
    return event
