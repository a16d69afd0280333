"""Sensitivity, specificity and predictive values of calling by a threshold of risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.evaluation.bootstrap import DEFAULT_DRAWS, PatientDraws, divide, draw_patients
from deepcme.evaluation.intervals import compute_wilson_ends, compute_wilson_interval
from deepcme.evaluation.measures import ProportionMeasure, measures_of
from deepcme.evaluation.predictions import (
    BooleanArray,
    FloatArray,
    as_labels_and_scores,
    compute_by,
    compute_by_cohort,
    count_rows,
    select_part,
    select_probabilities,
)


def compute_study_classification(
    predictions: pd.DataFrame,
    random: np.random.Generator,
    thresholds: Sequence[float],
    draws: int = DEFAULT_DRAWS,
) -> pd.DataFrame:
    """Sensitivity, specificity, PPV and NPV on test patients at fixed thresholds of risk.

    Counts of all splits are pooled into one ratio. Its interval is Wilson's with the
    number of patients that a simple sample would need for the variance that the patient
    bootstrap gives [1]_, at most the number counted: so it has a width at 0 and 1 too. In
    simulated studies such intervals held the value of the fitted models in 93 to 98 of 100.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score, probability`; models
        without probabilities are left out. With a column `left_out` every cohort that it
        names is judged by itself.
    random : numpy.random.Generator
    thresholds : sequence of float
        Who has at least this risk is called positive.
    draws : int

    Returns
    -------
    DataFrame
        `model, threshold, metric, value, ci_low, ci_high, numerator, denominator, n,
        events, n_patients, n_splits`, and `left_out`; numerator and denominator
        are summed over splits. A ratio without denominator is NaN.

    Raises
    ------
    DeepCMEError
        If a column is missing, there is no test row, or no model has probabilities.

    References
    ----------
    .. [1] Korn EL, Graubard BI (1998). Confidence intervals for proportions with small
       expected number of positive counts estimated from survey data. Survey Methodology
       24:193-201.
    """

    def of_test(test: pd.DataFrame) -> pd.DataFrame:
        patients = draw_patients(test, draws, random, stratified=False)

        def of_model(rows: pd.DataFrame) -> pd.DataFrame:
            tables = [_pooled_classification(rows, at, patients) for at in thresholds]
            return pd.concat(tables, ignore_index=True).assign(**count_rows(rows))

        return compute_by("model", test, of_model)

    return compute_by_cohort(select_probabilities(select_part(predictions, "test")), of_test)


def _pooled_classification(
    rows: pd.DataFrame, threshold: float, draws: PatientDraws
) -> pd.DataFrame:
    called = (rows["probability"] >= threshold).to_numpy()
    numerators, denominators = _classification_terms(rows["label"], called)
    drawn = divide(
        draws.sum_rows(rows["patient"], numerators),
        draws.sum_rows(rows["patient"], denominators),
    )
    numerator, denominator = numerators.sum(axis=0), denominators.sum(axis=0)
    value = divide(numerator, denominator)
    counted = pd.DataFrame(denominators > 0).groupby(rows["patient"].to_numpy()).any().sum()
    ends = [
        compute_wilson_of_draws(*of_measure)
        for of_measure in zip(value, drawn.T, counted, strict=True)
    ]
    return pd.DataFrame(
        {
            "threshold": threshold,
            "metric": [measure.name for measure in measures_of(ProportionMeasure)],
            "value": value,
            "ci_low": [low for low, _ in ends],
            "ci_high": [high for _, high in ends],
            "numerator": numerator.astype(int),
            "denominator": denominator.astype(int),
        }
    )


def compute_wilson_of_draws(
    share: float, drawn: FloatArray, n_patients: int
) -> tuple[float, float]:
    """Wilson's interval of as many patients as the variance of draws stands for.

    At most those counted; NaN without any.
    """
    if n_patients == 0:
        return np.nan, np.nan
    variance = float(np.nanvar(drawn))
    effective = share * (1 - share) / variance if variance > 0 else n_patients
    return compute_wilson_ends(share, min(effective, n_patients))


def compute_classification(
    labels: ArrayLike, scores: ArrayLike, threshold: float
) -> pd.DataFrame:
    """Sensitivity, specificity, PPV and NPV of frozen scores at a given threshold.

    Parameters
    ----------
    labels : array of 0 and 1
        One row for each patient: Wilson's interval takes rows as independent.
    scores : array
    threshold : float
        A score of at least the threshold is called positive. Chosen elsewhere,
        never on these rows.

    Returns
    -------
    DataFrame
        `metric, value, ci_low, ci_high, numerator, denominator, n, events`. A
        ratio without denominator is NaN.

    Raises
    ------
    DeepCMEError
        If labels are not 0 and 1 with at least one of both, or do not match the scores.
    """
    label, score = as_labels_and_scores(labels, scores)
    numerators, denominators = _classification_terms(label, score >= threshold)
    counts = zip(
        measures_of(ProportionMeasure),
        numerators.sum(axis=0).astype(int),
        denominators.sum(axis=0).astype(int),
        strict=True,
    )
    table = [
        (measure.name, *_wilson_columns(*count), *count, label.size, label.sum())
        for measure, *count in counts
    ]
    columns = ["metric", "value", "ci_low", "ci_high", "numerator", "denominator"]
    return pd.DataFrame(table, columns=[*columns, "n", "events"])


def _wilson_columns(numerator: int, denominator: int) -> tuple[float, float, float]:
    if not denominator:
        return np.nan, np.nan, np.nan
    estimate = compute_wilson_interval(int(numerator), int(denominator))
    return estimate.value, estimate.ci_low, estimate.ci_high


def _classification_terms(
    labels: ArrayLike, called: BooleanArray
) -> tuple[FloatArray, FloatArray]:
    """Which rows each measure counts as right, and which it counts (rows x measures)."""
    positive = np.asarray(labels) == 1
    right = called == positive
    denominators = np.column_stack(
        [measure.count(positive, called) for measure in measures_of(ProportionMeasure)]
    )
    return (denominators & right[:, np.newaxis]).astype(float), denominators.astype(float)
