"""What only the native engine promises: bytes, levels, checks, interruption, memory."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import Hyperparameters, NetworkWeights, initialise_weights
from deepcme.network.engines.base import Engine, Samples
from deepcme.network.training import Epoch, TrainedNetwork, draw_epoch
from tests.network.engines.problems import (
    Problem,
    make_problem,
    make_time_problem,
    one_batch,
    start,
    train_steps,
)
from tests.network.engines.states import read_state, write_state

native_engine = pytest.importorskip("deepcme.network.engines.native_engine")
NativeEngine = native_engine.NativeEngine

SETTINGS = Hyperparameters(
    hidden_layers=(40, 12), penalty_strength=10.0, learning_rate=1e-3, max_epochs=6
)


def fit(
    engine: Engine, problem: Problem, settings: Hyperparameters = SETTINGS
) -> TrainedNetwork:
    return engine.fit(
        problem.X,
        problem.y,
        problem.train_rows,
        problem.valid_rows,
        settings,
        np.random.default_rng(1),
    )


def as_bytes(weights: NetworkWeights) -> bytes:
    return b"".join(array.tobytes() for _, array in weights.arrays())


@pytest.mark.parametrize("level", native_engine.supported_levels())
def test_same_bytes_for_any_number_of_threads(level: str) -> None:
    """With enough genes for several chunks, and layers wide enough to be shared out."""
    problem = make_problem(n_genes=5_003)
    settings = Hyperparameters(hidden_layers=(300, 260), max_epochs=2)
    fits = []
    for n_threads in (1, 2, 3, 2):
        with threadpool_limits(n_threads, user_api="openmp"):
            fits.append(fit(NativeEngine(level), problem, settings))
    assert len({as_bytes(network.weights) for network in fits}) == 1
    assert all(network.history == fits[0].history for network in fits)


def test_level_is_forced_by_argument_or_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = native_engine.supported_levels()
    assert NativeEngine().level == levels[0]
    assert NativeEngine(levels[-1]).level == levels[-1]
    monkeypatch.setenv("DEEPCME_NATIVE_LEVEL", levels[-1])
    assert NativeEngine().level == levels[-1]
    monkeypatch.setenv("DEEPCME_NATIVE_LEVEL", "abacus")
    with pytest.raises(DeepCMEError, match="not abacus"):
        NativeEngine()


def test_read_only_memory_map(tmp_path: Path) -> None:
    problem = make_problem()
    expected = fit(NativeEngine(), problem)
    np.save(tmp_path / "X.npy", problem.X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert not mapped.flags.writeable
    network = fit(
        NativeEngine(),
        Problem(
            mapped,
            problem.y,
            problem.sample_weight,
            problem.train_rows,
            problem.valid_rows,
        ),
    )
    assert as_bytes(network.weights) == as_bytes(expected.weights)


def test_starting_weights_and_matrix_stay_untouched() -> None:
    problem = make_problem()
    weights = initialise_weights(problem.n_genes, SETTINGS, np.random.default_rng(0))
    before, X = as_bytes(weights), problem.X.copy()
    train_steps(start(NativeEngine(), problem, SETTINGS, weights), problem, SETTINGS, 5)
    assert as_bytes(weights) == before
    np.testing.assert_array_equal(problem.X, X)


def test_logits_are_those_of_the_weights() -> None:
    """With more validation rows than are evaluated at a time."""
    problem = make_problem(n=1200)
    run = start(NativeEngine(), problem, SETTINGS)
    train_steps(run, problem, SETTINGS, 5)
    expected = run.current_weights().decision_function(problem.X[problem.valid_rows])
    np.testing.assert_allclose(run.logits(problem.valid_rows), expected, rtol=1e-4, atol=1e-5)


def test_snapshot_keeps_what_it_was_given() -> None:
    problem = make_problem()
    run = start(NativeEngine(), problem, SETTINGS)
    train_steps(run, problem, SETTINGS, 3)
    run.keep_snapshot()
    kept = as_bytes(run.current_weights())
    train_steps(run, problem, SETTINGS, 3)
    assert as_bytes(run.snapshot()) == kept
    assert as_bytes(run.current_weights()) != kept


@pytest.mark.parametrize("loss", ["cross-entropy", "cox"])
def test_evaluating_changes_no_byte_of_training(loss: str) -> None:
    """Products of rows that were evaluated are taken again, if the weights are the same."""
    problem = make_problem() if loss == "cross-entropy" else make_time_problem()
    settings = replace(SETTINGS, loss=loss, batch_size=82)
    every = np.arange(len(problem.X))

    def train(*, evaluates: bool, writes: bool = False) -> tuple[bytes, bytes]:
        run: Any = start(NativeEngine(), problem, settings)
        other = initialise_weights(problem.n_genes, settings, np.random.default_rng(8))
        random = np.random.default_rng(9)
        for _ in range(4):
            run.train_epoch(draw_epoch(problem.train_rows, problem.y, settings, random))
            if evaluates:
                run.logits(every)
            if writes:
                run._trainer._native.write(
                    0, "blocks.0.weight", "value", other.blocks[0].weight
                )
        return as_bytes(run.current_weights()), run.logits(every).tobytes()

    assert train(evaluates=True) == train(evaluates=False)
    assert train(evaluates=True, writes=True) == train(evaluates=False, writes=True)


def test_interrupt_within_an_epoch() -> None:
    problem = make_problem(n=4_000, n_genes=3_000)
    settings = Hyperparameters(hidden_layers=(1024,), batch_size=2, max_epochs=1)
    timer = threading.Timer(0.3, _thread.interrupt_main)
    # A shell starts background jobs deaf to Ctrl-C.
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            fit(NativeEngine(), problem, settings)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, earlier)


def test_infinite_loss_is_told_in_a_sentence() -> None:
    problem = make_problem()
    settings = Hyperparameters(
        hidden_layers=(8,), batch_norm=False, learning_rate=1e30, penalty=None
    )
    with pytest.raises(
        DeepCMEError, match=r"no longer finite in epoch \d+: try a learning_rate"
    ):
        fit(NativeEngine(), problem, settings)


def test_nan_in_the_matrix_reaches_the_loss() -> None:
    problem = make_problem()
    problem.X[problem.train_rows[0], 3] = np.nan
    with pytest.raises(DeepCMEError, match="no longer finite in epoch 1"):
        fit(NativeEngine(), problem)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda X: X.astype(np.float64),
        np.asfortranarray,
        lambda X: X[:, ::2],
        lambda X: X[:-1],
        lambda X: X[:, :0],
        lambda X: X.ravel(),
        lambda X: np.frombuffer(b" " + X.tobytes(), np.uint8)[1:].view(np.float32)[:0],
    ],
    ids=["float64", "Fortran", "strided", "too short", "no genes", "vector", "empty"],
)
def test_unfit_matrix_is_refused(spoil: Callable[[Any], Any]) -> None:
    problem = make_problem()
    with pytest.raises(DeepCMEError, match="X "):
        NativeEngine().start(
            Samples(spoil(problem.X), problem.y, problem.sample_weight),
            SETTINGS,
            initialise_weights(problem.n_genes, SETTINGS, np.random.default_rng(0)),
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"offset": np.zeros(109, np.float32)}, "offset needs one value per row"),
        ({"y": np.full(110, np.nan, np.float32)}, "y must not be NaN"),
    ],
)
def test_unfit_outcomes_are_refused(changes: dict[str, Any], message: str) -> None:
    problem = replace(make_time_problem(), **changes)
    with pytest.raises(ValueError, match=message):
        start(NativeEngine(), problem, Hyperparameters(loss="cox"))


def misaligned(array: Any) -> Any:
    memory = np.zeros(array.nbytes + 1, np.uint8)[1:]
    copy = memory.view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def test_misaligned_matrix_is_refused() -> None:
    problem = make_problem()
    X = misaligned(problem.X)
    assert not X.flags.aligned
    with pytest.raises(DeepCMEError, match="X must be"):
        start(NativeEngine(), replace(problem, X=X), SETTINGS)


@pytest.mark.parametrize("row", [-1, 110])
def test_rows_outside_the_matrix_are_refused(row: int) -> None:
    problem = make_problem()
    rows = np.array([0, 1, row])
    for train, valid in [(rows, problem.valid_rows), (problem.train_rows, rows)]:
        with pytest.raises(DeepCMEError, match="_rows must lie between 0 and 109"):
            NativeEngine().fit(
                problem.X, problem.y, train, valid, SETTINGS, np.random.default_rng(0)
            )


def spoilt(epoch: Epoch, **changes: Any) -> Epoch:
    return Epoch(**{**vars(epoch), **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": np.full(32, 110)}, "outside X"),
        ({"rows": np.full(32, -1)}, "outside X"),
        ({"offsets": np.array([0, 33])}, "span all rows"),
        ({"offsets": np.array([0])}, "span all rows"),
        ({"offsets": np.array([0, 31, 32])}, "too few rows"),
        ({"offsets": np.array([0, 20, 10, 32])}, "too few rows"),
        ({"kept": []}, "one mask per hidden layer"),
        ({"kept": [np.ones((32, 40), np.uint8)] * 2}, "wrong shape"),
        ({"kept": [np.ones((31, 40), np.uint8)] * 2}, "wrong shape"),
    ],
)
def test_unfit_epoch_is_refused(changes: dict[str, Any], message: str) -> None:
    """Before a pointer is used, since a wrong index would write anywhere."""
    problem = make_problem()
    run = start(NativeEngine(), problem, SETTINGS)
    before = as_bytes(run.current_weights())
    with pytest.raises(ValueError, match=message):
        run.train_epoch(spoilt(one_batch(problem, SETTINGS), **changes))
    assert as_bytes(run.current_weights()) == before


@pytest.mark.parametrize("name", ["rows", "offsets", "kept"])
def test_epoch_of_wrong_types_is_refused(name: str) -> None:
    problem = make_problem()
    epoch = one_batch(problem, SETTINGS)
    wrong = (
        [mask.astype(np.float32) for mask in epoch.kept]
        if name == "kept"
        else getattr(epoch, name).astype(np.int32)
    )
    run = start(NativeEngine(), problem, SETTINGS)
    with pytest.raises(TypeError):
        run.train_epoch(spoilt(epoch, **{name: wrong}))


def test_trainer_refuses_arrays_of_other_sizes() -> None:
    problem = make_problem()
    other = initialise_weights(problem.n_genes + 1, SETTINGS, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"blocks\.0\.weight has another size"):
        start(NativeEngine(), problem, SETTINGS, other)
    without = Hyperparameters(hidden_layers=(40, 12), batch_norm=False)
    other = initialise_weights(problem.n_genes, without, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"blocks\.0\.bias has another size"):
        start(NativeEngine(), problem, SETTINGS, other)


def test_many_epochs_on_a_dead_network_stay_quick() -> None:
    """Moments that decay below the smallest normal number must not slow the arithmetic."""
    problem = make_problem(n_genes=2_000)
    settings = Hyperparameters(hidden_layers=(64,), batch_norm=False, penalty=None, dropout=0.0)
    weights = initialise_weights(problem.n_genes, settings, np.random.default_rng(0))
    assert weights.blocks[0].bias is not None
    run = start(NativeEngine(), problem, settings, weights)
    train_steps(run, problem, settings, 5)
    dead = run.current_weights()
    assert dead.blocks[0].bias is not None
    dead.blocks[0].bias[:] = -1e6
    state = read_state(run)
    run = start(NativeEngine(), problem, settings, dead)
    write_state(run, state)
    train_steps(run, problem, settings, 900)
    moments = read_state(run).first_moments["blocks.0.weight"]
    tiny = np.finfo(np.float32).tiny
    assert not ((moments != 0) & (np.abs(moments) < tiny)).any()


FIT_AT_FULL_SIZE = """
import resource, numpy as np
from deepcme.network.architecture import Hyperparameters
from deepcme.network.engines.choice import make_engine
random = np.random.default_rng(0)
X = random.standard_normal((1193, 56_602), dtype=np.float32)
y = (random.random(1193) < 0.1).astype(np.float32)
rows = random.permutation(1193)
settings = Hyperparameters(max_epochs=3)
make_engine("native").fit(X, y, rows[:716], rows[716:955], settings, random)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_of_a_fit_at_full_size() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", FIT_AT_FULL_SIZE],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )
    assert int(answer.stdout) / 1000 < 800
