"""How far the scores of a signature on its two scalings tell samples apart alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from deepcme.evaluation.intervals import NORMAL_QUANTILE, Estimate, compute_wilson_interval
from deepcme.models.signatures.measured import FloatArray
from deepcme.models.signatures.scoring import SINGLE_SAMPLE, WITHIN_COHORT
from deepcme.models.signatures.signature import Signature

__all__ = ["compute_agreement"]

FEWEST = 4
"""Samples from which on a correlation has an interval."""


@dataclass(frozen=True)
class Agreement:
    """Of samples with a score on both scalings.

    Attributes
    ----------
    n : int
    spearman, ci_low, ci_high : float
        Spearman's correlation and its 95 % interval; NaN where scores do not vary or
        samples are too few.
    same_class : Estimate or None
        Share of samples in the same class by the published cut-offs, with Wilson's
        interval; None where these do not hold on both scalings.
    """

    n: int
    spearman: float
    ci_low: float
    ci_high: float
    same_class: Estimate | None


def compute_agreement(
    signature: Signature, within: FloatArray, single: FloatArray
) -> Agreement:
    """Compare scores within a cohort with those of single samples.

    Parameters
    ----------
    signature : Signature
    within, single : ndarray of float64, shape (n_samples,)
        The same samples; one that lacks either score is left out.

    Returns
    -------
    Agreement

    References
    ----------
    .. [1] Bonett DG, Wright TA (2000). Sample size requirements for estimating Pearson,
       Kendall and Spearman correlations. Psychometrika 65:23-28. (The interval.)
    """
    both = ~np.isnan(within) & ~np.isnan(single)
    within, single = within[both], single[both]
    n = len(within)
    hold = {WITHIN_COHORT, SINGLE_SAMPLE} <= set(signature.cut_offs_hold)
    same_class = None
    if hold and signature.cut_offs and n:
        first, other = (
            np.searchsorted(signature.cut_offs, scores, side="right")
            for scores in (within, single)
        )
        same_class = compute_wilson_interval(int((first == other).sum()), n)
    return Agreement(n, *_spearman(within, single), same_class)


def _spearman(first: FloatArray, other: FloatArray) -> tuple[float, float, float]:
    n = len(first)
    if n < FEWEST or min(len(np.unique(first)), len(np.unique(other))) < 2:
        return np.nan, np.nan, np.nan
    found = float(np.clip(spearmanr(first, other).statistic, -1, 1))
    if abs(found) == 1:
        return found, found, found
    half = NORMAL_QUANTILE * np.sqrt((1 + found**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(found) + np.array([-half, half]))
    return found, float(low), float(high)
