"""Whether a result beats what the same pipeline finds where there is nothing to find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.errors import DeepCMEError
from deepcme.evaluation.intervals import compute_wilson_interval
from deepcme.evaluation.predictions import IntegerArray


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


def permute_labels(
    labels: ArrayLike,
    patients: ArrayLike,
    random: np.random.Generator,
    strata: ArrayLike | None = None,
) -> IntegerArray:
    """Labels permuted between patients, those of one patient kept together.

    A patient's labels go, in order, to a patient with as many samples: whole
    blocks are exchanged [1]_, so the numbers of positive samples and of
    positive patients stay, and so does the dependence of samples of one patient.

    Parameters
    ----------
    labels : array of 0 and 1
    patients : array
        Whose sample it is.
    random : numpy.random.Generator
    strata : array, optional
        Stratum of each sample, such as its cohort: labels stay within it.

    Returns
    -------
    array of 0 and 1

    References
    ----------
    .. [1] Winkler AM et al. (2015). Multi-level block permutation. NeuroImage
       123:253-268.
    """
    label, patient = np.asarray(labels, dtype=np.int64), np.asarray(patients)
    stratum = np.zeros(len(label)) if strata is None else np.asarray(strata)
    permuted = label.copy()
    for value in np.unique(stratum):
        rows = np.flatnonzero(stratum == value)
        permuted[rows] = _permute_blocks(label[rows], patient[rows], random)
    return permuted


def _permute_blocks(
    label: IntegerArray, patients: NDArray[Any], random: np.random.Generator
) -> IntegerArray:
    permuted = label.copy()
    patient = pd.Series(patients)
    rows_of_patients = list(patient.groupby(patient).indices.values())
    sizes = np.array([len(rows) for rows in rows_of_patients])
    for size in np.unique(sizes):
        blocks = np.stack([rows_of_patients[i] for i in np.flatnonzero(sizes == size)])
        permuted[blocks] = label[random.permutation(blocks)]
    return permuted
