"""How many genes foretell a time to an event: what size.py does, by the partial likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.elastic_net_choice import draw_event_folds
from deepcme.network.times import encode_times, rank_concordance
from deepcme.selection.size import compute_clustered_standard_error

FloatArray = NDArray[np.float64]
IntegerArray = NDArray[np.int64]


def draw_fold_numbers_in_time(
    follow_up: FollowUp, groups: ArrayLike, n_folds: int, random: np.random.Generator
) -> IntegerArray:
    """Fold of each row, stratified by event, no patient in two folds.

    There are as many folds as patients had the event where that is fewer, so that every
    fold holds an event.

    Raises
    ------
    AbsentError
        If fewer than two patients had it.
    """
    fold_of_row = np.empty(follow_up.n, dtype=np.int64)
    for number, rows in enumerate(draw_event_folds(follow_up, groups, n_folds, random)):
        fold_of_row[rows] = number
    return fold_of_row


def compute_likelihood_ratios(follow_up: FollowUp, log_hazards: FloatArray) -> FloatArray:
    """What each patient adds to the log partial likelihood above that of equal hazards.

    The sum over the patients is the difference of both log partial likelihoods, exactly. A
    patient has the event's term if it is his, and gives for every event while he was at risk
    the share of the hazard that was his: so the addends are the patients' influence on the
    sum [1]_, and their variance is that of the sum.

    References
    ----------
    .. [1] Reid N, Crepeau H (1985). Influence functions for proportional hazards regression.
       Biometrika 72:1-9.
    """
    likelihood = PartialLikelihood.of(follow_up)
    return _addends(likelihood, follow_up, log_hazards) - _addends(
        likelihood, follow_up, np.zeros(follow_up.n)
    )


def _addends(
    likelihood: PartialLikelihood, follow_up: FollowUp, log_hazards: FloatArray
) -> FloatArray:
    """A number a patient; in sum the log partial likelihood, less the number of events."""
    has_event = likelihood.weighted_events
    at_event = follow_up.times[:, np.newaxis] == likelihood.times
    log_hazard_steps = np.log(likelihood.hazards(log_hazards))
    mean_step = at_event @ log_hazard_steps / np.maximum(at_event.sum(axis=1), 1)
    own = has_event * (log_hazards + mean_step - 1)
    addends: FloatArray = own + likelihood.gradient(log_hazards)
    return addends


def recalibrate_slopes(
    follow_up: FollowUp, scores: FloatArray, folds: IntegerArray
) -> FloatArray:
    """Out-of-fold log hazards, each fold multiplied by the slope of the others.

    The slope is a Cox regression's, in which only patients of one fold are compared, since
    the log hazards of two fits have no common zero.
    """
    recalibrated = np.zeros(follow_up.n)
    for fold in np.unique(folds):
        inside = folds == fold
        others = ~inside
        if np.ptp(scores[others]) == 0:
            continue
        fitted = fit_cox_regression(
            scores[others, np.newaxis], follow_up.rows(others), strata=folds[others]
        )
        recalibrated[inside] = fitted.coefficients[0] * scores[inside]
    return recalibrated


def compute_held_out_deviances(
    follow_up: FollowUp, scores: FloatArray, folds: IntegerArray
) -> FloatArray:
    """Deviance an event that each patient adds; their mean is that of `compute_stages_in_time`.

    Out-of-fold log hazards are recalibrated on the other folds, and compared within theirs.
    """
    log_hazards = recalibrate_slopes(follow_up, scores, folds)
    added = np.empty(follow_up.n)
    for rows in _rows_of(folds):
        added[rows] = compute_likelihood_ratios(follow_up.rows(rows), log_hazards[rows])
    return -2 * follow_up.n / follow_up.n_events * added


def _rows_of(folds: IntegerArray) -> list[IntegerArray]:
    return [np.flatnonzero(folds == fold) for fold in np.unique(folds)]


def compute_stages_in_time(
    sizes: IntegerArray,
    scores: FloatArray,
    follow_up: FollowUp,
    groups: ArrayLike,
    folds: IntegerArray,
) -> pd.DataFrame:
    """Performance on held-out patients at each stage of a cross-validated path.

    The deviance is minus twice the log partial likelihood of held-out patients, compared
    within their fold [1]_, above that of equal hazards, an event: below 0 where the genes
    foretell. Networks are far too sure of themselves, by how much depends on the number of
    genes, so it is that of recalibrated log hazards, in which only what they tell counts.

    Parameters
    ----------
    sizes : array, one per stage
        Number of genes left.
    scores : array of shape (stages, rows)
        Each row's log hazard by the networks that did not train on it.
    follow_up : FollowUp
    groups : array
        Patient of each row.
    folds : array
        Fold in which each row was held out.

    Returns
    -------
    DataFrame
        One row for each stage: `n_genes, deviance, deviance_se, harrell_c`; the standard
        error counts patients, the concordance is the mean over the folds.

    References
    ----------
    .. [1] Simon N, Friedman J, Hastie T, Tibshirani R (2011). Regularization paths for
       Cox's proportional hazards model via coordinate descent. J Stat Softw 39(5):1-13,
       section 2.5.
    """
    encoded = encode_times(follow_up.times, follow_up.events)
    stages = []
    for size, score in zip(sizes, scores, strict=True):
        deviances = compute_held_out_deviances(follow_up, score, folds)
        concordance = [rank_concordance(score[rows], encoded[rows]) for rows in _rows_of(folds)]
        stages.append(
            {
                "n_genes": int(size),
                "deviance": deviances.mean(),
                "deviance_se": compute_clustered_standard_error(deviances, groups),
                "harrell_c": float(pd.Series(concordance).mean()),
            }
        )
    return pd.DataFrame(stages)
