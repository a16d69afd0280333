"""Which genes push a sample's prediction: integrated gradients, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from deepcme.network.architecture import BATCH_NORM_EPSILON, Block, FloatArray, NetworkWeights

STEPS = 32
_BLOCK_ROWS = 64
_FloatArray = NDArray[np.float64]


def compute_integrated_gradients(
    networks: Sequence[Sequence[NetworkWeights]], Z: FloatArray, steps: int = STEPS
) -> NDArray[np.float64]:
    """Share of each gene in the log-odds of the ensemble, sample by sample [1]_.

    The path leads straight from the training mean (all standardised values 0)
    to the sample. The shares of a sample add up to its log-odds less those of
    the training mean, up to the error of the midpoint rule.

    Parameters
    ----------
    networks : sequence of sequences of NetworkWeights
        The snapshots of each network, as in `DeepCMEEnsemble`.
    Z : ndarray of float32, shape (samples, genes)
        Standardised samples.
    steps : int
        Points of the path.

    Returns
    -------
    ndarray of shape (samples, genes)

    References
    ----------
    .. [1] Sundararajan M, Taly A, Yan Q (2017). Axiomatic attribution for deep
       networks. International Conference on Machine Learning.
    """
    blocks = range(0, len(Z), _BLOCK_ROWS)
    parts = [_attribute_block(networks, Z[b : b + _BLOCK_ROWS], steps) for b in blocks]
    return np.concatenate(parts)


def _attribute_block(
    networks: Sequence[Sequence[NetworkWeights]], Z: FloatArray, steps: int
) -> _FloatArray:
    """Along the path the first layer's product only scales, so each network sweeps it once."""
    alphas = (np.arange(steps) + 0.5) / steps
    paths = [
        (_Path.of(weights, Z, alphas), 1 / (len(networks) * len(snapshots)))
        for snapshots in networks
        for weights in snapshots
    ]
    probabilities = [share * expit(path.logits) for path, share in paths]
    mean = np.sum(probabilities, axis=0)
    slope_of_log_odds = 1 / np.maximum(mean * (1 - mean), np.finfo(np.float64).tiny)
    total = np.zeros(Z.shape)
    for (path, _), share_of_mean in zip(paths, probabilities, strict=True):
        slope = slope_of_log_odds * share_of_mean * (1 - expit(path.logits))
        gradient = (slope[..., np.newaxis] * path.gradients).mean(axis=0)
        total += gradient @ path.first_weight.T.astype(np.float64)
    return np.asarray(total * Z, dtype=np.float64)


@dataclass(frozen=True)
class _Path:
    """One network at the points of the path.

    `logits` is (steps x samples), `gradients` those by the first layer's product,
    (steps x samples x units).
    """

    logits: _FloatArray
    gradients: _FloatArray
    first_weight: FloatArray

    @classmethod
    def of(cls, weights: NetworkWeights, Z: FloatArray, alphas: _FloatArray) -> _Path:
        """Run a network forwards and backwards at every point of the path."""
        first, *others = weights.blocks
        product = Z.astype(np.float64) @ first.weight.astype(np.float64)
        z = _affine(first, alphas[:, np.newaxis, np.newaxis] * product)
        active = [z > 0]
        for block in others:
            z = _affine(block, np.maximum(z, 0.0) @ block.weight.astype(np.float64))
            active.append(z > 0)
        logits = np.maximum(z, 0.0) @ weights.output_weight.astype(np.float64)
        gradient = np.where(active[-1], weights.output_weight.astype(np.float64), 0.0)
        for block, below in zip(reversed(others), reversed(active[:-1]), strict=True):
            gradient = below * ((gradient * _factor(block)) @ block.weight.T.astype(np.float64))
        gradient = np.asarray(gradient * _factor(first), dtype=np.float64)
        return cls(logits + weights.output_bias, gradient, first.weight)


def _factor(block: Block) -> _FloatArray | float:
    """What a block's product is multiplied by before its ReLU."""
    if block.scale is None or block.running_var is None:
        return 1.0
    return block.scale / np.sqrt(block.running_var.astype(np.float64) + BATCH_NORM_EPSILON)


def _affine(block: Block, product: _FloatArray) -> _FloatArray:
    """A block's value before its ReLU, from its product."""
    if block.bias is not None:
        return product + block.bias
    assert block.running_mean is not None and block.shift is not None
    return (product - block.running_mean) * _factor(block) + block.shift
