"""What a test of a frozen model found, of whatever it predicts."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from deepcme.base.notes import WARNING
from deepcme.base.words import counted

FROZEN = "as it came"
RECALIBRATED = "recalibrated on these patients"
FOLDS = 10
"""Parts of the new patients; a recalibration is fitted on all but the one it is applied to."""


@dataclass(frozen=True, eq=False)
class Findings:
    """Tables by name, notes, and the finding in words, in which ``{samples}`` is to be said.

    Attributes
    ----------
    tables : dict of DataFrame
    notes : list of str
    words : str
    """

    tables: dict[str, pd.DataFrame]
    notes: list[str]
    words: str


def note_left_out(table: pd.DataFrame, told: str, events: pd.Series) -> list[str]:
    """How many samples have no prediction, in a note; none where all have one.

    Parameters
    ----------
    table : DataFrame
    told : str
        The column that they lack.
    events : Series
        1 for each sample with the event.
    """
    left_out = events[table[told].isna()]
    if left_out.empty:
        return []
    return [
        f"{WARNING}{counted(len(left_out), 'sample')} without a prediction, "
        f"{int((left_out == 1).sum())} of them positive, left out of all that follows."
    ]
