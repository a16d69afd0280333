"""What training found, from which each kind of outcome makes its model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import count_folds
from deepcme.trained.entries import Interval
from deepcme.trained.settings import TrainingSettings


@dataclass(frozen=True, eq=False)
class Finished:
    """The final fit, and what fits on other patients predicted of each test part.

    Attributes
    ----------
    cohort : Cohort
    settings : TrainingSettings
    model : object
        The estimator that was fitted on everybody.
    predictions : DataFrame
        `split, model, sample, patient, part`, the outcome's columns, `score, probability`
        and `of_final_penalty`, the score by a fit of the penalty that the final model chose,
        where it chose one.
    """

    cohort: Cohort
    settings: TrainingSettings
    model: Any
    predictions: pd.DataFrame

    @property
    def folds(self) -> tuple[int, int]:
        """Numbers of folds and of repeats."""
        return count_folds(self.cohort, repeats=self.settings.repeats)


def as_interval(value: float, low: float, high: float) -> Interval:
    """An estimate with its ends, where there are any."""
    ends = [float(end) if np.isfinite(end) else None for end in (low, high)]
    return Interval(value=float(value), ci_low=ends[0], ci_high=ends[1])
