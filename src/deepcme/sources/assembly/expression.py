"""Expression as it goes into a cohort: genes under their names, values on their scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.words import counted, few
from deepcme.cohort.genes.gene_dates import (
    date_like,
    date_notes,
    dates_of_no_one_gene,
    repair_by_entrez,
    repair_gene_names,
)
from deepcme.cohort.genes.gene_names import (
    AmbiguousRule,
    named_as_repeated,
    row_names,
    split_symbol_and_entrez,
    symbols_beside_ensembl,
)
from deepcme.cohort.genes.genes import COLLAPSE_RULE, strongest_of_each
from deepcme.cohort.scales.mixed_scales import find_mixed_scales
from deepcme.cohort.scales.scales import Scale, doubt_logs, guess_scale, on_scale
from deepcme.sources.reading.ids import require_unique, warn_of_case
from deepcme.sources.reading.matrices import Matrix
from deepcme.sources.reading.probemap import mapping_by_table


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
    matrix: Matrix,
    naming: GeneNaming,
    path: Path,
    notes: list[str],
    *,
    collapse: bool = True,
) -> Matrix:
    """The genes of a matrix under their names; rows that are no gene are left out.

    Of several rows of one gene the strongest is kept, which depends on all samples; with
    `collapse` False all are.

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
    _require_unique_genes([matrix.genes[gene] for gene in named], path)
    matrix = _with_second_names(matrix)
    names = dates_told_apart(read.names, matrix.entrez, naming, path.name, notes)
    matrix = replace(matrix, genes=names)
    if collapse:
        matrix = strongest_of(matrix, notes)
    else:
        matrix = matrix.of_genes(np.flatnonzero([bool(name) for name in names]))
    warn_of_case(matrix.genes, "gene", path, notes)
    notes += _repeat_notes(matrix.genes, path)
    matrix = replace(matrix, genes=_dates_judged(matrix.genes, naming, notes))
    if matrix.symbols is not None:
        matrix = replace(matrix, symbols=_dates_judged(matrix.symbols, naming, notes))
    return matrix


def _with_second_names(matrix: Matrix) -> Matrix:
    """With the Entrez ids or symbols that stand beside the genes in the names of rows."""
    pairs = split_symbol_and_entrez(matrix.genes)
    if pairs is not None:
        matrix = replace(matrix, entrez=pairs[1])
    if matrix.symbols is None:
        matrix = replace(matrix, symbols=symbols_beside_ensembl(matrix.genes))
    return matrix


def with_symbols_of(
    matrix: Matrix, table: str | Path | None, naming: GeneNaming, notes: list[str]
) -> Matrix:
    """The matrix with the symbols that a table, if there is one, has of its genes."""
    if table is None:
        return matrix
    mapping = mapping_by_table(matrix.genes, "symbol", Path(table))
    notes.append(" ".join([f"{Path(table).name}: {mapping.describe()}", *mapping.doubts]))
    return replace(matrix, symbols=_dates_judged(list(mapping.target), naming, notes))


def _dates_judged(names: list[str], naming: GeneNaming, notes: list[str]) -> list[str]:
    once = [name for name in dict.fromkeys(names) if name]
    if not naming.repair_dates:
        notes += date_notes(once)
        return names
    mended, said = repair_gene_names(once)
    notes += said
    mending = dict(zip(once, mended, strict=True))
    return [mending.get(name, name) for name in names]


def dates_told_apart(
    names: list[str],
    entrez: Sequence[str] | None,
    naming: GeneNaming,
    place: str,
    notes: list[str],
) -> list[str]:
    """Genes of rows before rows of one gene become one: dates are no such gene.

    A date that several genes can have become is blanked where it stands in several
    rows, unless dates are mended and the Entrez ids of the rows tell.
    """
    if naming.repair_dates and entrez is not None:
        names, said = repair_by_entrez(names, entrez)
        notes += said
    times = Counter(names)
    repeated = {name for name, n in times.items() if name and n > 1}
    if not repeated:
        return names
    shared = repeated.intersection(dates_of_no_one_gene(names))
    if shared:
        notes.append(
            f"Warning: {place}: {sum(times[name] for name in shared):,} rows were dropped: a "
            f"spreadsheet made dates of their genes, and {few(sorted(shared))} may be several "
            "genes; --repair-gene-names tells them by their Entrez ids, where there are some."
        )
    return ["" if name in shared else name for name in names]


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


def _repeat_notes(genes: list[str], path: Path) -> list[str]:
    repeated = named_as_repeated(genes)
    if not repeated:
        return []
    return [
        f"Warning: {path.name}: {counted(len(repeated), 'gene name')} ({few(repeated)}) are as "
        "R names a second row of a gene that is there; each was taken for a gene of its own."
    ]


def strongest_of(matrix: Matrix, notes: list[str], place: str = "") -> Matrix:
    """The matrix with one row for each gene, the strongest; none where the name is blank."""
    if "" not in matrix.genes and len(set(matrix.genes)) == len(matrix.genes):
        return matrix
    columns, n_collapsed = strongest_of_each(matrix.values, matrix.genes)
    if n_collapsed:
        notes.append(f"{place}{n_collapsed:,} genes had several rows: {COLLAPSE_RULE}.")
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
    with naming_file(path):
        if scale is None:
            scale, reason = guess_scale(matrix.values)
            notes.append(f"Scale taken as {scale}: {reason}.")
            notes += doubt_logs(matrix.values) if scale == "log2" else []
        values, said = on_scale(matrix.values, scale)
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
