"""cBioPortal studies: expression by gene symbol, clinical files with ``#`` rows.

Source: cBioPortal documentation, "File Formats".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.gene_names import AmbiguousRule, GeneNames, gene_names, is_no_name
from deepcme.genes import COLLAPSE_RULE, strongest_of_each
from deepcme.scales import Scale, guess_scale
from deepcme.sources.assembly import Expression, LabelRule, assemble
from deepcme.sources.clinical import ClinicalTable
from deepcme.sources.delimited import find_table
from deepcme.sources.identity import annotate
from deepcme.sources.joining import join_clinical
from deepcme.sources.reading import checked_matrix, read_ids_and_numbers, require_file
from deepcme.words import few

_SYMBOL = "Hugo_Symbol"
_ENTREZ = "Entrez_Gene_Id"


def cohort_from_cbioportal(
    expression: str | Path,
    label_rule: LabelRule,
    *,
    clinical: Sequence[ClinicalTable] = (),
    scale: Scale | None = None,
    ambiguous: AmbiguousRule = "drop",
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
    scale : Scale, optional
        Worked out from the values, and noted, if not given.
    ambiguous : {"drop", "first"}
        What becomes of a row of several genes.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    path = Path(expression)
    values, genes, samples, notes = _read_expression(path, ambiguous)
    if scale is None:
        scale, reason = guess_scale(values)
        notes.append(f"Scale taken as {scale}: {reason}.")
    annotation, coverage = join_clinical(annotate(samples), clinical)
    return assemble(
        Expression(values, samples, genes, scale, notes=[*notes, *coverage]),
        annotation,
        label_rule,
        name=path.resolve().parent.name,
        provenance={"source": f"cBioPortal, {path.name}"},
    )


def _read_expression(
    path: Path, ambiguous: AmbiguousRule
) -> tuple[np.ndarray, list[str], list[str], list[str]]:
    require_file(path)
    source = find_table(path, "\t")
    header = source.header
    n_text = sum(name in (_SYMBOL, _ENTREZ) for name in header[:2])
    if n_text == 0:
        raise DeepCMEError(
            f"{path}: the first column should be {_SYMBOL} or {_ENTREZ}, not {header[0]!r}."
        )
    rows = read_ids_and_numbers(source, n_text)
    genes = _gene_names(rows.iloc[:, :n_text], ambiguous)
    names = genes.names
    numbers = rows.iloc[:, n_text:]
    # Rows get numbers as ids here, since names may repeat until they are collapsed.
    numbers.index = pd.Index([f"row {i + 2} ({name})" for i, name in enumerate(names)])
    matrix = checked_matrix(numbers, path, sample_ids=set(header[n_text:])).T
    values = matrix.to_numpy(dtype=np.float32)
    columns, n_collapsed = strongest_of_each(values, names)
    if len(columns) == 0:
        raise DeepCMEError(f"{path}: no row has a gene; the rows are {few(names)}.")
    notes = genes.notes(nameless="with neither symbol nor Entrez id")
    if n_collapsed:
        notes.append(f"{n_collapsed:,} genes had several rows: {COLLAPSE_RULE}.")
    return values[:, columns], [names[i] for i in columns], matrix.index.tolist(), notes


def _gene_names(ids: pd.DataFrame, ambiguous: AmbiguousRule) -> GeneNames:
    """The symbol of each row, or its Entrez id where no symbol is given."""
    cells = pd.Series("", index=ids.index, dtype=object)
    for column in (_SYMBOL, _ENTREZ):
        if column in ids.columns:
            cells = cells.mask(cells.map(is_no_name), ids[column].fillna("").astype(str))
    return gene_names(cells.tolist(), ambiguous)
