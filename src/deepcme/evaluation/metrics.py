"""Performance of one set of scores or probabilities against 0/1 labels.

A score is higher where the model expects the event; a sample is called
positive if its score is at least the threshold.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.predictions import FloatArray, as_labels_and_scores


def compute_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve.

    The probability that a random positive scores above a random negative,
    ties counted half [1]_.

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array
        Any finite numbers; only their order matters.

    Returns
    -------
    float
        0 to 1; 0.5 is no discrimination.

    Raises
    ------
    DeepCMEError
        If labels are not 0 and 1 with at least one of both, or do not match the scores.

    References
    ----------
    .. [1] Hanley JA, McNeil BJ (1982). The meaning and use of the area under a
       receiver operating characteristic (ROC) curve. Radiology 143:29-36.
    """
    label, score = as_labels_and_scores(labels, scores)
    return float(roc_auc_score(label, score))


def compute_auc_within(labels: ArrayLike, scores: ArrayLike, strata: ArrayLike) -> float:
    """Covariate-adjusted AUC: the mean of the strata's AUCs, weighted by their cases [1]_.

    The probability that a random positive scores above a random negative of its own
    stratum.

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array
    strata : array
        Level of each row, such as its batch.

    Returns
    -------
    float
        0 to 1; 0.5 is no discrimination within the strata. NaN where none of them holds
        both classes.

    Raises
    ------
    DeepCMEError
        As in `compute_auc`.

    References
    ----------
    .. [1] Janes H, Pepe MS (2009). Adjusting for covariate effects on classification
       accuracy using the covariate-adjusted receiver operating characteristic curve.
       Biometrika 96:371-382.
    """
    return compute_within_strata(compute_auc, labels, scores, strata)


def compute_within_strata(
    compute: Callable[[ArrayLike, ArrayLike], float],
    labels: ArrayLike,
    scores: ArrayLike,
    strata: ArrayLike,
) -> float:
    """Mean over strata of what is computed of labels and scores, weighted by their cases.

    A positive of a stratum without negatives has nobody to be ranked against and
    does not count; nor does a stratum without positives.
    """
    label, score = as_labels_and_scores(labels, scores)
    total, cases = 0.0, 0
    for _, rows in pd.Series(np.arange(len(label))).groupby(np.asarray(strata)):
        positives = int(label[rows].sum())
        if 0 < positives < len(rows):
            total += positives * compute(label[rows], score[rows])
            cases += positives
    return total / cases if cases else float("nan")


def compute_pr_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the precision-recall curve, as average precision.

    Average precision is the mean, over the positives, of the precision at the
    score of each; unlike the trapezoidal area it does not interpolate [1]_.
    Without discrimination it is above the prevalence (`compute_chance_pr_auc`).

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array

    Returns
    -------
    float
        Above 0, up to 1.

    Raises
    ------
    DeepCMEError
        As in `compute_auc`.

    References
    ----------
    .. [1] Davis J, Goadrich M (2006). The relationship between precision-recall
       and ROC curves. ICML 2006:233-240.
    """
    label, score = as_labels_and_scores(labels, scores)
    return float(average_precision_score(label, score))


def compute_chance_pr_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Expected average precision of such scores if their order had nothing to do with labels.

    Of k positives among n distinct scores it is (k - 1) / (n - 1) + H(n) / n *
    (1 - (k - 1) / (n - 1)), H(n) being the n-th harmonic number [1]_: above the
    prevalence k / n, and the more so the smaller n is. Samples of equal score are called
    positive together, and the expectation is taken over these groups; if all
    scores are equal, it is the prevalence.

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array
        Only their ties matter.

    Returns
    -------
    float
        Above 0, up to 1.

    Raises
    ------
    DeepCMEError
        As in `compute_auc`.

    References
    ----------
    .. [1] Bestgen Y (2015). Exact expected average precision of the random baseline
       for system evaluation. The Prague Bulletin of Mathematical Linguistics 103:131-138.
    """
    label, score = as_labels_and_scores(labels, scores)
    n, k = label.size, int(label.sum())
    _, sizes = np.unique(-score, return_counts=True)
    called = np.cumsum(sizes)
    # Two positives of a group and of those called: of one sample, or of two different ones.
    precision = (1 + (called - 1) * (k - 1) / (n - 1)) / called
    return float((sizes * precision).sum() / n)


def compute_squared_errors(labels: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Squared difference of probability and label; its mean is the Brier score [1]_.

    References
    ----------
    .. [1] Brier GW (1950). Verification of forecasts expressed in terms of
       probability. Monthly Weather Review 78:1-3.
    """
    return (probabilities - labels) ** 2


def compute_log_losses(labels: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Negative log-likelihood of each row's label, natural logarithm.

    Probabilities of exactly 0 or 1 are moved off by machine precision, so that
    one confident error costs about 36 and not infinity.
    """
    edge = np.finfo(np.float64).eps
    inside = np.clip(probabilities, edge, 1 - edge)
    return -(labels * np.log(inside) + (1 - labels) * np.log1p(-inside))


def compute_mean_loss(loss: FloatArray, events: FloatArray, rows: FloatArray) -> FloatArray:
    """Mean over rows of a loss that is summed over them."""
    return loss / rows


def compute_scaled_brier_score(
    loss: FloatArray, events: FloatArray, rows: FloatArray
) -> FloatArray:
    """One minus the Brier score over that of giving everybody the prevalence [1]_.

    References
    ----------
    .. [1] Steyerberg EW et al. (2010). Assessing the performance of prediction
       models. Epidemiology 21:128-138.
    """
    return 1 - divide(loss, events * (rows - events) / rows)


def choose_threshold(labels: ArrayLike, scores: ArrayLike) -> float:
    """Observed score that maximises sensitivity + specificity - 1 (Youden's index [1]_).

    Choose it on validation data and apply it to test data. Of several scores
    with the same index the highest is taken: it calls the fewest positive.

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array

    Returns
    -------
    float
        One of the scores.

    Raises
    ------
    DeepCMEError
        As in `compute_auc`.

    References
    ----------
    .. [1] Youden WJ (1950). Index for rating diagnostic tests. Cancer 3:32-35.
    """
    label, score = as_labels_and_scores(labels, scores)
    false_positive_rate, true_positive_rate, thresholds = roc_curve(label, score)
    # The curve starts at infinity, where nobody is called positive.
    index = true_positive_rate[1:] - false_positive_rate[1:]
    return float(thresholds[1:][np.argmax(index)])
