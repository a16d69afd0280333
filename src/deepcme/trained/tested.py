"""What a test of a frozen model found, of whatever it predicts."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from deepcme.base.notes import WARNING
from deepcme.base.words import counted
from deepcme.trained.model import Model

FROZEN = "as it came"
RECALIBRATED = "recalibrated on these patients"
SAMPLES = "{samples}"
"""Where a finding is to say whether these samples are new."""
FOLDS = 10
"""Parts of the new patients; a recalibration is fitted on all but the one it is applied to."""


@dataclass(frozen=True, eq=False)
class Findings:
    """Tables by name, notes, and the finding in words, in which `SAMPLES` is to be said.

    Attributes
    ----------
    tables : dict of DataFrame
    notes : list of str
    words : str
    """

    tables: dict[str, pd.DataFrame]
    notes: list[str]
    words: str


def note_left_out(model: Model, table: pd.DataFrame, event: pd.Series[int]) -> list[str]:
    """How many samples have no prediction, in a note; none where all have one.

    Parameters
    ----------
    model : Model
    table : DataFrame
        Its predictions.
    event : Series
        1 for each sample with the event.
    """
    left_out = event[table[model.told].isna()]
    if left_out.empty:
        return []
    return [
        f"{WARNING}{counted(len(left_out), 'sample')} without a prediction, "
        f"{int((left_out == 1).sum())} of them {model.having}, left out of all that follows."
    ]
