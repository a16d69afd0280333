"""Bootstrap over patients: every draw is a set of weights, every statistic is vectorised.

Patients, not samples, are drawn with replacement; a patient drawn twice counts
twice in every split that tests one of its samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL
from deepcme.evaluation.predictions import FloatArray, IntegerArray

DEFAULT_DRAWS = 2000
WeightedStatistic = Callable[[IntegerArray, FloatArray, FloatArray], FloatArray]
"""Labels (n), scores (n) and weights (draws x n) to one value for each draw."""


@dataclass(frozen=True)
class PatientDraws:
    """How often each draw holds each patient.

    Attributes
    ----------
    patients : Index
    counts : array, draws x patients
    n_rarer_class : int
        Number of patients in the smaller of the two classes.
    """

    patients: pd.Index
    counts: FloatArray
    n_rarer_class: int

    def weights(self, patients: pd.Series[str]) -> FloatArray:
        """Weights of rows that belong to these patients, draws x rows."""
        return self.counts[:, self._positions(patients)]

    def sum_rows(self, patients: pd.Series[str], values: FloatArray) -> FloatArray:
        """Weighted sums over rows, draws x columns of `values` (rows x columns)."""
        total = np.zeros((len(self.patients), values.shape[1]))
        np.add.at(total, self._positions(patients), values)
        return self.counts @ total

    def _positions(self, patients: pd.Series[str]) -> IntegerArray:
        positions = self.patients.get_indexer(pd.Index(patients)).astype(np.int64)
        if (positions < 0).any():
            raise DeepCMEError("There are rows of patients that were not drawn from.")
        return positions


def interval_generator(seed: int, statistic: str) -> np.random.Generator:
    """The draws behind a statistic's interval, of a study's seed and the statistic alone."""
    return np.random.default_rng(seed_for(seed, "report", statistic))


def draw_patients(
    rows: pd.DataFrame, draws: int, random: np.random.Generator, *, stratified: bool
) -> PatientDraws:
    """Draw patients with replacement.

    Parameters
    ----------
    rows : DataFrame
        Columns `patient` and `label`; a patient is positive if any row is.
    draws : int
    random : numpy.random.Generator
    stratified : bool
        Whether every draw has as many positive patients as the study. Yes for
        statistics that do not depend on the prevalence, such as the AUC; no
        for those that do, so that their intervals hold its uncertainty.

    Raises
    ------
    DeepCMEError
        If there is no positive or no negative patient.
    """
    label_of_patient = rows.groupby("patient", observed=True)["label"].max()
    positive = label_of_patient.to_numpy() == 1
    n_rarer_class = int(min(positive.sum(), (~positive).sum()))
    if n_rarer_class == 0:
        raise AbsentError(
            f"{int(positive.sum())} of {len(positive)} patients are positive: the "
            "bootstrap needs patients of both classes."
        )
    counts = np.empty((draws, len(positive)))
    everybody = np.ones_like(positive)
    for stratum in (positive, ~positive) if stratified else (everybody,):
        size = int(stratum.sum())
        counts[:, stratum] = random.multinomial(size, np.full(size, 1 / size), size=draws)
    return PatientDraws(label_of_patient.index, counts, n_rarer_class)


def compute_weighted_auc(
    labels: IntegerArray, scores: FloatArray, weights: FloatArray
) -> FloatArray:
    """AUC under each row of weights (draws x n); NaN where a class has no weight."""
    positive, negative = labels == 1, labels == 0
    ascending = np.argsort(scores[negative], kind="stable")
    sorted_negatives = scores[negative][ascending]
    cumulative = np.zeros((len(weights), len(sorted_negatives) + 1))
    np.cumsum(weights[:, negative][:, ascending], axis=1, out=cumulative[:, 1:])
    below = np.searchsorted(sorted_negatives, scores[positive], side="left")
    not_above = np.searchsorted(sorted_negatives, scores[positive], side="right")
    # A tie counts half: the mean of the weight below and the weight not above.
    weight_below = (cumulative[:, below] + cumulative[:, not_above]) / 2
    positive_weights = weights[:, positive]
    concordant = np.einsum("ij,ij->i", positive_weights, weight_below)
    return divide(concordant, positive_weights.sum(axis=1) * cumulative[:, -1])


def compute_weighted_pr_auc(
    labels: IntegerArray, scores: FloatArray, weights: FloatArray
) -> FloatArray:
    """Average precision under each row of weights (draws x n); NaN without positives."""
    descending = np.argsort(-scores, kind="stable")
    last_of_tie = np.append(np.diff(scores[descending]) != 0, True)
    ordered = weights[:, descending]
    called = np.cumsum(ordered, axis=1)[:, last_of_tie]
    true_positives = np.cumsum(ordered * labels[descending], axis=1)[:, last_of_tie]
    found = np.diff(true_positives, axis=1, prepend=0)
    precision = np.divide(true_positives, called, out=np.zeros_like(called), where=called > 0)
    return divide(np.einsum("ij,ij->i", found, precision), true_positives[:, -1])


def compute_logit_interval(
    value: float,
    drawn_values: FloatArray,
    n_rarer_class: int,
    *,
    n_rarer_in_part: float | None = None,
    inflation: float = 1.0,
) -> tuple[float, float]:
    """95% interval from the bootstrap standard error, symmetric on the logit scale.

    For an AUC or average precision. A bootstrap of k patients understates the
    standard error by the factor sqrt((k - 1) / k), and normal quantiles are too
    short for it; both are mended as in [1]_, with k the number of patients in
    the rarer class and Student's t with k - 1 degrees of freedom. In a mean over test
    parts each part's patients vary about its own value, so that k is there the number
    in one part.

    Parameters
    ----------
    value : float
        The estimate, 0 to 1.
    drawn_values : array
        The estimate in each draw; NaN is left out.
    n_rarer_class : int
    n_rarer_in_part : float, optional
        Mean number of these patients in a test part, where there are several.
    inflation : float
        Further factor on the variance.

    Returns
    -------
    tuple of float
        Lower and upper end; NaN where the value is 0 or 1 or there are fewer
        than two patients in the rarer class, where the data give no interval.

    References
    ----------
    .. [1] Hesterberg TC (2015). What teachers should know about the bootstrap.
       The American Statistician 69:371-386.
    """
    if not 0 < value < 1 or n_rarer_class < 2:
        return np.nan, np.nan
    k = n_rarer_class if n_rarer_in_part is None else max(n_rarer_in_part, 2.0)
    widening = np.sqrt(inflation * k / (k - 1))
    quantile = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, n_rarer_class - 1)
    standard_error = widening * np.nanstd(drawn_values)
    half_width = quantile * standard_error / (value * (1 - value))
    return float(expit(logit(value) - half_width)), float(expit(logit(value) + half_width))


def compute_percentile_interval(values: FloatArray) -> FloatArray:
    """Lower and upper end (first axis) of the 95% percentile interval [1]_ over draws.

    Draws that are NaN are left out; without any other draw the ends are NaN.

    References
    ----------
    .. [1] Efron B, Tibshirani RJ (1993). An introduction to the bootstrap, ch. 13.
    """
    tail = (1 - CONFIDENCE_LEVEL) / 2
    if np.isnan(values).all():
        return np.full((2, *values.shape[1:]), np.nan)
    return np.nanquantile(values, [tail, 1 - tail], axis=0)


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient, NaN where the denominator is 0."""
    return np.divide(
        numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0
    )
