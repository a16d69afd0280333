"""Closed-form 95% intervals: proportions, and the AUC of frozen scores on new patients.

The AUC methods here take the scores as given and the patients as independent.
They hold for one frozen model on patients it has not seen; for a
cross-validated study use `deepcme.evaluation.discrimination`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import expit, logit

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.predictions import FloatArray, IntegerArray, as_labels_and_scores

CONFIDENCE_LEVEL = 0.95
FEWEST_EVENTS_FOR_DELONG = 10
NORMAL_QUANTILE = float(stats.norm.ppf((1 + CONFIDENCE_LEVEL) / 2))


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval, and the counts it rests on."""

    value: float
    ci_low: float
    ci_high: float
    n: int
    events: int


def compute_wilson_interval(events: int, n: int) -> Estimate:
    """Proportion with Wilson's score interval [1]_.

    Parameters
    ----------
    events : int
        0 to n.
    n : int
        At least 1.

    Returns
    -------
    Estimate

    Raises
    ------
    DeepCMEError
        If the counts are not possible.

    References
    ----------
    .. [1] Newcombe RG (1998). Two-sided confidence intervals for the single
       proportion: comparison of seven methods. Statistics in Medicine 17:857-872.
    """
    if not 0 <= events <= n or n < 1:
        raise DeepCMEError(f"There is no proportion of {events} in {n}.")
    low, high = compute_wilson_ends(events / n, n)
    return Estimate(events / n, low, high, n, events)


def compute_wilson_ends(share: float, n: float) -> tuple[float, float]:
    """Ends of Wilson's interval of a share of n patients, where n need not be whole."""
    z, twice = NORMAL_QUANTILE, 2 * (n + NORMAL_QUANTILE**2)
    center = (2 * n * share + z**2) / twice
    half_width = z / twice * math.sqrt(4 * n * share * (1 - share) + z**2)
    low, high = center - half_width, center + half_width
    return 0.0 if share == 0 else low, 1.0 if share == 1 else high


def compute_hanley_mcneil_interval(auc: float, events: int, non_events: int) -> Estimate:
    """Interval of an AUC of which only the value and the counts are known [1]_.

    For numbers taken from a publication, and where there are too few events for
    `compute_delong_interval`.

    Parameters
    ----------
    auc : float
        0 to 1.
    events, non_events : int
        At least 1 each.

    Returns
    -------
    Estimate
        The interval is cut at 0 and 1.

    Raises
    ------
    DeepCMEError
        If the AUC or a count is out of range.

    References
    ----------
    .. [1] Hanley JA, McNeil BJ (1982). The meaning and use of the area under a
       receiver operating characteristic (ROC) curve. Radiology 143:29-36.
    """
    if not 0 <= auc <= 1 or min(events, non_events) < 1:
        raise DeepCMEError(
            f"An AUC of {auc} with {events} events and {non_events} non-events is not possible."
        )
    two_events_above = auc / (2 - auc)
    two_non_events_below = 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (events - 1) * (two_events_above - auc**2)
        + (non_events - 1) * (two_non_events_below - auc**2)
    ) / (events * non_events)
    half_width = NORMAL_QUANTILE * np.sqrt(variance)
    return Estimate(
        auc, max(0.0, auc - half_width), min(1.0, auc + half_width), events + non_events, events
    )


def compute_delong_interval(labels: ArrayLike, scores: ArrayLike) -> Estimate:
    """AUC of frozen scores on new patients, with DeLong's variance [1]_ on the logit scale.

    The variance is computed by ranks [2]_. The interval is symmetric on the
    logit of the AUC, which keeps it inside 0 to 1 and its coverage close to
    95% down to `FEWEST_EVENTS_FOR_DELONG` events [3]_; below that it is too
    narrow, and `compute_hanley_mcneil_interval` is the safer one. An AUC of
    exactly 0 or 1 has variance 0 and gives no interval: both ends are NaN.

    Parameters
    ----------
    labels : array of 0 and 1
        At least two of both.
    scores : array

    Returns
    -------
    Estimate

    Raises
    ------
    DeepCMEError
        If labels and scores do not fit together or a class has fewer than two rows.

    References
    ----------
    .. [1] DeLong ER, DeLong DM, Clarke-Pearson DL (1988). Comparing the areas under
       two or more correlated receiver operating characteristic curves: a
       nonparametric approach. Biometrics 44:837-845.
    .. [2] Sun X, Xu W (2014). Fast implementation of DeLong's algorithm. IEEE
       Signal Processing Letters 21:1389-1393.
    .. [3] Qin G, Hotilovac L (2008). Comparison of non-parametric confidence
       intervals for the area under the ROC curve of a continuous-scale
       diagnostic test. Statistical Methods in Medical Research 17:207-221.
    """
    label, score = as_labels_and_scores(labels, scores)
    areas, covariance = compute_delong_covariance(label, score[np.newaxis])
    auc, standard_error = float(areas[0]), float(np.sqrt(covariance[0, 0]))
    ci_low = ci_high = np.nan
    if 0 < auc < 1:
        half_width = NORMAL_QUANTILE * standard_error / (auc * (1 - auc))
        ci_low, ci_high = expit(logit(auc) + np.array([-half_width, half_width]))
    return Estimate(auc, float(ci_low), float(ci_high), label.size, int(label.sum()))


def compute_two_sided_p_value(
    estimate: float, standard_error: float, degrees_of_freedom: float = np.inf
) -> float:
    """Two-sided p-value of an estimate against 0, by the t or (as default) normal distribution.

    Without any variance it is 1 for an estimate of 0, else 0.
    """
    if standard_error == 0:
        return float(estimate == 0)
    statistic = abs(estimate) / standard_error
    return float(2 * stats.t.sf(statistic, degrees_of_freedom))


def compute_delong_covariance(
    labels: IntegerArray, scores: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """AUCs of several sets of scores for the same labels, and DeLong's covariance of them.

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array, models x samples

    Raises
    ------
    DeepCMEError
        If a class has fewer than two rows.
    """
    positives, negatives = scores[:, labels == 1], scores[:, labels == 0]
    n_positives, n_negatives = positives.shape[1], negatives.shape[1]
    if min(n_positives, n_negatives) < 2:
        raise DeepCMEError(
            "DeLong's method needs at least two positive and two negative samples, but there "
            f"are {n_positives} and {n_negatives}."
        )
    ranks = stats.rankdata(scores, axis=1)
    # The share of the other class that each sample is in the right order with.
    positive_placements = (
        ranks[:, labels == 1] - stats.rankdata(positives, axis=1)
    ) / n_negatives
    negative_placements = (
        1 - (ranks[:, labels == 0] - stats.rankdata(negatives, axis=1)) / n_positives
    )
    covariance = (
        np.atleast_2d(np.cov(positive_placements)) / n_positives
        + np.atleast_2d(np.cov(negative_placements)) / n_negatives
    )
    return positive_placements.mean(axis=1), covariance
