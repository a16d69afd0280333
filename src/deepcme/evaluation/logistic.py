"""Maximum-likelihood logistic regression with standard errors, for a handful of columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import linprog, minimize
from scipy.special import expit, log_expit

from deepcme.evaluation.predictions import FloatArray


@dataclass(frozen=True)
class LogisticFit:
    """Coefficients and their covariance; NaN where the data have no finite maximum."""

    coefficients: FloatArray
    covariance: FloatArray

    @property
    def standard_errors(self) -> FloatArray:
        """Square roots of the variances."""
        return np.sqrt(np.diagonal(self.covariance))

    def predict_with_error(self, design: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log-odds of each row of the design, and their standard errors."""
        variance = np.einsum("ij,jk,ik->i", design, self.covariance, design)
        return design @ self.coefficients, np.sqrt(variance)


def fit_logistic_regression(
    design: FloatArray,
    outcomes: ArrayLike,
    offset: ArrayLike = 0.0,
    clusters: ArrayLike | None = None,
) -> LogisticFit:
    """Logistic regression without penalty.

    Parameters
    ----------
    design : array, rows x columns
        With a column of ones where an intercept is wanted.
    outcomes : array, 0 to 1
    offset : array
        Log-odds added to each row's.
    clusters : array, optional
        Rows of one cluster may depend on each other; the covariance is then
        the cluster-robust one [1]_, with the factor G / (G - 1) for G clusters.
        Without it, rows are independent and it is the inverse information.

    Returns
    -------
    LogisticFit
        All NaN if the outcomes are separated by the design, or columns are
        collinear: there is no finite maximum then.

    References
    ----------
    .. [1] Liang KY, Zeger SL (1986). Longitudinal data analysis using generalized
       linear models. Biometrika 73:13-22.
    """
    y = np.asarray(outcomes, dtype=np.float64)
    fixed = np.broadcast_to(np.asarray(offset, dtype=np.float64), y.shape)
    n_columns = design.shape[1]
    nothing = LogisticFit(np.full(n_columns, np.nan), np.full((n_columns, n_columns), np.nan))
    if np.linalg.matrix_rank(design) < n_columns or _is_separated(design, y):
        return nothing
    # An orthonormal design makes every step well scaled, whatever the columns are.
    orthonormal, triangle = np.linalg.qr(design)
    rotated = _maximise_likelihood(orthonormal, y, fixed)
    to_columns = np.linalg.inv(triangle)
    covariance = _covariance(orthonormal, y, expit(orthonormal @ rotated + fixed), clusters)
    return LogisticFit(to_columns @ rotated, to_columns @ covariance @ to_columns.T)


def _is_separated(design: FloatArray, y: FloatArray) -> bool:
    """Whether a direction has all events on one side and all non-events on the other.

    Found by linear programming (Konis 2007), as the direction that gains most
    while no row is on the wrong side; outcomes between 0 and 1 rule it out.
    """
    if not np.isin(y, (0, 1)).all():
        return False
    signed = design / np.abs(design).max(axis=0) * (2 * y - 1)[:, np.newaxis]
    gain = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1))
    return bool(signed.sum(axis=0) @ gain.x > 1e-6)


def _maximise_likelihood(design: FloatArray, y: FloatArray, offset: FloatArray) -> FloatArray:
    def loss(coefficients: FloatArray) -> float:
        log_odds = design @ coefficients + offset
        return float(-np.sum(y * log_expit(log_odds) + (1 - y) * log_expit(-log_odds)))

    def gradient(coefficients: FloatArray) -> FloatArray:
        return design.T @ (expit(design @ coefficients + offset) - y)

    def hessian(coefficients: FloatArray) -> FloatArray:
        probability = expit(design @ coefficients + offset)
        return _information(design, probability)

    start = np.zeros(design.shape[1])
    solution = minimize(
        loss, start, method="trust-exact", jac=gradient, hess=hessian, options={"gtol": 1e-8}
    )
    return np.asarray(solution.x, dtype=np.float64)


def _information(design: FloatArray, probability: FloatArray) -> FloatArray:
    weight = probability * (1 - probability)
    return design.T @ (weight[:, np.newaxis] * design)


def _covariance(
    design: FloatArray, y: FloatArray, probability: FloatArray, clusters: ArrayLike | None
) -> FloatArray:
    inverse = np.asarray(np.linalg.inv(_information(design, probability)), dtype=np.float64)
    if clusters is None:
        return inverse
    scores = pd.DataFrame((y - probability)[:, np.newaxis] * design)
    by_cluster = scores.groupby(np.asarray(clusters)).sum().to_numpy()
    n_clusters = len(by_cluster)
    meat = by_cluster.T @ by_cluster * (n_clusters / (n_clusters - 1))
    return np.asarray(inverse @ meat @ inverse, dtype=np.float64)
