"""Random-effects meta-analysis: one number of several cohorts, and what a new one may show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, NORMAL_QUANTILE
from deepcme.evaluation.predictions import FloatArray

# Where the variance between cohorts is looked for, in that of the estimates.
_GRID, _SMALLEST, _LARGEST = 200, 1e-8, 1e3
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class PooledEstimate:
    """What several estimates say together, on the scale that they were given on.

    Attributes
    ----------
    value, ci_low, ci_high : float
        Mean over cohorts like these, and its 95% interval.
    prediction_low, prediction_high : float
        Where the true value of a new cohort like these lies with 95%.
    tau2 : float
        Variance of the true values between cohorts.
    i2 : float
        Share of the variance of the estimates that is between cohorts, in percent.
    q : float
        Cochran's Q, chi-squared with `k` - 1 degrees of freedom if the cohorts do not differ.
    k : int
        Number of estimates.
    """

    value: float
    ci_low: float
    ci_high: float
    prediction_low: float
    prediction_high: float
    tau2: float
    i2: float
    q: float
    k: int


def pool_random_effects(values: ArrayLike, standard_errors: ArrayLike) -> PooledEstimate:
    """Pool estimates whose true values differ: REML, Hartung and Knapp, prediction interval.

    The variance between cohorts maximises the restricted likelihood [1]_; the interval of
    the mean is Hartung and Knapp's [2]_ [3]_, by t with k - 1 degrees of freedom, and the
    prediction interval [4]_ has these degrees of freedom as well, as R's metafor 3.8
    gives all of it (``rma(method = "REML", test = "knha")``). In one thing it differs:
    estimates that are alike by chance make Hartung and Knapp's interval too narrow, of
    width 0 where they are equal. So it is never narrower than the one by the standard errors
    and normal quantiles [5]_, which it seldom is.

    Parameters
    ----------
    values : array
        At least two estimates.
    standard_errors : array
        Of each, above 0.

    Raises
    ------
    DeepCMEError
        If there are fewer than two, or one is no number.

    References
    ----------
    .. [1] Viechtbauer W (2005). Bias and efficiency of meta-analytic variance estimators in
       the random-effects model. Journal of Educational and Behavioral Statistics 30:261-293.
    .. [2] Hartung J, Knapp G (2001). A refined method for the meta-analysis of controlled
       clinical trials with binary outcome. Statistics in Medicine 20:3875-3889.
    .. [3] Knapp G, Hartung J (2003). Improved tests for a random effects meta-regression with
       a single covariate. Statistics in Medicine 22:2693-2710.
    .. [4] Riley RD, Higgins JPT, Deeks JJ (2011). Interpretation of random effects
       meta-analyses. BMJ 342:d549.
    .. [5] Jackson D et al. (2017). The Hartung-Knapp modification for random-effects
       meta-analysis: a useful refinement but are there any residual concerns? Statistics in
       Medicine 36:3923-3934.
    """
    value, variance = _checked(values, standard_errors)
    k = value.size
    tau2 = _estimate_tau2(value, variance)
    weight = 1 / (variance + tau2)
    mean = float(np.average(value, weights=weight))
    by_errors = 1 / np.sqrt(weight.sum())
    by_spread = by_errors * np.sqrt((weight * (value - mean) ** 2).sum() / (k - 1))
    quantile = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, k - 1)
    half_width = float(max(quantile * by_spread, NORMAL_QUANTILE * by_errors))
    half_of_new = float(np.sqrt(half_width**2 + quantile**2 * tau2))
    fixed = 1 / variance
    q = float((fixed * (value - np.average(value, weights=fixed)) ** 2).sum())
    typical = (k - 1) / float(fixed.sum() - (fixed**2).sum() / fixed.sum())
    return PooledEstimate(
        mean,
        mean - half_width,
        mean + half_width,
        mean - half_of_new,
        mean + half_of_new,
        tau2,
        100 * tau2 / (tau2 + typical),
        q,
        k,
    )


def _checked(values: ArrayLike, standard_errors: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The estimates and their variances."""
    value = np.asarray(values, dtype=np.float64)
    error = np.asarray(standard_errors, dtype=np.float64)
    if value.size < 2 or value.shape != error.shape:
        raise DeepCMEError(
            "A meta-analysis needs at least two estimates with a standard error each, not "
            f"{value.size} with {error.size}."
        )
    if not (np.isfinite(value).all() and np.isfinite(error).all() and (error > 0).all()):
        raise DeepCMEError("Estimates must be finite, and their standard errors above 0.")
    return value, error**2


def _estimate_tau2(value: FloatArray, variance: FloatArray) -> float:
    """The variance between cohorts at which the restricted likelihood is highest, 0 or more."""
    scale = float(value.var(ddof=1) + variance.max())
    grid = np.r_[0.0, scale * np.geomspace(_SMALLEST, _LARGEST, _GRID)]
    best = int(np.argmax(_restricted_likelihood(grid, value, variance)))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, _GRID)]
    if not _slope(low, value, variance) > 0 > _slope(high, value, variance):
        return float(grid[best])  # 0, as a rule
    root: float = optimize.brentq(_slope, low, high, args=(value, variance), rtol=_TOLERANCE)
    return root


def _restricted_likelihood(
    tau2: FloatArray, value: FloatArray, variance: FloatArray
) -> FloatArray:
    """Logarithm of it at each variance, but for a constant."""
    weight = 1 / (variance + tau2[:, np.newaxis])
    total = weight.sum(axis=1)
    residual = value - (weight @ value / total)[:, np.newaxis]
    squares = (weight * residual**2).sum(axis=1)
    likelihood: FloatArray = (np.log(weight).sum(axis=1) - np.log(total) - squares) / 2
    return likelihood


def _slope(tau2: float, value: FloatArray, variance: FloatArray) -> float:
    """Derivative of the restricted likelihood by the variance between cohorts."""
    weight = 1 / (variance + tau2)
    residual = value - np.average(value, weights=weight)
    trace = weight.sum() - (weight**2).sum() / weight.sum()
    return float(((weight * residual) ** 2).sum() - trace) / 2
