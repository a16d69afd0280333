"""cBioPortal studies: expression by gene symbol, clinical files with ``#`` rows.

Source: cBioPortal documentation, "File Formats".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.gene_names import AmbiguousRule, GeneNames, gene_names, is_no_name
from deepcme.genes import COLLAPSE_RULE, strongest_of_each
from deepcme.scales import Scale
from deepcme.sources.assembly import LabelRule, assemble
from deepcme.sources.clinical import ClinicalTable
from deepcme.sources.delimited import Grid, NotANumberError, read_numbers
from deepcme.sources.expression import (
    ONE_GENE_EACH,
    GeneNaming,
    on_known_scale,
    with_genes_named,
)
from deepcme.sources.identity import annotate
from deepcme.sources.joining import join_clinical
from deepcme.sources.layout import TextTable, find_table
from deepcme.sources.matrices import Matrix, as_matrix, genes_in_rows
from deepcme.words import few

_SYMBOL = "Hugo_Symbol"
_ENTREZ = "Entrez_Gene_Id"


def cohort_from_cbioportal(
    expression: str | Path,
    label_rule: LabelRule,
    *,
    clinical: Sequence[ClinicalTable] = (),
    patient: str | None = None,
    scale: Scale | None = None,
    naming: GeneNaming = ONE_GENE_EACH,
) -> Cohort:
    """Make a cohort of a study's expression file and its clinical files.

    The symbol is the key of a gene, or its Entrez id where there is no symbol.
    Of several rows for one gene, the one with the highest mean is kept.

    Parameters
    ----------
    expression : path
        ``data_mrna_seq_*.txt``: genes in rows, samples in columns.
    label_rule : LabelRule
    clinical : sequence of ClinicalTable
        ``data_clinical_patient.txt``, ``data_clinical_sample.txt`` or a portal export.
    patient : str, optional
        The column that names the patients.
    scale : Scale, optional
        Worked out from the values, and noted, if not given.
    naming : GeneNaming
        What becomes of a row of several genes, and of genes that became dates.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    path = Path(expression)
    notes = [note for table in clinical for note in table.notes]
    matrix = _read_expression(path, naming.ambiguous, notes)
    matrix = with_genes_named(matrix, naming, path, notes)
    annotation, coverage = join_clinical(annotate(matrix.samples), clinical, patient=patient)
    return assemble(
        on_known_scale(matrix, scale, [*notes, *coverage], path),
        annotation,
        label_rule,
        name=path.resolve().parent.name,
        provenance={"source": f"cBioPortal, {path.name}"},
        patient=patient,
    )


def _read_expression(path: Path, ambiguous: AmbiguousRule, notes: list[str]) -> Matrix:
    source = find_table(path, notes, separators="\t")
    header = source.header
    n_text = sum(name in (_SYMBOL, _ENTREZ) for name in header[:2])
    if n_text == 0:
        raise DeepCMEError(
            f"{path}: the first column should be {_SYMBOL} or {_ENTREZ}, not {header[0]!r}."
        )
    ids, grid = _read_rows(source, n_text)
    genes = _gene_names(ids, ambiguous)
    # Rows get numbers as ids here, since names may repeat until they are collapsed.
    matrix = as_matrix(grid, genes_in_rows, path, notes)
    columns, n_collapsed = strongest_of_each(matrix.values, genes.names)
    if len(columns) == 0:
        raise DeepCMEError(f"{path}: no row has a gene; the rows are {few(genes.names)}.")
    notes += genes.notes(nameless="with neither symbol nor Entrez id")
    if n_collapsed:
        notes.append(f"{n_collapsed:,} genes had several rows: {COLLAPSE_RULE}.")
    return replace(matrix.of_genes(columns), genes=[genes.names[place] for place in columns])


def _read_rows(source: TextTable, n_text: int) -> tuple[pd.DataFrame, Grid]:
    """The columns that name genes, and the numbers of the samples."""
    header, samples = source.header, range(n_text, len(source.header))
    try:
        texts, values = read_numbers(source, range(n_text), samples)
    except NotANumberError as error:
        raise DeepCMEError(
            f"{error.path}: sample {error.column}, gene {error.row}: {error.what}."
        ) from error
    ids = pd.DataFrame(dict(zip(header[:n_text], texts, strict=True)), dtype=object)
    rows = [str(number) for number in range(len(ids))]
    return ids, Grid(values, rows, [header[place] for place in samples])


def _gene_names(ids: pd.DataFrame, ambiguous: AmbiguousRule) -> GeneNames:
    """The symbol of each row, or its Entrez id where no symbol is given."""
    cells = pd.Series("", index=ids.index, dtype=object)
    for column in (_SYMBOL, _ENTREZ):
        if column in ids.columns:
            cells = cells.mask(cells.map(is_no_name), ids[column])
    return gene_names(cells.tolist(), ambiguous)
