"""Which column names the patient."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from deepcme.base.words import cleaned, counted, few, quoted
from deepcme.cohort.barcodes import read_barcode
from deepcme.cohort.people import cell_text, names_nobody
from deepcme.sources.assembly.patient_ids import patients_of, refuse_other_patients
from deepcme.sources.reading.headers import (
    asked_column,
    name_in_its_file,
    spelled_as,
    without_origin,
)

PATIENT_NAMES = (
    "bcr_patient_barcode",  # before patient_id, which in Biotab is only its last part
    *("patient_id", "patient_identifier", "patient_number", "patient_no", "patient_nr"),
    *("patient_code", "patient_barcode", "patient_name", "patient_label"),
    *("unique_patient_identifier", "unique_patient_id", "patient"),
    *("pat_id", "pat_no", "pt_id", "pt_no", "medical_record_number", "mrn"),
    *("cases.submitter_id", "case_submitter_id"),
    "submitter_id",  # before case_id, which of the GDC is a UUID
    *("subject_id", "subject_identifier", "subject_number", "subject_no", "subject_code"),
    *("subject", "donor_id", "donor_identifier", "donor_number", "donor"),
    *("individual_id", "individual_identifier", "individual"),
    *("participant_id", "participant", "person_id", "person"),
    *("case_id", "case_number", "case"),
)
"""Columns that name the patient, in any spelling; the first that is there is taken."""

_PERSON = re.compile("patient|subject|donor|individual|participant|person|case")
# A "patient age" is called so as well, and several are of one age.
_NUMBER_OF_PERSON = re.compile(
    r"(patient|subject|donor|individual|participant|person|case"
    r"|id|no|nr|number|code|identifier|label)\W*$"
)
_MAY_NUMBER_PEOPLE = re.compile(
    r"(^|[\W_])((pat|pt|hospital|research|anonymi[sz]ed|host|animal|biosource|pair|tumou?r)[\W_]*"
    r"(id|no|nr|number|code|identifier|label)|pair)\W*$"
)
_NO_PERSON = re.compile(
    r"cases?|controls?|yes|no|true|false|healthy|normal|tumou?r|cancer|patients?|donor"
    r"|(fe)?male|human|(stage|grade|group|class|type|cluster|arm)\W*\w+"
)
_OWN_COLUMNS = ("patient", "tissue", "batch")
_NO_CANDIDATES = (*_OWN_COLUMNS, "platform_id")
_FEWEST_PEOPLE = 3
_MOST_SAMPLES_OF_ONE = 10
_FEW_SAMPLES = 4


def patient_column(columns: Iterable[object]) -> str | None:
    """The column that names the patient: the first of `PATIENT_NAMES` that is there."""
    return next(iter(spelled_as(columns, PATIENT_NAMES)), None)


def people_column(table: pd.DataFrame, where: str, notes: list[str]) -> str | None:
    """The first column called like the patient's that holds people; others are said."""
    columns = [str(name) for name in table.columns]
    while (found := patient_column(columns)) is not None:
        if may_name_people(table[found]):
            return found
        notes.append(not_people_note(table[found], where))
        columns.remove(found)
    return None


def may_name_people(values: pd.Series) -> bool:
    """Whether a column called like the patient's holds people, not ``case`` and ``control``.

    Where its name does not speak of ids, as ``patient id`` does and ``donor`` does not,
    its values must be many, and more of them if they are words such as subtypes.
    """
    words = [cleaned(str(value)).lower() for value in values.dropna()]
    known = [word for word in words if not names_nobody(word)]
    n_no_person = sum(_NO_PERSON.fullmatch(word) is not None for word in known)
    if 2 * n_no_person > len(known):
        return False
    name, people = without_origin(str(values.name)).lower().strip(), set(known)
    if not _PERSON.fullmatch(name) or not known:
        return True
    if not _are_numbered(people):
        return len(known) <= _FEW_SAMPLES * len(people)
    enough = "patient" in name and len(people) >= _FEWEST_PEOPLE
    return enough or len(known) <= _MOST_SAMPLES_OF_ONE * len(people)


def _are_numbered(ids: set[str]) -> bool:
    """Whether ids differ in their numbers or one letter, as ``P1`` and ``P2`` do."""
    forms = {"a" if len(word) == 1 else re.sub(r"\d+", "0", word) for word in ids}
    return len(forms) == 1 and all(form == "a" or "0" in form for form in forms)


def not_people_note(values: pd.Series, where: str) -> str:
    """Why a column called like the patient's was not taken, and how it can be."""
    name = str(values.name)
    return (
        f"{where}: the column {name!r} has {values.nunique():,} values for {len(values):,} "
        f"samples and was not taken for the patients; give --patient {quoted(name)} if it is."
    )


def with_stated_patient(
    annotation: pd.DataFrame, column: str, notes: list[str]
) -> pd.DataFrame:
    """Take the patients from a column that the user names; it goes before all else.

    Parameters
    ----------
    annotation : DataFrame
        One row per sample: ``patient``, and the column among the others.
    column : str
        Such as ``donor id``, in any spelling.
    notes : list of str

    Raises
    ------
    DeepCMEError
        If there is no such column, or it names another patient than a barcode.
    """
    others = [name for name in map(str, annotation.columns) if name not in _OWN_COLUMNS]
    found = asked_column(others, column, "The samples' columns")
    return with_patients_named(annotation, annotation[found], "--patient", notes)


def with_patients_named(
    annotation: pd.DataFrame, stated: pd.Series, where: str, notes: list[str]
) -> pd.DataFrame:
    """Take the patients from a column before all else, and where it is blank as known.

    A cell may hold the end of a barcode's patient. A blank one is of the patient that
    the column names for another sample of the same known patient.

    Parameters
    ----------
    annotation, stated, where, notes
        As of `deepcme.sources.assembly.identity.with_patients_stated`.

    Raises
    ------
    DeepCMEError
        If it names another patient than a barcode.
    """
    refuse_other_patients(annotation.index, stated, where)
    known = annotation["patient"].astype(str)
    cells = pd.Series(
        [cell_text(cell) for cell in stated], index=annotation.index, dtype=object
    )
    ends = [
        patient.upper().endswith(f"-{cleaned(cell).upper()}")
        for cell, patient in zip(cells, known, strict=True)
    ]
    cells = cells.mask(np.array(ends, dtype=bool), known)
    blank = cells.map(names_nobody)
    of_another = cells.mask(blank).groupby(known.to_numpy()).transform("first")
    cells = cells.mask(blank & of_another.notna(), of_another)
    named = annotation.assign(
        patient=patients_of(known.tolist(), cells, notes, str(stated.name))
    )
    notes += _warnings_of_split_barcodes(named, known, str(stated.name))
    return named


def _warnings_of_split_barcodes(
    named: pd.DataFrame, known: pd.Series, column: str
) -> list[str]:
    by_barcode = [read_barcode(str(sample)) is not None for sample in named.index]
    n_named = named["patient"][by_barcode].groupby(known[by_barcode].to_numpy()).nunique()
    split = n_named.index[n_named > 1]
    if split.empty:
        return []
    return [
        f"Warning: {counted(len(split), 'patient')} by the barcodes of the samples "
        f"({few(split)}) {'has' if len(split) == 1 else 'have'} several names in {column}: "
        "each name was taken for a patient."
    ]


def propose_patient_column(annotation: pd.DataFrame) -> str | None:
    """A note on a column that may name the patient, where every sample is its own.

    Parameters
    ----------
    annotation : DataFrame
        Indexed by sample: ``patient``, and other columns.
    """
    if not (annotation["patient"] == annotation.index).all():
        return None
    for name in annotation.columns.drop(list(_NO_CANDIDATES), errors="ignore"):
        values = annotation[name].dropna().astype(str).map(cleaned)
        if _repeats_people(values, str(name)):
            given = name_in_its_file(str(name))
            return (
                f"The column {given!r} has {values.nunique():,} values for "
                f"{len(values):,} samples and may name the patient: give it with "
                f"--patient {quoted(given)}."
            )
    return None


def _repeats_people(values: pd.Series, name: str) -> bool:
    """Whether values recur as people do: a few times each, and are called or look so."""
    times = values.value_counts()
    if not _FEWEST_PEOPLE <= len(times) < len(values) or not may_name_people(values):
        return False
    if len(values) > _MOST_SAMPLES_OF_ONE * len(times):
        return False
    if _MAY_NUMBER_PEOPLE.search(name.lower()):
        return True
    if _PERSON.search(name.lower()):
        are_numbers = values.str.fullmatch(r"[\d.]+").all()
        return bool(not are_numbers or _NUMBER_OF_PERSON.search(name.lower()))
    look_so = values.str.fullmatch(r"(?=.*[A-Za-z])(?=.*\d)[\w.#-]+").all()
    few_each = (times <= _FEW_SAMPLES).mean() > 0.9
    return bool(look_so and few_each and (times > 1).mean() >= 0.5)
