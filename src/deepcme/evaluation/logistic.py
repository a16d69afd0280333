"""Logistic regression without penalty, for a handful of columns, and Firth's where it fails."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from scipy.optimize import brentq, linprog, minimize
from scipy.special import expit, log_expit

from deepcme.evaluation.intervals import CONFIDENCE_LEVEL
from deepcme.evaluation.predictions import BooleanArray, FloatArray

_NOTHING = 1e-6
# The likelihood ratio, twice the logarithm, at the ends of a 95% interval.
_HIGHEST_RATIO = float(stats.chi2.ppf(CONFIDENCE_LEVEL, 1))


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


def fit_firth_regression(design: FloatArray, outcomes: ArrayLike) -> FloatArray:
    """Coefficients of Firth's bias-reduced logistic regression [1]_.

    The likelihood times the square root of the determinant of its information
    has a finite maximum even where the outcomes are separated [2]_.

    Parameters
    ----------
    design : array, rows x columns
        Of full column rank.
    outcomes : array of 0 and 1

    Returns
    -------
    array
        One coefficient for each column.

    References
    ----------
    .. [1] Firth D (1993). Bias reduction of maximum likelihood estimates.
       Biometrika 80:27-38.
    .. [2] Heinze G, Schemper M (2002). A solution to the problem of separation in
       logistic regression. Statistics in Medicine 21:2409-2419.
    """
    y = np.asarray(outcomes, dtype=np.float64)
    orthonormal, triangle = np.linalg.qr(design)
    solution, _ = _maximise_penalised_likelihood(orthonormal, orthonormal, y, 0.0)
    return np.asarray(np.linalg.solve(triangle, solution), dtype=np.float64)


@dataclass(frozen=True)
class FirthProfile:
    """The penalised likelihood of one coefficient of Firth's regression, the others fitted.

    Parameters
    ----------
    design : array, rows x columns
        Of full column rank.
    outcomes : array of 0 and 1
    column : int
        Whose coefficient it is.
    """

    design: FloatArray
    outcomes: FloatArray
    column: int

    def likelihood_ratio(self, coefficient: float) -> float:
        """Twice the logarithm of how much likelier the best coefficient is than this one."""
        return 2 * (self._best - self._log_likelihood(coefficient))

    def interval(self) -> tuple[float, float]:
        """95% interval of the coefficients that are not much less likely [1]_.

        Unlike Wald's it is not symmetric, and holds where the outcomes are separated.

        References
        ----------
        .. [1] Heinze G, Schemper M (2002). A solution to the problem of separation in
           logistic regression. Statistics in Medicine 21:2409-2419.
        """
        coefficients = fit_firth_regression(self.design, self.outcomes)
        best = float(coefficients[self.column])
        probability = expit(self.design @ coefficients)
        inverse = np.linalg.inv(_information(self.design, probability))
        step = float(np.sqrt(inverse[self.column, self.column]))
        low, high = (self._end(best, direction * step) for direction in (-1, 1))
        return low, high

    def _end(self, best: float, step: float) -> float:
        def excess(coefficient: float) -> float:
            return self.likelihood_ratio(coefficient) - _HIGHEST_RATIO

        outside = best + step
        while excess(outside) < 0:
            outside += step
        return float(brentq(excess, outside - step, outside, xtol=1e-7))

    @cached_property
    def _best(self) -> float:
        orthonormal, _ = np.linalg.qr(self.design)
        return _maximise_penalised_likelihood(orthonormal, orthonormal, self.outcomes, 0.0)[1]

    def _log_likelihood(self, coefficient: float) -> float:
        orthonormal, _ = np.linalg.qr(self.design)
        others, _ = np.linalg.qr(np.delete(self.design, self.column, axis=1))
        offset = self.design[:, self.column] * coefficient
        return _maximise_penalised_likelihood(others, orthonormal, self.outcomes, offset)[1]


def _maximise_penalised_likelihood(
    free: FloatArray, whole: FloatArray, y: FloatArray, offset: FloatArray | float
) -> tuple[FloatArray, float]:
    """Coefficients of the free columns, and the logarithm of the penalised likelihood.

    The penalty is of the information of the whole design.
    """

    def log_odds_of(coefficients: FloatArray) -> FloatArray:
        return np.asarray(free @ coefficients + offset, dtype=np.float64)

    def loss(coefficients: FloatArray) -> float:
        log_odds = log_odds_of(coefficients)
        log_likelihood = np.sum(y * log_expit(log_odds) + (1 - y) * log_expit(-log_odds))
        information = _information(whole, expit(log_odds))
        return -float(log_likelihood + np.linalg.slogdet(information)[1] / 2)

    def gradient(coefficients: FloatArray) -> FloatArray:
        probability = expit(log_odds_of(coefficients))
        inverse = np.linalg.inv(_information(whole, probability))
        weight = probability * (1 - probability)
        leverage = weight * np.einsum("ij,jk,ik->i", whole, inverse, whole)
        slope = free.T @ (probability - y - leverage * (0.5 - probability))
        return np.asarray(slope, dtype=np.float64)

    def hessian(coefficients: FloatArray) -> FloatArray:
        return _information(free, expit(log_odds_of(coefficients)))

    solution = minimize(
        loss,
        np.zeros(free.shape[1]),
        method="trust-exact",
        jac=gradient,
        hess=hessian,
        options={"gtol": 1e-8},
    )
    return np.asarray(solution.x, dtype=np.float64), -float(solution.fun)


def find_separating_columns(design: FloatArray, outcomes: ArrayLike) -> BooleanArray:
    """Columns whose coefficient has no finite maximum-likelihood estimate.

    They lead in a direction that has all events on one side and all non-events
    on the other, found by linear programming [1]_ as the direction that gains
    most while no row is on the wrong side.

    Parameters
    ----------
    design : array, rows x columns
        No column of zeros.
    outcomes : array of 0 and 1

    Returns
    -------
    array of bool
        All False if the outcomes are not separated.

    References
    ----------
    .. [1] Konis K (2007). Linear programming algorithms for detecting separated data
       in binary logistic regression models. DPhil thesis, University of Oxford.
    """
    y = np.asarray(outcomes, dtype=np.float64)
    signed = design / np.abs(design).max(axis=0) * (2 * y - 1)[:, np.newaxis]
    return find_columns_without_limit(signed)


def find_columns_without_limit(gains: FloatArray) -> BooleanArray:
    """Columns of the direction in which most is gained while no row loses.

    Parameters
    ----------
    gains : array, rows x columns
        What a step along each column gains each row; a likelihood rises with it for ever.

    Returns
    -------
    array of bool
        All False if in no direction anything is gained.
    """
    total = gains.sum(axis=0)
    best = linprog(-total, A_ub=-gains, b_ub=np.zeros(len(gains)), bounds=(-1, 1))
    direction = np.asarray(best.x, dtype=np.float64)
    endless: BooleanArray = bool(total @ direction > _NOTHING) & (np.abs(direction) > _NOTHING)
    return endless


def _is_separated(design: FloatArray, y: FloatArray) -> bool:
    """Whether there is a separating column; outcomes between 0 and 1 rule it out."""
    return bool(np.isin(y, (0, 1)).all() and find_separating_columns(design, y).any())


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
