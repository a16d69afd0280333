"""The genes of a model and what they weigh, as far as the model keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.words import counted, listed
from deepcme.report.blocks import Blocks, Heading, Table, Text
from deepcme.report.card.card import Card
from deepcme.report.card.performance import show_interval
from deepcme.report.formatting import TableLayout
from deepcme.trained.entries import Genes
from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.committee import LearnedCommittee

STRONGEST = 25
_LAYOUT = (
    ("gene", "Gene", ""), ("symbol", "Symbol", ""), ("coefficient", "Coefficient", "+.3g"),
    ("mean", "Mean in training", ".3f"), ("deviation", "Deviation", ".3f"),
    ("range", "Range in training", ""),
)  # fmt: skip
_RULES = {
    "number": "their number was given",
    "one standard error": "their number was chosen in inner folds, by the one-standard-error "
    "rule",
    "list": "all genes of a list",
}
_MEASURES = {"auc": "AUC", "uno_c": "Uno's C"}


def write_genes(card: Card) -> Blocks:
    """Genes with their coefficients: all of a panel, else the strongest; how they came."""
    yield Heading("Genes", "genes")
    yield Text(describe_genes(card))
    table = compute_genes(card)
    if table is None:
        return
    shown = table if card.manifest.panel is not None else table.head(STRONGEST)
    which = (
        "All genes of the panel"
        if card.manifest.panel is not None
        else f"The {len(shown):,} genes of the largest coefficients, of {len(table):,}"
    )
    layout = TableLayout(
        f"{which}: change of the {_scale(card)} per deviation of the gene. A coefficient says "
        "what the model does beside the other genes, not what causes anything.",
        *_LAYOUT,
        optional=("symbol", "range"),
        note="Mean, deviation and range in training are on the scale that the model takes: "
        "after any log, and after reference genes are taken off. Coefficients are calibrated.",
    )
    yield Table("genes", layout.show(shown), data=table)
    yield from _write_reference(card)


def _scale(card: Card) -> str:
    return "log-odds" if card.survival is None else "log hazard"


def describe_genes(card: Card) -> str:
    """How many there are, how they were chosen, and what of their weights is kept."""
    manifest, n_genes = card.manifest, counted(card.model.n_genes, "gene")
    panel = manifest.panel
    if panel is not None:
        ranked = f" of {panel.candidates:,} candidates, ranked by {panel.ranker}"
        chosen = "" if panel.ranker is None else ranked
        return f"{n_genes}{chosen}: {_RULES[panel.rule]}.{_sizes(card)} {_kept(card)}".strip()
    kept = manifest.preprocessing.min_prevalence
    floor = f" expressed in at least {kept:.0%} of the training samples" if kept else ""
    return f"It takes {n_genes}{floor}, none chosen by the outcome. {_kept(card)}"


def _sizes(card: Card) -> str:
    panel = card.manifest.panel
    if panel is None or not panel.inner_sizes:
        return ""
    loss = "log loss" if card.survival is None else "deviance"
    tried = [f"{size.n_genes}: {size.loss:.3f}" for size in panel.inner_sizes]
    return f" Inner {loss} by number of genes: {'; '.join(tried)}."


def _kept(card: Card) -> str:
    learned = card.model.learned
    if isinstance(learned, LearnedCoefficients):
        return f"The score is linear; its coefficients are those of the {_scale(card)}."
    if isinstance(learned, LearnedCommittee):
        linear = [name for name, _ in _linear_members(card)]
        if linear:
            return (
                f"Of the committee's members {listed(linear)} "
                f"{'is' if len(linear) == 1 else 'are'} linear: the coefficients are theirs "
                "alone, as the committee weighs them. Other members have no coefficients."
            )
    return (
        "A coefficient of each gene is not kept: a model of this form has none. What each gene "
        "adds to the score of a sample is told by 'deepcme predict ... --page'."
    )


def _linear_members(card: Card) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Names of the linear members that count, and their coefficients as they are weighed."""
    learned, names = card.model.learned, card.model.counting_members
    if not isinstance(learned, LearnedCommittee):
        return
    for name, number in zip(names, learned.counting, strict=True):
        member = learned.members[number]
        if isinstance(member, LearnedCoefficients):
            weight = learned.line[1] / (learned.spreads[number] * len(learned.counting))
            yield name, weight * member.coefficients.astype(np.float64)


def compute_genes(card: Card) -> pd.DataFrame | None:
    """Genes by the size of their calibrated coefficients; None where there are none.

    Returns
    -------
    DataFrame
        `gene`, `symbol` if known, `coefficient` (of the calibrated log-odds or log hazard per
        deviation), `mean, deviation`, and of a panel `range`.
    """
    learned = card.model.learned
    if isinstance(learned, LearnedCoefficients):
        coefficients = learned.coefficients.astype(np.float64)
    else:
        of_members = [coefficients for _, coefficients in _linear_members(card)]
        if not of_members:
            return _panel_without_coefficients(card)
        coefficients = np.sum(of_members, axis=0)
    table = _describe(card).assign(coefficient=card.model.slope * coefficients + 0.0)
    order = np.argsort(-np.abs(table["coefficient"].to_numpy()), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _panel_without_coefficients(card: Card) -> pd.DataFrame | None:
    if card.manifest.panel is None:
        return None
    return _describe(card).assign(coefficient=np.nan)


def _describe(card: Card) -> pd.DataFrame:
    """Names of the genes and what they were in training."""
    genes, statistics = card.manifest.genes, card.model.statistics
    table = pd.DataFrame({"gene": genes.id})
    symbols = _symbols(genes)
    if symbols is not None:
        table["symbol"] = symbols
    table["mean"] = statistics.mean.astype(np.float64)
    table["deviation"] = statistics.scale.astype(np.float64)
    if card.model.panel is not None:
        ranges = card.model.panel.ranges
        table["range"] = [f"{row[0]:.2f} to {row[-1]:.2f}" for row in ranges]
    return table


def _symbols(genes: Genes) -> list[str] | None:
    """Symbols, where ids are something else."""
    symbols = genes.others.get("symbol")
    return None if symbols is None or symbols == genes.id else symbols


def _write_reference(card: Card) -> Blocks:
    """The reference genes, and what taking them off costs."""
    panel = card.manifest.panel
    if panel is None or panel.reference is None:
        return
    names = listed(panel.reference.id)
    yield Text(
        f"Reference genes: {names}. The mean of their logged values is taken off every gene of "
        "a sample, so that values of another assay of the same genes can be used."
    )
    cost = panel.reference_cost
    if cost is not None:
        heading = _MEASURES[cost.measure]
        yield Text(
            f"What they cost, on the same held-out patients: {heading} "
            f"{show_interval(cost.with_reference)} with them, "
            f"{show_interval(cost.without_reference)} without; difference "
            f"{show_interval(cost.difference)} (95% intervals)."
        )
