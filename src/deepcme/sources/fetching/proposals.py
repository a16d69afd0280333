"""Which outcomes a clinical table could give: each rule and column is tried, not guessed at."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.endpoints.endpoints import binary_column
from deepcme.cohort.endpoints.follow_up import read_follow_up
from deepcme.cohort.endpoints.labelling import Labelling
from deepcme.cohort.endpoints.m_stage import pathologic_m1
from deepcme.cohort.endpoints.metastasis import any_distant_metastasis
from deepcme.cohort.endpoints.units import unit_of_names
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.fetching.checks import is_modest

_ENDPOINTS: tuple[Callable[[pd.DataFrame], Labelling], ...] = (
    pathologic_m1,
    any_distant_metastasis,
)
_TIME_WORDS = frozenset({"t", "time", "days", "months", "years", "yrs"})
_MOST_COLUMNS = 300
_EVENT_WORDS = frozenset({"e", "event", "status", "indicator", "censored"})


def proposed_outcomes(clinical: pd.DataFrame) -> list[str]:
    """The options that name an outcome of a table, as they are written on the command line.

    Pairs of a time and an event, with the unit to be told where the name does not tell it;
    endpoints that give both outcomes; columns of 1 and 0, or of yes and no.

    Parameters
    ----------
    clinical : DataFrame
        One row per sample or patient.
    """
    # What is proposed is pasted into a shell.
    names = [name for name in clinical.columns[:_MOST_COLUMNS] if str(name).isprintable()]
    endpoints = [
        f"--label {labelling.name}"
        for rule in _ENDPOINTS
        if (labelling := _with_both_outcomes(rule, clinical[names])) is not None
    ]
    pairs = [
        f"{shlex.join(('--time', time, '--event', event))}{_unit_to_tell(time)}"
        for time, event in _pairs(names)
        if _is_follow_up(clinical[time], clinical[event])
    ]
    columns = [
        f"--label {shlex.quote(str(name))}"
        for name in names
        if _with_both_outcomes(partial(binary_column, column=name), clinical[[name]])
        is not None
    ]
    return [*pairs, *endpoints, *columns]


def _unit_to_tell(time: str) -> str:
    return " --time-unit ..." if unit_of_names([time]) is None else ""


def outcomes_of_tables(paths: Iterable[Path]) -> list[str]:
    """What clinical tables propose; one that cannot be read proposes nothing."""
    proposed: dict[str, None] = {}
    for path in paths:
        if is_modest(path):
            with suppress(DeepCMEError):  # `prepare` will say what is wrong with it
                proposed |= dict.fromkeys(proposed_outcomes(read_clinical(path).rows))
    return list(proposed)


def _with_both_outcomes(
    rule: Callable[[pd.DataFrame], Labelling], clinical: pd.DataFrame
) -> Labelling | None:
    try:
        labelling = rule(clinical)
    except DeepCMEError:
        return None
    return labelling if labelling.outcome.lacks() is None else None


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Times and events of one endpoint: ``t.tdm`` and ``e.tdm``, ``OS.time`` and ``OS``."""
    times: dict[tuple[str, ...], str] = {}
    events: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        words = _words(name)
        stem = tuple(word for word in words if word not in _TIME_WORDS)
        if len(stem) < len(words):
            times.setdefault(stem, name)
        else:
            stem = tuple(word for word in words if word not in _EVENT_WORDS)
            events.setdefault(stem, []).append(name)
    return [(time, event) for stem, time in times.items() for event in events.get(stem, [])]


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _is_follow_up(time: pd.Series, event: pd.Series) -> bool:
    try:
        found = read_follow_up([time], event)
    except DeepCMEError:
        return False
    return bool(found["status"].nunique() == 2 and found["impossible"].isna().all())
