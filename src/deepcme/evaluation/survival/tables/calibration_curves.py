"""Observed against predicted risk by the horizon, as a smooth curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from deepcme.base.errors import AbsentError
from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.probabilities.calibration import compute_log_odds
from deepcme.evaluation.probabilities.calibration_curves import (
    EVENTS_FOR_CURVE,
    choose_knots,
    make_spline,
)
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.tables.decisions import find_all_risks
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested

DRAWS_OF_BAND = 200
"""Draws that are enough for a standard error."""
_NEWTON_STEPS = 30
_CONVERGED = 1e-8


def compute_survival_calibration_curves(
    evaluation: Evaluation, points: int = 50
) -> pd.DataFrame:
    """Calibration curve of every model with a pointwise 95% band.

    Of each patient's mean out-of-fold risk: the logistic regression of the case by the horizon
    on a restricted cubic spline of the log-odds (`compute_calibration_curve`), each patient
    weighted for the censored [1]_. The band is normal on the logit scale, with the standard
    error of 200 draws of the patients, each with its censoring.

    Parameters
    ----------
    evaluation : Evaluation
    points : int
        Points of each curve, evenly spaced from the 1st to the 99th percentile of the risks.

    Returns
    -------
    DataFrame
        `model, predicted, observed, ci_low, ci_high, n, events`; and `left_out` first. NaN
        where risks separate the cases from the others, or hardly differ.

    Raises
    ------
    AbsentError
        If there is no horizon, there are no risks, or fewer than 50 patients have the event
        by the horizon, or are known to be without it then.

    References
    ----------
    .. [1] Gerds TA, Kattan MW (2021). Medical risk prediction models, section 5.
    """
    evaluation.require_horizon()

    def of_tested(tested: Tested) -> pd.DataFrame:
        everybody = tested.patients.require()
        counts = everybody.n_cases, everybody.n_controls
        if min(counts) < EVENTS_FOR_CURVE:
            raise AbsentError(
                f"With {counts[0]} patients who have the event by the horizon and {counts[1]} "
                "who are known to be without it then, no calibration curve is drawn, as it "
                f"would show chance; it needs at least {EVENTS_FOR_CURVE} of each."
            )
        tables = []
        for model, positions, risks in find_all_risks(tested):
            curve = _trace(everybody.rows(positions), risks, points)
            curve.insert(0, "model", model)
            tables.append(curve)
        return pd.concat(tables, ignore_index=True)

    return evaluation.tabulate(of_tested)


def _trace(at: AtHorizon, risks: FloatArray, points: int) -> pd.DataFrame:
    log_odds = compute_log_odds(risks)
    knots = choose_knots(log_odds)
    lowest, highest = np.quantile(risks, [0.01, 0.99])
    predicted = np.linspace(lowest, highest, points, dtype=np.float64)
    weights = at.weights[: DRAWS_OF_BAND + 1]
    curves = _fit(make_spline(log_odds, knots), at.is_case.astype(np.float64), weights) @ (
        make_spline(compute_log_odds(predicted), knots).T
    )
    center, drawn = curves[0], curves[1:][np.isfinite(curves[1:]).all(axis=1)]
    error = drawn.std(axis=0, ddof=1) if len(drawn) > 1 else np.full(points, np.nan)
    return pd.DataFrame(
        {
            "predicted": predicted,
            "observed": expit(center),
            "ci_low": expit(center - NORMAL_QUANTILE * error),
            "ci_high": expit(center + NORMAL_QUANTILE * error),
            "n": at.follow_up.n,
            "events": at.n_cases,
        }
    )


def _fit(design: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Coefficients of a weighted logistic regression in each draw; NaN without a maximum."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return np.full((len(weights), design.shape[1]), np.nan)
    basis, triangle = np.linalg.qr(design)
    basis = basis * np.sqrt(len(design))
    share = weights / weights.sum(axis=1, keepdims=True)
    products = np.einsum("ni,nj->nij", basis, basis).reshape(len(basis), -1)
    n_columns = design.shape[1]
    coefficients = np.zeros((len(weights), n_columns))
    step = np.full_like(coefficients, np.inf)
    for _ in range(_NEWTON_STEPS):
        risk = expit(coefficients @ basis.T)
        gradient = (share * (y - risk)) @ basis
        information = (share * risk * (1 - risk)) @ products
        # A ridge too small to matter keeps a draw without a maximum from stopping the others.
        information = information.reshape(-1, n_columns, n_columns) + 1e-10 * np.eye(n_columns)
        step = np.linalg.solve(information, gradient[:, :, np.newaxis])[:, :, 0]
        step = np.clip(step, -1, 1)
        coefficients = coefficients + step
        if np.abs(step).max() < _CONVERGED:
            break
    coefficients[np.abs(step).max(axis=1) > 1e-3] = np.nan
    return np.asarray(
        np.linalg.solve(triangle, (coefficients * np.sqrt(len(design))).T).T, dtype=np.float64
    )
