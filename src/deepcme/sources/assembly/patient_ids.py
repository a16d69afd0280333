"""Which cells of a patient's column are one person, and which are nobody known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import cleaned, counted, differing_in_spelling, few
from deepcme.cohort.barcodes import canonical_patient, read_barcode
from deepcme.cohort.people import cell_text, names_nobody

# A spreadsheet shows long numbers so, and keeps 15 of their digits.
_SHORTENED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_ROUNDED = re.compile(r"[1-9]\d{14}0+")
_MANY_SAMPLES_OF_ONE = 6
_TIMES_THE_NEXT = 3


def patients_of(
    samples: Sequence[str], stated: pd.Series, notes: list[str], column_name: str
) -> list[str]:
    """The patient of each sample, as a column states it, each id in one spelling.

    Parameters
    ----------
    samples : sequence of str
        Whom a sample is of if the column says nothing: the sample itself.
    stated : Series
        One value per sample, in the same order.
    notes : list of str
        What was cleaned, blank or doubtful is added.
    column_name : str

    Returns
    -------
    list of str
        In the order of `samples`.
    """
    written = [cell_text(cell) for cell in stated]
    patients = ["" if names_nobody(word) else canonical_patient(word) for word in written]
    notes += _notes_on_cells(written, patients, column_name)
    notes += _warnings_of_ids([patient for patient in patients if patient], column_name)
    return [patient or sample for patient, sample in zip(patients, samples, strict=True)]


def _notes_on_cells(written: list[str], patients: list[str], column: str) -> list[str]:
    """What blank cells and other spellings of one id were taken for."""
    notes = []
    known = [patient for patient in patients if patient]
    if n_blank := len(patients) - len(known):
        words = {
            cleaned(w) for w, patient in zip(written, patients, strict=True) if not patient
        }
        called = f" ({few(sorted(words - {''}))})" if words - {""} else ""
        own = "counts as its" if n_blank == 1 else "count as their"
        blank = f"{counted(n_blank, 'sample')} with a blank {column}{called} {own} own patient"
        # Where others have several samples, the blank ones may be of one patient too.
        repeated = len(set(known)) < len(known)
        while_others = f"{WARNING}{blank}, while others have several samples."
        notes.append(while_others if repeated else f"{blank}.")
    spellings: dict[str, list[str]] = {}
    for word, patient in dict(zip(written, patients, strict=True)).items():
        spellings.setdefault(patient, []).append(word)
    further = [
        repr(word) for patient, words in spellings.items() if patient for word in words[1:]
    ]
    if further:
        was = "was" if len(further) == 1 else "were"
        notes.append(
            f"{counted(len(further), 'further spelling')} of ids in {column} ({few(further)}) "
            f"{was} taken for the same patient."
        )
    return notes


def _warnings_of_ids(patients: list[str], column: str) -> list[str]:
    """What makes it doubtful that every id is one person."""
    warnings = []
    times = Counter(patients)
    if alike := differing_in_spelling(times):
        warnings.append(
            f"Warning: ids in {column} that differ in case, punctuation or leading zeros alone "
            f"({few(alike)}) were taken for different patients."
        )
    rounded = [patient for patient in times if _ROUNDED.fullmatch(patient)]
    lost = [patient for patient in times if _SHORTENED.fullmatch(patient)]
    if 2 * len(rounded) > len(times):
        lost += rounded
    if lost:
        warnings.append(
            f"Warning: {counted(len(lost), 'id')} in {column} ({few(lost)}) "
            f"{'seems' if len(lost) == 1 else 'seem'} to have lost digits in a spreadsheet, so "
            "that several patients may be one: save the column as text."
        )
    (most, n_most), (_, n_next) = [*times.most_common(2), ("", 0), ("", 0)][:2]
    if (
        most not in lost
        and n_most >= _MANY_SAMPLES_OF_ONE
        and n_most > _TIMES_THE_NEXT * n_next
    ):
        warnings.append(
            f"Warning: {most} in {column} has {n_most:,} of {len(patients):,} samples, and no "
            f"other id more than {n_next:,}: if it stands for people who are not known, leave "
            "its cells blank."
        )
    return warnings


def refuse_other_patients(samples: Iterable[object], stated: pd.Series, where: str) -> None:
    """Refuse a column that names another patient than the barcode of a sample does.

    Raises
    ------
    DeepCMEError
        Naming the first such sample.
    """
    for sample, cell in zip(samples, stated, strict=True):
        of_sample = read_barcode(str(sample))
        of_table = of_sample and read_barcode(canonical_patient(cell_text(cell)))
        if of_sample and of_table and of_sample.patient != of_table.patient:
            raise DeepCMEError(
                f"{where}: {sample} is stated to be of {cell}, another patient than its "
                f"barcode names: mend the column {stated.name!r}."
            )
