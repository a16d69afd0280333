"""Whom an id names: one person in every spelling, or nobody who is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from deepcme.base.words import cleaned, counted, few, says_nothing

_NOBODY = re.compile(
    r"\(?(none|blank|empty)\)?|<na>|(?-i:NaT|TBD)|[\W_]+|-\d+|#(ref|value|name|num|null|div/0)[!?]"
    r"|no ?data|missing\W.*|withheld|redacted|confidential|(anonymi[sz]|de-?identifi)ed"
    r"|to be (determined|confirmed)|unidentified|unbekannt|inconnu|desconocido",
    re.IGNORECASE,
)


def cell_text(cell: Any) -> str:
    """A cell as text; a whole number that a missing cell made decimal is whole again."""
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.15g}"
    return "" if pd.isna(cell) else str(cell)


def names_nobody(word: str) -> bool:
    """Whether a cell of a patient's column is left blank, in words of any kind."""
    return says_nothing(word) or _NOBODY.fullmatch(cleaned(word)) is not None


def own_where_nobody(
    patients: Sequence[str], samples: Sequence[str]
) -> tuple[list[str], str | None]:
    """The patients, a sample whose patient nobody knows being its own; and a note of how many.

    Parameters
    ----------
    patients, samples : sequence of str
        One of each for every sample.
    """
    found = [
        sample if names_nobody(patient) else patient
        for patient, sample in zip(patients, samples, strict=True)
    ]
    changed = [old for old, new in zip(patients, found, strict=True) if old != new]
    if not changed:
        return found, None
    return found, (
        f"{counted(len(changed), 'sample')} without a known patient "
        f"({few(sorted(set(changed)))}) "
        f"{'counts as its' if len(changed) == 1 else 'count as their'} own patient."
    )
