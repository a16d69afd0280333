"""Sensitivity at a fixed specificity: a point of the ROC curve of each test part, averaged."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.evaluation.bootstrap import DEFAULT_DRAWS, divide, draw_patients
from deepcme.evaluation.discrimination import compute_split_interval
from deepcme.evaluation.measures import SplitMeasure
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import (
    FloatArray,
    IntegerArray,
    as_labels_and_scores,
    compute_by_cohort,
    count_rows,
    select_part,
)
from deepcme.evaluation.refitting import compute_refit_inflation, select_training_rows


def compute_sensitivity(labels: ArrayLike, scores: ArrayLike, specificity: float) -> float:
    """Sensitivity of the threshold that a new patient without the event exceeds that rarely.

    Of m scores of non-events, the k-th highest is exceeded by a new one in k of m + 1 cases;
    in between, events count in part. So scores that know nothing are expected to have one
    minus the specificity, however few non-events there are, where the threshold that is best
    on these rows would show more. An event that ties with non-events takes all places among
    them alike. It is the share of events whose placement value [1]_ is small enough.

    Parameters
    ----------
    labels : array of 0 and 1
    scores : array
    specificity : float
        Above 0 and below 1.

    References
    ----------
    .. [1] Pepe MS, Cai T (2004). The analysis of placement values for evaluating
       discriminatory measures. Biometrics 60:528-535.
    """
    label, score = as_labels_and_scores(labels, scores)
    weights = np.ones((1, label.size))
    return float(compute_weighted_sensitivity(label, score, weights, specificity)[0])


def compute_weighted_sensitivity(
    labels: IntegerArray, scores: FloatArray, weights: FloatArray, specificity: float
) -> FloatArray:
    """`compute_sensitivity` under each row of weights; NaN where a class has no weight."""
    positive, negative = labels == 1, labels == 0
    descending = np.argsort(-scores[negative], kind="stable")
    sorted_negatives = -scores[negative][descending]
    cumulative = np.zeros((len(weights), len(sorted_negatives) + 1))
    np.cumsum(weights[:, negative][:, descending], axis=1, out=cumulative[:, 1:])
    above = cumulative[:, np.searchsorted(sorted_negatives, -scores[positive], side="left")]
    not_below = cumulative[:, np.searchsorted(sorted_negatives, -scores[positive], "right")]
    total = cumulative[:, -1:]
    places = (1 - specificity) * (total + 1)
    counted = (np.minimum(not_below + 1, places) - np.minimum(above, places)) / (
        not_below - above + 1
    )
    of_events = weights[:, positive]
    found = divide(np.einsum("ij,ij->i", of_events, counted), of_events.sum(axis=1))
    return np.where(total[:, 0] > 0, found, np.nan)


def sensitivity_at(specificity: float) -> SplitMeasure:
    """The measure of sensitivity at a specificity."""

    def compute(labels: ArrayLike, scores: ArrayLike) -> float:
        return compute_sensitivity(labels, scores, specificity)

    def weighted(label: IntegerArray, score: FloatArray, weights: FloatArray) -> FloatArray:
        return compute_weighted_sensitivity(label, score, weights, specificity)

    name, heading = f"at {specificity:g}", f"At specificity {specificity:.0%}"
    return SplitMeasure(name, heading, ".2f", 1, compute, weighted, 1 - specificity)


def compute_sensitivities(
    predictions: pd.DataFrame,
    random: np.random.Generator,
    specificities: Sequence[float],
    draws: int = DEFAULT_DRAWS,
    refitted: Collection[str] = (),
) -> pd.DataFrame:
    """Mean within-split sensitivity of every model at fixed specificities, with intervals.

    They are of ranks within the test parts, as the AUC is, and so are their intervals
    (`compute_discrimination`), in which the threshold is found anew in every draw. It is
    chosen on the test part: this describes a ranking, and is no rule for new patients.

    Parameters
    ----------
    predictions, random, draws, refitted
        As `compute_discrimination` takes them.
    specificities : sequence of float
        Above 0 and below 1.

    Returns
    -------
    DataFrame
        `model, metric` (such as ``at 0.9``), `specificity, value, ci_low, ci_high, n, events,
        n_patients, n_splits`, and `left_out`.

    Raises
    ------
    DeepCMEError
        As `compute_discrimination`.
    """
    training = select_training_rows(predictions, refitted)[["model", "split", "patient"]]

    def of_test(test: pd.DataFrame) -> pd.DataFrame:
        patients = draw_patients(test, draws, random, stratified=True)
        rows = []
        for model, of_model in test.groupby("model", sort=False, observed=True):
            trained = training[training["model"] == model]
            auc = float(compute_metrics(of_model)["value"].mean())
            inflation = compute_refit_inflation(of_model, trained, auc)
            for specificity in specificities:
                measure = sensitivity_at(specificity)
                value = float(compute_metrics(of_model, measure)["value"].mean())
                low, high = compute_split_interval(
                    measure, value, of_model, patients, inflation
                )
                rows.append((model, measure.name, specificity, value, low, high))
        columns = ["model", "metric", "specificity", "value", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=columns).assign(**count_rows(test))

    return compute_by_cohort(select_part(predictions, "test"), of_test)
