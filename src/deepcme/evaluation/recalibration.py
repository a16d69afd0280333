"""Probabilities from scores, learned on training or validation data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.predictions import (
    FloatArray,
    as_labels_and_scores,
    check_predictions,
    select_part,
)


@dataclass(frozen=True)
class PlattRecalibration:
    """Probability from a score: 1 / (1 + exp(-(intercept + slope * score))) [1]_.

    Attributes
    ----------
    intercept, slope : float
    n, events : int
        The rows it was fitted on.

    References
    ----------
    .. [1] Platt JC (1999). Probabilistic outputs for support vector machines and
       comparisons to regularized likelihood methods. Advances in Large Margin
       Classifiers, 61-74.
    """

    intercept: float
    slope: float
    n: int
    events: int

    @classmethod
    def fit(cls, labels: ArrayLike, scores: ArrayLike) -> PlattRecalibration:
        """Fit on these rows, which must not be test rows.

        The labels are drawn towards the middle as Platt does, so that the fit
        exists even where the scores separate the classes. Scores that are all
        the same give slope 0.

        Raises
        ------
        DeepCMEError
            If labels are not 0 and 1 with at least one of both, or do not match the scores.
        """
        label, score = as_labels_and_scores(labels, scores)
        events = int(label.sum())
        non_events = label.size - events
        targets = np.where(label == 1, (events + 1) / (events + 2), 1 / (non_events + 2))
        ones = np.ones(label.size)
        if np.ptp(score) == 0:
            fit = fit_logistic_regression(ones[:, np.newaxis], targets)
            return cls(float(fit.coefficients[0]), 0.0, label.size, events)
        intercept, slope = fit_logistic_regression(
            np.column_stack([ones, score]), targets
        ).coefficients
        return cls(float(intercept), float(slope), label.size, events)

    def apply(self, scores: ArrayLike) -> FloatArray:
        """Recalibrated probabilities of these scores."""
        score = np.asarray(scores, dtype=np.float64)
        return np.asarray(expit(self.intercept + self.slope * score), dtype=np.float64)


def recalibrate_predictions(predictions: pd.DataFrame) -> pd.DataFrame:
    """Probabilities from the scores, recalibrated in every split on its validation part.

    Models without probabilities get some this way. Test labels have no say, so
    the test rows of the result can be judged like any others.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`.

    Returns
    -------
    DataFrame
        The same table with a new column `probability`.

    Raises
    ------
    DeepCMEError
        If a column is missing, or a model has no validation row in one of its splits.
    """
    check_predictions(predictions)
    probability = np.empty(len(predictions))
    for positions in predictions.groupby(["split", "model"], observed=True).indices.values():
        rows = predictions.iloc[positions]
        validation = select_part(rows, "validation")
        recalibration = PlattRecalibration.fit(validation["label"], validation["score"])
        probability[positions] = recalibration.apply(rows["score"])
    return predictions.assign(probability=probability)
