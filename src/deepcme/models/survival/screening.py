"""How strongly each gene alone goes with the hazard: the score test of Cox's model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood

_BLOCK_GENES = 2048
# Variance of a gene that rounding leaves where it does not vary among those at risk.
_NOTHING = 1e-10


def compute_score_statistics(
    X: NDArray[np.floating], follow_up: FollowUp
) -> NDArray[np.float64]:
    """Score statistic of each gene in a Cox model of it alone [1]_.

    It needs no fit: the slope of the log partial likelihood at a log hazard ratio of 0,
    over its standard deviation. Its square is the log-rank test of a gene of two values.

    Parameters
    ----------
    X : array, patients x genes
    follow_up : FollowUp

    Returns
    -------
    array, genes
        About standard normal without any association; above 0 where higher expression is
        worse, 0 of a gene that does not vary among those at risk.

    Raises
    ------
    AbsentError
        If no patient had the event.

    References
    ----------
    .. [1] Cox DR (1972). Regression models and life-tables. J R Stat Soc B 34:187-220.
    """
    likelihood = PartialLikelihood.of(follow_up)
    shares = likelihood.risk_shares(np.zeros(follow_up.n))
    expected = likelihood.counts @ shares
    statistics = np.zeros(X.shape[1])
    for start in range(0, X.shape[1], _BLOCK_GENES):
        block = X[:, start : start + _BLOCK_GENES].astype(np.float64)
        block -= block.mean(axis=0)
        variance = expected @ block**2 - likelihood.counts @ (shares @ block) ** 2
        slope = (likelihood.weighted_events - expected) @ block
        varies = variance > _NOTHING * (expected @ block**2)
        np.divide(
            slope,
            np.sqrt(np.maximum(variance, 0)),
            out=statistics[start : start + _BLOCK_GENES],
            where=varies,
        )
    return statistics
