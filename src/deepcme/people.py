"""Whom an id names: one person in every spelling, or nobody who is known."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from deepcme.words import cleaned, says_nothing

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
