"""Figures of a card as the XML has them: a label, and a value in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deepcme.evaluation.groups.between_levels import OBSERVED_EXPECTED
from deepcme.report.card.answers import NOT_GIVEN
from deepcme.report.card.card import Card
from deepcme.report.card.external import SHOWN
from deepcme.report.card.performance import heading_of, list_measures
from deepcme.trained.entries import Interval

LEVEL = 95
_OF_RISKS = ("observed_expected", "slope", "brier", "scaled_brier")
_NOTHING = json.dumps({"kind": "single", "value": None})

Metric = tuple[str, str]


@dataclass(frozen=True)
class Metrics:
    """What one part of the figures says of itself, and the figures."""

    goal: str
    results: Sequence[Metric]
    interpretation: str
    test_type: str
    data: str
    process: str


def value_of(interval: Interval) -> str:
    """An estimate with its interval as the format's JSON, in full precision."""
    if interval.ci_low is None or interval.ci_high is None:
        return json.dumps({"kind": "single", "value": interval.value})
    ends = {"lower": interval.ci_low, "upper": interval.ci_high, "level": LEVEL}
    return json.dumps({"kind": "estimate_ci", "estimate": interval.value, **ends})


def or_nothing(found: Iterator[Metric]) -> list[Metric]:
    """The figures; one that says that there is none where there are none."""
    return list(found) or [(NOT_GIVEN, _NOTHING)]


def of_ranks(card: Card) -> Iterator[Metric]:
    """How the model tells patients apart, expected and found elsewhere."""
    for row in list_measures(card):
        if row.name not in _OF_RISKS:
            yield f"{row.heading}, cross-validation", value_of(row.estimate)
    yield from _checked(card, ("auc", "uno_c"))


def of_risks(card: Card) -> Iterator[Metric]:
    """Whether risks are right, expected and found elsewhere."""
    for row in list_measures(card):
        if row.name in _OF_RISKS:
            yield f"{row.heading}, cross-validation", value_of(row.estimate)
    yield from _checked(card, _OF_RISKS)


def of_groups(card: Card) -> Iterator[Metric]:
    """Ranks and O/E in groups of patients that have events enough."""
    if card.expected is None:
        return
    for level in card.expected.subgroups.levels:
        counts = f"{level.n} {card.unit}s, {level.events} events"
        named = f"{level.column} {level.level} ({counts})"
        for measure, estimate in (
            (card.rank, level.rank),
            (OBSERVED_EXPECTED, level.observed_expected),
        ):
            if estimate is not None:
                yield f"{heading_of(card, measure)}, {named}", value_of(estimate)


def _checked(card: Card, measures: tuple[str, ...]) -> Iterator[Metric]:
    for checked in card.checked:
        where = f"{checked.cohort} (its own patients)" if checked.brand else checked.cohort
        for found in checked.findings:
            if found.measure in measures and found.measure in SHOWN:
                counts = f"{found.n} {card.unit}s, {found.events} events"
                label = f"{heading_of(card, found.measure)}, {where} ({counts})"
                yield label, value_of(found.estimate)
