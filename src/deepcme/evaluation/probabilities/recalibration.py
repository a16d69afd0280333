"""Probabilities from scores, learned on rows that the scored model was not fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, logit

from deepcme.evaluation.logistic import fit_firth_regression
from deepcme.evaluation.predictions import (
    FloatArray,
    IntegerArray,
    as_labels_and_scores,
    check_predictions,
    select_part,
)

DEGREES_OF_FREEDOM = 3
"""Of the t density that the log of a slope of log-odds has before any patient is seen."""
_LOG_SLOPES = np.linspace(-10, 10, 41)
_BISECTIONS = 35

OUT_OF_FOLD = "out of fold, training and validation part"
VALIDATION = "validation part"


@dataclass(frozen=True)
class PlattRecalibration:
    """Probability from a score: 1 / (1 + exp(-(intercept + slope * score))) [1]_ [2]_.

    Attributes
    ----------
    intercept, slope : float
        The slope is 0, and the probability the prevalence, where the scores do not
        rise with the risk.
    n, events : int
        The rows it was fitted on.

    References
    ----------
    .. [1] Platt JC (1999). Probabilistic outputs for support vector machines and
       comparisons to regularized likelihood methods. Advances in Large Margin
       Classifiers, 61-74.
    .. [2] Cox DR (1958). Two further applications of a model for binary regression.
       Biometrika 45:562-565.
    """

    intercept: float
    slope: float
    n: int
    events: int

    @property
    def rises(self) -> bool:
        """Whether the probability rises with the score; else everyone gets the same."""
        return self.slope > 0

    @classmethod
    def fit(
        cls,
        labels: ArrayLike,
        scores: ArrayLike,
        *,
        are_log_odds: bool = True,
        weights: ArrayLike | None = None,
    ) -> PlattRecalibration:
        """Fit on these rows, which must be neither test rows nor known to the model.

        A slope of log-odds is drawn towards 1: its logarithm has Student's t density
        with 3 degrees of freedom around 0, so that twice and half count alike, a few
        events change probabilities little, many have their way, and scores that are far
        from log-odds are let go. Other scores have no slope to be drawn to; theirs is
        Firth's [1]_. Both exist where the scores separate the classes. Where the events
        do not score higher on average than the others, a line would turn the ranking
        round: it is refused, and everyone gets the prevalence.

        Parameters
        ----------
        labels : array of 0 and 1
        scores : array
        are_log_odds : bool
            Whether the scores are log-odds of the event by the model's own account.
        weights : array, optional
            Above 0; how many rows each stands for, of log-odds only.

        Raises
        ------
        DeepCMEError
            If labels are not 0 and 1 with at least one of both, or do not match the scores.

        References
        ----------
        .. [1] Firth D (1993). Bias reduction of maximum likelihood estimates.
           Biometrika 80:27-38.
        """
        label, score = as_labels_and_scores(labels, scores)
        weight = np.ones(label.size) if weights is None else np.asarray(weights, np.float64)
        line = (float(logit(_mean(label, weight))), 0.0)
        of_events, of_others = (_mean(score[of], weight[of]) for of in (label == 1, label == 0))
        # The sign of the likelihood's slope at 0, and so that of its maximum.
        if of_events > of_others:
            found = (
                _fit_near_one(label, score, weight)
                if are_log_odds
                else _fit_firth(label, score)
            )
            line = found if found[1] > 0 else line
        return cls(*line, label.size, int(label.sum()))

    def refit(
        self, labels: ArrayLike, scores: ArrayLike, weights: ArrayLike
    ) -> PlattRecalibration:
        """The line of log-odds that `fit` gives of weighted rows, sought from this one on.

        Of rows that were resampled it is near, and found in a hundredth of the time. A line
        that was refused stays so.
        """
        label, score = as_labels_and_scores(labels, scores)
        weight = np.asarray(weights, np.float64)
        line = (float(logit(_mean(label, weight))), 0.0)
        of_events, of_others = (_mean(score[of], weight[of]) for of in (label == 1, label == 0))
        if self.rises and of_events > of_others:
            line = _climb_near_one(label, score, weight, (self.intercept, self.slope))
        return PlattRecalibration(*line, label.size, int(label.sum()))

    def apply(self, scores: ArrayLike) -> FloatArray:
        """Recalibrated probabilities of these scores."""
        score = np.asarray(scores, dtype=np.float64)
        return np.asarray(expit(self.intercept + self.slope * score), dtype=np.float64)


def _mean(values: FloatArray | IntegerArray, weight: FloatArray) -> float:
    return float((weight * values).sum() / weight.sum())


def _fit_near_one(
    label: IntegerArray, score: FloatArray, weight: FloatArray
) -> tuple[float, float]:
    """Intercept and slope of highest likelihood times density of the log slope.

    The likelihood is that of the best intercept. There can be two maxima, and so a grid
    is searched first.
    """

    def loss(log_slopes: FloatArray) -> FloatArray:
        slope = np.exp(log_slopes)[:, np.newaxis]
        log_odds = _best_intercepts(slope, label, score, weight) + slope * score
        of_rows = log_expit(np.where(label == 1, log_odds, -log_odds))
        log_likelihood = (weight * of_rows).sum(axis=1)
        tails = (DEGREES_OF_FREEDOM + 1) / 2
        penalty = tails * np.log1p(log_slopes**2 / DEGREES_OF_FREEDOM)
        return np.asarray(penalty - log_likelihood, dtype=np.float64)

    nearest = 1 + int(np.argmin(loss(_LOG_SLOPES)[1:-1]))
    found = minimize_scalar(
        lambda log_slope: float(loss(np.array([log_slope]))[0]),
        method="bounded",
        bounds=(float(_LOG_SLOPES[nearest - 1]), float(_LOG_SLOPES[nearest + 1])),
        options={"xatol": 1e-6},
    )
    slope = np.exp(np.array([[found.x]]))
    return float(_best_intercepts(slope, label, score, weight)[0, 0]), float(slope[0, 0])


def _climb_near_one(
    label: IntegerArray,
    score: FloatArray,
    weight: FloatArray,
    start: tuple[float, float],
) -> tuple[float, float]:
    """The maximum of `_fit_near_one` that is uphill from a line."""
    signs = np.where(label == 1, 1.0, -1.0)

    def loss(place: FloatArray) -> tuple[float, FloatArray]:
        intercept, log_slope = place
        slope = np.exp(log_slope)
        margins = signs * (intercept + slope * score)
        pulls = weight * signs * expit(-margins)
        tails = (DEGREES_OF_FREEDOM + 1) / 2
        squared = log_slope**2 / DEGREES_OF_FREEDOM
        value = tails * np.log1p(squared) - weight @ log_expit(margins)
        by_log_slope = 2 * tails * log_slope / DEGREES_OF_FREEDOM / (1 + squared)
        gradient = np.array([-pulls.sum(), by_log_slope - slope * (pulls @ score)])
        return float(value), gradient

    found = minimize(loss, [start[0], np.log(start[1])], jac=True, method="BFGS")
    return float(found.x[0]), float(np.exp(found.x[1]))


def _best_intercepts(
    slopes: FloatArray, label: IntegerArray, score: FloatArray, weight: FloatArray
) -> FloatArray:
    """For each slope, in a column, the intercept with which the mean risk is the prevalence."""
    prevalence = _mean(label, weight)
    low = logit(prevalence) - slopes * score.max()
    high = logit(prevalence) - slopes * score.min()
    log_odds, total = slopes * score, weight.sum()
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        risk = (weight * expit(middle + log_odds)).sum(axis=1, keepdims=True)
        is_high = risk / total > prevalence
        low, high = np.where(is_high, low, middle), np.where(is_high, middle, high)
    return np.asarray((low + high) / 2, dtype=np.float64)


def _fit_firth(label: IntegerArray, score: FloatArray) -> tuple[float, float]:
    design = np.column_stack([np.ones(label.size), score])
    intercept, slope = fit_firth_regression(design, label)
    return float(intercept), float(slope)


def fit_recalibrations(predictions: pd.DataFrame) -> pd.DataFrame:
    """The line of every model in every split, learned on its validation rows.

    For a model fitted on the training part alone these are the validation part; for
    one fitted on both parts, its out-of-fold scores of both. Test labels have no say.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`. Where there is a
        `probability` whose log-odds are the score, slopes are drawn towards 1.

    Returns
    -------
    DataFrame
        One row for each split and model: `split, model, learned_on, n, events,
        are_log_odds, intercept, slope`; the slope is 0 where it was refused.

    Raises
    ------
    DeepCMEError
        If a column is missing, or a model has no validation row in one of its splits.
    """
    check_predictions(predictions)
    fits = []
    for (split, model), rows in predictions.groupby(
        ["split", "model"], sort=False, observed=True
    ):
        validation = select_part(rows, "validation")
        by_odds = are_log_odds(rows)
        line = PlattRecalibration.fit(
            validation["label"], validation["score"], are_log_odds=by_odds
        )
        trained = rows.loc[rows["part"] == "train", "sample"]
        fits.append(
            {
                "split": split,
                "model": model,
                "learned_on": (
                    OUT_OF_FOLD if validation["sample"].isin(trained).any() else VALIDATION
                ),
                "n": line.n,
                "events": line.events,
                "are_log_odds": by_odds,
                "intercept": line.intercept,
                "slope": line.slope,
            }
        )
    return pd.DataFrame(fits)


def are_log_odds(rows: pd.DataFrame) -> bool:
    """Whether a model's own probabilities are those of its scores taken as log-odds."""
    if "probability" not in rows.columns or rows["probability"].isna().any():
        return False
    return bool(np.allclose(expit(rows["score"]), rows["probability"], atol=1e-5))


def recalibrate_predictions(
    predictions: pd.DataFrame, fits: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Probabilities from the scores by the line of every model in every split.

    Models without probabilities get some this way.

    Parameters
    ----------
    predictions : DataFrame
        As `fit_recalibrations` takes it.
    fits : DataFrame, optional
        What it found, if that is known already.

    Returns
    -------
    DataFrame
        The same table with a new column `probability`.

    Raises
    ------
    DeepCMEError
        As `fit_recalibrations`.
    """
    lines = fit_recalibrations(predictions) if fits is None else fits
    keys = ["split", "model"]
    line = predictions[keys].merge(lines, on=keys, how="left", validate="many_to_one")
    log_odds = line["intercept"] + line["slope"] * predictions["score"].to_numpy()
    return predictions.assign(probability=expit(log_odds.to_numpy()))
