"""How often the event happens at each probability: the calibration curve, and groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import expit

from deepcme.base.errors import AbsentError
from deepcme.evaluation.intervals import NORMAL_QUANTILE, compute_wilson_ends
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.predictions import (
    LEFT_OUT,
    FloatArray,
    as_labels_and_probabilities,
    compute_by,
    compute_by_cohort,
    count_rows,
    select_part,
    select_probabilities,
)
from deepcme.evaluation.probabilities.calibration import (
    EDGE,
    compute_log_odds,
    dependent_patients,
)

EVENTS_FOR_CURVE = 50
"""And non-events: with fewer, the numbers alone are told."""

_STEPS = 20


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
    knots = choose_knots(log_odds)
    fit = fit_logistic_regression(make_spline(log_odds, knots), label, clusters=patients)
    lowest, highest = np.quantile(probability, [0.01, 0.99])
    predicted = np.linspace(lowest, highest, points, dtype=np.float64)
    center, error = fit.predict_with_error(make_spline(compute_log_odds(predicted), knots))
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


def compute_calibration_groups(
    labels: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike | None = None,
    groups: int = 10,
) -> pd.DataFrame:
    """Observed share in groups of equal size by predicted risk.

    Intervals are Wilson's, of as many independent patients as the rows of the group are worth:
    (sum of m)^2 / (sum of m^2) where patients have m rows each [1]_, as all rows of a patient
    have one label.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : array, 0 to 1
        Equal ones stay in one group.
    patients : array, optional
        As in `compute_calibration_line`.
    groups : int

    Returns
    -------
    DataFrame
        `predicted, observed, ci_low, ci_high, n, events`, of each group that has any row;
        `predicted` is the mean risk.

    References
    ----------
    .. [1] Kish L (1965). Survey sampling, section 8.2.
    """
    label, probability = as_labels_and_probabilities(labels, probabilities)
    patient = np.arange(label.size) if patients is None else np.asarray(patients)
    group = np.ceil(stats.rankdata(probability) / label.size * groups)
    rows = []
    for number in np.unique(group):
        inside = group == number
        observed = float(label[inside].mean())
        repeats = np.unique(patient[inside], return_counts=True)[1]
        ends = compute_wilson_ends(observed, repeats.sum() ** 2 / (repeats**2).sum())
        counts = int(inside.sum()), int(label[inside].sum())
        rows.append((float(probability[inside].mean()), observed, *ends, *counts))
    columns = ["predicted", "observed", "ci_low", "ci_high", "n", "events"]
    return pd.DataFrame(rows, columns=columns)


def compute_study_calibration_curves(
    predictions: pd.DataFrame, points: int = 50
) -> pd.DataFrame:
    """Calibration curve of every model, over the pooled test rows of all splits.

    There is none with fewer than 50 events or non-events (`describe_missing_curves`).

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
        If a column is missing, no model has probabilities, one has them only
        for some rows, or there are too few events everywhere.
    """
    return _of_models(predictions, lambda rows: _curve_of_model(rows, points))


def compute_study_calibration_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """Observed share by predicted risk, in groups with at least some ten events each.

    As `compute_study_calibration_curves`, with the columns of `compute_calibration_groups`;
    `n` and `events` count test rows.
    """
    return _of_models(predictions, _groups_of_model)


def compute_risk_histogram(predictions: pd.DataFrame) -> pd.DataFrame:
    """How many test rows of each outcome have which predicted risk, in steps of 0.05.

    As `compute_study_calibration_curves`, with the columns `low, high, events, non_events`.
    """
    return _of_models(predictions, _histogram_of_model)


def describe_missing_curves(predictions: pd.DataFrame) -> str:
    """Where there are too few events for a curve, in sentences; empty if nowhere."""
    sentences = []
    for place, rows in _places(predictions):
        events, others = _count_outcomes(rows)
        if min(events, others) < EVENTS_FOR_CURVE:
            where = f"{place}: with" if place else "With"
            sentences.append(
                f"{where} {events} events and {others} non-events no calibration curve is "
                f"drawn, as it would show chance; it needs at least {EVENTS_FOR_CURVE} of each."
            )
    return " ".join(sentences)


def _places(predictions: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Test rows with probabilities of each cohort left out and its name, or all without one."""
    test = select_probabilities(select_part(predictions, "test"))
    if LEFT_OUT not in test.columns:
        return [("", test)]
    by_cohort = test.groupby(LEFT_OUT, sort=False, observed=True)
    return [(str(cohort), rows) for cohort, rows in by_cohort]


def _count_outcomes(rows: pd.DataFrame) -> tuple[int, int]:
    """Distinct samples with the event, and without."""
    counts = count_rows(rows)
    return counts["events"], counts["n"] - counts["events"]


def _of_models(
    predictions: pd.DataFrame, compute: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """A table of the test rows of each model, of the cohorts that have events enough."""
    enough = [
        rows
        for _, rows in _places(predictions)
        if min(_count_outcomes(rows)) >= EVENTS_FOR_CURVE
    ]
    if not enough:
        raise AbsentError(describe_missing_curves(predictions))
    return compute_by_cohort(pd.concat(enough), lambda test: compute_by("model", test, compute))


def _groups_of_model(rows: pd.DataFrame) -> pd.DataFrame:
    groups = min(min(_count_outcomes(rows)) // 10, 10)
    return compute_calibration_groups(
        rows["label"], rows["probability"], dependent_patients(rows), groups
    )


def _histogram_of_model(rows: pd.DataFrame) -> pd.DataFrame:
    edges = np.linspace(0, 1, _STEPS + 1)
    events, non_events = (
        np.histogram(rows.loc[rows["label"] == label, "probability"], edges)[0]
        for label in (1, 0)
    )
    return pd.DataFrame(
        {"low": edges[:-1], "high": edges[1:], "events": events, "non_events": non_events}
    )


def _curve_of_model(rows: pd.DataFrame, points: int) -> pd.DataFrame:
    return compute_calibration_curve(
        rows["label"], rows["probability"], dependent_patients(rows), points
    ).assign(**count_rows(rows))


def choose_knots(log_odds: FloatArray) -> FloatArray:
    """Three knots, or none where the log-odds are too much alike for more than a line."""
    knots = np.quantile(log_odds, [0.1, 0.5, 0.9])
    is_spread = np.unique(log_odds).size > 2 and np.diff(knots).min() > EDGE
    return knots if is_spread else knots[:0]


def make_spline(log_odds: FloatArray, knots: FloatArray) -> FloatArray:
    """Columns of a restricted cubic spline: ones, the line, and with knots one bend."""
    line = [np.ones_like(log_odds), log_odds]
    if knots.size == 0:
        return np.column_stack(line)
    first, middle, last = knots
    cubes = np.maximum(log_odds[:, np.newaxis] - knots, 0) ** 3
    weights = np.array([last - middle, first - last, middle - first])
    bend = cubes @ weights / ((last - middle) * (last - first) ** 2)
    return np.column_stack([*line, bend])
