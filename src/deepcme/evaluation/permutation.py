"""Whether a result beats what the same pipeline finds where there is nothing to find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepcme.errors import DeepCMEError
from deepcme.evaluation.intervals import compute_wilson_interval


@dataclass(frozen=True)
class PermutationTest:
    """An observed statistic against those under permuted labels.

    Attributes
    ----------
    observed : float
    p_value : float
        One-sided, larger statistics being more extreme.
    ci_low, ci_high : float
        95% interval of the p-value that unlimited permutations would give.
    null_mean, null_sd : float
    n_permutations : int
    """

    observed: float
    p_value: float
    ci_low: float
    ci_high: float
    null_mean: float
    null_sd: float
    n_permutations: int


def compute_permutation_test(observed: float, null_statistics: ArrayLike) -> PermutationTest:
    """Permutation p-value, counting the observed labelling as one of the permutations [1]_.

    p = (1 + number of null statistics at least as large) / (1 + number of permutations),
    so that it is never 0 and never rejects too often.

    Parameters
    ----------
    observed : float
        Statistic with the labels as they are, such as the mean test AUC.
    null_statistics : array
        The same statistic from whole reruns with permuted labels.

    Returns
    -------
    PermutationTest

    Raises
    ------
    DeepCMEError
        If there is no null statistic or a statistic is not finite.

    References
    ----------
    .. [1] Phipson B, Smyth GK (2010). Permutation p-values should never be zero.
       Statistical Applications in Genetics and Molecular Biology 9:39.
    """
    null = np.asarray(null_statistics, dtype=np.float64)
    if null.size == 0 or not np.isfinite([observed, *null]).all():
        raise DeepCMEError("A permutation test needs at least one permutation, all finite.")
    extreme = int((null >= observed).sum())
    monte_carlo = compute_wilson_interval(extreme, null.size)
    return PermutationTest(
        observed=float(observed),
        p_value=(1 + extreme) / (1 + null.size),
        ci_low=monte_carlo.ci_low,
        ci_high=monte_carlo.ci_high,
        null_mean=float(null.mean()),
        null_sd=float(null.std()),
        n_permutations=null.size,
    )
