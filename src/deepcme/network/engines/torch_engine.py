"""The PyTorch engine: a plain loop over autograd and Adam."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from deepcme.network.architecture import (
    BATCH_NORM_EPSILON,
    BATCH_NORM_MOMENTUM,
    FloatArray,
    Hyperparameters,
    NetworkWeights,
)
from deepcme.network.engines.base import Engine, RowIndex, TrainingRun
from deepcme.network.training import Epoch

RUNNING_STATISTICS = ("running_mean", "running_var")


class TorchRun(TrainingRun):
    """Weights as tensors, in the names and layout of `NetworkWeights`."""

    def __init__(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        valid_rows: RowIndex,
        hyperparameters: Hyperparameters,
        weights: NetworkWeights,
    ) -> None:
        self._X, self._y, self._sample_weight = X, y, sample_weight
        self._valid_rows = valid_rows
        self._settings = hyperparameters
        self._penalty = hyperparameters.penalty_per_weight(X.shape[1])
        self._tensors = {
            name: torch.tensor(array, requires_grad=not name.endswith(RUNNING_STATISTICS))
            for name, array in weights.arrays()
        }
        self._snapshot = weights.copy()
        learned = [tensor for tensor in self._tensors.values() if tensor.requires_grad]
        self._optimiser = torch.optim.Adam(learned, lr=hyperparameters.learning_rate)

    def train_epoch(self, epoch: Epoch) -> float:
        total = 0.0
        for batch in epoch.batches():
            rows = epoch.rows[batch]
            kept = [torch.from_numpy(mask[batch]) for mask in epoch.kept]
            # Cloned into PyTorch's aligned memory: matrix products round by alignment.
            inputs = torch.from_numpy(self._X[rows]).clone()
            logits = self._forward(inputs, kept, training=True)
            loss = functional.binary_cross_entropy_with_logits(
                logits,
                torch.from_numpy(self._y[rows]),
                weight=torch.from_numpy(self._sample_weight[rows]),
            )
            objective = loss
            if self._penalty > 0:
                first = self._tensors["blocks.0.weight"]
                objective = loss + self._penalty * first.abs().sum()
            self._optimiser.zero_grad()
            objective.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
            total += loss.item() * len(rows)
        return total / len(epoch.rows)

    def validation_logits(self) -> FloatArray:
        with torch.inference_mode():
            X = torch.from_numpy(self._X[self._valid_rows]).clone()
            logits: FloatArray = self._forward(X, [], training=False).numpy()
        return logits

    def _forward(
        self, X: torch.Tensor, kept: list[torch.Tensor], *, training: bool
    ) -> torch.Tensor:
        hidden = X
        tensors = self._tensors
        for position in range(len(self._settings.hidden_layers)):
            block = f"blocks.{position}"
            hidden = hidden @ tensors[f"{block}.weight"]
            if self._settings.batch_norm:
                hidden = functional.batch_norm(
                    hidden,
                    tensors[f"{block}.running_mean"],
                    tensors[f"{block}.running_var"],
                    tensors[f"{block}.scale"],
                    tensors[f"{block}.shift"],
                    training=training,
                    momentum=BATCH_NORM_MOMENTUM,
                    eps=BATCH_NORM_EPSILON,
                )
            else:
                hidden = hidden + tensors[f"{block}.bias"]
            if training and kept:
                hidden = hidden * kept[position] / (1 - self._settings.dropout)
            hidden = functional.relu(hidden)
        return hidden @ tensors["output_weight"] + tensors["output_bias"]

    def current_weights(self) -> NetworkWeights:
        return NetworkWeights.from_arrays(
            {name: tensor.detach().numpy().copy() for name, tensor in self._tensors.items()}
        )

    def keep_snapshot(self) -> None:
        for name, array in self._snapshot.arrays():
            np.copyto(array, self._tensors[name].detach().numpy())

    def snapshot(self) -> NetworkWeights:
        return self._snapshot


class TorchEngine(Engine):
    """Trains with PyTorch on the CPU."""

    name = "torch"

    def start(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        valid_rows: RowIndex,
        hyperparameters: Hyperparameters,
        weights: NetworkWeights,
    ) -> TrainingRun:
        return TorchRun(X, y, sample_weight, valid_rows, hyperparameters, weights)
