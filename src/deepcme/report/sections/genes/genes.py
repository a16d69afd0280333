"""The genes that carry the prediction."""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.cohort.strata import NO_STRATA
from deepcme.report.blocks import Blocks, Figure, Heading, Pair, Table, Terms, Text
from deepcme.report.figures.genes import plot_gene_heat_map, plot_genes_alone, plot_top_genes
from deepcme.report.section import Contents, Section
from deepcme.report.sections.genes.names import label_genes, name_genes
from deepcme.report.sections.genes.table import (
    MEASURES,
    find_measure,
    make_gene_table,
    prepare_genes,
    show_genes,
)
from deepcme.report.sections.genes.words import (
    describe_flags,
    describe_gene_methods,
    describe_whose_genes,
    explain_columns,
    summarise_genes,
)
from deepcme.study.genes.heat_map import CENSORED, HEAT_MAP
from deepcme.study.genes.scores import TOP_GENES
from deepcme.study.parts.models import GENE_SCORES, MODELS
from deepcme.study.resolved import Study

_GENES_SHOWN = 500
_MOST_OFFERED = 5000
"""Genes of which the page carries the whole table as a file; of more it would be too large."""


def _genes_of(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Gene scores of the headline, or of a network beside it where it has none."""
    model = study.gene_model
    if scores.empty or model is None:
        raise AbsentError("No model of this study gives gene scores.")
    return name_genes(scores[scores["model"] == model.name])


def _compute(contents: Contents) -> None:
    folder = contents.results.folder
    scores = folder.read_table(GENE_SCORES)
    contents.add("genes", lambda: _genes_of(scores, contents.results.study))
    if "genes" not in contents.tables:
        return
    contents.notes["gene_methods"] = describe_gene_methods(contents.tables["genes"])
    top = label_genes(contents.tables["genes"].head(TOP_GENES))
    contents.charts["top_genes"] = plot_top_genes(top)
    measure = find_measure(top)
    if measure is not None and top[measure].notna().any():
        contents.charts["genes_alone"] = plot_genes_alone(top, measure, MEASURES[measure])
    if folder.has_table(HEAT_MAP):
        cells = folder.read_table(HEAT_MAP)
        contents.tables["gene_heat_map"] = cells
        named = top[["rank", "label", "risk_correlation"]]
        contents.charts["gene_heat_map"] = plot_gene_heat_map(cells.merge(named, on="rank"))


def _write(contents: Contents) -> Blocks:
    if "genes" not in contents.tables:
        return
    genes, study = contents.tables["genes"], contents.results.study
    yield Heading("Genes that carry the prediction", "genes", only="html")
    yield Heading("Genes of highest score", "genes", only="md")
    yield Text(describe_whose_genes(study, genes["model"].iloc[0]))
    yield Text(summarise_genes(genes))
    yield Terms(explain_columns(genes, _find_strata(study)))
    yield Text(_say_how_to_get(contents, genes))
    yield Pair(*_figures(genes))
    yield _heat_map(contents)
    yield Text(describe_flags(genes))
    yield from _tables(genes)


def _find_strata(study: Study) -> str:
    """Columns within which patients are compared."""
    named = [study.split.strata, getattr(study.split, "cohort_column", NO_STRATA)]
    return " and ".join(name for name in dict.fromkeys(named) if name != NO_STRATA)


def _say_how_to_get(contents: Contents, genes: pd.DataFrame) -> str:
    """How a folder that an older deepcme made gets what it lacks."""
    if find_measure(genes) is not None:
        return ""
    found = contents.results.folder.read_identity().get("results_version", {})
    version = found.get(MODELS.name) if isinstance(found, dict) else found
    if version != MODELS.results_version:
        return (
            "Direction, the worth of each gene alone and the heat map are not in this folder, "
            "which an older deepcme made by another method: a new run has them."
        )
    return (
        "Direction, the worth of each gene alone and the heat map are not in this folder yet: "
        "`deepcme run` with its study file and --out adds them, and fits nothing anew."
    )


def _figures(genes: pd.DataFrame) -> tuple[Figure, Figure]:
    model = genes["model"].iloc[0]
    return (
        Figure(
            "top_genes",
            f"The {TOP_GENES} highest gene scores with their spread over the splits, and their "
            "direction; the numbers are in the table of genes",
            f"The genes of highest score in {model}, with the middle 80% of the splits (their "
            "spread, no confidence interval) and the share of splits that have the gene among "
            f"their first {TOP_GENES}.",
        ),
        Figure(
            "genes_alone",
            "What the same genes tell by themselves, with 95% intervals; the numbers are in "
            "the table of genes",
            "The same genes, each by itself, on all patients; filled where the false-discovery "
            "rate is up to 0.05.",
        ),
    )


def _heat_map(contents: Contents) -> Figure | None:
    if "gene_heat_map" not in contents.tables:
        return None
    cells = contents.tables["gene_heat_map"]
    columns = cells.drop_duplicates("column")
    n_patients, shared = int(columns["n_patients"].sum()), int(columns["n_patients"].max())
    each = (
        "one patient" if shared == 1 else f"the mean of up to {shared} patients alike in both"
    )
    censored = (
        " Censored before: followed for less than the horizon without the event."
        if (columns["outcome"] == CENSORED).any()
        else ""
    )
    return Figure(
        "gene_heat_map",
        f"Heat map of the expression of the {TOP_GENES} genes of highest score in "
        f"{n_patients} patients by outcome",
        f"Expression of the same genes in {n_patients:,} patients who were tested: patients by "
        "outcome, and within it by predicted risk, which rises to the right; genes by their "
        f"correlation with it. A column is {each}.{censored} The genes were chosen with the "
        "outcomes of these patients.",
        hint="Point at a cell to read it.",
    )


def _tables(genes: pd.DataFrame) -> Blocks:
    prepared = prepare_genes(genes)
    shown = prepared.head(_GENES_SHOWN)
    what = f"{len(shown):,} of {len(genes):,} genes, highest score first."
    if len(genes) == len(shown):
        what = f"All {len(genes):,} genes, highest score first."
    elif len(genes) > _MOST_OFFERED:
        what += " All are in tables/genes.csv."
    yield make_gene_table(shown, what, genes, offered=len(genes) <= _MOST_OFFERED)
    top = show_genes(
        prepared.head(TOP_GENES), f"The first {TOP_GENES} of {len(genes):,} genes."
    )
    yield Table("genes", top, only="md")


SECTION = Section(_write, _compute)
