"""Gene sums of recount3: coverage in base pairs, and the reads that it is of.

Source: recount3 (Bioconductor), ``compute_read_counts``: the sums of a sample divided by
the average mapped length of its reads, rounded.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import few
from deepcme.sources.reading.contents import contents_of
from deepcme.sources.reading.headers import plain_name
from deepcme.sources.reading.matrices import Matrix
from deepcme.sources.reading.text import text_lines

_MARK = "##annotation="
_LINES = 5
_LENGTH = "averagemappedlength"  # recount_qc.star.average_mapped_length, or without its start


def reads_of_gene_sums(
    matrix: Matrix, table: pd.DataFrame, path: Path, notes: list[str]
) -> Matrix:
    """The matrix with reads in place of coverage, if it is of gene sums; else as it is.

    Parameters
    ----------
    matrix : Matrix
    table : DataFrame
        Of the same samples, in the same order. Without a column of the average mapped
        lengths of their reads the values stay, with a warning.
    path : path
        The matrix.
    notes : list of str

    Raises
    ------
    DeepCMEError
        If a sample's length is no number above 0.
    """
    if not _is_gene_sums(path):
        return matrix
    column = next((name for name in table if plain_name(name).endswith(_LENGTH)), None)
    if column is None:
        notes.append(
            f"{WARNING}{path.name}: gene sums of recount3 are coverage in base pairs and not "
            "counts: as many reads give more of it the longer they are. Add the column "
            "recount_qc.star.average_mapped_length of its metadata to the table of samples, or "
            "take the counts of R's recount3::compute_read_counts."
        )
        return matrix
    lengths = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    odd = ~(np.isfinite(lengths) & (lengths > 0))
    if odd.any():
        named = few(np.array(matrix.samples)[odd])
        raise DeepCMEError(f"{path}: {column} is no length of reads for {named}.")
    notes.append(
        f"{path.name}: the coverage was divided by {column} and rounded, which gives counts of "
        "reads, as recount3's compute_read_counts does."
    )
    reads = np.rint(matrix.values / lengths[:, np.newaxis].astype(np.float32))
    return replace(matrix, values=reads.astype(np.float32))


def _is_gene_sums(path: Path) -> bool:
    if contents_of(path).kind != "text":
        return False
    return any(line.startswith(_MARK) for line in islice(text_lines(path), _LINES))
