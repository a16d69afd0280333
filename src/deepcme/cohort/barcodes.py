"""Sample ids of public programmes, each taken apart by itself and here only.

Sources: NCI GDC Encyclopedia, "TCGA Barcode"; the GDC's table of sample type codes,
which TARGET and HCMI share; GTEx, "Sample identifiers".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from deepcme.base.words import cleaned
from deepcme.cohort.tissues.tissues import TISSUE_OF_SAMPLE_TYPE, UNKNOWN

_SAMPLE_AND_ALIQUOT = (
    r"(-(?P<sample_type>\d{2})(?P<vial>[A-Z])?"
    r"(-(?P<portion>\d{2})(?P<analyte>[A-Z])?"
    r"(-(?P<plate>[A-Z0-9]{4})(-(?P<center>\d{2}))?)?)?)?"
)
_FORMS = {
    "TCGA": re.compile(
        r"(?P<patient>TCGA-(?P<tissue_source_site>[A-Z0-9]{2})-[A-Z0-9]{4})"
        + _SAMPLE_AND_ALIQUOT
    ),
    # A word such as EOI1 or SORTED may stand between TARGET's patient and sample.
    "TARGET": re.compile(
        r"(?P<patient>TARGET-\d{2}-[A-Z0-9]{5,8})(-[A-Z][A-Z0-9]*)?" + _SAMPLE_AND_ALIQUOT
    ),
    "HCMI": re.compile(r"(?P<patient>HCM-[A-Z]{4}-\d{4}-[A-Z]\d{2})" + _SAMPLE_AND_ALIQUOT),
    # CPTAC numbers a patient's samples, normals included: the number tells no tissue.
    "CPTAC": re.compile(r"(?P<patient>C3[LN]-\d{5})(-(\d{2}|[A-Z][A-Z0-9]{0,3}))*"),
    "GTEx": re.compile(
        r"(?P<patient>GTEX-[A-Z0-9]{4,5})(-\d{4}(-R\d+[A-Z]?)?(-SM-[A-Z0-9]{5})?)?"
    ),
}
_ENDS = ("patient", "sample_type", "vial", "portion", "analyte", "plate", "center")
_POOLED = ", "
_SEVERAL = re.compile(r"[,;|]|//+")
_TO_DASH = re.compile(r"[_\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
# R's make.unique calls a second column named X X.1.
_NAMED_BY_R = re.compile(r"(?P<name>.+)\.[1-9]\d*")


@dataclass(frozen=True)
class Barcode:
    """The parts of a barcode; parts that it does not reach or have are None.

    ``patient`` is ``TCGA-02-0001``, ``text`` is the whole barcode in capitals and
    with dashes. ``levels`` are its beginnings that are barcodes themselves, from the
    patient to the whole, such as ``TCGA-02-0001``, ``-01``, ``-01C`` and ``-01C-01D``.
    ``repeats`` says whether R named a repeated column so.
    """

    text: str
    program: str
    patient: str
    levels: tuple[str, ...]
    repeats: bool
    tissue_source_site: str | None = None
    sample_type: str | None = None
    vial: str | None = None
    portion: str | None = None
    analyte: str | None = None
    plate: str | None = None
    center: str | None = None

    @property
    def sample(self) -> str | None:
        """The barcode up to sample type and vial, such as ``TCGA-02-0001-01C``."""
        end = f"-{self.sample_type}{self.vial or ''}"
        return next((level for level in self.levels if level.endswith(end)), None)

    @property
    def tissue(self) -> str:
        """One of `deepcme.cohort.tissues.tissues.TISSUES`."""
        if self.program == "GTEx":
            return "normal"
        return TISSUE_OF_SAMPLE_TYPE.get(self.sample_type or "", UNKNOWN)


@lru_cache(maxsize=1 << 16)
def read_barcode(text: str) -> Barcode | None:
    """Take an id of TCGA, TARGET, HCMI, CPTAC or GTEx apart; None for any other id.

    Barcodes may be of any length and in any case, with R's dots, underscores or other
    dashes for dashes, and with the ``.1`` that R adds to a repeated name. A sample
    pooled of several of one patient, ``C3L-00000-01, C3L-00000-02``, says what they
    have in common.
    """
    spelled = _TO_DASH.sub("-", cleaned(text).upper())
    named_by_r = _NAMED_BY_R.fullmatch(spelled)
    if named_by_r is None:
        return _parsed(spelled, repeats=False)
    if "-" in named_by_r["name"]:  # R turns all dashes into dots, so that this dot is its own
        return _parsed(named_by_r["name"], repeats=True)
    return _parsed(spelled, repeats=False) or _parsed(named_by_r["name"], repeats=True)


def _parsed(spelled: str, *, repeats: bool) -> Barcode | None:
    text = spelled.replace(".", "-")
    if _POOLED in text:
        return _parsed_pool(text)
    for program, form in _FORMS.items():
        match = form.fullmatch(text)
        if match is not None:
            ends = {match.end(part) for part in _ENDS if (match.groupdict().get(part))}
            return Barcode(
                text=text,
                program=program,
                levels=tuple(text[:end] for end in sorted(ends | {len(text)})),
                repeats=repeats,
                **match.groupdict(),
            )
    return None


def _parsed_pool(text: str) -> Barcode | None:
    """Several samples of one patient that were pooled: what all of them say."""
    barcodes = [read_barcode(part) for part in text.split(_POOLED)]
    first = barcodes[0]
    if first is None or any(b is None or b.patient != first.patient for b in barcodes):
        return None
    types = {barcode.sample_type for barcode in barcodes if barcode is not None}
    return Barcode(
        text=text,
        program=first.program,
        patient=first.patient,
        levels=(first.patient, text),
        repeats=False,
        tissue_source_site=first.tissue_source_site,
        sample_type=first.sample_type if len(types) == 1 else None,
    )


def holds_barcode(text: str) -> bool:
    """Whether a barcode stands within an id, as in ``tpm_TCGA-02-0001-01C.bam``."""
    spelled = _TO_DASH.sub("-", cleaned(text).upper()).replace(".", "-")
    return any(form.search(spelled) for form in _FORMS.values())


def pairs_of_one_sample(samples: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Positions of two ids that are one sample, the earlier or shorter one first.

    They are spelled alike, or one is the beginning of the other, as ``-01`` is of
    ``-01A``; the patient's part alone is no sample.
    """
    first: dict[str, int] = {}
    for position, sample in enumerate(samples):
        seen = first.setdefault(canonical_id(sample), position)
        if seen != position:
            yield seen, position
    for position, sample in enumerate(samples):
        barcode = read_barcode(sample)
        for shorter in () if barcode is None else barcode.levels[1:-1]:
            if shorter in first:
                yield first[shorter], position


