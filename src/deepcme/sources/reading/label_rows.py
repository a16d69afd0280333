"""Rows among the genes that tell of the samples: their classes, ages, means."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.words import few
from deepcme.cohort.genes.symbols import is_symbol
from deepcme.sources.reading.headers import plain_name
from deepcme.sources.reading.matrices import Matrix

_NO_GENE = re.compile(
    r"class(es|labels?)?|labels?|unnamed\d+|mean|median|average|(grand)?total"
)
_MOST_KINDS = 10


def without_label_rows(
    matrix: Matrix, table: pd.DataFrame, used: Collection[str], path: Path, notes: list[str]
) -> Matrix:
    """The matrix without what repeats a column of the samples' table, classes or means.

    What is only called like a column, as HER2 may be, stays with a warning if it is no
    symbol of a gene; so does all but the used columns where the table holds the genes too.

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
    plain = [plain_name(gene) for gene in matrix.genes]
    named = {
        place: columns[name]
        for place, name in enumerate(plain)
        if name in columns and not name.isdigit()
    }
    unknown = {place for place in named if not is_symbol(matrix.genes[place])}
    holds_genes = 2 * len(named) > len(matrix.genes)
    repeated = {
        place
        for place, column in named.items()
        if (column in used or (place in unknown and not holds_genes))
        and _repeats(matrix.values[:, place], table[column])
    }
    sums = {
        place
        for place, name in enumerate(plain)
        if _NO_GENE.fullmatch(name) and not is_symbol(matrix.genes[place])
    }
    odd_among_symbols = not holds_genes or 2 * len(unknown) < len(named)
    doubtful = unknown - repeated - sums if odd_among_symbols else set()
    _say(matrix.genes, repeated | sums, doubtful, path, notes)
    keep = np.setdiff1d(np.arange(len(matrix.genes)), sorted(repeated | sums))
    return matrix.of_genes(keep)


def _repeats(values: NDArray[np.float32], column: pd.Series) -> bool:
    """Whether values are a column's, or kinds of samples, as no gene's values are."""
    stated = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float32)
    if np.allclose(values, stated, equal_nan=True):
        return True
    kinds = len(np.unique(values[~np.isnan(values)]))
    return kinds <= min(_MOST_KINDS, len(values) // 2)


def _say(
    genes: Sequence[str], left_out: set[int], doubtful: set[int], path: Path, notes: list[str]
) -> None:
    if left_out:
        notes.append(
            f"{path.name}: left out from among the genes, as telling of the samples: "
            f"{few((genes[place] for place in sorted(left_out)), 6)}."
        )
    if doubtful:
        notes.append(
            f"Warning: {path.name}: among the genes and among the columns of the table of "
            f"samples: {few((genes[place] for place in sorted(doubtful)), 6)}; leave out of "
            "the matrix what is no gene."
        )
