"""Whose samples they are: what their ids tell, and what a table states instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.barcodes import (
    barcode_annotation,
    canonical_id,
    name_repeated_by_r,
    read_barcode,
)
from deepcme.errors import DeepCMEError
from deepcme.sources.headers import name_in_its_file
from deepcme.sources.patients import (
    asked_column,
    may_name_people,
    not_people_note,
    patients_of,
)
from deepcme.sources.tissue_columns import spelled_out, unread_notes
from deepcme.tissues import UNKNOWN, canonical_tissue
from deepcme.words import counted, few


def annotate(samples: Sequence[str]) -> pd.DataFrame:
    """Patient, tissue and batch of samples, as far as each id by itself tells.

    Barcodes of TCGA, TARGET and HCMI tell all, those of CPTAC and GTEx the patient;
    the batch is the plate. Any other sample is its own patient, of unknown tissue.

    Returns
    -------
    DataFrame
        Indexed by sample: ``patient``, ``tissue``, ``batch``, and where some id is
        TCGA's, ``tissue_source_site`` and ``plate``.
    """
    annotation = barcode_annotation(samples).drop(columns="program")
    annotation["batch"] = annotation["plate"].fillna(UNKNOWN)
    if annotation["tissue_source_site"].isna().all():
        return annotation[["patient", "tissue", "batch"]]
    return annotation


def keep_once(annotation: pd.DataFrame, notes: list[str]) -> NDArray[np.bool_]:
    """Which samples to keep, so that none is there twice under another name.

    ``X.1`` beside ``X``, as R calls a second column ``X``, is left out where ``X`` is
    a barcode; of other ids it is only warned about, since ``S1.1`` may be a sample.

    Parameters
    ----------
    annotation : DataFrame
        Indexed by sample, with ``patient``.
    notes : list of str
        What was left out is added.

    Raises
    ------
    DeepCMEError
        If two ids are one sample, spelled alike or one the beginning of the other,
        as ``-01`` is of ``-01A``; both are named.
    """
    samples = [str(sample) for sample in annotation.index]
    barcodes = [read_barcode(sample) for sample in samples]
    by_r = [barcode is not None and barcode.repeats for barcode in barcodes]
    first: dict[str, str] = {}
    keep = np.ones(len(samples), dtype=bool)
    for position in np.argsort(by_r, kind="stable"):
        sample = samples[position]
        seen = first.setdefault(canonical_id(sample), sample)
        if seen is not sample and by_r[position]:
            keep[position] = False
        elif seen is not sample:
            _refuse_two_names(seen, sample)
    for sample, barcode in zip(samples, barcodes, strict=True):
        for shorter in () if barcode is None else barcode.levels[1:-1]:
            if shorter in first:
                _refuse_two_names(first[shorter], sample)
    notes.extend(_notes_on_repeats(annotation, keep))
    return keep


def _refuse_two_names(first: str, second: str) -> None:
    raise DeepCMEError(
        f"The samples {first} and {second} are one sample by their ids: leave one of them "
        "out of the expression, or give it an id of its own."
    )


def _notes_on_repeats(annotation: pd.DataFrame, keep: NDArray[np.bool_]) -> list[str]:
    notes = []
    if not keep.all():
        left_out = annotation.index[~keep]
        notes.append(
            f"Warning: {counted(len(left_out), 'sample')} ({few(left_out)}) left out: the name "
            "is the one that R gives a second column of a sample that is there."
        )
    patient = annotation["patient"].to_dict()
    doubtful = []
    for sample in annotation.index[keep]:
        name = name_repeated_by_r(sample)
        if name in patient and patient[sample] != patient[name]:
            doubtful.append(sample)
    if doubtful:
        notes.append(
            f"Warning: {counted(len(doubtful), 'sample')} ({few(doubtful)}) called as R calls "
            "a second column of another sample; kept, as of another patient: leave out what "
            "is the same sample again."
        )
    return notes


def notes_on_ids(annotation: pd.DataFrame) -> list[str]:
    """Count and name the sample ids that are not of the programme that most are of."""
    samples = annotation.index
    program = barcode_annotation(samples)["program"].to_numpy()
    counts = Counter(name for name in program if name is not None)
    if not counts:
        return []
    (most, _), *others = counts.most_common()
    notes = [
        f"{n:,} of {len(samples):,} sample ids {_be(n)} of {name} "
        f"({few(samples[program == name])}) and not of {most}: each was read by itself."
        for name, n in others
    ]
    odd = annotation[[name is None for name in program]]
    if len(odd):
        unsaid = (odd["patient"] == odd.index) & (odd["tissue"] == UNKNOWN)
        fate = (
            "each is its own patient, of unknown tissue"
            if unsaid.all()
            else "patient and tissue are what the tables say, or else its own and unknown"
        )
        notes.append(
            f"{len(odd):,} of {len(samples):,} sample ids {_be(len(odd))} no barcodes of "
            f"{most} ({few(odd.index)}): {fate}."
        )
    return notes


def _be(n: int) -> str:
    return "is" if n == 1 else "are"


def with_patients_stated(
    annotation: pd.DataFrame, stated: pd.Series, where: str, notes: list[str]
) -> pd.DataFrame:
    """Take patients from a table, for samples whose ids do not tell them.

    A barcode holds its patient in full: a table may shorten or respell it, as Biotab's
    ``patient_id`` does, but must not name another one.

    Parameters
    ----------
    annotation : DataFrame
        Indexed by sample, with ``patient``.
    stated : Series
        What the table states, indexed alike, missing where it is silent; its name is
        that of the column.
    where : str
        Name of the file, for messages.
    notes : list of str

    Raises
    ------
    DeepCMEError
        If a barcode and the table name two patients of one programme.
    """
    for sample, word in stated[stated.notna()].items():
        of_sample, of_table = read_barcode(str(sample)), read_barcode(str(word))
        if of_sample and of_table and of_sample.patient != of_table.patient:
            raise DeepCMEError(
                f"{where}: {sample} is stated to be of {word}, another patient than its "
                f"barcode names: mend the column {stated.name!r}."
            )
    unread = annotation.index.map(lambda sample: read_barcode(str(sample)) is None).to_numpy()
    open_to_say = unread & (annotation["patient"] == annotation.index) & stated.notna()
    told = stated[open_to_say]
    if not may_name_people(told):
        notes.append(not_people_note(told, where))
        return annotation
    annotation = annotation.copy()
    annotation.loc[open_to_say, "patient"] = patients_of(
        [str(sample) for sample in told.index], told, notes, str(stated.name)
    )
    return annotation


def with_tissues_stated(
    annotation: pd.DataFrame,
    stated: pd.Series,
    where: str,
    notes: list[str],
    *,
    asked: bool = False,
) -> pd.DataFrame:
    """Take tissues from a table where it says one; it goes before the barcode.

    Parameters
    ----------
    annotation : DataFrame
        Indexed by sample, with ``tissue``.
    stated : Series
        Words of the table, indexed alike, missing where it is silent.
    where : str
        Name of the file or column, for notes.
    notes : list of str
        Says where the table and the barcodes disagree, and which words name no tissue.
    asked : bool
        Whether the user says that the column states the tissue.
    """
    words = spelled_out(stated)
    tissue = words.map(canonical_tissue)
    known = tissue != UNKNOWN
    before = annotation["tissue"]
    differing = known & (before != UNKNOWN) & (before != tissue)
    if differing.any():
        examples = [f"{sample}: {tissue[sample]}" for sample in tissue.index[differing]]
        notes.append(
            f"{where} states another tissue than was known of {int(differing.sum()):,} "
            f"samples ({few(examples)}); what it states was taken."
        )
    unread = words[~known & (before == UNKNOWN)]
    notes += unread_notes(unread, where, in_doubt=asked or bool(known.any()))
    return annotation.assign(tissue=before.mask(known, tissue))


def with_stated_tissue(annotation: pd.DataFrame, column: str, notes: list[str]) -> pd.DataFrame:
    """Take the tissue from a column that the user names; it goes before all else.

    Parameters
    ----------
    annotation : DataFrame
        One row per sample: ``patient``, ``tissue``, ``batch``, and the column among the
        others, where ``tissue (x)`` is the one that x calls ``tissue``.
    column : str
        Such as ``sample group``, in any spelling.
    notes : list of str

    Raises
    ------
    DeepCMEError
        If there is no such column.
    """
    others = [str(name) for name in annotation.columns.drop(["patient", "tissue", "batch"])]
    alike = [name for name in others if name_in_its_file(name) == column]
    asked = alike[0] if column not in others and len(alike) == 1 else column
    found = asked_column(others, asked, "The samples' columns")
    where = f"The column {found!r}"
    return with_tissues_stated(annotation, annotation[found], where, notes, asked=True)
