"""The page of `panel`: how few genes keep the performance, if any do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from deepcme.base.files.files import write_text
from deepcme.base.words import counted
from deepcme.report.blocks import Blocks, Bullets, Figure, Heading, Table
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import PATIENTS, TableLayout
from deepcme.report.layouts.columns import Count, Estimate
from deepcme.report.layouts.numbers import show_estimate
from deepcme.report.opening.opening import Opening, Tile
from deepcme.report.render import render_page
from deepcme.selection.panels.tables import describe_choice, is_claimed, measure_in
from deepcme.selection.rankers import describe_ranker

_GENES = TableLayout(
    "Genes of the chosen panels, ranked on all patients, and the share of the splits in which "
    "each was in a panel of this size.",
    ("ranker", "Ranked by", ""), ("rank", "Rank", ",.0f"), ("gene", "Gene", ""),
    ("symbol", "Symbol", ""), ("frequency", "In splits", ".0%"),
)  # fmt: skip


def describe_panels(choices: pd.DataFrame) -> str:
    """The smallest panel that can be claimed, or that none can."""
    claimed = [row for row in choices.to_dict("records") if is_claimed(row)]
    if not claimed:
        return "No small panel can be claimed to keep the performance of all genes."
    row = min(claimed, key=lambda row: int(row["n_genes"]))
    measure, n_genes = measure_in(row), int(row["n_genes"])
    shown = show_estimate(row[measure.name], row["ci_low"], row["ci_high"])
    return (
        f"{counted(n_genes, 'gene')} ranked by {describe_ranker(row['ranker'])} "
        f"{'makes' if n_genes == 1 else 'make'} the smallest panel within one standard error "
        f"of the best: {measure.words} {shown} on held-out patients, above every random panel "
        "of that size."
    )


def write_panels(
    tables: Mapping[str, pd.DataFrame], chart: Chart, name: str, folder: Path
) -> Path:
    """Write ``report.html`` beside the tables of a run, which is returned.

    Parameters
    ----------
    tables : mapping of DataFrame
        By the names of their files.
    chart : Chart
        The panel curve.
    name : str
        Of the cohort.
    folder : Path
    """
    page = folder / "report.html"
    text = render_page(
        f"{name}: gene panels",
        f"{name}: how few genes keep the performance?",
        _write_blocks(tables),
        {"panel_curve": chart},
        study=name,
    )
    write_text(page, text)
    return page


def _write_blocks(tables: Mapping[str, pd.DataFrame]) -> Blocks:
    curve, choices = tables["panel_curve.csv"], tables["panel_choice.csv"]
    measure = measure_in(curve.columns)
    yield Opening(
        describe_panels(choices),
        list(_make_tiles(choices)),
        Figure(
            "panel_curve",
            f"{measure.words} by number of genes, beside random panels",
            f"{measure.words} on held-out patients by the number of genes, with 95% intervals. "
            "Grey: lowest to highest of random panels of the same size, dashed their mean.",
        ),
        counts=[
            "A panel's size is chosen on the same patients as its performance, which is "
            "thereby a little optimistic."
        ],
    )
    yield Heading("What was found", "found")
    yield Bullets([describe_choice(row) for row in choices.to_dict("records")])
    yield Heading("Tables", "tables")
    layout = TableLayout(
        f"{measure.words} on held-out patients by number of genes, ranked inside every "
        "training part.",
        ("ranker", "Ranked by", ""), ("panel", "Genes", ""),
        Estimate(measure.name, measure.words),
        Estimate(
            f"random_{measure.name}", "Random panels", "random_low", "random_high",
            ends="lowest to highest",
        ),
        PATIENTS, Count("events", "Events", "event"),
    )  # fmt: skip
    shown = layout.show(curve.assign(n=curve["n_patients"]))
    yield Table("panel_curve", shown, folded="The curve in numbers", data=curve)
    genes = tables.get("panel_genes.csv")
    if genes is not None and len(genes):
        yield Table("panel_genes", _GENES.show(genes), folded="Genes of each panel", data=genes)


def _make_tiles(choices: pd.DataFrame) -> Iterator[Tile]:
    """The panel of each ranker, at most three."""
    measure = measure_in(choices.columns)
    for row in choices.head(3).to_dict("records"):
        shown = show_estimate(row[measure.name], row["ci_low"], row["ci_high"])
        value, _, ends = shown.partition(" (")
        size = "all genes" if row["panel"] == "all" else counted(int(row["n_genes"]), "gene")
        claim = "" if is_claimed(row) else " Nothing can be claimed for it."
        label = f"{measure.words} of {size} by {describe_ranker(row['ranker'])}"
        interval = f"95% interval {ends.rstrip(')')}" if ends else ""
        yield Tile(label, value, interval, f"The smallest within one standard error.{claim}")
