"""Rows of the predictions of what is no model: scores that no fit gave."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.splits import Split
from deepcme.evaluation.predictions import LEFT_OUT


def predictions_of_scores(
    cohort: Cohort, number: int, split: Split, model: str, score: NDArray[np.float64]
) -> pd.DataFrame:
    """One row per sample of each part of a split, as a study's predictions have them.

    Parameters
    ----------
    cohort : Cohort
    number : int
        Of the split, from 1.
    split : Split
    model : str
        What the rows are called by.
    score : ndarray of float64, shape (n_samples,)
        Of each sample of the cohort, higher where the event is likelier; no probability.
    """
    parts = dict(split.parts())
    rows = np.concatenate(list(parts.values()))
    table = pd.DataFrame(
        {
            "split": number,
            "model": model,
            "sample": cohort.samples[rows],
            "patient": cohort.patients[rows],
            "part": np.repeat(np.array([*parts], dtype=object), [*map(len, parts.values())]),
            **{name: values[rows] for name, values in cohort.outcome.values.items()},
            "score": score[rows],
            "probability": np.nan,
        }
    )
    return table if split.left_out is None else table.assign(**{LEFT_OUT: split.left_out})
