"""TRIPOD+AI of one model: its items, answered from the model's files and by the user.

The items, and what they ask, are those of studies (`deepcme.report.checklists.tripod`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deepcme.base.version import __version__
from deepcme.report.card import items as of
from deepcme.report.card.card import Card
from deepcme.report.card.genes import describe_genes
from deepcme.report.card.items import Item
from deepcme.report.card.purpose import describe_output, describe_patients, describe_scale
from deepcme.report.card.usage import describe_usage
from deepcme.report.checklists.tripod import ITEMS as OF_STUDIES


def _numbers(card: Card) -> str:
    return f"{card.n:,} {card.unit}s, {card.events:,} {card.having}."


def _outcome(card: Card) -> str:
    return f"{card.manifest.endpoint} {dict(describe_patients(card)).get('Follow-up', '')}"


def _design(card: Card) -> str:
    return f"All patients develop the model; out of fold they evaluate it. {of.checks(card)}"


def _missing(card: Card) -> str:
    if card.manifest.panel is not None:
        return (
            "In training a missing value is the gene's median. In use a gene without a value "
            "gives a range of risks and no single one."
        )
    return (
        "A missing value is the gene's training median. In use a sample with over 5% of its "
        "genes without a value is refused, unless it is allowed."
    )


def _specification(card: Card) -> str:
    return (
        "The model's folder holds all of it: manifest.json, model.safetensors and, where it "
        "has one, expected.json; 'deepcme predict' applies it."
    )


Answer = tuple[Callable[[Card], str] | None, tuple[str, ...]]
_ANSWERS: Mapping[str, Answer] = {
    "1": (lambda card: f"{card.name}: {describe_output(card)}", ()),
    "3a": (None, ("background",)),
    "3b": (None, ("intended_use", "users", "population")),
    "3c": (None, ("inequalities",)),
    "4": (lambda card: "A model was developed, and evaluated by cross-validation.", ()),
    "5a": (of.source, ("representative",)),
    "5b": (None, ("dates",)),
    "6a": (None, ("setting",)),
    "6b": (None, ("eligibility",)),
    "6c": (None, ("treatments",)),
    "7": (describe_scale, ("preparation",)),
    "8a": (_outcome, ()),
    "8b": (None, ("outcome_assessment",)),
    "8c": (None, ("outcome_assessment",)),
    "9a": (describe_genes, ()),
    "9b": (describe_scale, ("platform",)),
    "9c": (lambda card: "Expression alone enters: no predictor is anybody's judgement.", ()),
    "10": (_numbers, ("sample_size",)),
    "11": (_missing, ()),
    "12a": (_design, ()),
    "12b": (describe_scale, ()),
    "12c": (of.training, ()),
    "12e": (of.measures, ()),
    "12f": (of.training, ()),
    "12g": (lambda card: "'deepcme predict' computes them of the model's folder.", ()),
    "14": (of.groups, ("bias_mitigation",)),
    "15": (lambda card: f"{describe_output(card)} {of.thresholds(card)}", ()),
    "16": (of.checks, ()),
    "17": (None, ("ethics",)),
    "18a": (None, ("funding",)),
    "18b": (None, ("interests",)),
    "18c": (None, ("protocol",)),
    "18d": (None, ("registration",)),
    "18e": (of.source, ("data_availability",)),
    "18f": (lambda card: f"deepcme {__version__} wrote this card.", ("code_availability",)),
    "19": (None, ("involvement",)),
    "20a": (of.cohort, ()),
    "20c": (of.checks, ()),
    "21": (_numbers, ()),
    "22": (_specification, ()),
    "23a": (lambda card: f"{of.estimates(card)} {of.groups(card)}", ()),
    "25": (None, ("interpretation",)),
    "26": (of.limits, ("further_limits",)),
    "27a": (_missing, ()),
    "27b": (describe_usage, ("needed_of_users",)),
    "27c": (None, ("next_steps",)),
}
"""By number; those that are not here are of a paper, and blank."""

ITEMS = tuple(
    Item(item.number, item.topic, item.asks, *_ANSWERS.get(item.number, (None, ())))
    for item in OF_STUDIES
)
