"""Ways to rank genes, by name: what stability, decoys and the panel curve are run with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.models.survival.target import read_target
from deepcme.network.architecture import FloatArray
from deepcme.selection.path import follow_soft_path
from deepcme.selection.targets import TIMES, TWO_CLASSES, Target, TargetKind, kind_of

IntegerArray = NDArray[np.int64]
RankerName = Literal[
    "soft-path", "l1-logistic", "cox-lasso", "mean-rank", "t-test", "cox-score"
]
Ranker = Callable[[FloatArray, Target, ArrayLike, np.random.Generator], IntegerArray]
"""Standardised matrix, target, patients and a generator to positions of genes, best first."""


_GENES_AT_ONCE = 2048
_WORDS = {
    "soft-path": "a network's soft path",
    "l1-logistic": "the logistic lasso",
    "cox-lasso": "Cox's lasso",
    "mean-rank": "the mean of both ranks",
    "t-test": "Welch's t-test",
    "cox-score": "Cox's score test",
}


def describe_ranker(name: str) -> str:
    """What orders the genes, in words for readers."""
    return _WORDS.get(name, name)


def rank_by_soft_path(
    X: FloatArray, y: Target, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by when they leave the soft path."""
    return follow_soft_path(X, y, np.arange(len(y)), random).order


def rank_by_lasso(
    X: FloatArray, y: Target, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by the size of their coefficient in L1-penalised regression."""
    return kind_of(y).cross_validate_lasso(X, y, groups, random).order()


def rank_by_mean(
    X: FloatArray, y: Target, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by the mean of both ranks; of equals the soft path decides."""
    soft = ranks_of(rank_by_soft_path(X, y, groups, random))
    l1 = ranks_of(rank_by_lasso(X, y, groups, random))
    return np.lexsort((soft, soft + l1))


def rank_by_t_test(
    X: FloatArray, y: Target, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by Welch's t between the classes, each alone."""
    return np.argsort(-np.abs(compute_welch_statistics(X, y)), kind="stable")


def compute_welch_statistics(X: FloatArray, y: Target) -> NDArray[np.float64]:
    """Welch's t of each gene between two classes [1]_; 0 of one that varies in neither.

    References
    ----------
    .. [1] Welch BL (1947). The generalization of "Student's" problem when several different
       population variances are involved. Biometrika 34:28-35.
    """
    statistics = np.zeros(X.shape[1])
    for start in range(0, X.shape[1], _GENES_AT_ONCE):
        genes = slice(start, start + _GENES_AT_ONCE)
        parts = [X[y == label, genes].astype(np.float64) for label in (1, 0)]
        difference = parts[0].mean(axis=0) - parts[1].mean(axis=0)
        # Of a class of one sample no variance is known.
        variance = sum(part.var(axis=0, ddof=int(len(part) > 1)) / len(part) for part in parts)
        error = np.sqrt(variance)
        np.divide(difference, error, out=statistics[genes], where=error > 0)
    return statistics


def rank_by_score_test(
    X: FloatArray, y: Target, groups: ArrayLike, random: np.random.Generator
) -> IntegerArray:
    """Genes by the score test of each alone in a Cox regression."""
    strength = np.abs(compute_score_statistics(X, read_target(y, len(y))))
    return np.argsort(-strength, kind="stable")


def _of_any_kind(kind: TargetKind) -> dict[str, Ranker]:
    return {
        "soft-path": rank_by_soft_path,
        kind.lasso: rank_by_lasso,
        "mean-rank": rank_by_mean,
    }


RANKERS = {
    TWO_CLASSES.outcome: {**_of_any_kind(TWO_CLASSES), "t-test": rank_by_t_test},
    TIMES.outcome: {**_of_any_kind(TIMES), "cox-score": rank_by_score_test},
}
"""By the kind of outcome that they are for."""


def default_rankers(kind: TargetKind) -> tuple[str, str]:
    """The soft path, and what it has to beat."""
    return "soft-path", kind.lasso


def find_ranker(name: str, kind: TargetKind) -> Ranker:
    """The ranker of that name.

    Raises
    ------
    DeepCMEError
        If there is none for this kind of target.
    """
    known = RANKERS[kind.outcome]
    if name not in known:
        raise DeepCMEError(
            f"There is no ranker {name!r} for {kind.words}: choose from {', '.join(known)}."
        )
    return known[name]


def ranks_of(order: IntegerArray) -> IntegerArray:
    """Rank of each gene, 1 for the best, from the genes' positions, best first."""
    ranks = np.empty_like(order)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks
