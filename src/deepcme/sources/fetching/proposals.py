"""Which labels a clinical table could give: each rule and column is tried, not guessed at."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pandas as pd

from deepcme.endpoints import binary_column
from deepcme.errors import DeepCMEError
from deepcme.follow_up import read_follow_up
from deepcme.labelling import Labelling
from deepcme.m_stage import pathologic_m1
from deepcme.metastasis import any_distant_metastasis
from deepcme.sources.clinical import read_clinical

_ENDPOINTS: tuple[Callable[[pd.DataFrame], Labelling], ...] = (
    pathologic_m1,
    any_distant_metastasis,
)
_TIME_WORDS = frozenset({"t", "time", "days", "months", "years", "yrs"})
_EVENT_WORDS = frozenset({"e", "event", "status", "indicator", "censored"})


def proposed_labels(clinical: pd.DataFrame) -> list[str]:
    """What may stand after ``--labels`` for a table, as it is written on the command line.

    Endpoints that give both outcomes; pairs of a time and an event, for a horizon
    that only the user can choose; columns of 1 and 0, or of yes and no.

    Parameters
    ----------
    clinical : DataFrame
        One row per sample or patient.
    """
    # What is proposed is pasted into a shell.
    names = [str(name) for name in clinical.columns if str(name).isprintable()]
    pairs = [
        f"event-within-horizon {shlex.join(('--time', time, '--event', event))} --horizon ..."
        for time in names
        for event in names
        if _belong_together(time, event) and _is_follow_up(clinical[time], clinical[event])
    ]
    endpoints = [
        labelling.name
        for rule in _ENDPOINTS
        if (labelling := _with_both_outcomes(rule, clinical)) is not None
    ]
    columns = [
        shlex.quote(f"column:{name}")
        for name in names
        if _with_both_outcomes(partial(binary_column, column=name), clinical) is not None
    ]
    return [*endpoints, *pairs, *columns]


def labels_of_tables(paths: Iterable[Path]) -> list[str]:
    """What clinical tables propose, one after the other; an unreadable one proposes nothing."""
    proposed: dict[str, None] = {}
    for path in paths:
        with suppress(DeepCMEError):  # `prepare` will say what is wrong with it
            proposed |= dict.fromkeys(proposed_labels(read_clinical(path).rows))
    return list(proposed)


def _with_both_outcomes(
    rule: Callable[[pd.DataFrame], Labelling], clinical: pd.DataFrame
) -> Labelling | None:
    try:
        labelling = rule(clinical)
    except DeepCMEError:
        return None
    return labelling if labelling.values.nunique() == 2 else None


def _belong_together(time: str, event: str) -> bool:
    """Whether names are of one endpoint: ``t.tdm`` and ``e.tdm``, ``OS.time`` and ``OS``."""
    of_time, of_event = _words(time), _words(event)
    stem = [word for word in of_time if word not in _TIME_WORDS]
    return (
        time != event
        and len(stem) < len(of_time)
        and stem == [word for word in of_event if word not in _EVENT_WORDS]
    )


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _is_follow_up(time: pd.Series, event: pd.Series) -> bool:
    try:
        return read_follow_up(time, event)["status"].nunique() == 2
    except DeepCMEError:
        return False
