"""Rows among the genes that tell of the samples: their classes, ages, means."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.sources.headers import plain_name
from deepcme.sources.matrices import Matrix
from deepcme.symbols import is_symbol
from deepcme.words import few

_NO_GENE = re.compile(
    r"class(es|labels?)?|labels?|unnamed\d+|mean|median|average|(grand)?total"
)
_MOST_KINDS = 10


def without_label_rows(
    matrix: Matrix, table: pd.DataFrame, used: Collection[str], path: Path, notes: list[str]
) -> Matrix:
    """The matrix without what repeats a column of the samples' table, classes or means.

    What is only called like a column, as HER2 may be, stays with a warning if it is no
    symbol of a gene. Where most genes are columns of the table, only the used ones go.

    Parameters
    ----------
    matrix : Matrix
    table : DataFrame
        Of the same samples, in the same order.
    used : collection of str
        Columns that become label, patient, tissue, batch or a condition.
    path : path
        The matrix, for notes.
    notes : list of str
    """
    columns = {plain_name(name): str(name) for name in table.columns}
    named = {
        place: columns[plain_name(gene)]
        for place, gene in enumerate(matrix.genes)
        if plain_name(gene) in columns and not gene.isdigit()
    }
    holds_genes = 2 * len(named) > len(matrix.genes)
    if holds_genes:
        named = {place: column for place, column in named.items() if column in used}
    repeated = {
        place
        for place, column in named.items()
        if (column in used or not is_symbol(matrix.genes[place]))
        and _repeats(matrix.values[:, place], table[column])
    }
    sums = {place for place, gene in enumerate(matrix.genes) if _is_no_gene(gene)}
    _say(matrix, repeated | sums, set(named) - repeated - sums, path, notes)
    keep = np.setdiff1d(np.arange(len(matrix.genes)), sorted(repeated | sums))
    return matrix.of_genes(keep)


def _is_no_gene(name: str) -> bool:
    return _NO_GENE.fullmatch(plain_name(name)) is not None and not is_symbol(name)


def _repeats(values: NDArray[np.float32], column: pd.Series) -> bool:
    """Whether values are a column's, or kinds of samples, as no gene's values are."""
    stated = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float32)
    if np.allclose(values, stated, equal_nan=True):
        return True
    kinds = len(np.unique(values[~np.isnan(values)]))
    return kinds <= min(_MOST_KINDS, len(values) // 2)


def _say(
    matrix: Matrix, left_out: set[int], doubtful: set[int], path: Path, notes: list[str]
) -> None:
    genes = [matrix.genes[place] for place in sorted(left_out)]
    if genes:
        notes.append(
            f"{path.name}: left out from among the genes, as telling of the samples: "
            f"{few(genes, 6)}."
        )
    alike = [matrix.genes[place] for place in sorted(doubtful)]
    alike = [gene for gene in alike if not is_symbol(gene)]
    if alike:
        notes.append(
            f"Warning: {path.name}: {few(alike, 6)} among the genes is called like a column of "
            "the table of samples and was kept; leave it out of the matrix if it is no gene."
        )
