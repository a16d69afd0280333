"""The PyTorch engine against the same network in PyTorch's own words."""

from __future__ import annotations

import numpy as np
import pytest

from deepcme.network.architecture import (
    FloatArray,
    Hyperparameters,
    NetworkWeights,
    initialise_weights,
)
from deepcme.network.engines.base import TrainingRun
from deepcme.network.training import Epoch
from tests.network.engines.problems import (
    difference,
    make_problem,
    one_batch,
    start,
    train_steps,
)

torch = pytest.importorskip("torch")

from deepcme.network.engines.torch_engine import TorchEngine  # noqa: E402

SETTINGS = Hyperparameters(hidden_layers=(32, 16), penalty=None, learning_rate=1e-3)


class PlainRun(TrainingRun):
    """`torch.nn`, `torch.optim.Adam` and autograd, written as one usually would."""

    def __init__(
        self, X: FloatArray, y: FloatArray, settings: Hyperparameters, weights: NetworkWeights
    ) -> None:
        self.X, self.y = torch.from_numpy(X), torch.from_numpy(y)
        self.penalty = settings.penalty_per_weight(X.shape[1])
        self.dropout = settings.dropout
        self.linears, self.norms = [], []
        for block in weights.blocks:
            linear = torch.nn.Linear(*block.weight.shape, bias=False)
            linear.weight.data = torch.tensor(block.weight.T)
            self.linears.append(linear)
            self.norms.append(torch.nn.BatchNorm1d(block.weight.shape[1]))
        self.output = torch.nn.Linear(len(weights.output_weight), 1)
        self.output.weight.data = torch.tensor(weights.output_weight[None])
        self.output.bias.data = torch.tensor(weights.output_bias)
        modules = torch.nn.ModuleList([*self.linears, *self.norms, self.output])
        self.optimiser = torch.optim.Adam(modules.parameters(), lr=settings.learning_rate)

    def train_epoch(self, epoch: Epoch) -> float:
        for batch in epoch.batches():
            hidden = self.X[epoch.rows[batch]]
            for linear, norm, kept in zip(self.linears, self.norms, epoch.kept, strict=True):
                hidden = norm(linear(hidden))
                hidden = hidden * torch.from_numpy(kept[batch]) / (1 - self.dropout)
                hidden = torch.relu(hidden)
            logits = self.output(hidden)[:, 0]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits, self.y[epoch.rows[batch]]
            )
            loss = loss + self.penalty * self.linears[0].weight.abs().sum()
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
        return float("nan")

    def current_weights(self) -> NetworkWeights:
        arrays = {}
        for position, (linear, norm) in enumerate(zip(self.linears, self.norms, strict=True)):
            arrays[f"blocks.{position}.weight"] = linear.weight.detach().numpy().T
            arrays[f"blocks.{position}.scale"] = norm.weight.detach().numpy()
            arrays[f"blocks.{position}.shift"] = norm.bias.detach().numpy()
            arrays[f"blocks.{position}.running_mean"] = norm.running_mean.numpy()
            arrays[f"blocks.{position}.running_var"] = norm.running_var.numpy()
        arrays["output_weight"] = self.output.weight.detach().numpy()[0]
        arrays["output_bias"] = self.output.bias.detach().numpy()
        return NetworkWeights.from_arrays(arrays)


def runs_of(settings: Hyperparameters) -> tuple[TrainingRun, TrainingRun]:
    problem = make_problem()
    weights = initialise_weights(problem.n_genes, settings, np.random.default_rng(7))
    return (
        start(TorchEngine("cpu"), problem, settings, weights),
        PlainRun(problem.X, problem.y, settings, weights),
    )


def test_fifty_steps_without_penalty() -> None:
    tuned, plain = runs_of(SETTINGS)
    for run in (tuned, plain):
        train_steps(run, make_problem(), SETTINGS, 50)
    distances = difference(tuned.current_weights(), plain.current_weights())
    assert max(distances.values()) < 1e-5, distances


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_one_update_with_penalty(reduction: str) -> None:
    settings = Hyperparameters(
        hidden_layers=(32, 16),
        penalty="l1",
        penalty_reduction=reduction,  # type: ignore[arg-type]
        penalty_strength=10.0,
        learning_rate=1e-3,
    )
    tuned, plain = runs_of(settings)
    for run in (tuned, plain):
        run.train_epoch(one_batch(make_problem(), settings))
    distances = difference(tuned.current_weights(), plain.current_weights())
    assert max(distances.values()) < 1e-5, distances
