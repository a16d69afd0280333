"""The items of a model card, each answered from files, by the user, or shown as blank.

After Mitchell et al. (2019), Model cards for model reporting, FAT* '19, 220-229, in our words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from deepcme.base.words import listed
from deepcme.report.blocks import Table
from deepcme.report.card.answers import NOT_GIVEN
from deepcme.report.card.card import Card
from deepcme.report.card.external import UNCHECKED, describe_checks
from deepcme.report.card.groups import describe_fairness_of, describe_groups
from deepcme.report.card.limits import describe_limits
from deepcme.report.card.performance import describe_calibration, list_measures, show_interval
from deepcme.report.card.purpose import (
    describe_out_of_scope,
    describe_patients,
    describe_scale,
)
from deepcme.report.formatting import TableLayout

Source = Literal["files", "files, user", "user", "blank"]


@dataclass(frozen=True)
class Item:
    """An item: its number, its topic, what it asks in our words.

    `files` says what the files answer, if they do; `keys` are the questions that the user may
    answer it by.
    """

    number: str
    topic: str
    asks: str
    files: Callable[[Card], str] | None = None
    keys: tuple[str, ...] = ()

    def answer(self, card: Card) -> tuple[str, Source]:
        """What is said to it, and who says it."""
        found = self.files(card).strip() if self.files is not None else ""
        said = [card.answers[key] for key in self.keys if key in card.answers]
        if not found and not said:
            return NOT_GIVEN, "blank"
        who: Source = "files, user" if found and said else "files" if found else "user"
        return " ".join(filter(None, [found, *said])), who


def answer_items(items: Sequence[Item], card: Card) -> pd.DataFrame:
    """Items as a table: number, topic, asks, answer, source."""
    rows = [(item.number, item.topic, item.asks, *item.answer(card)) for item in items]
    return pd.DataFrame(rows, columns=["number", "topic", "asks", "answer", "source"])


def show_items(name: str, items: Sequence[Item], card: Card, caption: str) -> Table:
    """The table for readers; how many items are blank stands in its caption."""
    table = answer_items(items, card)
    blank = int((table["source"] == "blank").sum())
    layout = TableLayout(
        f"{caption} Answered: {len(table) - blank} of {len(table)} items; blank: {blank}.",
        ("number", "Item", ""), ("topic", "Topic", ""), ("asks", "Asks", ""),
        ("answer", "Answer", ""), ("source", "Answered from", ""),
    )  # fmt: skip
    return Table(name, layout.show(table), wrap=True)


def training(card: Card) -> str:
    """How it was trained, and how its expected performance was measured."""
    performance = (card.survival or card.binary).manifest.performance  # type: ignore[union-attr]
    calibration = (card.survival or card.binary).manifest.calibration  # type: ignore[union-attr]
    return (
        f"{card.kind}, {describe_scale(card)}. Every step fitted anew in "
        f"{performance.folds} folds by patient, {performance.repeats} times; calibration: "
        f"{calibration.method}."
    )


def cohort(card: Card) -> str:
    """Whom it was learned from, in a line."""
    told = dict(describe_patients(card))
    return ". ".join(f"{name}: {told[name]}" for name in ("Cohort", "Patients", "Tissue"))


def source(card: Card) -> str:
    """Where the cohort is from, where its file says so."""
    named = card.manifest.cohort.source
    return f"The data are from: {named}." if named else ""


def measures(card: Card) -> str:
    """Names of the measures."""
    return f"{listed(row.heading for row in list_measures(card))}, with 95% intervals."


def estimates(card: Card) -> str:
    """The measures with their values."""
    shown = "; ".join(
        f"{row.heading} {show_interval(row.estimate)}" for row in list_measures(card)
    )
    return f"{shown} ({card.n:,} {card.unit}s, {card.events:,} {card.having})."


def thresholds(card: Card) -> str:
    """From which risk on it calls, or parts."""
    if card.survival is not None:
        cut_offs = card.survival.manifest.risk_groups.cut_offs
        if cut_offs is None:
            return "None: everybody gets the same risk."
        return f"Thirds of the risks out of fold: {cut_offs[0]:.1%} and {cut_offs[1]:.1%}."
    assert card.binary is not None
    threshold = card.binary.manifest.threshold
    return f"{threshold.probability:.1%} ({threshold.method})."


def groups(card: Card) -> str:
    """By which columns patients were looked at, and what that showed."""
    if card.expected is None or not card.expected.subgroups.levels:
        return describe_fairness_of(card)
    by = listed(card.expected.subgroups.by)
    return f"By {by}, none planned. {describe_groups(card)} {describe_fairness_of(card)}"


def calibration(card: Card) -> str:
    """In words."""
    return "" if card.expected is None else describe_calibration(card)


def checks(card: Card) -> str:
    """Where it was checked, or that it was not."""
    return " ".join(describe_checks(card)) or UNCHECKED


def limits(card: Card) -> str:
    """All of them."""
    return " ".join(describe_limits(card))


def date(card: Card) -> str:
    """Day of training."""
    return card.manifest.date or ""


def version(card: Card) -> str:
    """Of the model and of the software, and the checksum."""
    of_model = f"Version {card.manifest.version}, " if card.manifest.version else ""
    digest = f", SHA-256 {card.model.sha256}" if card.model.sha256 else ""
    return f"{of_model}deepcme {card.manifest.package_version}{digest}."


def _evaluation_data(card: Card) -> Iterator[str]:
    yield "The training patients while they were held out, in cross-validation."
    yield checks(card)


ITEMS = (
    Item("1a", "Model details", "Who made it", keys=("developer",)),
    Item("1b", "Model details", "When", date),
    Item("1c", "Model details", "Which version", version),
    Item("1d", "Model details", "Of which kind, how trained", training),
    Item("1e", "Model details", "Papers and other sources", keys=("publications",)),
    Item("1f", "Model details", "How to cite it", keys=("citation",)),
    Item("1g", "Model details", "Licence", keys=("licence",)),
    Item("1h", "Model details", "Where to ask", keys=("contact",)),
    Item("2a", "Intended use", "For what", keys=("intended_use",)),
    Item("2b", "Intended use", "For which users", keys=("users",)),
    Item("2c", "Intended use", "Not for what", describe_out_of_scope),
    Item("3a", "Factors", "Groups, instruments and settings that may matter",
         keys=("platform", "representative")),
    Item("3b", "Factors", "Groups that were looked at", groups),
    Item("4a", "Metrics", "Which measures", measures),
    Item("4b", "Metrics", "Which thresholds", thresholds),
    Item("4c", "Metrics", "How uncertainty was estimated",
         lambda card: card.expected.method if card.expected else training(card)),
    Item("5", "Evaluation data", "Which, why, and how prepared",
         lambda card: " ".join(_evaluation_data(card))),
    Item("6", "Training data", "Which, and how prepared",
         lambda card: f"{cohort(card)}. {source(card)}",
         ("setting", "dates", "eligibility", "preparation")),
    Item("7a", "Quantitative analyses", "Results, one factor at a time",
         lambda card: f"{estimates(card)} {calibration(card)}"),
    Item("7b", "Quantitative analyses", "Results, factors together",
         lambda card: "Not computed: groups of two factors at once hold too few events."),
    Item("8", "Ethical considerations", "Risks, harms, and what was done",
         keys=("ethics", "bias_mitigation", "clinical_risk", "involvement")),
    Item("9", "Caveats and recommendations", "What else is to be known", limits,
         ("further_limits", "next_steps")),
)  # fmt: skip
