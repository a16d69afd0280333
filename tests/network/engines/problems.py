"""Small training problems and measures that the tests of all engines share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepcme.network.architecture import (
    FloatArray,
    Hyperparameters,
    NetworkWeights,
    initialise_weights,
)
from deepcme.network.engines.base import Engine, RowIndex, Samples, TrainingRun
from deepcme.network.times import encode_times
from deepcme.network.training import Epoch, draw_epoch

VARIANTS: dict[str, dict[str, Any]] = {
    "one block": {"hidden_layers": (16,)},
    "one unit": {"hidden_layers": (1,)},
    "odd widths": {"hidden_layers": (13, 5)},
    "three blocks": {"hidden_layers": (64, 64, 64)},
    "growing widths": {"hidden_layers": (7, 33, 70, 3)},
    "wide": {"hidden_layers": (257, 130)},
    "no BatchNorm": {"hidden_layers": (24, 11), "batch_norm": False},
    "no Dropout": {"hidden_layers": (24, 11), "dropout": 0.0},
    "much Dropout": {"hidden_layers": (48, 48), "dropout": 0.9},
    "neither": {"hidden_layers": (24, 11), "batch_norm": False, "dropout": 0.0},
    "odd batches": {"hidden_layers": (20,), "batch_size": 7},
    "large batches": {"hidden_layers": (20,), "batch_size": 61},
}
PENALTIES: dict[str, dict[str, Any]] = {
    "no penalty": {"penalty": None},
    "mean": {"penalty": "l1", "penalty_reduction": "mean", "penalty_strength": 10.0},
    "sum": {"penalty": "l1", "penalty_reduction": "sum", "penalty_strength": 1e-3},
}


@dataclass(frozen=True)
class Problem:
    X: FloatArray
    y: FloatArray
    sample_weight: FloatArray
    train_rows: RowIndex
    valid_rows: RowIndex
    offset: FloatArray | None = None

    @property
    def n_genes(self) -> int:
        return self.X.shape[1]


def make_problem(
    n: int = 110, n_genes: int = 331, *, weighted: bool = False, seed: int = 0
) -> Problem:
    """Standard normal genes, ten of which shift the odds of the label."""
    random = np.random.default_rng(seed)
    X = random.standard_normal((n, n_genes), dtype=np.float32)
    logits = X[:, :10].sum(1) - 0.5
    y = (random.random(n) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    weight = np.where(y == 1, 2.5, 0.6) if weighted else np.ones(n)
    rows = random.permutation(n)
    cut = n * 3 // 4
    return Problem(X, y, weight.astype(np.float32), rows[:cut], rows[cut:])


def make_time_problem(n: int = 110, n_genes: int = 331) -> Problem:
    """The same genes shift the log hazard; times have ties, half of them are censored.

    Weights differ, one in nine is 0, and each row has an offset.
    """
    problem = make_problem(n, n_genes)
    random = np.random.default_rng(6)
    offset = random.normal(scale=0.5, size=n)
    hazards = np.exp(problem.X[:, :10].sum(1) / 2 + offset)
    times, censored = random.exponential(1 / hazards), random.exponential(1, size=n)
    y = encode_times(np.ceil(8 * np.minimum(times, censored)), times <= censored)
    weight = np.where(np.arange(n) % 9 == 0, 0, random.uniform(0.5, 2, n))
    return replace(
        problem,
        y=y,
        sample_weight=weight.astype(np.float32),
        offset=offset.astype(np.float32),
    )


def start(
    engine: Engine,
    problem: Problem,
    settings: Hyperparameters,
    weights: NetworkWeights | None = None,
) -> TrainingRun:
    """Begin a run; from weights of a fixed seed unless they are given."""
    if weights is None:
        random = np.random.default_rng(5)
        weights = initialise_weights(problem.n_genes, settings, random)
    samples = Samples(problem.X, problem.y, problem.sample_weight, problem.offset)
    return engine.start(samples, settings, weights)


def one_batch(problem: Problem, settings: Hyperparameters, seed: int = 11) -> Epoch:
    """An epoch of a single step."""
    random = np.random.default_rng(seed)
    rows = random.choice(problem.train_rows, settings.batch_size, replace=False)
    return draw_epoch(rows, problem.y, settings, random)


def train_steps(
    run: TrainingRun, problem: Problem, settings: Hyperparameters, n_steps: int
) -> None:
    """Take a number of steps along a fixed trajectory."""
    random = np.random.default_rng(13)
    while n_steps > 0:
        epoch = draw_epoch(problem.train_rows, problem.y, settings, random)
        offsets = epoch.offsets[: n_steps + 1]
        end = int(offsets[-1])
        epoch = Epoch(epoch.rows[:end], offsets, [mask[:end] for mask in epoch.kept])
        run.train_epoch(epoch)
        n_steps -= len(offsets) - 1


def difference(
    actual: Mapping[str, FloatArray] | NetworkWeights,
    expected: Mapping[str, FloatArray] | NetworkWeights,
) -> dict[str, float]:
    """Relative Frobenius distance of each array from the expected one."""
    actual, expected = as_mapping(actual), as_mapping(expected)
    assert actual.keys() == expected.keys()
    distances = {}
    for name, array in expected.items():
        wide = array.astype(np.float64)
        distances[name] = float(
            np.linalg.norm(actual[name] - wide) / max(float(np.linalg.norm(wide)), 1e-12)
        )
    return distances


def as_mapping(
    arrays: Mapping[str, FloatArray] | NetworkWeights,
) -> Mapping[str, FloatArray]:
    return dict(arrays.arrays()) if isinstance(arrays, NetworkWeights) else arrays
