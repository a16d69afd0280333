"""Expression as it goes into a cohort: genes under their names, values on their scale."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.gene_dates import date_like, date_notes, repair_gene_names
from deepcme.gene_names import AmbiguousRule, row_names, split_symbol_and_entrez
from deepcme.genes import COLLAPSE_RULE, strongest_of_each
from deepcme.mixed_scales import find_mixed_scales
from deepcme.scales import Scale, doubt_logs, guess_scale, on_scale
from deepcme.sources.ids import require_unique, warn_of_case
from deepcme.sources.matrices import Matrix
from deepcme.words import few


@dataclass(frozen=True)
class Expression:
    """A matrix, what its values are, and what was said while it was read."""

    matrix: Matrix
    scale: Scale
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GeneNaming:
    """What becomes of names that are not the name of one gene.

    Parameters
    ----------
    ambiguous : {"drop", "first"}
        Of names of several genes, such as ``A /// B``.
    repair_dates : bool
        Whether dates that a spreadsheet made of genes become genes again, where only
        one gene fits.
    """

    ambiguous: AmbiguousRule = "drop"
    repair_dates: bool = False


ONE_GENE_EACH = GeneNaming()


def with_genes_named(
    matrix: Matrix, naming: GeneNaming, path: Path, notes: list[str]
) -> Matrix:
    """The genes of a matrix under their names; rows that are no gene are left out.

    Raises
    ------
    DeepCMEError
        If no gene is left, or a name repeats.
    """
    read = row_names(matrix.genes, naming.ambiguous)
    named = np.flatnonzero([bool(name) for name in read.names])
    if not len(named):
        raise DeepCMEError(f"{path}: no row has the name of a gene ({few(matrix.genes)}).")
    notes += [f"{path.name}: {note}" for note in read.notes()]
    pairs = split_symbol_and_entrez(matrix.genes)
    if pairs is not None:
        matrix = replace(matrix, entrez=pairs[1])
    matrix = matrix.of_genes(named)
    _require_unique_genes(matrix.genes, path)
    matrix = _strongest_of(replace(matrix, genes=[read.names[gene] for gene in named]), notes)
    warn_of_case(matrix.genes, "gene", path, notes)
    if not naming.repair_dates:
        notes += date_notes(matrix.genes)
        return matrix
    genes, said = repair_gene_names(matrix.genes)
    notes += said
    return replace(matrix, genes=genes)


def _require_unique_genes(genes: list[str], path: Path) -> None:
    try:
        require_unique(genes, "gene", path)
    except DeepCMEError as error:
        dates = pd.Series(date_like(genes))
        repeated = dates[dates.duplicated()].unique()
        if not len(repeated):
            raise
        raise DeepCMEError(
            f"{path}: {few(repeated)} stand for more than one gene each: a spreadsheet has "
            "turned gene names into dates; use the file it was made from."
        ) from error


def _strongest_of(matrix: Matrix, notes: list[str]) -> Matrix:
    columns, n_collapsed = strongest_of_each(matrix.values, matrix.genes)
    if n_collapsed:
        notes.append(f"{n_collapsed:,} genes had several rows: {COLLAPSE_RULE}.")
    return matrix.of_genes(columns)


def on_known_scale(
    matrix: Matrix, scale: Scale | None, notes: list[str], path: Path
) -> Expression:
    """The matrix on its scale, worked out and noted if not given.

    Raises
    ------
    DeepCMEError
        If the values cannot be on the scale, or not all samples are on one.
    """
    require_one_scale(matrix, path)
    if scale is None:
        scale, reason = guess_scale(matrix.values)
        notes.append(f"Scale taken as {scale}: {reason}.")
        notes += doubt_logs(matrix.values) if scale == "log2" else []
    try:
        values, said = on_scale(matrix.values, scale)
    except DeepCMEError as error:
        raise DeepCMEError(f"{path}: {error}") from error
    return Expression(replace(matrix, values=values), scale, [*notes, *said])


def require_one_scale(matrix: Matrix, path: Path) -> None:
    """Refuse logs and linear values in one matrix, naming the odd samples.

    Raises
    ------
    DeepCMEError
        With the way out.
    """
    mixed = find_mixed_scales(matrix.values)
    if mixed is not None:
        raise DeepCMEError(f"{path}: {mixed.describe(matrix.samples)}.")
