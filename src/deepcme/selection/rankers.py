"""Ways to rank genes, by name: what stability, decoys and the panel curve are run with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import FloatArray
from deepcme.selection.l1_logistic import cross_validate_l1
from deepcme.selection.path import follow_soft_path

IntegerArray = NDArray[np.int64]
RankerName = Literal["soft-path", "l1-logistic", "mean-rank"]
Ranker = Callable[[FloatArray, IntegerArray, ArrayLike, np.random.Generator], IntegerArray]
"""Standardised matrix, labels, patients and a generator to positions of genes, best first."""


def rank_by_soft_path(
    X: FloatArray, y: IntegerArray, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by when they leave the soft path."""
    return follow_soft_path(X, y.astype(np.float32), np.arange(len(y)), random).order


def rank_by_l1_logistic(
    X: FloatArray, y: IntegerArray, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by the size of their coefficient in L1-penalised logistic regression."""
    return cross_validate_l1(X, y, groups, random).order()


def rank_by_mean(
    X: FloatArray, y: IntegerArray, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by the mean of both ranks; of equals the soft path decides."""
    soft = ranks_of(rank_by_soft_path(X, y, groups, random))
    l1 = ranks_of(rank_by_l1_logistic(X, y, groups, random))
    return np.lexsort((soft, soft + l1))


RANKERS: dict[str, Ranker] = {
    "soft-path": rank_by_soft_path,
    "l1-logistic": rank_by_l1_logistic,
    "mean-rank": rank_by_mean,
}


def find_ranker(name: str) -> Ranker:
    """The ranker of that name.

    Raises
    ------
    DeepCMEError
        If there is none.
    """
    if name not in RANKERS:
        raise DeepCMEError(f"There is no ranker {name!r}: choose from {', '.join(RANKERS)}.")
    return RANKERS[name]


def ranks_of(order: IntegerArray) -> IntegerArray:
    """Rank of each gene, 1 for the best, from the genes' positions, best first."""
    ranks = np.empty_like(order)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks
