"""Which column names the patient, and which of its values are one person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from deepcme.barcodes import canonical_patient
from deepcme.errors import DeepCMEError
from deepcme.sources.headers import name_in_its_file, plain_name
from deepcme.words import cleaned, differing_in_case, few, quoted, says_nothing

PATIENT_NAMES = (
    "bcr_patient_barcode",  # before patient_id, which in Biotab is only its last part
    "patient_id",
    "patient_identifier",
    "patient_number",
    "patient_no",
    "patient_nr",
    "patient_code",
    "patient_barcode",
    "patient_name",
    "patient",
    "cases.submitter_id",
    "case_submitter_id",
    "submitter_id",  # before case_id, which of the GDC is a UUID
    "subject_id",
    "subject_identifier",
    "subject_number",
    "subject_no",
    "subject_code",
    "subject",
    "donor_id",
    "donor_identifier",
    "donor_number",
    "donor",
    "individual_id",
    "individual_identifier",
    "individual",
    "participant_id",
    "participant",
    "person_id",
    "person",
    "case_id",
    "case_number",
    "case",
)
"""Columns that name the patient, in any spelling; the first that is there is taken."""

_PERSON = re.compile("patient|subject|donor|individual|participant|person|case")
# A "patient age" is called so as well, and several are of one age.
_NUMBER_OF_PERSON = re.compile(
    r"(patient|subject|donor|individual|participant|person|case|id|no|nr|number|code)\W*$"
)
_NO_PERSON = re.compile(
    r"cases?|controls?|yes|no|true|false|healthy|normal|tumou?r|cancer|patients?|donor"
    r"|(fe)?male|human"
)
_NO_CANDIDATES = ("patient", "tissue", "batch", "platform_id")
_FEWEST_PEOPLE = 3
_MOST_SAMPLES_OF_ONE = 10
_FEW_SAMPLES = 4


def patient_column(columns: Iterable[object], asked: str | None, where: str) -> str | None:
    """The column that names the patient: the one asked for, or one of `PATIENT_NAMES`.

    Raises
    ------
    DeepCMEError
        If the column asked for is not there.
    """
    names = [str(column) for column in columns]
    if asked is not None:
        return asked_column(names, asked, where)
    plain = {plain_name(name): name for name in reversed(names)}
    return next((plain[key] for key in map(plain_name, PATIENT_NAMES) if key in plain), None)


def asked_column(names: list[str], asked: str, where: str) -> str:
    """The column that is asked for, in its own spelling or the only other one.

    Raises
    ------
    DeepCMEError
        If it is not there.
    """
    if asked in names:
        return asked
    alike = [name for name in names if plain_name(name) == plain_name(asked)]
    if len(alike) != 1:
        raise DeepCMEError(f"{where}: there is no column {asked!r}; it has {few(names, 12)}.")
    return alike[0]


def may_name_people(values: pd.Series) -> bool:
    """Whether a column called like the patient's holds people, not ``case`` and ``control``.

    Where nothing but its name says so, as of ``donor``, its values must be many.
    """
    words = [cleaned(str(value)).lower() for value in values.dropna()]
    known = [word for word in words if not says_nothing(word)]
    n_no_person = sum(_NO_PERSON.fullmatch(word) is not None for word in known)
    if 2 * n_no_person > len(known):
        return False
    name = str(values.name).lower()
    says_ids = "patient" in name or not _PERSON.fullmatch(name.strip())
    return says_ids or len(known) <= _MOST_SAMPLES_OF_ONE * len(set(known))


def not_people_note(values: pd.Series, where: str) -> str:
    """Why a column called like the patient's was not taken, and how it can be."""
    name = str(values.name)
    return (
        f"{where}: the column {name!r} has {values.nunique():,} values for {len(values):,} "
        f"samples and was not taken for the patients; give --patient {quoted(name)} if it is."
    )


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
    written = _as_text(stated)
    patients = ["" if says_nothing(word) else canonical_patient(word) for word in written]
    blank = patients.count("")
    if blank:
        notes.append(
            f"{blank:,} samples with a blank {column_name} count as their own patient."
        )
    known = {word: patient for word, patient in zip(written, patients, strict=True) if patient}
    n_joined = len(known) - len(set(known.values()))
    if n_joined:
        notes.append(
            f"{n_joined:,} spellings in {column_name} that differ by spaces or punctuation "
            "alone were taken for the same patient."
        )
    alike = differing_in_case(known.values())
    if alike:
        notes.append(
            f"Warning: ids in {column_name} that differ in case alone ({few(alike)}) were "
            "taken for different patients."
        )
    return [patient or sample for patient, sample in zip(patients, samples, strict=True)]


def _as_text(stated: pd.Series) -> list[str]:
    """Cells as text; whole numbers that a missing cell made decimal are whole again."""
    if pd.api.types.is_float_dtype(stated) and (stated.dropna() % 1 == 0).all():
        stated = stated.astype("Int64")
    return ["" if pd.isna(value) else str(value) for value in stated]


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
        If there is no such column.
    """
    others = [name for name in map(str, annotation.columns) if name not in ("tissue", "batch")]
    found = asked_column(others, column, "The samples' columns")
    stated = annotation[found]
    part_of_known = [
        not pd.isna(value) and str(patient).upper().endswith(f"-{cleaned(str(value)).upper()}")
        for value, patient in zip(stated, annotation["patient"], strict=True)
    ]
    stated = stated.mask(np.array(part_of_known, dtype=bool), annotation["patient"])
    otherwise = annotation["patient"].astype(str).tolist()
    return annotation.assign(patient=patients_of(otherwise, stated, notes, found))


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
        values = annotation[name].dropna().astype(str)
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
    if _PERSON.search(name.lower()):
        are_numbers = values.str.fullmatch(r"[\d.]+").all()
        return bool(not are_numbers or _NUMBER_OF_PERSON.search(name.lower()))
    look_so = values.str.fullmatch(r"(?=.*[A-Za-z])(?=.*\d)[\w.#-]+").all()
    few_each = (times <= _FEW_SAMPLES).mean() > 0.9
    return bool(look_so and few_each and (times > 1).mean() >= 0.5)
