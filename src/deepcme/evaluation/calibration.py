"""Whether probabilities mean what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from deepcme.evaluation.bootstrap import (
    DEFAULT_DRAWS,
    PatientDraws,
    compute_percentile_interval,
    divide,
    draw_patients,
)
from deepcme.evaluation.intervals import NORMAL_QUANTILE, Estimate, compute_wilson_interval
from deepcme.evaluation.logistic import fit_logistic_regression
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
_EDGE = 1e-6
"""How far probabilities of 0 and 1 are moved, so that their log-odds are finite."""


@dataclass(frozen=True)
class CalibrationLine:
    """Intercept and slope of labels on log-odds, and calibration-in-the-large."""

    intercept: Estimate
    slope: Estimate
    in_the_large: Estimate


def compute_log_odds(probabilities: FloatArray) -> FloatArray:
    """Log-odds, with probabilities kept a millionth off 0 and 1."""
    return np.asarray(logit(np.clip(probabilities, _EDGE, 1 - _EDGE)), dtype=np.float64)


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


def compute_calibration_curve(
    labels: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike | None = None,
    points: int = 50,
) -> pd.DataFrame:
    """Observed against predicted risk as a smooth curve with a pointwise 95% band.

    Logistic regression of the label on a restricted cubic spline of the
    log-odds, with three knots at their 10th, 50th and 90th percentile [1]_; where
    these coincide, of the log-odds alone.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : array, 0 to 1
    patients : array, optional
        As in `compute_calibration_line`.
    points : int
        Points of the curve, evenly spaced from the 1st to the 99th percentile
        of the probabilities: beyond them there is next to no data.

    Returns
    -------
    DataFrame
        `predicted, observed, ci_low, ci_high, n, events`. Where the
        probabilities separate the classes or hardly differ, the curve cannot
        be fitted and its values are NaN.

    Raises
    ------
    DeepCMEError
        As in `compute_calibration_line`.

    References
    ----------
    .. [1] Harrell FE (2015). Regression modeling strategies, 2nd ed., section 2.4.5.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    log_odds = compute_log_odds(probability)
    knots = _choose_knots(log_odds)
    fit = fit_logistic_regression(_spline_design(log_odds, knots), label, clusters=patients)
    lowest, highest = np.quantile(probability, [0.01, 0.99])
    predicted = np.linspace(lowest, highest, points, dtype=np.float64)
    center, error = fit.predict_with_error(_spline_design(compute_log_odds(predicted), knots))
    return pd.DataFrame(
        {
            "predicted": predicted,
            "observed": expit(center),
            "ci_low": expit(center - NORMAL_QUANTILE * error),
            "ci_high": expit(center + NORMAL_QUANTILE * error),
            "n": label.size,
            "events": int(label.sum()),
        }
    )


def compute_study_calibration_curves(
    predictions: pd.DataFrame, points: int = 50
) -> pd.DataFrame:
    """Calibration curve of every model, over the pooled test rows of all splits.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score, probability`;
        models without probabilities are left out. With a column `left_out` every
        cohort that it names has curves of its own.
    points : int
        Points of each curve.

    Returns
    -------
    DataFrame
        `model, predicted, observed, ci_low, ci_high, n, events, n_patients,
        n_splits`, as in `compute_calibration_curve`; `n` and `events` count
        distinct samples.

    Raises
    ------
    DeepCMEError
        If a column is missing, no model has probabilities, or one has them only
        for some rows.
    """
    return compute_by_cohort(
        select_probabilities(select_part(predictions, "test")),
        lambda test: _curves_of_test(test, points),
    )


def _curves_of_test(test: pd.DataFrame, points: int) -> pd.DataFrame:
    tables = []
    for model, rows in test.groupby("model", sort=False, observed=True):
        curve = compute_calibration_curve(
            rows["label"], rows["probability"], _dependent_patients(rows), points
        ).assign(**count_rows(rows))
        curve.insert(0, "model", model)
        tables.append(curve)
    return pd.concat(tables, ignore_index=True)


def _dependent_patients(rows: pd.DataFrame) -> pd.Series[str] | None:
    """Patients of the rows if any has several, as only then rows depend on each other."""
    return rows["patient"] if rows["patient"].duplicated().any() else None


