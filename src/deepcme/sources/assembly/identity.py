"""Whose samples they are: what their ids tell, and what a table states instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few, quoted
from deepcme.cohort.barcodes import (
    barcode_annotation,
    canonical_id,
    canonical_patient,
    holds_barcode,
    name_repeated_by_r,
    pairs_of_one_sample,
    read_barcode,
)
from deepcme.cohort.people import cell_text, names_nobody
from deepcme.cohort.tissues.tissues import UNKNOWN, canonical_tissue
from deepcme.sources.assembly.patient_ids import patients_of, refuse_other_patients
from deepcme.sources.assembly.patients import may_name_people, not_people_note
from deepcme.sources.assembly.tissue_columns import spelled_out, unread_notes
from deepcme.sources.reading.headers import asked_column, name_in_its_file


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
    by_r = [barcode is not None and barcode.repeats for barcode in map(read_barcode, samples)]
    seen = {canonical_id(s) for s, repeats in zip(samples, by_r, strict=True) if not repeats}
    keep = np.ones(len(samples), dtype=bool)
    for position in np.flatnonzero(by_r):
        keep[position] = canonical_id(samples[position]) not in seen
        seen.add(canonical_id(samples[position]))
    kept = [samples[position] for position in np.flatnonzero(keep)]
    for first, second in pairs_of_one_sample(kept):
        raise DeepCMEError(
            f"The samples {kept[first]} and {kept[second]} are one sample by their ids: leave "
            "one of them out of the expression, or give it an id of its own."
        )
    notes.extend(_notes_on_repeats(annotation, keep))
    return keep


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
    """Count and name the sample ids that are not of the programme that most are of.

    An id that only holds a barcode is warned about: its patient would be known.
    """
    samples = annotation.index
    program = barcode_annotation(samples)["program"].to_numpy()
    counts = Counter(name for name in program if name is not None)
    unread = annotation[[name is None for name in program]]
    own = unread.index[(unread["patient"] == unread.index).to_numpy(dtype=bool)]
    holding = [sample for sample in own if holds_barcode(sample)]
    warnings = _warnings_of_hidden_barcodes(holding, len(samples))
    if not counts:
        return warnings
    (most, _), *others = counts.most_common()
    notes = [
        f"{n:,} of {len(samples):,} sample ids {_be(n)} of {name} "
        f"({few(samples[program == name])}) and not of {most}: each was read by itself."
        for name, n in others
    ]
    odd = unread.drop(index=holding)
    if len(odd):
        unsaid = (odd["patient"] == odd.index) & (odd["tissue"] == UNKNOWN)
        fate = (
            "each is its own patient, of unknown tissue"
            if unsaid.all()
            else "patient and tissue are what the tables say, or else its own and unknown"
        )
        notes.append(
            f"{len(odd):,} of {len(samples):,} sample ids {_be(len(odd))} no "
            f"barcode{'s' if len(odd) > 1 else ''} of {most} ({few(odd.index)}): {fate}."
        )
    return [*warnings, *notes]


def _warnings_of_hidden_barcodes(samples: Sequence[str], n_all: int) -> list[str]:
    if not samples:
        return []
    one = len(samples) == 1
    return [
        f"Warning: {len(samples):,} of {n_all:,} sample ids hold{'s' if one else ''} a barcode "
        f"among other letters ({few(samples)}) and {'was' if one else 'were'} not read as one: "
        "each is its own patient. Call the samples by their barcodes alone, or give --patient."
    ]


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
        If a barcode and the table name two patients.
    """
    refuse_other_patients(stated.index, stated, where)
    unread = annotation.index.map(lambda sample: read_barcode(str(sample)) is None).to_numpy()
    own = annotation["patient"] == annotation.index
    known = annotation["patient"][unread & ~own & stated.notna()]
    notes += _warnings_of_other_patients(known, stated[known.index], where)
    open_to_say = unread & own & stated.notna()
    told = stated[open_to_say]
    if not may_name_people(told):
        notes.append(not_people_note(told, where))
        return annotation
    annotation = annotation.copy()
    annotation.loc[open_to_say, "patient"] = patients_of(
        [str(sample) for sample in told.index], told, notes, str(stated.name)
    )
    return annotation


def _warnings_of_other_patients(known: pd.Series, stated: pd.Series, where: str) -> list[str]:
    """Where a table puts samples together otherwise than was known; names may differ."""
    said = [not names_nobody(cell_text(cell)) for cell in stated]
    known, stated = known[said], stated[said]
    named = stated.map(lambda cell: canonical_patient(cell_text(cell)))
    pairs = pd.DataFrame({"known": known.astype(str), "named": named}).drop_duplicates()
    if not may_name_people(stated) or len(pairs) == known.nunique() == named.nunique():
        return []
    examples = [f"{one.known} is {one.named}" for one in pairs.itertuples()]
    return [
        f"Warning: {where}: {stated.name!r} does not put the same samples together as the "
        f"patients that were known before ({few(examples)}); those were kept: give --patient "
        f"{quoted(str(stated.name))} if the table is right."
    ]


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
            f"Warning: {where} states another tissue than was known of "
            f"{counted(int(differing.sum()), 'sample')} ({few(examples)}); what it states was "
            "taken."
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
