"""Whether probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.log_odds import log_odds
from deepcme.evaluation.bootstrap import (
    DEFAULT_DRAWS,
    PatientDraws,
    compute_percentile_interval,
    draw_patients,
)
from deepcme.evaluation.intervals import NORMAL_QUANTILE, Estimate
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.measures import (
    OBSERVED_EXPECTED,
    LineMeasure,
    LossMeasure,
    measures_of,
)
from deepcme.evaluation.predictions import (
    FloatArray,
    as_labels_and_probabilities,
    compute_by_cohort,
    count_rows,
    select_part,
    select_probabilities,
)

EDGE = 1e-6
"""How far probabilities of 0 and 1 are moved, so that their log-odds are finite."""


@dataclass(frozen=True)
class CalibrationLine:
    """Intercept and slope of labels on log-odds."""

    intercept: Estimate
    slope: Estimate


def compute_log_odds(probabilities: FloatArray) -> FloatArray:
    """Log-odds, with probabilities kept a millionth off 0 and 1."""
    return log_odds(probabilities, EDGE)


def compute_calibration_line(
    labels: ArrayLike, probabilities: ArrayLike, patients: ArrayLike | None = None
) -> CalibrationLine:
    """Calibration intercept and slope [1]_: a logistic regression of the label on log-odds.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : array, 0 to 1
        Those of exactly 0 or 1 are moved off by a millionth.
    patients : array, optional
        Whose row it is. Rows of one patient (repeated splits, several samples)
        are then allowed to depend on each other. Without it, rows are
        independent.

    Returns
    -------
    CalibrationLine
        Ideal are intercept 0 and slope 1; a slope below 1 means predictions too
        extreme. `n` and `events` count rows.
        Both are NaN where the log-odds separate the classes or are all the same.

    Raises
    ------
    DeepCMEError
        If labels are not 0 and 1 with at least one of both, or probabilities
        do not match them or are outside 0 to 1.

    References
    ----------
    .. [1] Van Calster B et al. (2019). Calibration: the Achilles heel of predictive
       analytics. BMC Medicine 17:230.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    log_odds = compute_log_odds(probability)
    design = np.column_stack([np.ones(label.size), log_odds])
    line = fit_logistic_regression(design, label, clusters=patients)
    return CalibrationLine(
        *(
            Estimate(
                float(value),
                float(value - NORMAL_QUANTILE * error),
                float(value + NORMAL_QUANTILE * error),
                label.size,
                int(label.sum()),
            )
            for value, error in zip(line.coefficients, line.standard_errors, strict=True)
        )
    )


def compute_observed_expected(
    labels: ArrayLike, probabilities: ArrayLike, patients: ArrayLike | None = None
) -> Estimate:
    """Events observed over the sum of predicted risks, O/E [1]_.

    The interval is Wald's on the log scale, with variance (1 - O/n) / O where rows are
    independent [1]_. Rows of one patient may depend on each other: the deviations
    of its labels from the mean are then summed before they are squared, with the factor
    G / (G - 1) for G patients. The sum of the risks is taken as it is, which keeps
    the interval right under cross-validation, where that sum follows the events.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : array, 0 to 1
    patients : array, optional
        As in `compute_calibration_line`.

    Returns
    -------
    Estimate
        Ideal is 1; below 1 the risks are too high. NaN where no event is expected at all.
        `n` and `events` count rows.

    Raises
    ------
    DeepCMEError
        As `compute_calibration_line`.

    References
    ----------
    .. [1] Debray TPA et al. (2017). A guide to systematic review and meta-analysis of
       prediction model performance. BMJ 356:i6460.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    observed, expected = float(label.sum()), float(probability.sum())
    ratio = observed / expected if expected > 0 else np.nan
    deviations = pd.Series(label - label.mean())
    variance = float((deviations**2).sum())
    if patients is not None:
        by_patient = deviations.groupby(np.asarray(patients)).sum()
        variance = len(by_patient) * float(by_patient.var())
    error = np.sqrt(variance) / observed
    low, high = ratio * np.exp(NORMAL_QUANTILE * np.array([-error, error]))
    return Estimate(ratio, float(low), float(high), label.size, int(observed))


def dependent_patients(rows: pd.DataFrame) -> pd.Series[str] | None:
    """Patients of the rows if any has several, as only then rows depend on each other."""
    return rows["patient"] if rows["patient"].duplicated().any() else None


def compute_calibration(
    predictions: pd.DataFrame, random: np.random.Generator, draws: int = DEFAULT_DRAWS
) -> pd.DataFrame:
    """O/E, calibration line, Brier score, scaled Brier score and log loss of every model.

    The test rows of all splits are pooled. Intervals of the scores come from
    the patient bootstrap, those of O/E and the line from standard errors that are
    robust to several rows of one patient. All take the fitted models as they are, and
    under cross-validation cover less than 95 of 100: see the page "Validation of the
    statistics".

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score, probability`;
        models without probabilities are left out. With a column `left_out` every
        cohort that it names is judged by itself.
    random : numpy.random.Generator
    draws : int

    Returns
    -------
    DataFrame
        `model, metric, value, ci_low, ci_high, interval, n, events, n_patients,
        n_splits`; `interval` says how it was made; metric is ``observed_expected``,
        ``slope``, ``intercept``, ``brier``, ``scaled_brier`` or ``log_loss``.
        `n` and `events` count distinct samples.

    Raises
    ------
    DeepCMEError
        If a column is missing, no model has probabilities, or one has them only
        for some rows.
    """
    return compute_by_cohort(
        select_probabilities(select_part(predictions, "test")),
        lambda test: _calibration_of_test(test, random, draws),
    )


def _calibration_of_test(
    test: pd.DataFrame, random: np.random.Generator, draws: int
) -> pd.DataFrame:
    patient_draws = draw_patients(test, draws, random, stratified=False)
    table = [
        (model, *estimate, *count_rows(rows).values())
        for model, rows in test.groupby("model", sort=False, observed=True)
        for estimate in (*_estimate_agreement(rows), *_estimate_scores(rows, patient_draws))
    ]
    estimated = ["model", "metric", "value", "ci_low", "ci_high", "interval"]
    return pd.DataFrame(table, columns=[*estimated, *count_rows(test)])


_Estimated = tuple[str, float, float, float, str]
"""Measure, value, ends of the interval, and how this was made."""


def _estimate_scores(rows: pd.DataFrame, draws: PatientDraws) -> Iterator[_Estimated]:
    label = rows["label"].to_numpy(dtype=np.float64)
    probability = rows["probability"].to_numpy(dtype=np.float64)
    for measure in measures_of(LossMeasure):
        terms = measure.sum_terms(label, probability)
        low, high = compute_percentile_interval(
            measure.of_sums(*draws.sum_rows(rows["patient"], terms).T)
        )
        value = measure.compute(label, probability)
        yield measure.name, value, low, high, "patient bootstrap"


def _estimate_agreement(rows: pd.DataFrame) -> Iterator[_Estimated]:
    given = rows["label"], rows["probability"], dependent_patients(rows)
    ratio = compute_observed_expected(*given)
    ends = ratio.ci_low, ratio.ci_high
    yield OBSERVED_EXPECTED.name, ratio.value, *ends, "Wald of the logarithm, by patient"
    line = compute_calibration_line(*given)
    for measure in measures_of(LineMeasure):
        part: Estimate = getattr(line, measure.name)
        yield measure.name, part.value, part.ci_low, part.ci_high, "Wald, errors by patient"
