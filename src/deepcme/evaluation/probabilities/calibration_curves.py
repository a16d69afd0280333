"""How often the event happens at each probability: the calibration curve, and groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.predictions import (
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
        lambda test: compute_by("model", test, lambda rows: _curve_of_model(rows, points)),
    )


def _curve_of_model(rows: pd.DataFrame, points: int) -> pd.DataFrame:
    return compute_calibration_curve(
        rows["label"], rows["probability"], dependent_patients(rows), points
    ).assign(**count_rows(rows))


def _choose_knots(log_odds: FloatArray) -> FloatArray:
    """Three knots, or none where the log-odds are too much alike for more than a line."""
    knots = np.quantile(log_odds, [0.1, 0.5, 0.9])
    is_spread = np.unique(log_odds).size > 2 and np.diff(knots).min() > EDGE
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
