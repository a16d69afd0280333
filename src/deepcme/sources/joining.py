"""Clinical tables to the samples of an expression matrix."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.sources.clinical import ClinicalTable
from deepcme.sources.identity import with_patients_stated, with_tissues_stated
from deepcme.sources.matching import rows_of_samples
from deepcme.words import few


def join_clinical(
    annotation: pd.DataFrame, tables: Sequence[ClinicalTable]
) -> tuple[pd.DataFrame, list[str]]:
    """Add clinical columns to annotated samples; tables by sample go first.

    Ids are joined each by itself, barcodes by their common part. Several rows of
    one sample are one where they agree.

    Parameters
    ----------
    annotation : DataFrame
        Indexed by sample: patient, tissue, batch.
    tables : sequence of ClinicalTable
        The tissue that a table by sample states goes before that of the barcode,
        that of the first table before others; a patient is taken where the id does
        not tell it. A column that an earlier table has is called ``name (file)``.

    Returns
    -------
    annotation : DataFrame
    notes : list of str
        How many samples each table covers.

    Raises
    ------
    DeepCMEError
        If a table has none of the samples or patients, rows of one sample disagree,
        or a table names another patient than the barcode.
    """
    notes: list[str] = []
    tissues: list[tuple[str, pd.Series]] = []
    for table in sorted(tables, key=lambda table: table.by != "sample"):
        keys = annotation.index if table.by == "sample" else annotation["patient"]
        found, known = rows_of_samples(keys.astype(str).tolist(), table.rows, table.name)
        if not known.any():
            raise DeepCMEError(
                f"{table.name} has none of the {len(annotation):,} {table.by}s: it has "
                f"{few(table.rows.index)}, the expression has {few(keys)}."
            )
        found.index = annotation.index
        if table.patient is not None:
            stated = found[table.patient]
            annotation = with_patients_stated(annotation, stated, table.name, notes)
        if table.tissue is not None:
            tissues.append((table.name, found[table.tissue]))
        taken = set(annotation.columns)
        found.columns = pd.Index(
            [f"{name} ({table.name})" if name in taken else name for name in found.columns]
        )
        annotation = pd.concat([annotation, found], axis=1)
        notes.append(f"{table.name} covers {int(known.sum()):,} of {len(keys):,} samples.")
    for name, stated in reversed(tissues):  # so that the first table has the last word
        annotation = with_tissues_stated(annotation, stated, name, notes)
    return annotation, notes
