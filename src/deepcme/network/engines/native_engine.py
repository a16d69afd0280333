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

from deepcme.errors import DeepCMEError
from deepcme.network.architecture import FloatArray, Hyperparameters, NetworkWeights
from deepcme.network.engines._native import Trainer, supported_levels
from deepcme.network.engines.base import (
    Engine,
    OptimiserState,
    RowIndex,
    SelectorRun,
    TrainingRun,
    check_matrix,
    check_rows,
)
from deepcme.network.training import Epoch

__all__ = ["NativeEngine", "supported_levels"]

LEVEL_VARIABLE = "DEEPCME_NATIVE_LEVEL"
RUNNING_STATISTICS = ("running_mean", "running_var")


def is_learned(name: str) -> bool:
    """Whether an array of `NetworkWeights` is trained, not a running statistic."""
    return not name.endswith(RUNNING_STATISTICS)


class NativeRun(TrainingRun):
    """One network inside a native trainer."""

    def __init__(
        self,
        trainer: Trainer,
        valid_rows: RowIndex,
        weights: NetworkWeights,
        state: OptimiserState | None,
    ) -> None:
        self._trainer = trainer
        self._valid_rows = valid_rows
        self._valid_logits = np.empty(len(valid_rows), np.float32)
        self._snapshot = weights.copy()
        write_weights(trainer, 0, weights)
        if state is not None:
            trainer.n_steps = state.n_steps
            for name, moment in state.first_moments.items():
                trainer.write(0, name, "first_moment", moment)
            for name, moment in state.second_moments.items():
                trainer.write(0, name, "second_moment", moment)

    def train_epoch(self, epoch: Epoch) -> float:
        return self._trainer.train_epoch(epoch.rows, epoch.offsets, epoch.kept)

    def validation_logits(self) -> FloatArray:
        self._trainer.infer(self._valid_rows, self._valid_logits)
        return self._valid_logits.copy()

    def current_weights(self) -> NetworkWeights:
        weights = self._snapshot.copy()
        read_weights(self._trainer, 0, weights)
        return weights

    def optimiser_state(self) -> OptimiserState:
        return OptimiserState(
            self._trainer.n_steps, self._moments("first_moment"), self._moments("second_moment")
        )

    def _moments(self, content: str) -> dict[str, FloatArray]:
        moments = {}
        for name, array in self._snapshot.arrays():
            if is_learned(name):
                moments[name] = np.empty_like(array)
                self._trainer.read(0, name, content, moments[name])
        return moments

    def keep_snapshot(self) -> None:
        read_weights(self._trainer, 0, self._snapshot)

    def snapshot(self) -> NetworkWeights:
        return self._snapshot


class NativeSelectorRun(SelectorRun):
    """Members that share their genes inside a native trainer."""

    def __init__(self, trainer: Trainer, members: Sequence[NetworkWeights]) -> None:
        self._trainer = trainer
        self._members = [weights.copy() for weights in members]
        for member, weights in enumerate(members):
            write_weights(trainer, member, weights)

    def train_epoch(self, epoch: Epoch) -> float:
        return self._trainer.train_epoch(epoch.rows, epoch.offsets, epoch.kept)

    def logits(self, rows: RowIndex) -> FloatArray:
        logits = np.empty((len(rows), len(self._members)), np.float32)
        self._trainer.infer(rows, logits)
        return logits

    def current_weights(self) -> list[NetworkWeights]:
        for member, weights in enumerate(self._members):
            read_weights(self._trainer, member, weights)
        return [weights.copy() for weights in self._members]

    def keep_genes(self, X: FloatArray, kept: NDArray[np.int64], factors: FloatArray) -> None:
        self._trainer.keep_genes(X, kept, factors)
        for weights in self._members:
            first = weights.blocks[0]
            first.weight = np.empty((len(kept), first.weight.shape[1]), np.float32)


def write_weights(trainer: Trainer, member: int, weights: NetworkWeights) -> None:
    """Put a network's arrays into a trainer."""
    for name, array in weights.arrays():
        trainer.write(member, name, "value", array)


def read_weights(trainer: Trainer, member: int, into: NetworkWeights) -> None:
    """Copy a network's arrays out of a trainer, into memory that exists."""
    for name, array in into.arrays():
        trainer.read(member, name, "value", array)


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

    def start(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        valid_rows: RowIndex,
        hyperparameters: Hyperparameters,
        weights: NetworkWeights,
        state: OptimiserState | None = None,
    ) -> TrainingRun:
        check_matrix(X, len(y))
        check_rows(valid_rows, len(X), "valid_rows")
        penalty = hyperparameters.penalty_per_weight(X.shape[1])
        trainer = self._trainer(X, y, sample_weight, hyperparameters, "adam", 1, penalty)
        return NativeRun(trainer, valid_rows, weights, state)

    def start_selector(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
    ) -> SelectorRun:
        check_matrix(X, len(y))
        trainer = self._trainer(
            X, y, sample_weight, hyperparameters, "unit_momentum", len(members), 0.0
        )
        return NativeSelectorRun(trainer, members)

    def _trainer(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        hyperparameters: Hyperparameters,
        rule: str,
        n_members: int,
        penalty: float,
    ) -> Trainer:
        return Trainer(
            X,
            y,
            sample_weight,
            widths=hyperparameters.hidden_layers,
            n_members=n_members,
            batch_norm=hyperparameters.batch_norm,
            dropout=hyperparameters.dropout,
            rule=rule,
            learning_rate=hyperparameters.learning_rate,
            penalty=penalty,
            level=self.level,
        )
