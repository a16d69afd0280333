"""How each gene goes with the score that a model gave patients whom it had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.selection.univariate.ranks import (
    FloatArray,
    Rows,
    Values,
    compute_midranks,
    measured_alike,
)

_CONSTANT = 0.1
"""Squares of ranks that differ sum to more; what rounding leaves of equal ones is less."""


@dataclass(frozen=True, eq=False)
class ScoredPart:
    """Samples that a split tests, and what a model scored them; higher is worse."""

    rows: Rows
    score: NDArray[np.float64]


def compute_risk_correlations(
    values: Values, tests: Sequence[ScoredPart], strata: Sequence[str]
) -> FloatArray:
    """Correlation of each gene with a model's score among the patients that a split tests.

    What a model's weights say of a gene depends on the other genes beside it; how expression
    goes with what the model puts out does not, and is what can be interpreted [1]_ [2]_. It
    is Pearson's correlation of the gene's rank among all samples and the score's rank among
    those tested, both centred within strata; what is missing of a gene is left out of it.

    Parameters
    ----------
    values : array, samples x genes
        On any scale: only their order matters.
    tests : sequence of ScoredPart
    strata : sequence of str
        Of each sample.

    Returns
    -------
    array, tests x genes
        NaN where the gene or the score does not vary among those tested.

    References
    ----------
    .. [1] Thompson B, Borrello GM (1985). The importance of structure coefficients in
       regression research. Educational and Psychological Measurement 45:203-209.
    .. [2] Haufe S et al. (2014). On the interpretation of weight vectors of linear models in
       multivariate neuroimaging. NeuroImage 87:96-110.
    """
    stratum = pd.factorize(np.asarray(strata, dtype=object))[0]
    correlations = np.empty((len(tests), values.shape[1]))
    for genes, rows in measured_alike(values):
        ranks = np.zeros((len(values), len(genes)), dtype=np.float32)
        of_measured = np.ascontiguousarray(values[np.ix_(rows, genes)].T)
        ranks[rows] = compute_midranks(of_measured).T
        for number, tested in enumerate(tests):
            kept = np.isin(tested.rows, rows)
            row = tested.rows[kept]
            score = compute_midranks(tested.score[kept][np.newaxis])[0]
            correlations[number, genes] = _correlate(ranks[row], score, stratum[row])
    return correlations


def _correlate(
    ranks: NDArray[np.float32], score: FloatArray, stratum: NDArray[np.intp]
) -> FloatArray:
    """Correlation of each column of ranks with the score, both centred within strata."""
    risk = score.astype(np.float32)
    for value in np.unique(stratum):
        rows = np.flatnonzero(stratum == value)
        ranks[rows] -= ranks[rows].mean(axis=0)
        risk[rows] -= risk[rows].mean()
    of_genes, of_risk = np.einsum("ij,ij->j", ranks, ranks), risk @ risk
    correlation = np.full(ranks.shape[1], np.nan)
    varies = (of_genes > _CONSTANT) & (of_risk > _CONSTANT)
    correlation[varies] = (risk @ ranks)[varies] / np.sqrt(of_genes[varies] * of_risk)
    return correlation
