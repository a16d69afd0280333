"""What a test of a frozen model found, of whatever it predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepcme.base.notes import WARNING
from deepcme.base.words import counted
from deepcme.trained.entries import Interval
from deepcme.trained.model import Model

FROZEN = "as it came"
RECALIBRATED = "recalibrated on these patients"
CHANCE = 0.5
"""Of AUC and C."""
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
    agreement : str
        Whether it is what was expected, and chance is excluded, in a sentence or two.
    """

    tables: dict[str, pd.DataFrame]
    notes: list[str]
    words: str
    agreement: str


def describe_agreement(found: pd.Series, expected: Interval | None) -> str:
    """Whether a measure of ranks is what was expected, as far as intervals tell.

    Parameters
    ----------
    found : Series
        With value, ci_low, ci_high.
    expected : Interval or None
        Of cross-validation on the training cohort.
    """
    value, low, high = (float(found[name]) for name in ("value", "ci_low", "ci_high"))
    if not np.isfinite([value, low, high]).all():
        return ""
    said = []
    if expected is not None:
        said.append(_compare(value, low, high, expected))
    if low <= CHANCE <= high:
        said.append(f"Chance, {CHANCE}, is not excluded.")
    elif high < CHANCE:
        said.append(f"It is below chance, {CHANCE}: the patients are ranked the wrong way.")
    return " ".join(said)


def _compare(value: float, low: float, high: float, expected: Interval) -> str:
    if low <= expected.value <= high:
        return "What was expected lies within the interval found."
    is_lower = value < expected.value
    way = "Lower" if is_lower else "Higher"
    ends = (expected.ci_low, expected.ci_high)
    if ends[0] is None or ends[1] is None:
        return f"{way} than expected."
    overlap = high >= ends[0] if is_lower else low <= ends[1]
    if overlap:
        return f"{way} than expected, though the two intervals overlap."
    return f"{way} than expected: the two intervals do not overlap."


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
