"""Performance of one set of scores or probabilities against 0/1 labels.

A score is higher where the model expects the event; a sample is called
positive if its score is at least the threshold.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score, roc_curve

from deepcme.evaluation.predictions import (
    STRATUM,
    as_labels_and_probabilities,
    as_labels_and_scores,
    check_predictions,
)


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
    stratum. A positive of a stratum without negatives has nobody to be ranked against and
    does not count; nor does a stratum without positives.

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
    label, score = as_labels_and_scores(labels, scores)
    total, cases = 0.0, 0
    for _, rows in pd.Series(np.arange(len(label))).groupby(np.asarray(strata)):
        positives = int(label[rows].sum())
        if 0 < positives < len(rows):
            total += positives * compute_auc(label[rows], score[rows])
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


def compute_brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared difference of probability and label [1]_.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : array, 0 to 1

    Returns
    -------
    float
        0 (perfect) to 1.

    Raises
    ------
    DeepCMEError
        As in `compute_auc`, and if a probability is outside 0 to 1.

    References
    ----------
    .. [1] Brier GW (1950). Verification of forecasts expressed in terms of
       probability. Monthly Weather Review 78:1-3.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    return float(np.mean((probability - label) ** 2))


def compute_scaled_brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """One minus the Brier score over that of giving everybody the prevalence [1]_.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : array, 0 to 1

    Returns
    -------
    float
        1 is perfect, 0 no better than the prevalence, negative worse.

    Raises
    ------
    DeepCMEError
        As in `compute_brier_score`.

    References
    ----------
    .. [1] Steyerberg EW et al. (2010). Assessing the performance of prediction
       models. Epidemiology 21:128-138.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    prevalence = label.mean()
    return float(1 - np.mean((probability - label) ** 2) / (prevalence * (1 - prevalence)))


def compute_log_loss(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean negative log-likelihood of the labels, natural logarithm.

    Probabilities of exactly 0 or 1 are moved off by machine precision, so that
    one confident error costs about 36 and not infinity.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : array, 0 to 1

    Returns
    -------
    float
        At least 0; lower is better.

    Raises
    ------
    DeepCMEError
        As in `compute_brier_score`.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    return float(log_loss(label, probability))


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


def compute_metrics(predictions: pd.DataFrame) -> pd.DataFrame:
    """AUC of every split, model and part.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`; with a column
        `stratum` the AUC is that within strata (`compute_auc_within`).

    Returns
    -------
    DataFrame
        Columns `split, model, part, metric, value, n, events`; `metric` is ``auc``,
        `n` counts samples and `events` the positive ones. PR-AUCs of such small parts
        mislead: `compute_pr_auc_by_model` takes all patients at once.

    Raises
    ------
    DeepCMEError
        If a column is missing or a part holds only one class.
    """
    check_predictions(predictions)
    rows = [
        {
            "split": split,
            "model": model,
            "part": part,
            "metric": "auc",
            "value": _auc_of_rows(group),
            "n": len(group),
            "events": int(group["label"].sum()),
        }
        for (split, model, part), group in predictions.groupby(
            ["split", "model", "part"], sort=False, observed=True
        )
    ]
    return pd.DataFrame(rows)


def _auc_of_rows(rows: pd.DataFrame) -> float:
    if STRATUM in rows.columns:
        return compute_auc_within(rows["label"], rows["score"], rows[STRATUM])
    return compute_auc(rows["label"], rows["score"])


def _pr_auc_of_rows(rows: pd.DataFrame) -> float:
    return compute_pr_auc(rows["label"], rows["score"])
