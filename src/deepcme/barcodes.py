"""TCGA barcodes, parsed once and here only.

Source: NCI GDC Encyclopedia, "TCGA Barcode", and the sample type code table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from deepcme.cohort import UNKNOWN
from deepcme.errors import DeepCMEError
from deepcme.tissues import TISSUE_OF_SAMPLE_TYPE

_BARCODE = re.compile(
    r"(?P<patient>TCGA-(?P<site>[A-Z0-9]{2})-[A-Z0-9]{4})"
    r"(-(?P<sample_type>\d{2})(?P<vial>[A-Z])?"
    r"(-(?P<portion>\d{2})(?P<analyte>[A-Z])?"
    r"(-(?P<plate>[A-Z0-9]{4})(-(?P<center>\d{2}))?)?)?)?"
)


@dataclass(frozen=True)
class Barcode:
    """The parts of a TCGA barcode; parts that it does not reach are None.

    ``patient`` is ``TCGA-02-0001``, ``sample`` is ``TCGA-02-0001-01C`` (without
    the letter where the barcode has no vial), ``text`` is the whole barcode.
    """

    text: str
    patient: str
    tissue_source_site: str
    sample_type: str | None
    vial: str | None
    portion: str | None
    analyte: str | None
    plate: str | None
    center: str | None

    @property
    def sample(self) -> str | None:
        """Patient, sample type and vial."""
        if self.sample_type is None:
            return None
        return f"{self.patient}-{self.sample_type}{self.vial or ''}"

    @property
    def tissue(self) -> str:
        """One of `deepcme.tissues.TISSUES`."""
        return TISSUE_OF_SAMPLE_TYPE.get(self.sample_type or "", UNKNOWN)


def parse_barcode(text: str) -> Barcode:
    """Take a TCGA barcode of any length apart; R's dots for hyphens are understood.

    Raises
    ------
    DeepCMEError
        If the text is not a TCGA barcode.
    """
    barcode = _parsed(text)
    if barcode is None:
        raise DeepCMEError(
            f"{text!r} is not a TCGA barcode, which looks like TCGA-02-0001-01C-01D-0182-01."
        )
    return barcode


def is_barcode(text: str) -> bool:
    """Whether the text is a TCGA barcode of any length."""
    return _parsed(text) is not None


def _parsed(text: str) -> Barcode | None:
    hyphenated = str(text).strip().upper().replace(".", "-")
    match = _BARCODE.fullmatch(hyphenated)
    if match is None:
        return None
    parts = match.groupdict()
    return Barcode(text=hyphenated, tissue_source_site=parts.pop("site"), **parts)


def barcode_annotation(samples: Iterable[str]) -> pd.DataFrame | None:
    """What barcodes say about samples, one row each; None unless all reach a sample type.

    Columns: ``patient``, ``tissue``, ``tissue_source_site`` and ``plate``
    (missing where the barcode ends before it). The index holds the samples as given.
    """
    samples = list(samples)
    barcodes = [_parsed(sample) for sample in samples]
    reached = [barcode for barcode in barcodes if barcode is not None and barcode.sample_type]
    if not samples or len(reached) < len(samples):
        return None
    return pd.DataFrame(
        {
            "patient": [barcode.patient for barcode in reached],
            "tissue": [barcode.tissue for barcode in reached],
            "tissue_source_site": [barcode.tissue_source_site for barcode in reached],
            "plate": [barcode.plate for barcode in reached],
        },
        index=pd.Index(samples, dtype=object),
    )


def preference_within_patient(sample: str) -> tuple[str, str, str]:
    """Sort key for repeated aliquots of one patient and tissue: the first is kept.

    RNA of the first vial comes first; among several plates, the latest, whose
    library was made to replace the earlier ones (the rule of the Broad GDAC).
    """
    barcode = _parsed(sample)
    if barcode is None:
        return ("", "", sample)
    plate = "".join(chr(255 - ord(letter)) for letter in barcode.plate or "")
    return (barcode.vial or "", plate, barcode.text)
