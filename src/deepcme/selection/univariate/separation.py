"""AUC and concordance of every gene, with their variances, of ranks within strata."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.survival.concordance import find_pairs
from deepcme.selection.univariate.ranks import FloatArray, Rows, compute_midranks

FEWEST_OF_CLASS = 2
"""Patients of each class in a stratum, for a variance there."""
_CASES_AT_ONCE = 127
"""For so many a byte holds twice a patient's pairs."""


def compute_areas(
    ranks: FloatArray, labels: NDArray[np.int8], strata: Sequence[Rows]
) -> tuple[FloatArray, FloatArray]:
    """AUC of each gene, and its variance by DeLong's method [1]_ [2]_.

    Of several strata it is the mean of theirs, weighted by their positives, as in
    `compute_auc_within`; one with a single patient of a class has no variance, and no say.

    Parameters
    ----------
    ranks : array, genes x patients
        Midranks within the strata.
    labels : array of 0 and 1
    strata : sequence of arrays of int
        Patients of each.

    Returns
    -------
    array, array
        NaN where no stratum has two patients of both classes.

    References
    ----------
    .. [1] DeLong ER, DeLong DM, Clarke-Pearson DL (1988). Comparing the areas under two or
       more correlated receiver operating characteristic curves: a nonparametric approach.
       Biometrics 44:837-845.
    .. [2] Sun X, Xu W (2014). Fast implementation of DeLong's algorithm. IEEE Signal
       Processing Letters 21:1389-1393.
    """
    area, variance, n_cases = np.zeros(len(ranks)), np.zeros(len(ranks)), 0
    for rows in strata:
        positive, negative = (rows[labels[rows] == label] for label in (1, 0))
        if min(len(positive), len(negative)) < FEWEST_OF_CLASS:
            continue
        # The share of the other class that each patient is in the right order with.
        above, below = (
            (ranks[:, own] - compute_midranks(ranks[:, own])) / len(others)
            for own, others in ((positive, negative), (negative, positive))
        )
        weight = len(positive)
        area += weight * above.mean(axis=1)
        variance += weight**2 * (
            above.var(axis=1, ddof=1) / len(positive)
            + below.var(axis=1, ddof=1) / len(negative)
        )
        n_cases += weight
    if not n_cases:
        return np.full(len(ranks), np.nan), np.full(len(ranks), np.nan)
    return area / n_cases, variance / n_cases**2


def compute_concordances(
    ranks: FloatArray, follow_up: FollowUp, strata: Sequence[Rows]
) -> tuple[FloatArray, FloatArray]:
    """Harrell's C of each gene, and its variance by the infinitesimal jackknife [1]_.

    As `compute_harrell_concordance` has it, of pairs within a stratum. The variance is the
    sum over the patients of the squared derivative of C by the weight of each.

    Parameters
    ----------
    ranks : array, genes x patients
        Midranks within the strata.
    follow_up : FollowUp
    strata : sequence of arrays of int
        Patients of each.

    Returns
    -------
    array, array
        NaN where there is no pair of which it is known who had the event first.

    References
    ----------
    .. [1] Therneau TM, Atkinson E (2024). Concordance. Vignette of the R package survival.
    """
    n_patients = ranks.shape[1]
    # Whole numbers of a narrow kind are compared several at a time.
    kind = np.uint16 if 2 * n_patients < np.iinfo(np.uint16).max else np.uint32
    twice = np.ascontiguousarray((2 * ranks).T).astype(kind)
    stratum = np.empty(n_patients, dtype=np.int64)
    for number, rows in enumerate(strata):
        stratum[rows] = number
    in_order = np.zeros((n_patients, len(ranks)), dtype=np.int32)  # pairs twice, ties once
    of_some = np.zeros(in_order.shape, dtype=np.uint8)
    pairs = np.zeros(n_patients)
    cases = np.flatnonzero(follow_up.events == EVENT)
    later, never = find_pairs(follow_up, cases)
    for number, (case, of_case) in enumerate(zip(cases, later | never, strict=True), start=1):
        others = np.flatnonzero(of_case & (stratum == stratum[case]))
        found = (twice[others] < twice[case]).view(np.uint8)
        found += (twice[others] <= twice[case]).view(np.uint8)
        of_some[others] += found
        in_order[case] += found.sum(axis=0, dtype=kind)
        pairs[others] += 1
        pairs[case] += len(others)
        if number % _CASES_AT_ONCE == 0 or number == len(cases):
            in_order += of_some
            of_some[:] = 0
    n_pairs = pairs.sum() / 2
    if not n_pairs:
        return np.full(len(ranks), np.nan), np.full(len(ranks), np.nan)
    concordance = in_order.sum(axis=0) / (4 * n_pairs)
    derivative = (in_order / 2 - concordance * pairs[:, np.newaxis]) / n_pairs
    return concordance, np.einsum("ij,ij->j", derivative, derivative)
