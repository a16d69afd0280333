"""The card as a page and as Markdown."""

from __future__ import annotations

from deepcme.report.blocks import Blocks, Folded, Heading, Text
from deepcme.report.calculator.calculator import Calculator, calculator_data
from deepcme.report.card import items, tripod
from deepcme.report.card.answers import NOT_GIVEN
from deepcme.report.card.card import NO_DEVICE, Card
from deepcme.report.card.external import write_checked
from deepcme.report.card.genes import write_genes
from deepcme.report.card.groups import draw_groups, write_groups
from deepcme.report.card.identity import write_identity
from deepcme.report.card.limits import write_limits
from deepcme.report.card.opening import write_opening
from deepcme.report.card.performance import draw_calibration, write_performance
from deepcme.report.card.purpose import write_patients, write_purpose
from deepcme.report.card.usage import write_usage
from deepcme.report.render import render_markdown, render_page

_AFTER_MITCHELL = (
    "The items of a model card, after Mitchell et al. (2019), in our words; blank is what "
    "neither the model's files nor the user's answers say."
)
_AFTER_TRIPOD = (
    "TRIPOD+AI, after Collins et al., BMJ 2024;385:e078378, in our words: the guideline's own "
    "checklist holds. Items of a paper stay blank."
)


def render_card(card: Card) -> str:
    """The page, which holds all it needs."""
    charts = {**draw_calibration(card), **draw_groups(card)}
    return render_page(
        f"Model card of {card.name}",
        f"Model card of {card.name}",
        _write_blocks(card),
        charts,
        f"{NO_DEVICE} The model is by deepcme {card.manifest.package_version}.",
        study=card.name,
    )


def render_card_markdown(card: Card) -> str:
    """The same in Markdown, without charts: their numbers are in the tables."""
    return render_markdown(f"Model card of {card.name}", _write_blocks(card))


def _write_blocks(card: Card) -> Blocks:
    yield write_opening(card)
    yield from _write_calculator(card)
    for write in (
        write_purpose, write_patients, write_performance, write_groups, write_checked,
        write_genes, write_limits, write_usage, write_identity, _write_items,
    ):  # fmt: skip
        yield from write(card)


def _write_calculator(card: Card) -> Blocks:
    """The calculator of a panel, on the page alone."""
    if card.model.panel is None:
        return
    yield Heading("Calculator", "calculate", only="html")
    checked = [found.found for found in card.checked]
    yield Calculator(calculator_data(card.model, name=card.name, checked=checked), only="html")


def _write_items(card: Card) -> Blocks:
    yield Heading("Items of model cards and guidelines", "items")
    yield Text(
        f"What nobody said stands as '{NOT_GIVEN}'. 'deepcme card MODEL --answers-template "
        "card.toml' writes a file of questions to fill in, and '--answers card.toml' takes the "
        "answers into the card.",
        muted=True,
    )
    yield items.show_items("model_card", items.ITEMS, card, _AFTER_MITCHELL)
    yield Folded("TRIPOD+AI", [items.show_items("tripod", tripod.ITEMS, card, _AFTER_TRIPOD)])
