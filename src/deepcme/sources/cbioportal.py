"""cBioPortal studies: expression by gene symbol, clinical files with ``#`` rows.

Source: cBioPortal documentation, "File Formats".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import few
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.gene_names import AmbiguousRule, GeneNames, gene_names, is_no_name
from deepcme.cohort.scales.scales import Scale
from deepcme.sources.assembly.assembly import LabelRule, assemble
from deepcme.sources.assembly.clinical_tables import ClinicalTable
from deepcme.sources.assembly.expression import (
    ONE_GENE_EACH,
    GeneNaming,
    dates_told_apart,
    on_known_scale,
    strongest_of,
    with_genes_named,
)
from deepcme.sources.assembly.identity import annotate
from deepcme.sources.assembly.joining import join_clinical
from deepcme.sources.reading.delimited import Grid, named_columns, read_numbers
from deepcme.sources.reading.headers import (
    columns_that_are_no_sample,
    left_out_note,
    plain_name,
)
from deepcme.sources.reading.layout import TextTable, find_table
from deepcme.sources.reading.matrices import (
    Matrix,
    as_matrix,
    genes_in_rows,
    naming_sample_and_gene,
)

_SYMBOL = "Hugo_Symbol"
_ENTREZ = "Entrez_Gene_Id"


def cohort_from_cbioportal(
    expression: str | Path,
    label_rule: LabelRule,
    *,
    clinical: Sequence[ClinicalTable] = (),
    patient: str | None = None,
    tissue: str | None = None,
    decimal: str = ".",
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
    patient, tissue : str, optional
        The columns that name the patients and state the tissue.
    decimal : str
        The decimal point of the numbers.
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
    matrix = _read_expression(path, naming, decimal, notes)
    matrix = with_genes_named(matrix, naming, path, notes)
    annotation, coverage = join_clinical(annotate(matrix.samples), clinical, patient=patient)
    return assemble(
        on_known_scale(matrix, scale, [*notes, *coverage], path),
        annotation,
        label_rule,
        name=path.resolve().parent.name,
        provenance={"source": f"cBioPortal, {path.name}"},
        patient=patient,
        tissue=tissue,
    )


def _read_expression(path: Path, naming: GeneNaming, decimal: str, notes: list[str]) -> Matrix:
    source = find_table(path, notes, separators="\t", decimal=decimal)
    ids, grid = _read_rows(source, _columns_of_genes(source), notes)
    genes = _gene_names(ids, naming.ambiguous)
    entrez = ids[_ENTREZ].tolist() if _ENTREZ in ids.columns else None
    names = dates_told_apart(genes.names, entrez, naming, path.name, notes)
    # Rows get numbers as ids here, since names may repeat until they are collapsed.
    matrix = as_matrix(grid, genes_in_rows, path, notes)
    del grid  # the matrix is it, turned
    if not any(names):
        raise DeepCMEError(f"{path}: no row has a gene; the rows are {few(names)}.")
    notes += genes.notes(nameless="with neither symbol nor Entrez id")
    return strongest_of(replace(matrix, genes=names), notes)


def _columns_of_genes(source: TextTable) -> dict[int, str]:
    """Where symbols and Entrez ids stand, at the left, in any spelling of their names.

    Before them R may have put the numbers of the rows; where it left a name out and none
    other is there, the first column holds the symbols.
    """
    spelled = {plain_name(name): name for name in (_SYMBOL, _ENTREZ)}
    plain = map(plain_name, source.header[: 2 + source.row_names])
    places = {place: spelled[name] for place, name in enumerate(plain) if name in spelled}
    if source.row_names and not places:
        places[0] = _SYMBOL
    if 0 not in places and not (source.row_names and 1 in places):
        raise DeepCMEError(
            f"{source.path}: the first column should be {_SYMBOL} or {_ENTREZ}, not "
            f"{source.header[0]!r}."
        )
    return places


def _read_rows(
    source: TextTable, genes: dict[int, str], notes: list[str]
) -> tuple[pd.DataFrame, Grid]:
    """The columns that name genes, and the numbers of the samples."""
    n_text = max(genes) + 1
    others = columns_that_are_no_sample(source.header[n_text:])
    if others:
        notes.append(left_out_note(others, source.path))
    names = dict(enumerate(source.header[n_text:], start=n_text))
    samples = [place for place, name in names.items() if name not in others]
    with naming_sample_and_gene(genes_in_rows):
        texts, values = read_numbers(source, range(n_text), samples)
    numbers = [str(number) for number in range(1, len(texts[0]) + 1)]
    if 0 not in genes and texts[0] != numbers:
        raise DeepCMEError(
            f"{source.path}: the rows have one cell more than the header: name every column."
        )
    ids = pd.DataFrame({name: texts[place] for place, name in genes.items()}, dtype=object)
    rows = [str(number) for number in range(len(ids))]
    return ids, Grid(values, rows, named_columns(source, samples))


def _gene_names(ids: pd.DataFrame, ambiguous: AmbiguousRule) -> GeneNames:
    """The symbol of each row, or its Entrez id where no symbol is given."""
    cells = pd.Series("", index=ids.index, dtype=object)
    for column in (_SYMBOL, _ENTREZ):
        if column in ids.columns:
            cells = cells.mask(cells.map(is_no_name), ids[column])
    return gene_names(cells.tolist(), ambiguous)