def _choose_knots(log_odds: FloatArray) -> FloatArray:
    """Three knots, or none where the log-odds are too much alike for more than a line."""
    knots = np.quantile(log_odds, [0.1, 0.5, 0.9])
    is_spread = np.unique(log_odds).size > 2 and np.diff(knots).min() > _EDGE
    return knots if is_spread else knots[:0]


def _spline_design(log_odds: FloatArray, knots: FloatArray) -> FloatArray:
    """Columns of a restricted cubic spline: ones, the line, and with knots one bend."""
    line = [np.ones_like(log_odds), log_odds]
    if knots.size == 0:
        return np.column_stack(line)
    first, middle, last = knots
    cubes = np.maximum(log_odds[:, np.newaxis] - knots, 0) ** 3
    weights = np.array([last - middle, first - last, middle - first])
    bend = cubes @ weights / ((last - middle) * (last - first) ** 2)
    return np.column_stack([*line, bend])


def compute_calibration_groups(
    labels: ArrayLike, probabilities: ArrayLike, groups: int = 10
) -> pd.DataFrame:
    """Observed event rate in groups of equal size by predicted risk, with Wilson intervals.

    Parameters
    ----------
    labels : array of 0 and 1
        One row for each patient: Wilson's interval takes rows as independent.
    probabilities : array, 0 to 1
    groups : int
        Ties stay together, so there may be fewer.

    Returns
    -------
    DataFrame
        `predicted` (mean of the group), `observed, ci_low, ci_high, n, events`.

    Raises
    ------
    DeepCMEError
        As in `compute_calibration_line`.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    rows = pd.DataFrame({"label": label, "probability": probability})
    group = pd.qcut(rows["probability"], groups, labels=False, duplicates="drop")
    table = []
    for _, members in rows.groupby(group.fillna(0)):
        rate = compute_wilson_interval(int(members["label"].sum()), len(members))
        table.append(
            {
                "predicted": members["probability"].mean(),
                "observed": rate.value,
                "ci_low": rate.ci_low,
                "ci_high": rate.ci_high,
                "n": rate.n,
                "events": rate.events,
            }
        )
    return pd.DataFrame(table)


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
    tables = []
    for model, rows in test.groupby("model", sort=False, observed=True):
        estimates = _compute_scores(rows, patient_draws) | _compute_line(rows)
        tables += [
            {"model": model, "metric": metric, **estimate, **count_rows(rows)}
            for metric, estimate in estimates.items()
        ]
    return pd.DataFrame(tables)


def _compute_scores(rows: pd.DataFrame, draws: PatientDraws) -> dict[str, dict[str, Any]]:
    label = rows["label"].to_numpy(dtype=np.float64)
    probability = rows["probability"].to_numpy(dtype=np.float64)
    edge = np.finfo(np.float64).eps
    inside = np.clip(probability, edge, 1 - edge)
    terms = np.column_stack(
        [
            (probability - label) ** 2,
            -(label * np.log(inside) + (1 - label) * np.log1p(-inside)),
            label,
            np.ones_like(label),
        ]
    )
    value = _scores_from_sums(terms.sum(axis=0, keepdims=True))[0]
    low, high = compute_percentile_interval(
        _scores_from_sums(draws.sum_rows(rows["patient"], terms))
    )
    return {
        metric: {
            "value": value[index],
            "ci_low": low[index],
            "ci_high": high[index],
            "interval": "patient bootstrap",
        }
        for index, metric in enumerate(("brier", "scaled_brier", "log_loss"))
    }


def _scores_from_sums(sums: FloatArray) -> FloatArray:
    """Brier, scaled Brier and log loss from sums of their terms, labels and ones."""
    squares, losses, events, rows = sums.T
    of_prevalence = events * (rows - events) / rows
    return np.column_stack([squares / rows, 1 - divide(squares, of_prevalence), losses / rows])


def _compute_line(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    line = compute_calibration_line(
        rows["label"], rows["probability"], _dependent_patients(rows)
    )
    return {
        metric: {
            "value": part.value,
            "ci_low": part.ci_low,
            "ci_high": part.ci_high,
            "interval": "Wald, errors by patient",
        }
        for metric, part in (
            ("intercept", line.intercept),
            ("slope", line.slope),
            ("in_the_large", line.in_the_large),
        )
    }


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
