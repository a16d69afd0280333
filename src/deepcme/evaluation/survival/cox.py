"""Cox regression without penalty, for a handful of columns, and Firth's where it fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.logistic import find_columns_without_limit
from deepcme.evaluation.predictions import BooleanArray, FloatArray
from deepcme.evaluation.survival.newton import maximise
from deepcme.evaluation.survival.partial_likelihood import EFRON, PartialLikelihood

# Where log hazards of two patients differ by more, a coefficient may have no maximum.
_SUSPICIOUS_RANGE = 10.0


@dataclass(frozen=True, eq=False)
class CoxFit:
    """Log hazard ratios of the columns of a design and their covariance.

    Attributes
    ----------
    coefficients : array
    covariance : array
        Inverse of the information.
    log_likelihood, null_log_likelihood : float
        Partial, at these coefficients and with all at 0; penalised in Firth's fit.
    n, events : int
    monotone : array of bool
        Columns without a finite maximum-likelihood estimate; where there are any, the fit
        is Firth's.
    """

    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int
    monotone: BooleanArray

    @property
    def standard_errors(self) -> FloatArray:
        """Square roots of the variances."""
        return np.sqrt(np.diagonal(self.covariance))

    def hazard_ratios(self) -> pd.DataFrame:
        """Hazard ratio of every column with its 95% Wald interval and two-sided p-value.

        Returns
        -------
        DataFrame
            `hazard_ratio, ci_low, ci_high, p_value, n, events`, a row a column.
        """
        half_width = NORMAL_QUANTILE * self.standard_errors
        p_values = 2 * stats.norm.sf(np.abs(self.coefficients) / self.standard_errors)
        return pd.DataFrame(
            {
                "hazard_ratio": np.exp(self.coefficients),
                "ci_low": np.exp(self.coefficients - half_width),
                "ci_high": np.exp(self.coefficients + half_width),
                "p_value": p_values,
                "n": self.n,
                "events": self.events,
            }
        )


def fit_cox_regression(
    design: FloatArray,
    follow_up: FollowUp,
    *,
    ties: str = EFRON,
    offset: ArrayLike = 0.0,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> CoxFit:
    """Cox's proportional hazards regression [1]_, by Newton's method.

    Where the likelihood is monotone, so that a hazard ratio would be infinite, the fit is
    Firth's [2]_, and says which columns are the cause.

    Parameters
    ----------
    design : array, patients x columns
        No column of ones: the baseline hazard takes its place.
    follow_up : FollowUp
        The competing event counts as censored (cause-specific hazard).
    ties : {"efron", "breslow"}
    offset : array
        Added to each patient's log hazard.
    strata : array, optional
        Each has a baseline hazard of its own.
    weights : array, optional
        How often each patient counts.

    Raises
    ------
    AbsentError
        If there is no event, or columns are collinear among the patients.

    References
    ----------
    .. [1] Cox DR (1972). Regression models and life-tables. J R Stat Soc B 34:187-220.
    .. [2] Heinze G, Schemper M (2001). A solution to the problem of monotone likelihood
       in Cox regression. Biometrics 57:114-119.
    """
    likelihood = PartialLikelihood.of(follow_up, ties=ties, strata=strata, weights=weights)
    fixed = np.broadcast_to(np.asarray(offset, dtype=np.float64), follow_up.times.shape)
    # Columns of one spread make every step well scaled, whatever they are.
    counted = likelihood.counted
    center = design[counted].mean(axis=0)
    orthonormal, triangle = np.linalg.qr(design[counted] - center)
    diagonal = np.abs(np.diagonal(triangle))
    lengths = np.linalg.norm(triangle, axis=0)
    if len(diagonal) < design.shape[1] or np.any(diagonal <= 1e-9 * lengths):
        raise AbsentError(
            "The columns of this Cox regression are constant or repeat each other among its "
            f"{int(counted.sum())} patients: leave some out."
        )
    to_columns = np.linalg.inv(triangle) * np.sqrt(len(orthonormal))
    rotated = (design - center) @ to_columns
    plain = _Columns(likelihood, rotated, fixed)
    solution, converged = maximise(plain.log_likelihood, plain.step, np.zeros(design.shape[1]))
    model, monotone = plain, np.zeros(design.shape[1], dtype=bool)
    if not converged or np.ptp((rotated @ solution)[counted]) > _SUSPICIOUS_RANGE:
        monotone = find_monotone_columns(design, follow_up, strata=strata, weights=weights)
        if monotone.any():
            model = _FirthColumns(likelihood, rotated, fixed)
            start = np.zeros(design.shape[1])
            solution, converged = maximise(model.log_likelihood, model.step, start)
        if not converged:
            raise AbsentError("This Cox regression found no maximum of its likelihood.")
    _, information = plain.derivatives(solution)
    covariance = to_columns @ np.linalg.inv(information) @ to_columns.T
    return CoxFit(
        to_columns @ solution,
        covariance,
        model.log_likelihood(solution),
        model.log_likelihood(np.zeros_like(solution)),
        follow_up.n if weights is None else int(np.count_nonzero(weights)),
        int(np.count_nonzero(likelihood.weighted_events)),
        monotone,
    )


@dataclass(frozen=True, eq=False)
class _Columns:
    """The partial likelihood as a function of the coefficients of a design."""

    likelihood: PartialLikelihood
    design: FloatArray
    offset: FloatArray

    def log_hazards(self, coefficients: FloatArray) -> FloatArray:
        return np.asarray(self.design @ coefficients + self.offset, dtype=np.float64)

    def log_likelihood(self, coefficients: FloatArray) -> float:
        return self.likelihood.log_likelihood(self.log_hazards(coefficients))

    def derivatives(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.likelihood.derivatives(self.log_hazards(coefficients), self.design)

    def step(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The gradient, and the step by Newton's method."""
        gradient, information = self.derivatives(coefficients)
        direction, *_ = np.linalg.lstsq(information, gradient, rcond=None)
        return gradient, np.asarray(direction, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _FirthColumns(_Columns):
    """The same times the square root of the determinant of its information."""

    def log_likelihood(self, coefficients: FloatArray) -> float:
        information = self.derivatives(coefficients)[1]
        sign, logarithm = np.linalg.slogdet(information)
        if sign <= 0:
            return -np.inf
        return super().log_likelihood(coefficients) + float(logarithm) / 2

    def step(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        gradient, information = self.derivatives(coefficients)
        inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
        gradient = gradient + self._slope_of_penalty(coefficients, inverse)
        return gradient, inverse @ gradient

    def _slope_of_penalty(self, coefficients: FloatArray, inverse: FloatArray) -> FloatArray:
        """Half the trace of the inverse information times its derivative.

        The derivative is made of the third central moments of the columns among those at
        risk at each event.
        """
        slope = np.zeros_like(coefficients)
        shares = self.likelihood.risk_shares(self.log_hazards(coefficients))
        for count, share in zip(self.likelihood.counts, shares, strict=True):
            centred = self.design - share @ self.design
            distance = np.einsum("ij,jk,ik->i", centred, inverse, centred)
            slope += count / 2 * ((share * distance) @ centred)
        return slope


def find_monotone_columns(
    design: FloatArray,
    follow_up: FollowUp,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> BooleanArray:
    """Columns whose coefficient has no finite maximum partial-likelihood estimate.

    They lead in a direction in which every patient who has the event is the furthest of
    those at risk at that time. It is found by linear programming, as separation is in
    logistic regression [1]_: the direction that gains most while no event loses.

    Parameters
    ----------
    design : array, patients x columns
    follow_up : FollowUp
    strata, weights : array, optional
        As in `fit_cox_regression`.

    Returns
    -------
    array of bool
        All False if the likelihood has a maximum.

    References
    ----------
    .. [1] Konis K (2007). Linear programming algorithms for detecting separated data
       in binary logistic regression models. DPhil thesis, University of Oxford.
    """
    likelihood = PartialLikelihood.of(follow_up, strata=strata, weights=weights)
    spread = np.ptp(design, axis=0)
    scaled = design / np.where(spread > 0, spread, 1.0)
    is_event = likelihood.weighted_events > 0
    gains = []
    for time, at_risk in zip(likelihood.times, np.isfinite(likelihood.at_risk), strict=True):
        own = is_event & at_risk & (follow_up.times == time)
        differences = scaled[own][:, np.newaxis] - scaled[at_risk]
        gains.append(differences.reshape(-1, design.shape[1]))
    return find_columns_without_limit(np.unique(np.concatenate(gains), axis=0))
