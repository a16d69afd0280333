"""Whether an engine trains as it should here: its steps beside the same ones in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.network.architecture import Hyperparameters, NetworkWeights, initialise_weights
from deepcme.network.engines.base import Engine, Samples
from deepcme.network.training import Epoch, batch_offsets

TOLERANCE = 1e-4
"""Largest difference of a weight that rounding explains."""

_ROWS, _GENES, _EPOCHS = 24, 12, 2
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8
_SETTINGS = Hyperparameters(
    hidden_layers=(6,),
    dropout=0.0,
    batch_norm=False,
    penalty=None,
    learning_rate=0.01,
    batch_size=8,
)

_Arrays = dict[str, NDArray[np.float64]]


def compute_disagreement(engine: Engine) -> float:
    """Largest difference of a weight after six steps of Adam, to the same in double precision.

    A small network on invented samples, which takes a moment.

    Parameters
    ----------
    engine : Engine
        Of `make_engine`.
    """
    random = np.random.default_rng(1)
    X = random.standard_normal((_ROWS, _GENES), dtype=np.float32)
    y = (X[:, 0] > 0).astype(np.float32)
    start = initialise_weights(_GENES, _SETTINGS, random)
    rows = np.arange(_ROWS, dtype=np.int64)
    epoch = Epoch(rows, batch_offsets(_ROWS, _SETTINGS.batch_size), [])
    run = engine.start(Samples(X, y, np.ones(_ROWS, np.float32), None), _SETTINGS, start)
    for _ in range(_EPOCHS):
        run.train_epoch(epoch)
    expected = _train(start, X.astype(np.float64), y.astype(np.float64), epoch)
    found = dict(run.current_weights().arrays())
    return float(max(np.abs(found[name] - array).max() for name, array in expected.items()))


def _train(
    start: NetworkWeights, X: NDArray[np.float64], y: NDArray[np.float64], epoch: Epoch
) -> _Arrays:
    """The weights after the same steps of Adam (Kingma and Ba 2015)."""
    weights = {name: array.astype(np.float64) for name, array in start.arrays()}
    first = {name: np.zeros_like(array) for name, array in weights.items()}
    second = {name: np.zeros_like(array) for name, array in weights.items()}
    batches = [batch for _ in range(_EPOCHS) for batch in epoch.batches()]
    for step, batch in enumerate(batches, start=1):
        for name, gradient in _gradients(weights, X[batch], y[batch]).items():
            first[name] += (1 - _BETA_1) * (gradient - first[name])
            second[name] += (1 - _BETA_2) * (gradient**2 - second[name])
            length = np.sqrt(second[name] / (1 - _BETA_2**step)) + _EPSILON
            mean = first[name] / (1 - _BETA_1**step)
            weights[name] -= _SETTINGS.learning_rate * mean / length
    return weights


def _gradients(weights: _Arrays, X: NDArray[np.float64], y: NDArray[np.float64]) -> _Arrays:
    """Those of the mean cross-entropy of a network of one hidden layer."""
    active = X @ weights["blocks.0.weight"] + weights["blocks.0.bias"]
    hidden = np.maximum(active, 0)
    logits = hidden @ weights["output_weight"] + weights["output_bias"]
    errors = (1 / (1 + np.exp(-logits)) - y) / len(y)
    below = np.outer(errors, weights["output_weight"]) * (active > 0)
    return {
        "blocks.0.weight": X.T @ below,
        "blocks.0.bias": below.sum(axis=0),
        "output_weight": hidden.T @ errors,
        "output_bias": errors.sum(keepdims=True),
    }
