"""Every loss in every engine: its sum, its gradient, and one more row as an exercise."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.network.architecture import Block, FloatArray, Hyperparameters, NetworkWeights
from deepcme.network.engines.base import Engine
from deepcme.network.losses import LOSSES, Loss
from deepcme.network.training import Epoch, batch_offsets
from tests.network.engines.problems import Problem, make_problem, start
from tests.network.engines.states import read_state

torch = pytest.importorskip("torch")
native_engine = pytest.importorskip("deepcme.network.engines.native_engine")

from deepcme.network.engines.torch_engine import TorchEngine  # noqa: E402

Wide = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def rank(logits: Wide, y: FloatArray, weight: FloatArray) -> float:
    """log(1 + exp(-difference)) of every pair of a positive and a negative row."""
    differences = logits[y == 1][:, None] - logits[y == 0]
    pairs = weight[y == 1][:, None] * weight[y == 0]
    return float((pairs * np.logaddexp(0.0, -differences)).sum())


def rank_tensors(logits: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    differences = logits[y == 1][:, None] - logits[y == 0]
    pairs = weight[y == 1][:, None] * weight[y == 0]
    return (pairs[..., None] * torch.nn.functional.softplus(-differences)).sum()


RANKING = Loss(rank, rank_tensors)


@pytest.fixture(autouse=True, scope="module")
def one_more_row() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LOSSES, "ranking", RANKING)
        yield


CASES = [
    *(("native", name) for name in LOSSES),
    *(("torch", name) for name in [*LOSSES, "ranking"]),
]
ENGINES: dict[str, Callable[[], Engine]] = {
    "native": native_engine.NativeEngine,
    "torch": lambda: TorchEngine("cpu"),
}
OUTCOMES = st.integers(-4, 4).filter(bool)
"""Of times: few ranks for many ties; of labels: whether they are above 0."""
ROWS = st.lists(
    st.tuples(st.floats(-8, 8, width=32), OUTCOMES, st.floats(0, 4, width=32)),
    min_size=2,
    max_size=12,
)


def network_of(logits: FloatArray, *, bias: bool) -> tuple[NetworkWeights, Wide]:
    """A network that gives row i of the unit matrix a logit of its own, the weight of gene i.

    Up to rounding, and but for a constant without a bias: also returns the logits that it gives.
    """
    shift = logits.min() - np.float32(1)
    weight = (logits - shift)[:, None]
    block = Block(weight, bias=np.zeros(1, np.float32))
    network = NetworkWeights(
        [block], np.ones(1, np.float32), np.array([shift]) if bias else None
    )
    return network, network.decision_function(np.eye(len(logits), dtype=np.float32))


def slopes(total: Callable[[Wide], float], at: Wide, step: float = 1e-5) -> Wide:
    """Central differences."""
    moves = step * np.eye(len(at))
    return np.array([total(at + move) - total(at - move) for move in moves]) / (2 * step)


def outcomes_of(loss: str, values: list[int]) -> FloatArray:
    y = np.array(values, np.float32)
    return y if LOSSES[loss].of_times else (y > 0).astype(np.float32)


def one_step(
    engine: str, name: str, network: NetworkWeights, y: FloatArray, weight: FloatArray
) -> tuple[float, Wide]:
    """Summed loss, and its gradient by each logit of a network on the unit matrix.

    After one step from nothing, Adam's first moment is a tenth of the gradient.
    """
    n = len(y)
    settings = Hyperparameters(
        hidden_layers=(1,), batch_norm=False, dropout=0.0, penalty=None, loss=name
    )
    every = np.arange(n)
    run = start(
        ENGINES[engine](),
        Problem(np.eye(n, dtype=np.float32), y, weight, every, every),
        settings,
        network,
    )
    loss = run.train_epoch(Epoch(every, batch_offsets(n, n), []))
    return loss * n, 10 * n * read_state(run).first_moments["blocks.0.weight"][:, 0]


@pytest.mark.parametrize(("engine", "name"), CASES)
@hypothesis.settings(deadline=None)
@hypothesis.given(rows=ROWS)
def test_loss_and_gradient_over_a_batch(engine: str, name: str, rows: list) -> None:
    y = outcomes_of(name, [outcome for _, outcome, _ in rows])
    weight = np.array([weight for *_, weight in rows], np.float32)
    network, logits = network_of(
        np.array([logit for logit, *_ in rows], np.float32), bias=not LOSSES[name].of_times
    )
    loss, gradient = one_step(engine, name, network, y, weight)

    def total(at: Wide) -> float:
        return LOSSES[name].total(at, y, weight)

    assert loss == pytest.approx(total(logits), rel=1e-5, abs=1e-4)
    np.testing.assert_allclose(gradient, slopes(total, logits), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
@hypothesis.settings(deadline=None, max_examples=50)
@hypothesis.given(
    rows=st.lists(
        st.tuples(st.floats(-1e4, 1e4, width=32), OUTCOMES, st.floats(0.25, 4, width=32)),
        min_size=2,
        max_size=12,
    )
)
def test_the_partial_likelihood_of_extreme_logits(engine: str, rows: list) -> None:
    """Against the one with which studies are evaluated: nothing may overflow or vanish."""
    logits, y, weight = (np.array(column, np.float32) for column in zip(*rows, strict=True))
    hypothesis.assume((y > 0).any())
    network, given = network_of(logits, bias=False)
    loss, gradient = one_step(engine, "cox", network, y, weight)
    follow_up = FollowUp(np.abs(y).astype(float), (y > 0).astype(np.int8))
    expected = PartialLikelihood.of(follow_up, weights=weight.astype(float))
    assert loss == pytest.approx(-expected.log_likelihood(given), rel=1e-6, abs=1e-5)
    np.testing.assert_allclose(gradient, -expected.gradient(given), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_without_an_event_of_any_weight_teaches_nothing(engine: str) -> None:
    y, weight = np.array([-1, 2, -3], np.float32), np.array([1, 0, 1], np.float32)
    network, _ = network_of(np.array([3, 1, 2], np.float32), bias=False)
    loss, gradient = one_step(engine, "cox", network, y, weight)
    assert loss == 0
    assert not gradient.any()


def test_members_losses_add_up() -> None:
    random = np.random.default_rng(0)
    logits = torch.from_numpy(random.normal(size=(9, 3)))
    values = [-2, 1, 1, -1, 3, 2, 2, 2, -3]
    weight = torch.from_numpy(random.random(9))
    for name, loss in LOSSES.items():
        y = torch.from_numpy(outcomes_of(name, values).astype(np.float64))
        apart = sum(loss.of_tensors(column[:, None], y, weight) for column in logits.T)
        assert loss.of_tensors(logits, y, weight).item() == pytest.approx(float(apart))


def test_a_network_trains_by_a_loss_over_the_batch() -> None:
    problem = make_problem(n=300, n_genes=40)
    settings = Hyperparameters(
        hidden_layers=(16,), penalty=None, learning_rate=1e-2, max_epochs=20, loss="ranking"
    )
    history = (
        TorchEngine("cpu")
        .fit(
            problem.X,
            problem.y,
            problem.train_rows,
            problem.valid_rows,
            settings,
            np.random.default_rng(0),
        )
        .history
    )
    assert min(history.valid_loss) < history.valid_loss[0] / 2
    assert history.valid_auc[history.best_epoch - 1] > 0.85


def test_the_native_engine_names_a_loss_that_it_has_not() -> None:
    with pytest.raises(ValueError, match="no loss named ranking"):
        start(native_engine.NativeEngine(), make_problem(), Hyperparameters(loss="ranking"))
