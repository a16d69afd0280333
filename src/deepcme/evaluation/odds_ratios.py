"""Odds ratios of a logistic regression without penalty, and what its last column adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import log_expit

from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.logistic import (
    FirthProfile,
    fit_firth_regression,
    fit_logistic_regression,
)
from deepcme.evaluation.predictions import FloatArray

WALD, WALD_BY_PATIENT, PROFILE = "Wald", "Wald, robust by patient", "Firth, profile likelihood"


def compute_odds_ratios(
    design: FloatArray, outcomes: ArrayLike, patients: ArrayLike
) -> pd.DataFrame:
    """Odds ratio of every column with its 95% interval.

    Wald's of the maximum-likelihood fit, with errors robust by patient [1]_ where a patient has
    several rows; where the outcomes are separated, and there is no such fit, the
    profile of Firth's penalised likelihood [2]_.

    Parameters
    ----------
    design : array, rows x columns
        Of full column rank, ones in the first.
    outcomes : array of 0 and 1
    patients : array
        Whose each row is.

    Returns
    -------
    DataFrame
        A row for each column but the first: `odds_ratio, ci_low, ci_high, interval`.

    References
    ----------
    .. [1] Liang KY, Zeger SL (1986). Longitudinal data analysis using generalized
       linear models. Biometrika 73:13-22.
    .. [2] Heinze G, Schemper M (2002). A solution to the problem of separation in
       logistic regression. Statistics in Medicine 21:2409-2419.
    """
    y, patient = np.asarray(outcomes, dtype=np.float64), np.asarray(patients)
    repeated = len(np.unique(patient)) < len(patient)
    fit = fit_logistic_regression(design, y, clusters=patient if repeated else None)
    if np.isfinite(fit.coefficients).all():
        coefficients, interval = fit.coefficients, WALD_BY_PATIENT if repeated else WALD
        half_width = NORMAL_QUANTILE * fit.standard_errors
        ends = np.column_stack([coefficients - half_width, coefficients + half_width])[1:]
    else:
        coefficients, interval = fit_firth_regression(design, y), PROFILE
        columns = range(1, design.shape[1])
        ends = np.array([FirthProfile(design, y, column).interval() for column in columns])
    low, high = np.exp(ends.reshape(-1, 2)).T
    return pd.DataFrame(
        {
            "odds_ratio": np.exp(coefficients[1:]),
            "ci_low": low,
            "ci_high": high,
            "interval": interval,
        }
    )


@dataclass(frozen=True)
class LikelihoodRatio:
    """What the last column of a design adds to the others.

    Attributes
    ----------
    statistic : float
        Twice the difference in log-likelihood.
    coefficient : float
        Of the last column.
    """

    statistic: float
    coefficient: float

    @property
    def signed_root(self) -> float:
        """Root of the statistic, below 0 where the column points the wrong way."""
        return float(np.sign(self.coefficient) * np.sqrt(self.statistic))


def compute_likelihood_ratio(design: FloatArray, outcomes: ArrayLike) -> LikelihoodRatio:
    """Likelihood ratio of the last column, of the penalised likelihood where separated.

    Of a column that was itself learned from the outcomes, if only of other patients', the
    statistic does not have its chi-squared distribution [1]_: permute and learn anew.

    Parameters
    ----------
    design : array, rows x columns
        Of full column rank.
    outcomes : array of 0 and 1

    References
    ----------
    .. [1] Hofling H, Tibshirani R (2008). A study of pre-validation. Annals of Applied
       Statistics 2:643-664.
    """
    y = np.asarray(outcomes, dtype=np.float64)
    whole = fit_logistic_regression(design, y)
    without = fit_logistic_regression(design[:, :-1], y)
    if np.isfinite([*whole.coefficients, *without.coefficients]).all():
        statistic = 2 * (
            _log_likelihood(design @ whole.coefficients, y)
            - _log_likelihood(design[:, :-1] @ without.coefficients, y)
        )
        return LikelihoodRatio(max(statistic, 0.0), float(whole.coefficients[-1]))
    profile = FirthProfile(design, y, design.shape[1] - 1)
    coefficient = float(fit_firth_regression(design, y)[-1])
    return LikelihoodRatio(max(profile.likelihood_ratio(0.0), 0.0), coefficient)


def _log_likelihood(log_odds: FloatArray, y: FloatArray) -> float:
    return float(np.sum(y * log_expit(log_odds) + (1 - y) * log_expit(-log_odds)))
