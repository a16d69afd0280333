"""Scores of the genes of an ensemble, taken of its mean prediction on held-out rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from deepcme.network.architecture import FloatArray, NetworkWeights
from deepcme.network.attribution import Networks
from deepcme.selection.scores import (
    PERMUTATIONS,
    DoubleArray,
    make_discrimination,
    set_beside,
)

__all__ = ["compute_ensemble_gene_scores"]


def compute_ensemble_gene_scores(
    networks: Networks, X: FloatArray, y: ArrayLike, random: np.random.Generator
) -> pd.DataFrame:
    """Three scores of each gene in an ensemble, beside each other.

    Parameters
    ----------
    networks : sequence of sequences of NetworkWeights
    X : ndarray of float32, shape (samples, genes)
        Standardised expression of samples that no network was trained on.
    y : array of 0 and 1, or records of event and time
        Their labels, of both classes, or times to an event.
    random : numpy.random.Generator
        Draws the permutations.

    Returns
    -------
    DataFrame
        The columns of `compute_gene_scores`: equation 4 is averaged over snapshots and
        networks; the others are of the mean probability, or mean log hazard, that the
        ensemble predicts.

    Raises
    ------
    DeepCMEError
        If one class is absent.
    """
    return set_beside(networks, X, _permutation_importance(networks, X, y, random))


def _permutation_importance(
    networks: Networks, X: FloatArray, y: ArrayLike, random: np.random.Generator
) -> DoubleArray:
    """Mean loss of the ensemble's AUC or C when one gene's values are permuted."""
    discriminate = make_discrimination(y)
    members = list(_members(networks, X))
    unchanged = np.zeros((1, len(X)))
    intact = discriminate(_mean_prediction(members, 0, unchanged))[0]
    orders = np.stack([random.permutation(len(X)) for _ in range(PERMUTATIONS)])
    importance = np.empty(X.shape[1])
    for gene in range(X.shape[1]):
        values = X[:, gene].astype(np.float64)
        permuted = _mean_prediction(members, gene, values[orders] - values)
        importance[gene] = intact - discriminate(permuted).mean()
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


def _mean_prediction(
    members: Sequence[_Member], gene: int, changes: DoubleArray
) -> DoubleArray:
    """Mean prediction of each sample (permutations x samples) with one gene's value changed.

    It is the probability, or the log hazard of networks without an output bias. A gene
    reaches a network through the first layer alone, and linearly.
    """
    mean = np.zeros(changes.shape)
    for member in members:
        moved = changes[..., np.newaxis] * member.gene_weights[gene]
        logits = member.weights.logits_above(member.activation + moved)
        of_times = member.weights.output_bias is None
        mean += member.share * (logits if of_times else expit(logits))
    return mean
