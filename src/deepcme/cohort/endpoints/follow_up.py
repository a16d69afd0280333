"""Follow-up of a patient: a time and whether the event was seen, over several records."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.endpoints.records import lower_words, records

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
LONGEST = 150 * 365.25
"""Days that nobody lives; of times in months or years it is as impossible."""
_HARDLY = 0.5
"""Of a column that has times of the event: the share without it, to that with it."""
_DEATH = re.compile(r"death|dead|died|deceased|vital|(^| )(os|dss)([ _.]|$)|overall")
_CODED_STATUS = re.compile(r"([01])\s*:")


def read_follow_up(
    times: Sequence[pd.Series], event: pd.Series, longest: float = LONGEST
) -> pd.DataFrame:
    """The first event of each sample, or its longest follow-up where no record has one.

    Parameters
    ----------
    times : sequence of Series
        Cells of one or several records, in one column; or in two, as of
        ``days_to_death`` and ``days_to_last_follow_up``: the later counts. If one of two
        is known only where the event was seen, it is the time of the event: where that
        is not death, it counts though follow-up went on, and without it a sample was
        followed without the event up to the other time.
    event : Series
        ``1:DECEASED``, yes and no, dead and alive and the like say whether the event was
        seen.
    longest : float
        A time that is impossible beyond it.

    Returns
    -------
    DataFrame
        `time` (float, NaN if unknown) and `event` (bool) of each sample, of records
        with both a time and a status; `is_timed`, whether any record has a time;
        `status`, 1 if any says that the event was seen, 0 if one says that it was not,
        else NaN; `unpaired`, whether it has several records of both, and not as many
        of each; `impossible`, a time that is none, or None; `contradictory`, whether it
        was followed after its death, has a time of the event without the event, or two
        times of which neither is known for that of the event.

    Raises
    ------
    DeepCMEError
        If most times are none, or a status is something else, naming the sample.
    """
    cells = [[records(cell) for cell in column] for column in (*times, event)]
    pairs = [_paired(list(of_sample)) for of_sample in zip(*cells, strict=True)]
    nobody = [(None,) * len(cells)]
    exploded = pd.Series([pair or nobody for pair in pairs], event.index).explode()
    read = [
        _numbers(exploded.str[place].rename(str(column.name)), longest)
        for place, column in enumerate(times)
    ]
    observed = _event_indicator(exploded.str[len(times)].rename(str(event.name)))
    impossible = pd.concat([odd for _, odd in read]).dropna()
    duration, seen, contradictory = _one_time([numbers for numbers, _ in read], observed, event)
    known = duration.notna() & seen.notna()
    first = duration[known & (seen == 1)].groupby(level=0).min().reindex(event.index)
    last = duration[known].groupby(level=0).max().reindex(event.index)
    return pd.DataFrame(
        {
            "time": first.fillna(last),
            "event": first.notna(),
            "is_timed": duration.notna().groupby(level=0).any().reindex(event.index),
            "status": observed.groupby(level=0).max().reindex(event.index),
            "unpaired": [pair is None for pair in pairs],
            "impossible": impossible.groupby(level=0).first().reindex(event.index),
            "contradictory": contradictory.groupby(level=0).any().reindex(event.index),
        },
        event.index,
    )


def _one_time(
    times: Sequence[pd.Series], observed: pd.Series, event: pd.Series
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Time, whether the event was seen by then, and whether two times contradict each other."""
    first, *others = times
    never = pd.Series(False, first.index)
    if not others:
        return first, observed, never
    [second] = others
    latest = pd.concat(times, axis=1).max(axis=1)
    of_event = [_is_of_event(one, observed) for one in times]
    seen = observed == 1
    if of_event.count(True) != 1:
        return latest, observed, seen & first.notna() & second.notna() & (first != second)
    at_event, followed = (first, second) if of_event[0] else (second, first)
    timed = seen & at_event.notna()
    contradictory = ~seen & at_event.notna()
    if _is_death(event, str(at_event.name)):
        contradictory |= timed & (followed > at_event)
    else:
        latest = latest.mask(timed, at_event)
    # An event whose time is unknown came after the last time without it.
    return latest, observed.mask(seen & at_event.isna() & followed.notna(), 0.0), contradictory


def _is_of_event(time: pd.Series, observed: pd.Series) -> bool:
    """Whether a time is known where the event was seen, and hardly elsewhere."""
    known = time.notna()
    with_event, without = known[observed == 1].mean(), known[observed == 0].mean()
    return bool(with_event > 0 and without < _HARDLY * with_event)


def _is_death(event: pd.Series, time_of_event: str) -> bool:
    """By what event and time are called, and by its words; the follow-up may be of life."""
    words = " ".join(set(lower_words(event)))
    return _DEATH.search(f"{event.name} {time_of_event} {words}".lower()) is not None


def _paired(columns: list[list[object]]) -> list[tuple[object, ...]] | None:
    """The records of columns side by side; a single one is shared by all of the others'."""
    n = max(map(len, columns))
    if {len(column) for column in columns} - {1, n}:
        return None
    return list(zip(*(column * (n // len(column)) for column in columns), strict=True))


def _numbers(values: pd.Series, longest: float) -> tuple[pd.Series, pd.Series]:
    """The lengths of time, and the cells that are none."""
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    odd = (numbers.isna() & values.notna()) | ~(numbers.isna() | numbers.between(0, longest))
    if 2 * odd.sum() > values.notna().sum():
        raise DeepCMEError(
            f"sample {values.index[odd][0]}: {values.name} is {values[odd].tolist()[0]!r}, "
            "which is not a length of time."
        )
    return numbers.mask(odd), values.mask(~odd).map(
        lambda cell: f"{values.name} {cell}", na_action="ignore"
    )


def is_event_status(values: pd.Series) -> bool:
    """Whether every value says whether an event was seen, as `read_follow_up` knows them."""
    return bool(_status_words(values).isin(_EVENT_WORDS | _NO_EVENT_WORDS).all())


def names_events(values: pd.Series) -> bool:
    """Whether every value names an event or its absence, as ``1:DECEASED`` and ``alive`` do."""
    words = lower_words(values).str.replace(_CODED_STATUS, "", regex=True).str.strip()
    of_events = _EVENT_WORDS - POSITIVE_WORDS
    return bool(
        words.isin(of_events | (_NO_EVENT_WORDS - NEGATIVE_WORDS)).all()
        and words.isin(of_events).any()
    )


def _status_words(values: pd.Series) -> pd.Series:
    """The values in small letters, ``1`` of ``1:DECEASED``."""
    words = lower_words(values)
    coded = words.str.extract(_CODED_STATUS, expand=False)
    return coded.where(coded.notna(), words)


def _event_indicator(values: pd.Series) -> pd.Series:
    words = _status_words(values)
    event = pd.Series(np.nan, index=values.index)
    event[words.isin(_EVENT_WORDS)] = 1.0
    event[words.isin(_NO_EVENT_WORDS)] = 0.0
    odd = event.isna() & (words != "")
    if odd.any():
        raise DeepCMEError(
            f"sample {values.index[odd][0]}: {values.name} is {values[odd].tolist()[0]!r}, "
            "which does not say whether the event was seen; write 1 or 0, or give --competing "
            "COLUMN=VALUE where it rules the event out."
        )
    return event
