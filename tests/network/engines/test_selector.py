"""Selectors: members that share their genes, against plain PyTorch and each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepcme.network.architecture import (
    FloatArray,
    Hyperparameters,
    NetworkWeights,
    initialise_weights,
)
from deepcme.network.engines.base import Engine, Samples, SelectorRun
from deepcme.network.training import draw_epoch
from tests.network.engines.problems import (
    Problem,
    difference,
    make_problem,
    make_time_problem,
)

torch = pytest.importorskip("torch")
native_engine = pytest.importorskip("deepcme.network.engines.native_engine")

from deepcme.network.engines.torch_engine import TorchEngine  # noqa: E402

N_MEMBERS = 4
ENGINES = {
    "torch": lambda: TorchEngine("cpu"),
    **{
        level: lambda level=level: native_engine.NativeEngine(level)
        for level in native_engine.supported_levels()
    },
}


@pytest.fixture(params=ENGINES.values(), ids=ENGINES.keys())
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.param()
    return made


def settings_of(*widths: int, dropout: float = 0.5) -> Hyperparameters:
    return Hyperparameters(
        hidden_layers=widths, dropout=dropout, learning_rate=1e-3, batch_size=16
    )


def draw_members(
    problem: Problem, settings: Hyperparameters, seed: int = 2
) -> list[NetworkWeights]:
    random = np.random.default_rng(seed)
    return [initialise_weights(problem.n_genes, settings, random) for _ in range(N_MEMBERS)]


def start(
    engine: Engine, problem: Problem, settings: Hyperparameters, seed: int = 2
) -> SelectorRun:
    members = draw_members(problem, settings, seed)
    samples = Samples(problem.X, problem.y, problem.sample_weight, problem.offset)
    return engine.start_selector(samples, settings, members)


def train_epochs(
    run: SelectorRun, problem: Problem, settings: Hyperparameters, n_epochs: int
) -> list[float]:
    random = np.random.default_rng(3)
    return [
        run.train_epoch(draw_epoch(problem.train_rows, problem.y, settings, random, N_MEMBERS))
        for _ in range(n_epochs)
    ]


def plain_members(
    problem: Problem, settings: Hyperparameters, n_epochs: int, seed: int
) -> list[NetworkWeights]:
    """One block per member, each trained on its own with autograd, as SELECTION has it."""
    random = np.random.default_rng(3)
    epochs = [
        draw_epoch(problem.train_rows, problem.y, settings, random, N_MEMBERS)
        for _ in range(n_epochs)
    ]
    width = settings.hidden_layers[0]
    trained = []
    for member, start in enumerate(draw_members(problem, settings, seed)):
        tensors = {name: torch.tensor(array) for name, array in start.arrays()}
        first = tensors["blocks.0.weight"].requires_grad_()
        upper = [
            tensors[name].requires_grad_()
            for name in ("blocks.0.scale", "blocks.0.shift", "output_weight", "output_bias")
        ]
        adam = torch.optim.Adam(upper, lr=settings.learning_rate)
        momentum, square = torch.zeros_like(first), torch.zeros(width)
        n_steps = 0
        for epoch in epochs:
            for batch in epoch.batches():
                n_steps += 1
                rows = epoch.rows[batch]
                hidden = torch.nn.functional.batch_norm(
                    torch.from_numpy(problem.X[rows]) @ first,
                    tensors["blocks.0.running_mean"],
                    tensors["blocks.0.running_var"],
                    upper[0],
                    upper[1],
                    training=True,
                )
                kept = epoch.kept[0][batch, member * width : (member + 1) * width]
                hidden = torch.relu(hidden) * torch.from_numpy(kept) / (1 - settings.dropout)
                logits = hidden @ upper[2] + upper[3]
                loss = torch.nn.functional.binary_cross_entropy_with_logits(
                    logits, torch.from_numpy(problem.y[rows])
                )
                adam.zero_grad()
                first.grad = None
                loss.backward()
                adam.step()
                with torch.no_grad():
                    momentum = 0.9 * momentum + 0.1 * first.grad
                    square = 0.99 * square + 0.01 * (first.grad**2).mean(0)
                    deviation = (square / (1 - 0.99**n_steps)).sqrt() + 1e-12
                    step_size = settings.learning_rate / (1 - 0.9**n_steps)
                    first -= step_size * momentum / deviation
        trained.append(
            NetworkWeights.from_arrays(
                {name: tensor.detach().numpy() for name, tensor in tensors.items()}
            )
        )
    return trained


def test_members_train_as_networks_of_their_own(engine: Engine) -> None:
    """Fifty steps; together they see the same batches, and share nothing but the sweep."""
    problem, settings = make_problem(), settings_of(9)
    seed = 5  # no output bias comes near 0, where a relative distance is all rounding
    run = start(engine, problem, settings, seed)
    train_epochs(run, problem, settings, 8)
    plain = plain_members(problem, settings, 8, seed)
    for member, expected in zip(run.current_weights(), plain, strict=True):
        distances = difference(member, expected)
        assert max(distances.values()) < 1e-5, distances


@pytest.mark.parametrize("widths", [(16,), (5,), (24, 7)], ids=str)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("level", native_engine.supported_levels())
def test_engines_agree_through_a_deletion(
    level: str, widths: tuple[int, ...], dropout: float
) -> None:
    """To 1e-4 here: a shift starts at 0, and Adam's first steps, which have one length
    whatever the gradient, amplify the rounding of small gradients."""
    problem, settings = make_problem(weighted=True), settings_of(*widths, dropout=dropout)
    runs = [
        start(engine, problem, settings, seed=4)  # with others it depends on the processor
        for engine in (native_engine.NativeEngine(level), TorchEngine("cpu"))
    ]
    kept = np.flatnonzero(np.random.default_rng(4).random(problem.n_genes) < 0.8)
    factors = np.random.default_rng(5).random(len(kept), dtype=np.float32)
    fewer = np.ascontiguousarray(problem.X[:, kept])
    losses: list[list[float]] = []
    for run in runs:
        before = train_epochs(run, problem, settings, 3)
        run.keep_genes(fewer, kept, factors)
        losses.append(before + train_epochs(run, problem, settings, 3))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    for member, expected in zip(*(run.current_weights() for run in runs), strict=True):
        distances = difference(member, expected)
        assert max(distances.values()) < 1e-4, distances
    logits = [run.logits(problem.valid_rows) for run in runs]
    assert logits[0].shape == (len(problem.valid_rows), N_MEMBERS)
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("level", native_engine.supported_levels())
def test_engines_agree_by_times(level: str) -> None:
    """Members share the batches' risk sets; without an offset as well."""
    settings = replace(settings_of(9), loss="cox")
    for problem in (make_time_problem(), replace(make_time_problem(), offset=None)):
        runs = [
            start(engine, problem, settings)
            for engine in (native_engine.NativeEngine(level), TorchEngine("cpu"))
        ]
        losses = [train_epochs(run, problem, settings, 5) for run in runs]
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
        for member, expected in zip(*(run.current_weights() for run in runs), strict=True):
            assert member.output_bias is None
            distances = difference(member, expected)
            assert max(distances.values()) < 1e-4, distances


