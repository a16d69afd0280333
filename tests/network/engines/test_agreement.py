"""The native engine takes the steps of the PyTorch engine, up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepcme.network.architecture import Hyperparameters
from deepcme.network.engines.base import Engine
from deepcme.network.times import rank_concordance
from deepcme.network.training import rank_auc
from tests.network.engines.problems import (
    PENALTIES,
    VARIANTS,
    difference,
    make_problem,
    make_time_problem,
    one_batch,
    start,
    train_steps,
)
from tests.network.engines.states import read_state, write_state

pytest.importorskip("torch")
native_engine = pytest.importorskip("deepcme.network.engines.native_engine")

from deepcme.network.engines.torch_engine import TorchEngine  # noqa: E402

variants = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
penalties = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES.keys())
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])


@pytest.fixture
def reference() -> Engine:
    return TorchEngine("cpu")


@pytest.fixture(params=native_engine.supported_levels())
def native(request: pytest.FixtureRequest) -> Engine:
    return native_engine.NativeEngine(request.param)


@variants
@penalties
@weighted
def test_gradients(
    native: Engine,
    reference: Engine,
    variant: dict[str, Any],
    penalty: dict[str, Any],
    weighted: bool,
) -> None:
    """After one step from nothing, Adam's first moment is a tenth of the gradient."""
    settings = Hyperparameters(**variant, **penalty)
    problem = make_problem(weighted=weighted)
    states = []
    for engine in (native, reference):
        run = start(engine, problem, settings)
        run.train_epoch(one_batch(problem, settings))
        states.append(read_state(run))
    distances = difference(states[0].first_moments, states[1].first_moments)
    assert max(distances.values()) < 1e-5, distances


@variants
@penalties
def test_one_update_late_in_training(
    native: Engine, reference: Engine, variant: dict[str, Any], penalty: dict[str, Any]
) -> None:
    """From moments of 20 steps: a first step has length learning_rate whatever the
    gradient, so that it would amplify the rounding of small gradients."""
    settings = Hyperparameters(**variant, **penalty, learning_rate=1e-3)
    problem = make_problem(weighted=True)
    earlier = start(reference, problem, settings)
    train_steps(earlier, problem, settings, 20)
    weights, state = earlier.current_weights(), read_state(earlier)
    assert state.n_steps == 20
    updated = []
    for engine in (native, reference):
        run = start(engine, problem, settings, weights)
        write_state(run, state)
        run.train_epoch(one_batch(problem, settings))
        updated.append(run.current_weights())
    distances = difference(*updated)
    assert max(distances.values()) < 1e-6, distances


@variants
def test_fifty_steps(native: Engine, reference: Engine, variant: dict[str, Any]) -> None:
    settings = Hyperparameters(**{"dropout": 0.5, **variant}, penalty=None)
    problem = make_problem()
    runs = [start(engine, problem, settings) for engine in (native, reference)]
    for run in runs:
        train_steps(run, problem, settings, 50)
    distances = difference(runs[0].current_weights(), runs[1].current_weights())
    assert max(distances.values()) < 1e-5, distances
    logits = [run.logits(problem.valid_rows) for run in runs]
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-4, atol=1e-5)


TIME_VARIANTS: dict[str, dict[str, Any]] = {
    "one batch": {"hidden_layers": (24, 11), "batch_size": 128},
    "small batches": {"hidden_layers": (33, 7), "batch_size": 9, "penalty_strength": 10.0},
    "neither": {"hidden_layers": (16,), "batch_norm": False, "dropout": 0.0},
}


@pytest.mark.parametrize("variant", TIME_VARIANTS.values(), ids=TIME_VARIANTS.keys())
def test_forty_steps_by_times(
    native: Engine, reference: Engine, variant: dict[str, Any]
) -> None:
    """With ties, weights, some of them 0, and an offset; neither engine has an output bias."""
    settings = Hyperparameters(**variant, loss="cox")
    problem = make_time_problem()
    runs = [start(engine, problem, settings) for engine in (native, reference)]
    for run in runs:
        train_steps(run, problem, settings, 40)
    weights = [run.current_weights() for run in runs]
    assert weights[0].output_bias is None
    distances = difference(*weights)
    assert max(distances.values()) < 1e-5, distances
    logits = [run.logits(problem.valid_rows) for run in runs]
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-4, atol=1e-5)


def test_fits_by_times(reference: Engine) -> None:
    """They find the genes, beyond what the offset says, and end at the same epoch."""
    problem = make_time_problem(n=300, n_genes=40)
    settings = Hyperparameters(
        hidden_layers=(16,),
        penalty=None,
        learning_rate=1e-2,
        max_epochs=30,
        patience=8,
        loss="cox",
    )
    native, torch = (
        engine.fit(
            problem.X,
            problem.y,
            problem.train_rows,
            problem.valid_rows,
            settings,
            np.random.default_rng(3),
            sample_weight=problem.sample_weight,
            offset=problem.offset,
        ).history
        for engine in (native_engine.NativeEngine(), reference)
    )
    np.testing.assert_allclose(native.train_loss, torch.train_loss, rtol=1e-3)
    np.testing.assert_allclose(native.valid_loss, torch.valid_loss, rtol=1e-3)
    assert native.best_epoch == torch.best_epoch
    by_offset = rank_concordance(
        problem.offset[problem.valid_rows], problem.y[problem.valid_rows]
    )
    assert native.valid_c[native.best_epoch - 1] > by_offset + 0.1
    assert native.valid_auc == []


@penalties
def test_long_runs(native: Engine, reference: Engine, penalty: dict[str, Any]) -> None:
    """Compared by loss and AUC only: once rounding flips the sign of one weight or one
    ReLU, Adam amplifies that difference in every step that follows."""
    settings = Hyperparameters(
        hidden_layers=(32, 32), **penalty, learning_rate=1e-3, max_epochs=40
    )
    problem = make_problem(n=200)
    networks = [
        engine.fit(
            problem.X,
            problem.y,
            problem.train_rows,
            problem.valid_rows,
            settings,
            np.random.default_rng(3),
        )
        for engine in (native, reference)
    ]
    losses = [network.history.valid_loss for network in networks]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.01)
    X, y = problem.X[problem.valid_rows], problem.y[problem.valid_rows]
    aucs = [rank_auc(network.weights.decision_function(X), y) for network in networks]
    assert aucs[0] == pytest.approx(aucs[1], abs=0.02)
