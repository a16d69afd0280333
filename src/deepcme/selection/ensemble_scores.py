"""Scores of the genes of an ensemble, taken of its mean prediction on held-out rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from scipy.stats import rankdata

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import FloatArray, NetworkWeights
from deepcme.network.attribution import Networks
from deepcme.selection.scores import PERMUTATIONS, DoubleArray, set_beside


def compute_ensemble_gene_scores(
    networks: Networks, X: FloatArray, y: ArrayLike, random: np.random.Generator
) -> pd.DataFrame:
    """Three scores of each gene in an ensemble, beside each other.

    Parameters
    ----------
    networks : sequence of sequences of NetworkWeights
    X : ndarray of float32, shape (samples, genes)
        Standardised expression of samples that no network was trained on.
    y : array of 0 and 1
        Their labels, of both classes.
    random : numpy.random.Generator
        Draws the permutations.

    Returns
    -------
    DataFrame
        The columns of `compute_gene_scores`: equation 4 is averaged over snapshots and
        networks; the others are of the mean probability that the ensemble predicts.

    Raises
    ------
    DeepCMEError
        If one class is absent.
    """
    return set_beside(networks, X, _permutation_importance(networks, X, y, random))


def _permutation_importance(
    networks: Networks, X: FloatArray, y: ArrayLike, random: np.random.Generator
) -> DoubleArray:
    """Mean loss of the ensemble's AUC when one gene's values are permuted over the samples."""
    positive = np.asarray(y) == 1
    if positive.all() or not positive.any():
        raise DeepCMEError("Permutation importance needs samples of both classes.")
    members = list(_members(networks, X))
    unchanged = np.zeros((1, len(X)))
    intact = _auc(_mean_probability(members, 0, unchanged), positive)[0]
    orders = np.stack([random.permutation(len(X)) for _ in range(PERMUTATIONS)])
    importance = np.empty(X.shape[1])
    for gene in range(X.shape[1]):
        values = X[:, gene].astype(np.float64)
        permuted = _mean_probability(members, gene, values[orders] - values)
        importance[gene] = intact - _auc(permuted, positive).mean()
    return importance


@dataclass(frozen=True)
class _Member:
    """A snapshot, what its first block gives on the samples, and its weight in the mean."""

    weights: NetworkWeights
    activation: DoubleArray
    gene_weights: DoubleArray
    share: float


def _members(networks: Networks, X: FloatArray) -> Iterator[_Member]:
    values = X.astype(np.float64)
    for snapshots in networks:
        for weights in snapshots:
            first = weights.blocks[0]
            gene_weights = first.weight.astype(np.float64) * first.slope
            share = 1 / (len(networks) * len(snapshots))
            yield _Member(weights, first.pre_activation(values), gene_weights, share)


def _mean_probability(
    members: Sequence[_Member], gene: int, changes: DoubleArray
) -> DoubleArray:
    """Mean probability of each sample (permutations x samples) with one gene's value changed.

    A gene reaches a network through the first layer alone, and linearly.
    """
    mean = np.zeros(changes.shape)
    for member in members:
        moved = changes[..., np.newaxis] * member.gene_weights[gene]
        mean += member.share * expit(member.weights.logits_above(member.activation + moved))
    return mean


def _auc(scores: DoubleArray, positive: NDArray[np.bool_]) -> DoubleArray:
    """AUC of each row of scores, ties counted half."""
    n_positive = int(positive.sum())
    rank_sum = rankdata(scores, axis=1)[:, positive].sum(axis=1)
    concordant = rank_sum - n_positive * (n_positive + 1) / 2
    auc: DoubleArray = concordant / (n_positive * (len(positive) - n_positive))
    return auc
