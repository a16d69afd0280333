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
from deepcme.evaluation.measures import LineMeasure, LossMeasure, measures_of
from deepcme.evaluation.predictions import (
    FloatArray,
    as_labels_and_probabilities,
    compute_by_cohort,
    count_rows,
    select_part,
    select_probabilities,
)

EVENTS_TO_JUDGE = 100
EVENTS_FOR_CURVE = 200
EDGE = 1e-6
"""How far probabilities of 0 and 1 are moved, so that their log-odds are finite."""


@dataclass(frozen=True)
class CalibrationLine:
    """Intercept and slope of labels on log-odds, and calibration-in-the-large."""

    intercept: Estimate
    slope: Estimate
    in_the_large: Estimate


def compute_log_odds(probabilities: FloatArray) -> FloatArray:
    """Log-odds, with probabilities kept a millionth off 0 and 1."""
    return log_odds(probabilities, EDGE)


def compute_calibration_line(
    labels: ArrayLike, probabilities: ArrayLike, patients: ArrayLike | None = None
) -> CalibrationLine:
    """Calibration intercept, slope and calibration-in-the-large [1]_.

    Slope and intercept come from a logistic regression of the label on the
    log-odds; in-the-large is the intercept with the slope held at 1.

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
        Ideal are intercept 0, slope 1 and in-the-large 0; a slope below 1 means
        predictions too extreme, in-the-large below 0 means risks too high. `n`
        and `events` count rows.
        Intercept and slope are NaN where the log-odds separate the classes or
        are all the same.

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
    ones = np.ones((label.size, 1))
    line = fit_logistic_regression(np.column_stack([ones, log_odds]), label, clusters=patients)
    shift = fit_logistic_regression(ones, label, offset=log_odds, clusters=patients)
    values = [*line.coefficients, *shift.coefficients]
    errors = [*line.standard_errors, *shift.standard_errors]
    return CalibrationLine(
        *(
            Estimate(
                float(value),
                float(value - NORMAL_QUANTILE * error),
                float(value + NORMAL_QUANTILE * error),
                label.size,
                int(label.sum()),
            )
            for value, error in zip(values, errors, strict=True)
        )
    )


def dependent_patients(rows: pd.DataFrame) -> pd.Series[str] | None:
    """Patients of the rows if any has several, as only then rows depend on each other."""
    return rows["patient"] if rows["patient"].duplicated().any() else None


def compute_calibration(
    predictions: pd.DataFrame, random: np.random.Generator, draws: int = DEFAULT_DRAWS
) -> pd.DataFrame:
    """Brier score, scaled Brier score, log loss, and calibration line of every model.

    The test rows of all splits are pooled. Intervals of the scores come from
    the patient bootstrap, those of the line from standard errors that are
    robust to several rows of one patient. Both take the fitted models as they are, and
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
        n_splits`; `interval` says how it was made; metric is ``brier``,
        ``scaled_brier``, ``log_loss``, ``intercept``, ``slope`` or ``in_the_large``.
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
        for estimate in (*_estimate_scores(rows, patient_draws), *_estimate_line(rows))
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


def _estimate_line(rows: pd.DataFrame) -> Iterator[_Estimated]:
    line = compute_calibration_line(
        rows["label"], rows["probability"], dependent_patients(rows)
    )
    for measure in measures_of(LineMeasure):
        part: Estimate = getattr(line, measure.name)
        yield measure.name, part.value, part.ci_low, part.ci_high, "Wald, errors by patient"


def describe_calibration_evidence(events: int, non_events: int) -> str:
    """What so many events allow to say about calibration, in a sentence or two.

    At least 100 events and 100 non-events are asked for to judge calibration
    [1]_, and 200 of each for the shape of a curve [2]_.

    References
    ----------
    .. [1] Vergouwe Y et al. (2005). Substantial effective sample sizes were required
       for external validation studies of predictive logistic regression models.
       Journal of Clinical Epidemiology 58:475-483.
    .. [2] Van Calster B et al. (2016). A calibration hierarchy for risk models was
       defined. Journal of Clinical Epidemiology 74:167-176.
    """
    counts = f"{events} events and {non_events} non-events"
    rarer = min(events, non_events)
    if rarer < EVENTS_TO_JUDGE:
        return (
            f"With {counts} there are too few to tell whether the probabilities are "
            f"calibrated; at least {EVENTS_TO_JUDGE} of each are needed."
        )
    if rarer < EVENTS_FOR_CURVE:
        return (
            f"With {counts} the calibration slope and intercept can be judged, but not the "
            f"shape of the curve; that needs at least {EVENTS_FOR_CURVE} of each."
        )
    return f"With {counts} there are enough to judge calibration."
