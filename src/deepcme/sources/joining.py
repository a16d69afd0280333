"""Clinical tables to the samples of an expression matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.labelling import name_in_further_file
from deepcme.notes import WARNING
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
        How many samples each table covers; a warning where it is less than half.

    Raises
    ------
    DeepCMEError
        If a table has none of the samples or patients, rows of one sample disagree,
        or a table names another patient than the barcode.
    """
    notes: list[str] = []
    covered: list[_Coverage] = []
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
            [
                name_in_further_file(name, table.name) if name in taken else name
                for name in found.columns
            ]
        )
        annotation = pd.concat([annotation, found], axis=1)
        covered.append(_Coverage.of(table, keys, known))
    for name, stated in reversed(tissues):  # so that the first table has the last word
        annotation = with_tissues_stated(annotation, stated, name, notes)
    return annotation, [*notes, *_notes_on_coverage(covered)]


@dataclass(frozen=True)
class _Coverage:
    """How many of the samples a table tells of, and how much of it was of use."""

    name: str
    n_covered: int
    n_samples: int
    share_of_rows: float

    @classmethod
    def of(
        cls, table: ClinicalTable, keys: pd.Series | pd.Index, known: pd.Series
    ) -> _Coverage:
        n_ids = len(set(keys[known.to_numpy()]))
        return cls(table.name, int(known.sum()), len(keys), n_ids / len(table.rows))

    @property
    def is_of_most(self) -> bool:
        return 2 * self.n_covered >= self.n_samples


def _notes_on_coverage(covered: Sequence[_Coverage]) -> list[str]:
    """What each table covers; beside one of most samples another may be short."""
    any_of_most = any(table.is_of_most for table in covered)
    notes = []
    for table in covered:
        sentence = f"{table.name} covers {table.n_covered:,} of {table.n_samples:,} samples"
        if table.is_of_most or (any_of_most and table.share_of_rows >= 0.5):
            notes.append(f"{sentence}.")
        else:
            notes.append(
                f"{WARNING}{sentence}: check that its ids are those of the expression."
            )
    return notes
