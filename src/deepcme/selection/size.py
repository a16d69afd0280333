"""How many genes: the size of a panel by the one-standard-error rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.splits import draw_folds
from deepcme.evaluation.metrics import compute_auc
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration

FloatArray = NDArray[np.float64]
IntegerArray = NDArray[np.int64]


def draw_fold_numbers(
    y: ArrayLike, groups: ArrayLike, n_folds: int, random: np.random.Generator
) -> IntegerArray:
    """Fold of each row, stratified, no patient in two folds.

    There are as many folds as the rarer class has patients where that is fewer,
    so that every fold holds both classes.

    Raises
    ------
    DeepCMEError
        If a class has fewer than two patients.
    """
    label, names = np.asarray(y), np.asarray(groups, dtype=str)
    n_positive = len(np.unique(names[label == 1]))
    n_negative = len(np.unique(names)) - n_positive
    if min(n_positive, n_negative) < 2:
        raise DeepCMEError(
            "Cross-validation needs two patients of each class or more, but "
            f"{n_positive} are positive and {n_negative} negative."
        )
    fold_of_row = np.empty(len(label), dtype=np.int64)
    n_folds = min(n_folds, n_positive, n_negative)
    for number, rows in enumerate(draw_folds(label, names, n_folds, random)):
        fold_of_row[rows] = number
    return fold_of_row


def compute_log_losses(y: ArrayLike, probabilities: FloatArray) -> FloatArray:
    """Negative log-likelihood of each row, along the last axis of `probabilities`."""
    safe = np.clip(probabilities, np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps)
    return -np.log(np.where(np.asarray(y) == 1, safe, 1 - safe))


def compute_clustered_standard_error(values: FloatArray, groups: ArrayLike) -> float:
    """Standard error of a mean over rows of which those of one group are not independent."""
    _, group_of_row = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    sums = np.bincount(group_of_row, weights=values - values.mean())
    return float(np.sqrt(len(sums) / (len(sums) - 1) * np.sum(sums**2)) / len(values))


def recalibrate_across_folds(
    y: ArrayLike, scores: FloatArray, folds: IntegerArray
) -> FloatArray:
    """Probabilities from out-of-fold scores, each fold recalibrated on the others."""
    label = np.asarray(y)
    probability = np.empty(len(label))
    for fold in np.unique(folds):
        inside = folds == fold
        recalibration = PlattRecalibration.fit(label[~inside], scores[~inside])
        probability[inside] = recalibration.apply(scores[inside])
    return probability


def compute_held_out_losses(
    y: ArrayLike, scores: FloatArray, folds: IntegerArray
) -> FloatArray:
    """Log loss of each row by its out-of-fold score, recalibrated on the other folds."""
    return compute_log_losses(y, recalibrate_across_folds(y, scores, folds))


def compute_stages(
    sizes: IntegerArray,
    scores: FloatArray,
    y: ArrayLike,
    groups: ArrayLike,
    folds: IntegerArray,
) -> pd.DataFrame:
    """Performance on held-out patients at each stage of a cross-validated path.

    Networks that are trained until they separate the training rows are far too
    sure of themselves, by how much depends on the number of genes; so the log
    loss is that of recalibrated scores, in which only what they tell counts.

    Parameters
    ----------
    sizes : array, one per stage
        Number of genes left.
    scores : array of shape (stages, rows)
        Each row's score by the networks that did not train on it.
    y : array of 0 and 1
    groups : array
        Patient of each row.
    folds : array
        Fold in which each row was held out.

    Returns
    -------
    DataFrame
        One row for each stage: `n_genes, log_loss, log_loss_se, auc`; the
        standard error counts patients, the AUC is the mean over the folds.
    """
    label = np.asarray(y)
    rows = []
    for size, score in zip(sizes, scores, strict=True):
        losses = compute_held_out_losses(label, score, folds)
        in_folds = [folds == fold for fold in np.unique(folds)]
        aucs = [compute_auc(label[held_out], score[held_out]) for held_out in in_folds]
        rows.append(
            {
                "n_genes": int(size),
                "log_loss": losses.mean(),
                "log_loss_se": compute_clustered_standard_error(losses, groups),
                "auc": float(np.mean(aucs)),
            }
        )
    return pd.DataFrame(rows)


def choose_size(stages: pd.DataFrame, criterion: str = "log_loss") -> int:
    """Fewest genes whose log loss is within one standard error of the lowest [1]_.

    Parameters
    ----------
    stages : DataFrame
        Columns `n_genes, log_loss, log_loss_se`.
    criterion : str
        What stands in place of the log loss.

    References
    ----------
    .. [1] Breiman L, Friedman JH, Olshen RA, Stone CJ (1984). Classification and
       regression trees, section 3.4.3. Wadsworth.
    """
    best = stages.iloc[int(stages[criterion].argmin())]
    close = stages[criterion] <= best[criterion] + best[f"{criterion}_se"]
    return int(stages.loc[close, "n_genes"].min())
