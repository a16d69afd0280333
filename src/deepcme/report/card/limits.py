"""What limits a model, as far as its own files show it."""

from __future__ import annotations

from collections.abc import Iterator

from deepcme.base.notes import WARNING, warnings_first
from deepcme.base.words import counted
from deepcme.evaluation.probabilities.miscalibration import EVENTS_TO_JUDGE
from deepcme.report.blocks import Blocks, Bullets, Heading, Subheading, Text
from deepcme.report.card.card import Card
from deepcme.trained.tested import CHANCE


def write_limits(card: Card) -> Blocks:
    """Limits, what the user adds, and what training noted."""
    yield Heading("Limits", "limits")
    yield Bullets([*describe_limits(card), *_further(card)])
    if notes := warnings_first(card.manifest.notes):
        yield Subheading("What training noted of the cohort")
        yield Text("What training noted of the cohort:", only="md")
        yield Bullets([note.removeprefix(WARNING) for note in notes])


def describe_limits(card: Card) -> list[str]:
    """In sentences, that which weighs most first."""
    return [*describe_doubts(card), *_limits(card)]


def describe_doubts(card: Card) -> list[str]:
    """What to know before anything of the model is believed."""
    return list(_doubts(card))


def _doubts(card: Card) -> Iterator[str]:
    if not card.model.rises:
        yield (
            "It predicts nothing: out of fold its scores did not rise with the risk, and "
            f"{card.model.without_rise}."
        )
    elif not card.exceeds_chance:
        yield (
            "It is not shown to exceed chance: the interval of what to expect of it reaches "
            "0.5, or could not be estimated."
        )
    others = [found for found in card.checked if not found.brand]
    if not others:
        yield (
            "It was not checked in patients of another cohort, as far as this card knows: what "
            "to expect of it is of patients like those it learned from, and it often does "
            "worse elsewhere."
        )
    for checked in others:
        found = checked.finding(card.rank)
        low = None if found is None else found.estimate.ci_low
        if low is None or low <= CHANCE:
            yield f"In patients of {checked.cohort} it was not shown to exceed chance."


def _limits(card: Card) -> Iterator[str]:
    cohort = card.manifest.cohort
    yield (
        f"It was learned from one cohort, {cohort.name}: its patients, treatments, laboratory "
        "and follow-up are in all that it tells."
    )
    fewer = min(card.events, card.n - card.events)
    if fewer < EVENTS_TO_JUDGE:
        yield (
            f"{counted(card.events, 'event')} among {counted(card.n, card.unit)} are few: "
            "intervals are wide, groups of patients hold next to nothing, and a panel or "
            f"model learned again may differ. Whether risks are right is judged from "
            f"{EVENTS_TO_JUDGE} events and as many without on."
        )
    yield (
        "Its events over the sum of its risks are near 1 in its own cohort by construction: "
        "where the event is rarer or commoner its risks will be too high or too low."
    )
    if card.manifest.panel is not None:
        yield (
            "The genes of a panel are those that rank first in this cohort; others carry much "
            "the same, and no gene is shown to cause anything."
        )


def _further(card: Card) -> Iterator[str]:
    if "further_limits" in card.answers:
        yield card.answers["further_limits"]
