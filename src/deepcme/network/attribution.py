"""What each gene weighs in a network or an ensemble: equation 4, integrated gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.special import expit

from deepcme.network.architecture import NetworkWeights

STEPS = 32
_BLOCK_ROWS = 32

Networks = Sequence[Sequence[NetworkWeights]]
"""The snapshots of each network, as in `DeepCMEEnsemble`; one of one is a single network."""

_DoubleArray = NDArray[np.float64]


def compute_first_layer_scores(
    networks: Networks, dtype: DTypeLike = np.float64
) -> NDArray[np.floating]:
    """Sum of each gene's absolute first-layer weights (paper, equation 4).

    Averaged over the snapshots of each network, then over the networks; `dtype` is what
    the weights are summed in.
    """

    def of_one(weights: NetworkWeights) -> NDArray[np.floating]:
        return np.asarray(np.abs(weights.blocks[0].weight).sum(axis=1, dtype=dtype))

    by_network = [np.mean([*map(of_one, snapshots)], axis=0) for snapshots in networks]
    mean: NDArray[np.floating] = np.mean(by_network, axis=0)
    return mean


def compute_integrated_gradients(
    networks: Networks, Z: NDArray[np.floating], steps: int = STEPS
) -> _DoubleArray:
    """Share of each gene in the log-odds or log hazard, sample by sample [1]_.

    The path leads straight from the training mean (all standardised values 0)
    to the sample. The shares of a sample add up to its log-odds less those of
    the training mean, up to the error of the midpoint rule. Those of an ensemble are the
    log-odds of its mean probability; of times its mean log hazard takes their place.

    All of the gradient but its last product happens at the first hidden layer, so the
    number of genes hardly matters.

    Parameters
    ----------
    networks : sequence of sequences of NetworkWeights
    Z : ndarray, shape (samples, genes)
        Standardised samples.
    steps : int
        Points of the path.

    Returns
    -------
    ndarray of float64, shape (samples, genes)

    References
    ----------
    .. [1] Sundararajan M, Taly A, Yan Q (2017). Axiomatic attribution for deep
       networks. ICML 2017, PMLR 70:3319-3328.
    """
    points = (np.arange(steps) + 0.5) / steps
    members = [weights for snapshots in networks for weights in snapshots]
    if len(members) == 1:
        return _attribute_network(members[0], Z, points)
    if members[0].output_bias is None:
        return _attribute_mean(networks, Z, points)
    attributions = np.empty(Z.shape)
    for start in range(0, len(Z), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        attributions[rows] = _attribute_block(networks, Z[rows], points)
    return attributions


def _attribute_mean(
    networks: Networks, Z: NDArray[np.floating], points: _DoubleArray
) -> _DoubleArray:
    total = np.zeros(Z.shape)
    for snapshots in networks:
        for weights in snapshots:
            share = 1 / (len(networks) * len(snapshots))
            total += share * _attribute_network(weights, Z, points)
    return total


def _attribute_network(
    weights: NetworkWeights, Z: NDArray[np.floating], points: _DoubleArray
) -> _DoubleArray:
    first = weights.blocks[0]
    values = Z.astype(np.float64)
    start = first.pre_activation(np.zeros((1, Z.shape[1])))
    change = first.pre_activation(values) - start
    gradient = np.zeros_like(change)
    for point in points:
        gradient += _logits_and_gradient(weights, start + point * change)[1]
    gradient *= first.slope / len(points)
    attributions: _DoubleArray = gradient @ first.weight.T.astype(np.float64)
    attributions *= values
    return attributions


def _attribute_block(
    networks: Networks, Z: NDArray[np.floating], points: _DoubleArray
) -> _DoubleArray:
    """Along the path the first layer's product only scales, so each network sweeps it once."""
    values = Z.astype(np.float64)
    probabilities, paths = [], []
    for snapshots in networks:
        for weights in snapshots:
            first = weights.blocks[0]
            product = values @ first.weight.astype(np.float64)
            activation = first.normalise(points[:, np.newaxis, np.newaxis] * product)
            logits, gradient = _logits_and_gradient(weights, activation)
            probabilities.append(expit(logits) * (1 / (len(networks) * len(snapshots))))
            paths.append((first, logits, gradient * first.slope))
    mean = np.sum(probabilities, axis=0)
    slope_of_log_odds = 1 / np.maximum(mean * (1 - mean), np.finfo(np.float64).tiny)
    total = np.zeros(Z.shape)
    for (first, logits, gradient), share in zip(paths, probabilities, strict=True):
        slope = slope_of_log_odds * share * (1 - expit(logits))
        gradient = (slope[..., np.newaxis] * gradient).mean(axis=0)
        total += gradient @ first.weight.T.astype(np.float64)
    total *= Z
    return total


def _logits_and_gradient(
    weights: NetworkWeights, activation: _DoubleArray
) -> tuple[_DoubleArray, _DoubleArray]:
    """Logit, and its gradient by the first block's output before the ReLU."""
    activations = [activation]
    for block in weights.blocks[1:]:
        activations.append(block.pre_activation(np.maximum(activations[-1], 0.0)))
    output = weights.output_weight.astype(np.float64)
    logits = np.maximum(activations[-1], 0.0) @ output
    if weights.output_bias is not None:
        logits += weights.output_bias
    gradient = np.where(activations[-1] > 0, output, 0.0)
    for block, below in zip(weights.blocks[:0:-1], activations[-2::-1], strict=True):
        gradient = (gradient * block.slope) @ block.weight.T.astype(np.float64)
        gradient = np.where(below > 0, gradient, 0.0)
    return logits, gradient