def canonical_id(text: str) -> str:
    """One spelling of a sample id: of barcodes capitals and dashes; others as they are."""
    barcode = read_barcode(text)
    return cleaned(text) if barcode is None else barcode.text


def canonical_patient(text: str) -> str:
    """One spelling of a patient id; of a barcode of any length, the patient's part.

    Of a cell that repeats one patient, as ``P1; P1`` does, it is that one.
    """
    parts = {_patient_of(part) for part in _SEVERAL.split(text) if cleaned(part)}
    return parts.pop() if len(parts) == 1 else _patient_of(text)


def _patient_of(text: str) -> str:
    barcode = read_barcode(text)
    return cleaned(text) if barcode is None else barcode.patient


def name_repeated_by_r(text: str) -> str | None:
    """The name that R's make.unique would have made this one of; None if it cannot be."""
    match = _NAMED_BY_R.fullmatch(text)
    return None if match is None else match["name"]


def barcode_annotation(samples: Iterable[str]) -> pd.DataFrame:
    """What ids say about samples, one row each, in the order given.

    Returns
    -------
    DataFrame
        Indexed by the samples as given: ``program``, ``patient``, ``tissue``,
        ``tissue_source_site`` and ``plate``, None where the id does not tell. A
        sample whose id is of no programme is its own patient, of unknown tissue.
    """
    samples = list(samples)
    rows: list[tuple[str | None, ...]] = []
    for sample in samples:
        barcode = read_barcode(sample)
        if barcode is None:
            rows.append((None, sample, UNKNOWN, None, None))
            continue
        site = barcode.tissue_source_site
        rows.append((barcode.program, barcode.patient, barcode.tissue, site, barcode.plate))
    return pd.DataFrame(
        rows,
        columns=["program", "patient", "tissue", "tissue_source_site", "plate"],
        index=pd.Index(samples, dtype=object),
        dtype=object,
    )


def preference_within_patient(sample: str) -> tuple[str, str, str]:
    """Sort key for repeated aliquots of one patient and tissue: the first is kept.

    RNA of the first vial comes first; among several plates, the latest, whose
    library was made to replace the earlier ones (the rule of the Broad GDAC).
    """
    barcode = read_barcode(sample)
    if barcode is None:
        return ("", "", sample)
    plate = "".join(chr(255 - ord(letter)) for letter in barcode.plate or "")
    return (barcode.vial or "", plate, barcode.text)