def test_logits_and_deletion_follow_the_weights(engine: Engine) -> None:
    problem, settings = make_problem(), settings_of(6)
    run = start(engine, problem, settings)
    train_epochs(run, problem, settings, 2)
    before = run.current_weights()
    kept = np.array([0, 3, 4, 330])
    factors = np.array([1.0, 0.5, 0.0, 2.0], np.float32)
    X = np.ascontiguousarray(problem.X[:, kept])
    run.keep_genes(X, kept, factors)
    after = run.current_weights()
    for old, new in zip(before, after, strict=True):
        expected = old.blocks[0].weight[kept] * factors[:, None]
        np.testing.assert_array_equal(new.blocks[0].weight, expected)
    logits = np.column_stack([member.decision_function(X[:20]) for member in after])
    np.testing.assert_allclose(run.logits(np.arange(20)), logits, rtol=1e-4, atol=1e-5)


def test_deletion_forgets_what_was_evaluated() -> None:
    problem, settings = make_problem(), replace(settings_of(6), batch_size=82)
    kept = np.arange(0, problem.n_genes, 2)
    X = np.ascontiguousarray(problem.X[:, kept])
    weights = []
    for evaluates in (True, False):
        run = start(native_engine.NativeEngine(), problem, settings)
        train_epochs(run, problem, settings, 2)
        if evaluates:
            run.logits(problem.train_rows)
        run.keep_genes(X, kept, np.ones(len(kept), np.float32))
        train_epochs(run, problem, settings, 2)
        weights.append([dict(member.arrays()) for member in run.current_weights()])
    for member, expected in zip(*weights, strict=True):
        for name, array in expected.items():
            np.testing.assert_array_equal(member[name], array)


def matrix_of(problem: Problem, n_genes: int) -> FloatArray:
    return np.ascontiguousarray(problem.X[:, :n_genes])


@pytest.mark.parametrize(
    ("kept", "n_factors", "n_columns"),
    [
        ([2, 1], 2, 2),
        ([1, 1], 2, 2),
        ([-1, 2], 2, 2),
        ([5, 331], 2, 2),
        ([], 0, 2),
        ([1, 2], 1, 2),
        ([1, 2], 2, 3),
    ],
)
def test_unfit_deletion_is_refused(kept: list[int], n_factors: int, n_columns: int) -> None:
    problem, settings = make_problem(), settings_of(6)
    run = start(native_engine.NativeEngine(), problem, settings)
    with pytest.raises(ValueError):
        run.keep_genes(
            matrix_of(problem, n_columns),
            np.array(kept, np.int64),
            np.ones(n_factors, np.float32),
        )
