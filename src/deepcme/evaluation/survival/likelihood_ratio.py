"""What one column adds to others in a Cox regression, by the partial likelihood."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.odds_ratios import LikelihoodRatio
from deepcme.evaluation.predictions import BooleanArray, FloatArray
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.evaluation.survival.newton import maximise
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood

_NEXT_TO_NONE = 1e-6


def compute_cox_likelihood_ratio(
    design: FloatArray, follow_up: FollowUp, *, strata: ArrayLike | None = None
) -> LikelihoodRatio:
    """Likelihood ratio of the last column, with Efron's treatment of ties.

    Where a hazard ratio has no end, as of a grade without an event, the likelihood still has
    a limit: such columns get a penalty that is next to none in both fits. Of a column that was
    itself learned from outcomes, if only from those of other patients, the statistic does not
    have its chi-squared distribution [1]_: permute and learn anew.

    Parameters
    ----------
    design : array, patients x columns
        None a combination of the others and a constant.
    follow_up : FollowUp
    strata : array, optional
        Each has a baseline hazard of its own.

    Raises
    ------
    AbsentError
        If there is no event, columns repeat each other, or no maximum is found.

    References
    ----------
    .. [1] Hofling H, Tibshirani R (2008). A study of pre-validation. Annals of Applied
       Statistics 2:643-664.
    """
    fit = fit_cox_regression(design, follow_up, strata=strata)
    if not fit.monotone.any():
        without = fit_cox_regression(design[:, :-1], follow_up, strata=strata)
        statistic = 2 * (fit.log_likelihood - without.log_likelihood)
        return LikelihoodRatio(max(statistic, 0.0), float(fit.coefficients[-1]))
    likelihood = PartialLikelihood.of(follow_up, strata=strata)
    spread = design.std(axis=0)
    scaled = (design - design.mean(axis=0)) / spread
    coefficients = _climb(likelihood, scaled, fit.monotone)
    fewer = _climb(likelihood, scaled[:, :-1], fit.monotone[:-1])
    statistic = 2 * (
        likelihood.log_likelihood(scaled @ coefficients)
        - likelihood.log_likelihood(scaled[:, :-1] @ fewer)
    )
    return LikelihoodRatio(max(statistic, 0.0), float(coefficients[-1] / spread[-1]))


def _climb(
    likelihood: PartialLikelihood, design: FloatArray, has_no_end: BooleanArray
) -> FloatArray:
    """Coefficients of standardised columns, of which some would have no end."""
    penalties = np.where(has_no_end, _NEXT_TO_NONE, 0.0)

    def value(coefficients: FloatArray) -> float:
        shrinkage = float(penalties @ coefficients**2) / 2
        return likelihood.log_likelihood(design @ coefficients) - shrinkage

    def step(coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        slope, information = likelihood.derivatives(design @ coefficients, design)
        gradient = slope - penalties * coefficients
        direction, *_ = np.linalg.lstsq(information + np.diag(penalties), gradient, rcond=None)
        return gradient, np.asarray(direction, dtype=np.float64)

    coefficients, converged = maximise(value, step, np.zeros(design.shape[1]))
    if not converged:
        raise AbsentError("This Cox regression found no maximum of its likelihood.")
    return coefficients
