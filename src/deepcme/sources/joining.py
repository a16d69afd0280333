"""Clinical tables to the samples of an expression matrix."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from deepcme.barcodes import is_barcode
from deepcme.errors import DeepCMEError
from deepcme.sources.clinical import ClinicalTable
from deepcme.tissues import UNKNOWN, canonical_tissue
from deepcme.words import few


def join_clinical(
    annotation: pd.DataFrame, tables: Sequence[ClinicalTable]
) -> tuple[pd.DataFrame, list[str]]:
    """Add clinical columns to annotated samples; tables by sample go first.

    Parameters
    ----------
    annotation : DataFrame
        Indexed by sample: patient, tissue, batch.
    tables : sequence of ClinicalTable
        A table by sample also gives patient and tissue where they are unknown.
        A column that an earlier table has is called ``name (file)``.

    Returns
    -------
    annotation : DataFrame
    notes : list of str
        How many samples each table covers.

    Raises
    ------
    DeepCMEError
        If a table has none of the samples or patients.
    """
    notes = []
    for table in sorted(tables, key=lambda table: table.by != "sample"):
        if table.by == "sample":
            keys = _sample_keys(annotation.index, table.rows.index)
        else:
            keys = pd.Series(annotation["patient"].to_numpy(), index=annotation.index)
        known = keys.isin(table.rows.index)
        if not known.any():
            raise DeepCMEError(
                f"{table.name} has none of the {len(annotation):,} {table.by}s: it has "
                f"{few(table.rows.index)}, the expression has {few(keys)}."
            )
        found = table.rows.reindex(keys)
        found.index = annotation.index
        if table.by == "sample":
            annotation = _with_patient_and_tissue(annotation, table, found)
        taken = set(annotation.columns)
        found.columns = pd.Index(
            [f"{name} ({table.name})" if name in taken else name for name in found.columns]
        )
        annotation = pd.concat([annotation, found], axis=1)
        notes.append(f"{table.name} covers {int(known.sum()):,} of {len(keys):,} samples.")
    return annotation, notes


def _sample_keys(samples: pd.Index, ids: pd.Index) -> pd.Series:
    """Sample ids as a table spells them: barcodes may be cut after the sample or the vial."""
    keys = pd.Series(samples, index=samples, dtype=object)
    lengths = {len(identifier) for identifier in ids}
    if len(lengths) == 1 and is_barcode(str(ids[0])) and all(map(is_barcode, samples)):
        keys = keys.str.slice(stop=lengths.pop())
    return keys


def _with_patient_and_tissue(
    annotation: pd.DataFrame, table: ClinicalTable, found: pd.DataFrame
) -> pd.DataFrame:
    annotation = annotation.copy()
    if table.patient is not None:
        stated = found[table.patient]
        own_patient = annotation["patient"] == annotation.index
        annotation["patient"] = annotation["patient"].mask(own_patient & stated.notna(), stated)
    if table.tissue is not None:
        stated = found[table.tissue].fillna(UNKNOWN).map(canonical_tissue)
        unknown = annotation["tissue"] == UNKNOWN
        annotation["tissue"] = annotation["tissue"].mask(unknown, stated)
    return annotation
