"""The genes of a model and what they weigh, as far as the model keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.words import counted, listed
from deepcme.report.blocks import Blocks, Heading, Table, Text
from deepcme.report.card.card import Card
from deepcme.report.formatting import TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.trained.entries import Genes
from deepcme.trained.learned.coefficients import LearnedCoefficients
from deepcme.trained.learned.committee import LearnedCommittee
from deepcme.trained.panels.coefficients import is_linear, list_panel_genes
from deepcme.trained.panels.words import describe_panel

STRONGEST = 25
_NAMES = (("gene", "Gene", ""), ("symbol", "Symbol", ""))
_STATISTICS = (("mean", "Mean in training", ".3f"), ("scale", "Deviation", ".3f"))
_NO_CAUSE = (
    "A coefficient says what the model does beside the other genes, not what causes anything."
)
_ON_SCALE = (
    "Mean, deviation and range in training are on the scale that the model takes: after any "
    "log, and after reference genes are taken off. Coefficients are calibrated."
)
_OF_RATIO = (
    "Ratio: of a deviation, with the 95% interval over refits of these genes on resampled "
    "patients; that other patients might have led to other genes is not in it."
)


def write_genes(card: Card) -> Blocks:
    """Genes with their coefficients: all of a panel, else the strongest; how they came."""
    yield Heading("Genes", "genes")
    yield Text(describe_genes(card))
    yield _show_panel(card) if card.model.panel is not None else _show_strongest(card)


def describe_genes(card: Card) -> str:
    """How many there are, how they were chosen, and what of their weights is kept."""
    manifest = card.manifest
    if manifest.panel is not None:
        return " ".join([*describe_panel(manifest), *_sizes(card)])
    kept = manifest.preprocessing.min_prevalence
    floor = f" expressed in at least {kept:.0%} of the training samples" if kept else ""
    genes = counted(card.model.n_genes, "gene")
    return f"It takes {genes}{floor}, none chosen by the outcome. {_kept(card)}"


def _scale(card: Card) -> str:
    return "log-odds" if card.survival is None else "log hazard"


def _sizes(card: Card) -> Iterator[str]:
    panel = card.manifest.panel
    if panel is not None and panel.inner_sizes:
        loss = "log loss" if card.survival is None else "deviance"
        tried = [f"{size.n_genes}: {size.loss:.3f}" for size in panel.inner_sizes]
        yield f"Inner {loss} by number of genes: {'; '.join(tried)}."


def _kept(card: Card) -> str:
    if is_linear(card.model):
        return f"The score is linear; its coefficients are those of the {_scale(card)}."
    if linear := [name for name, _ in _linear_members(card)]:
        are = "is" if len(linear) == 1 else "are"
        return (
            f"Of the committee's members {listed(linear)} {are} linear: the coefficients are "
            "theirs alone, as the committee weighs them. Other members have none."
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


def _show_panel(card: Card) -> Table:
    """All genes of a panel; of a linear one what each does to odds or hazard."""
    table = list_panel_genes(card.model)
    genes = table[table["role"] == "panel"].reset_index(drop=True)
    ranges = (
        genes["lowest"].map("{:.2f}".format) + " to " + genes["highest"].map("{:.2f}".format)
    )
    shown = genes.assign(range=ranges, symbol=_unlike(genes["symbol"], genes["gene"]))
    ratio = f"{card.model.ratio}_ratio"
    weights = (
        ("coefficient_per_sd", "Coefficient", "+.3g"),
        Estimate(ratio, f"{card.model.ratio.capitalize()} ratio"),
    )
    layout = TableLayout(
        f"All genes of the panel: change of the {_scale(card)} per deviation of the gene. "
        f"{_NO_CAUSE}"
        if is_linear(card.model)
        else "All genes of the panel; small networks have no coefficient of each.",
        *_NAMES,
        *(weights if is_linear(card.model) else ()),
        *_STATISTICS,
        ("range", "Range in training", ""),
        note=f"{_ON_SCALE} {_OF_RATIO}" if is_linear(card.model) else _ON_SCALE,
    )
    return Table("genes", layout.show(shown), data=table)


def _unlike(symbols: pd.Series[str], genes: pd.Series[str]) -> pd.Series[str]:
    """Symbols where they say something else than the ids."""
    return symbols.where(symbols != genes, "")


def _show_strongest(card: Card) -> Table | None:
    """The genes of the largest coefficients; None of a model without any."""
    table = compute_coefficients(card)
    if table is None:
        return None
    shown = table.head(STRONGEST)
    layout = TableLayout(
        f"The {counted(len(shown), 'gene')} of the largest coefficients, of {len(table):,}: "
        f"change of the {_scale(card)} per deviation of the gene. {_NO_CAUSE}",
        *_NAMES,
        ("coefficient", "Coefficient", "+.3g"),
        *_STATISTICS,
        optional=("symbol",),
        note=_ON_SCALE,
    )
    return Table("genes", layout.show(shown), data=table)


def compute_coefficients(card: Card) -> pd.DataFrame | None:
    """Genes by the size of their calibrated coefficients; None where there are none.

    Returns
    -------
    DataFrame
        `gene`, `symbol` if known, `coefficient` (of the calibrated log-odds or log hazard per
        deviation), `mean, scale`.
    """
    learned = card.model.learned
    if isinstance(learned, LearnedCoefficients):
        coefficients = learned.coefficients.astype(np.float64)
    else:
        of_members = [found for _, found in _linear_members(card)]
        if not of_members:
            return None
        coefficients = np.sum(of_members, axis=0)
    statistics = card.model.statistics
    table = pd.DataFrame({"gene": card.manifest.genes.id})
    if (symbols := _symbols(card.manifest.genes)) is not None:
        table["symbol"] = symbols
    table = table.assign(
        coefficient=card.model.slope * coefficients + 0.0,
        mean=statistics.mean.astype(np.float64),
        scale=statistics.scale.astype(np.float64),
    )
    order = np.argsort(-np.abs(table["coefficient"].to_numpy()), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _symbols(genes: Genes) -> list[str] | None:
    """Symbols, where ids are something else."""
    symbols = genes.others.get("symbol")
    return None if symbols is None or symbols == genes.id else symbols
