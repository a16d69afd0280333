"""The native engine: every epoch runs in C++, which sweeps the first layer once a step.

The sources are in the folder ``native``. They are compiled once per
instruction set, and the fastest that this CPU has is used; the environment
variable ``DEEPCME_NATIVE_LEVEL`` names another (`supported_levels` lists them).
Threads are those that OpenMP grants: `threadpoolctl.threadpool_limits` or
``OMP_NUM_THREADS`` set their number, on which the results do not depend.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import FloatArray, Hyperparameters, NetworkWeights
from deepcme.network.engines._native import Trainer as CompiledTrainer
from deepcme.network.engines._native import supported_levels
from deepcme.network.engines.base import Engine, RowIndex, Samples, Trainer, UpdateRule
from deepcme.network.training import Epoch

__all__ = ["NativeEngine", "supported_levels"]

LEVEL_VARIABLE = "DEEPCME_NATIVE_LEVEL"


class NativeTrainer(Trainer):
    """Networks inside a trainer of the native module."""

    def __init__(self, native: CompiledTrainer, members: Sequence[NetworkWeights]) -> None:
        self._native = native
        self._n_members = len(members)
        for member, weights in enumerate(members):
            for name, array in weights.arrays():
                native.write(member, name, "value", array)

    def train_epoch(self, epoch: Epoch) -> float:
        return self._native.train_epoch(epoch.rows, epoch.offsets, epoch.kept)

    def logits(self, rows: RowIndex) -> FloatArray:
        logits = np.empty((len(rows), self._n_members), np.float32)
        self._native.infer(rows, logits)
        return logits

    def copy_into(self, members: Sequence[NetworkWeights]) -> None:
        for member, weights in enumerate(members):
            for name, array in weights.arrays():
                self._native.read(member, name, "value", array)

    def keep_genes(self, X: FloatArray, kept: NDArray[np.int64], factors: FloatArray) -> None:
        self._native.keep_genes(X, kept, factors)


class NativeEngine(Engine):
    """Trains on the CPU without PyTorch.

    Parameters
    ----------
    level : str, optional
        Instruction set to use instead of the fastest of this CPU.
    """

    name = "native"

    def __init__(self, level: str | None = None) -> None:
        levels = supported_levels()
        self.level = level or os.environ.get(LEVEL_VARIABLE) or levels[0]
        if self.level not in levels:
            raise DeepCMEError(
                f"The instruction set must be one of {', '.join(levels)}, not {self.level}."
            )

    def trainer(
        self,
        samples: Samples,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
        rule: UpdateRule,
    ) -> Trainer:
        native = CompiledTrainer(
            samples.X,
            samples.y,
            samples.weight,
            samples.offset,
            widths=hyperparameters.hidden_layers,
            n_members=len(members),
            batch_norm=hyperparameters.batch_norm,
            dropout=hyperparameters.dropout,
            loss=hyperparameters.loss,
            rule=rule,
            learning_rate=hyperparameters.learning_rate,
            penalty=hyperparameters.penalty_per_weight(samples.X.shape[1]),
            level=self.level,
        )
        return NativeTrainer(native, members)
