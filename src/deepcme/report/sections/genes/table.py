"""The table of genes: searched, sorted, and linked to what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepcme.report.blocks import Table
from deepcme.report.formatting import Shown, TableLayout
from deepcme.report.layouts.columns import Column, Estimate, Plain, PValue
from deepcme.report.sections.genes.names import gene_link
from deepcme.selection.univariate.univariate import AUC, C

MEASURES = {AUC: "AUC", C: "Harrell's C"}
"""What a gene alone is measured by, in words."""
FEW = "few samples"
"""The flag of a gene whose variation a handful of samples carry."""


@dataclass(frozen=True)
class GeneTable(Table):
    """The table on the page, whose rows are searched and sorted.

    Attributes
    ----------
    links : sequence of str
        Where each gene is told of.
    values : sequence of sequences
        What each cell is sorted by, row by row; None where it is its text.
    ascending : sequence of bool
        Whether a column is sorted upwards at the first click.
    n_genes : int
        How many there are, shown or not.
    """

    links: Sequence[str] = ()
    values: Sequence[Sequence[float | None]] = ()
    ascending: Sequence[bool] = ()
    n_genes: int = 0


def find_measure(genes: pd.DataFrame) -> str | None:
    """The column of what a gene alone is worth; None in a folder that lacks it."""
    return next((name for name in MEASURES if name in genes.columns), None)


def prepare_genes(genes: pd.DataFrame) -> pd.DataFrame:
    """Add the cells that are words: what a gene is called, and its flag."""
    symbol = genes["symbol"].fillna("").astype(str)
    gene = genes["gene"].astype(str)
    return genes.assign(
        called=symbol.where(symbol != "", gene),
        flag=np.where(genes["few_driving_samples"].astype(bool), FEW, ""),
    )


def show_genes(genes: pd.DataFrame, caption: str = "") -> Shown:
    """Prepared genes for readers; what is empty or the same as another column is left out."""
    return TableLayout(caption, *_columns_of(genes)).show(genes)


def make_gene_table(
    genes: pd.DataFrame, caption: str, whole: pd.DataFrame, *, offered: bool
) -> GeneTable:
    """The table of the page.

    Parameters
    ----------
    genes : DataFrame
        Those that are shown, prepared.
    caption : str
    whole : DataFrame
        All of them.
    offered : bool
        Whether the page carries all of them as a file.
    """
    columns = {column.title: column for column in _columns_of(genes)}
    shown = show_genes(genes, caption)
    kept = [columns[heading] for heading in shown.headings]
    values = [
        [None] * len(genes) if not column.numeric else _numbers(genes[column.name])
        for column in kept
    ]
    return GeneTable(
        "genes",
        shown,
        data=whole if offered else None,
        only="html",
        links=[gene_link(gene) for gene in genes[["gene", "symbol"]].to_dict("records")],
        values=list(zip(*values, strict=True)),
        ascending=[not column.numeric or column.name in ("rank", "fdr") for column in kept],
        n_genes=len(whole),
    )


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in values]


def _columns_of(genes: pd.DataFrame) -> list[Column]:
    measure = find_measure(genes)
    columns: list[Column] = [Plain("rank", "Rank", ".0f"), Plain("called", "Gene")]
    if (genes["called"] != genes["gene"].astype(str)).any():
        columns.append(Plain("gene", "Id"))
    columns += [
        Estimate("score", "Score", "score_low", "score_high", ends="middle 80% of splits"),
        Plain("top_share", "Splits in top 30", ".0%"),
        Plain("direction", "At high risk"),
        Estimate(
            *("risk_correlation", "Correlation with risk"),
            *("risk_correlation_low", "risk_correlation_high"),
            signed=True,
            ends="middle 80%",
        ),
    ]
    if measure is not None:
        columns += [Estimate(measure, f"{MEASURES[measure]} alone"), PValue("fdr", "FDR")]
    columns.append(Plain("prevalence", "Expressed in", ".0%"))
    columns.append(Plain("flag", "Flag"))
    return [column for column in columns if _says_something(genes[column.name])]


def _says_something(cells: pd.Series) -> bool:
    return bool((cells.notna() & (cells.astype(str) != "")).any())
