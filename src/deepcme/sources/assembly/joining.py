"""Clinical tables to the samples of an expression matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import counted, few, plain_spelling
from deepcme.cohort.barcodes import canonical_id
from deepcme.cohort.endpoints.labelling import name_in_further_file
from deepcme.sources.assembly.clinical_tables import ClinicalTable
from deepcme.sources.assembly.identity import with_patients_stated, with_tissues_stated
from deepcme.sources.assembly.matching import rows_of_samples


def join_clinical(
    annotation: pd.DataFrame, tables: Sequence[ClinicalTable], *, patient: str | None = None
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
        not tell it. A column that an earlier table has is called ``name (file)``, or
        ``name (file 2)`` where that file is the second of its name.
    patient : str, optional
        The column that the user names for the patients.

    Returns
    -------
    annotation : DataFrame
    notes : list of str
        How many samples each table covers, and which it does not.

    Raises
    ------
    DeepCMEError
        If a table has none of the samples or patients, rows of one sample disagree,
        or a table names another patient than the barcode.
    """
    notes: list[str] = []
    tissues: list[tuple[str, pd.Series]] = []
    covered: list[_Coverage] = []
    times: Counter[str] = Counter()
    for table in sorted(tables, key=lambda table: table.by != "sample"):
        found, coverage = _rows_of(annotation, table, notes)
        covered.append(coverage)
        if table.patient is not None:
            # Where another column is asked for, what is odd about this one is of no concern.
            said = notes if patient is None else []
            annotation = with_patients_stated(
                annotation, found[table.patient], table.name, said
            )
        if table.tissue is not None:
            tissues.append((table.name, found[table.tissue]))
        times[table.name] += 1
        file = table.name if times[table.name] == 1 else f"{table.name} {times[table.name]}"
        further = found.columns.intersection(annotation.columns)
        found = found.rename(
            columns={name: name_in_further_file(name, file) for name in further}
        )
        annotation = pd.concat([annotation, found], axis=1)
    for name, stated in reversed(tissues):  # so that the first table has the last word
        annotation = with_tissues_stated(annotation, stated, name, notes)
    return annotation, [*_notes_on_coverage(covered), *notes]


def _rows_of(
    annotation: pd.DataFrame, table: ClinicalTable, notes: list[str]
) -> tuple[pd.DataFrame, _Coverage]:
    """The table's row of each sample; which have none is said, and why where it is clear."""
    of = annotation.index if table.by == "sample" else annotation["patient"]
    keys = of.astype(str).tolist()
    rows, known = rows_of_samples(keys, table.rows, table.name)
    lacking = list(dict.fromkeys(known.index[~known]))
    alike = _alike(lacking, keys, table)
    if not known.any():
        hint = f"; some differ in spelling alone: {few(alike)}" if alike else ""
        raise DeepCMEError(
            f"{table.name} has none of the {len(annotation):,} {table.by}s: it has "
            f"{few(table.rows.index)}, the expression has {few(keys)}{hint}."
        )
    if alike:
        notes.append(
            f"Warning: {table.name}: {counted(len(alike), table.by)} would have a row but for "
            f"case, punctuation or leading zeros ({few(alike)}): spell the ids alike in both "
            "files."
        )
    found = rows.set_axis(annotation.index, axis=0)
    return found, _Coverage.of(annotation.index, known, lacking, table)


def _alike(lacking: Sequence[str], keys: Sequence[str], table: ClinicalTable) -> list[str]:
    """Ids without a row that are spelled much as a row that is of no other id."""
    found = {canonical_id(key) for key in set(keys).difference(lacking)}
    rows = {
        plain_spelling(row): row
        for row in map(str, table.rows.index)
        if canonical_id(row) not in found
    }
    spelled = {key: rows.get(plain_spelling(key)) for key in lacking}
    return [f"{key} and {row}" for key, row in spelled.items() if row is not None]


@dataclass(frozen=True)
class _Coverage:
    """How many of the samples a table tells of, which not, and how much of it was of use."""

    sentence: str
    of_most: bool
    share_of_rows: float

    @classmethod
    def of(
        cls, samples: pd.Index, known: pd.Series, lacking: Sequence[str], table: ClinicalTable
    ) -> _Coverage:
        once = ~samples.map(lambda sample: canonical_id(str(sample))).duplicated()
        covered, n_samples = int((known.to_numpy() & once).sum()), int(once.sum())
        without = f"; it has no row of {few(lacking)}" if lacking else ""
        return cls(
            f"{table.name} covers {covered:,} of {counted(n_samples, 'sample')}{without}",
            2 * covered >= n_samples,
            known.index[known].nunique() / len(table.rows),
        )


def _notes_on_coverage(covered: Sequence[_Coverage]) -> list[str]:
    """What each table covers; beside one of most samples another may be short."""
    any_of_most = any(table.of_most for table in covered)
    return [
        f"{table.sentence}."
        if table.of_most or (any_of_most and table.share_of_rows >= 0.5)
        else f"{WARNING}{table.sentence}: check that its ids are those of the expression."
        for table in covered
    ]
