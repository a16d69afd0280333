"""Implementations of one training step, each timed in a process of its own.

All train the same network on the same rows, in epochs over `N_ROWS` rows; what
an epoch costs beside its steps (batch order, masks) is part of the time.
"""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from deepcme.network.architecture import FloatArray, Hyperparameters, initialise_weights
from deepcme.network.engines.base import Engine, Samples
from deepcme.network.times import encode_times
from deepcme.network.training import draw_epoch

N_ROWS = 640  # whole batches of 32, 64 and 128
N_VALID = 239


@dataclass(frozen=True)
class Size:
    """Size of a training step."""

    n_genes: int
    width: int
    batch_size: int
    loss: str = "cross-entropy"

    @property
    def settings(self) -> Hyperparameters:
        """The paper's network at this size."""
        return Hyperparameters(
            hidden_layers=(self.width,) * 3, batch_size=self.batch_size, loss=self.loss
        )


class Contender(ABC):
    """Something that trains for an epoch."""

    @abstractmethod
    def __init__(self, X: FloatArray, y: FloatArray, size: Size) -> None: ...

    @abstractmethod
    def train_epoch(self) -> None:
        """One pass over the training rows."""


class EngineContender(Contender):
    """An engine of deepcme."""

    def __init__(self, X: FloatArray, y: FloatArray, size: Size) -> None:
        self._settings = size.settings
        self._y, self._valid = y, np.arange(N_ROWS, len(y))
        self._random = np.random.default_rng(0)
        weights = initialise_weights(size.n_genes, self._settings, self._random)
        weight = np.ones(len(y), np.float32)
        samples = Samples(X, y, weight)
        self._run = self.engine().start(samples, self._settings, weights)

    @abstractmethod
    def engine(self) -> Engine:
        """The engine."""

    def train_epoch(self) -> None:
        self._run.train_epoch(
            draw_epoch(np.arange(N_ROWS), self._y, self._settings, self._random)
        )

    def evaluate(self) -> None:
        """Validation and snapshot."""
        self._run.logits(self._valid)
        self._run.keep_snapshot()


class Native(EngineContender):
    """The native engine on the fastest instruction set."""

    def engine(self) -> Engine:
        from deepcme.network.engines.native_engine import NativeEngine

        return NativeEngine()


class NativeCox(Native):
    """The native engine by times, those with the label 1 having the event."""

    def __init__(self, X: FloatArray, y: FloatArray, size: Size) -> None:
        times = np.random.default_rng(1).permutation(len(y))
        super().__init__(X, encode_times(times, y), replace(size, loss="cox"))


class NativeAvx2(EngineContender):
    """The native engine, forced to AVX2."""

    def engine(self) -> Engine:
        from deepcme.network.engines.native_engine import NativeEngine

        return NativeEngine("x86-64-v3")


class TunedTorch(EngineContender):
    """The PyTorch engine of deepcme."""

    def engine(self) -> Engine:
        from deepcme.network.engines.torch_engine import TorchEngine

        return TorchEngine("cpu")


class PlainTorch(Contender):
    """PyTorch as usually written."""

    def __init__(self, X: FloatArray, y: FloatArray, size: Size) -> None:
        import torch
        from torch import nn

        blocks: list[nn.Module] = []
        fan_in = size.n_genes
        for width in size.settings.hidden_layers:
            blocks += [nn.Linear(fan_in, width), nn.BatchNorm1d(width)]
            blocks += [nn.Dropout(size.settings.dropout), nn.ReLU()]
            fan_in = width
        self._network = nn.Sequential(*blocks, nn.Linear(fan_in, 1), nn.Flatten(0))
        self._loss = nn.BCEWithLogitsLoss()
        self._penalty = size.settings.penalty_per_weight(size.n_genes)
        self._first = self._network[0].weight
        self._optimiser = torch.optim.Adam(
            self._network.parameters(), lr=size.settings.learning_rate
        )
        data = torch.utils.data.TensorDataset(
            torch.from_numpy(X[:N_ROWS]), torch.from_numpy(y[:N_ROWS])
        )
        self._loader = torch.utils.data.DataLoader(data, size.batch_size, shuffle=True)

    def train_epoch(self) -> None:
        for X, y in self._loader:
            self._optimiser.zero_grad()
            loss = self._loss(self._network(X), y)
            loss = loss + self._penalty * self._first.abs().sum()
            loss.backward()
            self._optimiser.step()


class Sklearn(Contender):
    """scikit-learn's MLPClassifier, which has no BatchNorm, Dropout or L1 penalty."""

    def __init__(self, X: FloatArray, y: FloatArray, size: Size) -> None:
        from sklearn.neural_network import MLPClassifier

        self._model = MLPClassifier(
            size.settings.hidden_layers,
            batch_size=size.batch_size,
            learning_rate_init=size.settings.learning_rate,
        )
        self._X, self._y = X[:N_ROWS], y[:N_ROWS]

    def train_epoch(self) -> None:
        self._model.partial_fit(self._X, self._y, classes=[0, 1])


CONTENDERS: dict[str, type[Contender]] = {
    "native": Native,
    "native, AVX2": NativeAvx2,
    "PyTorch, tuned": TunedTorch,
    "PyTorch, as usual": PlainTorch,
    "scikit-learn": Sklearn,
}
BY_LOSS: dict[str, type[Contender]] = {"native": Native, "native, Cox": NativeCox}

_current: Contender


def set_up(name: str, size: Size) -> None:
    """Make a contender in this process, and train one epoch to warm it up."""
    global _current
    warnings.simplefilter("ignore")
    random = np.random.default_rng(0)
    X = random.standard_normal((N_ROWS + N_VALID, size.n_genes), dtype=np.float32)
    y = (random.random(len(X)) < 0.3).astype(np.float32)
    _current = {**CONTENDERS, **BY_LOSS}[name](X, y, size)
    _current.train_epoch()


def time_steps(min_seconds: float, batch_size: int) -> float:
    """Milliseconds per step of this process's contender, over whole epochs."""
    n_steps = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < min_seconds:
        _current.train_epoch()
        n_steps += N_ROWS // batch_size
    return 1e3 * elapsed / n_steps


def time_evaluation() -> float:
    """Milliseconds of one validation and snapshot, each after an epoch."""
    assert isinstance(_current, EngineContender)
    times = []
    for _ in range(5):
        _current.train_epoch()
        start = time.perf_counter()
        _current.evaluate()
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times))
