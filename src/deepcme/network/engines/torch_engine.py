"""The PyTorch engine, and the reference that the native engine is tested against.

The first layer is written by hand, since autograd and a usual optimiser sweep
its weights some ten times a step: its product and gradient go into buffers that
are reused, the penalty's subgradient joins the gradient in the same product,
and Adam is fused. The layers above it are left to autograd.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from deepcme.network.architecture import FloatArray, Hyperparameters, NetworkWeights
from deepcme.network.engines.base import (
    Engine,
    OptimiserState,
    RowIndex,
    SelectorRun,
    TrainingRun,
    check_matrix,
    check_rows,
)
from deepcme.network.engines.torch_network import FIRST_WEIGHT, TorchNetwork, is_stacked
from deepcme.network.training import Epoch

EVALUATION_ROWS = 64
MOMENTUM = 0.9
UNIT_DECAY = 0.99
UNIT_EPSILON = 1e-12


class UnitMomentum:
    """Momentum divided by the gradient's root mean square per hidden unit across genes."""

    def __init__(self, weight: torch.Tensor, learning_rate: float) -> None:
        self._weight = weight
        self._learning_rate = learning_rate
        self._momentum = torch.zeros_like(weight)
        self._mean_square = torch.zeros_like(weight[0])
        self._n_steps = 0

    def step(self, gradient: torch.Tensor) -> None:
        """Move the weights by a gradient."""
        self._n_steps += 1
        self._momentum.lerp_(gradient, 1 - MOMENTUM)
        self._mean_square.lerp_(gradient.square().mean(0), 1 - UNIT_DECAY)
        step_size = self._learning_rate / (1 - MOMENTUM**self._n_steps)
        deviation = (self._mean_square / (1 - UNIT_DECAY**self._n_steps)).sqrt()
        self._weight.addcmul_(self._momentum, step_size / (deviation + UNIT_EPSILON), value=-1)

    def keep_genes(self, weight: torch.Tensor, kept: torch.Tensor) -> None:
        """Go on with fewer genes, whose weights are given."""
        self._weight = weight
        self._momentum = self._momentum[kept]


class TorchTrainer:
    """Takes the steps of one network, or of several that share the first layer's sweep.

    With `UnitMomentum` on the first layer if ``penalty`` is None, else with
    Adam and the penalty's subgradient.
    """

    def __init__(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
        penalty: float | None,
        device: torch.device,
    ) -> None:
        self.network = TorchNetwork(members, hyperparameters, device)
        self._n_members = len(members)
        self._X = as_tensor(X, device)
        self._y = as_tensor(y, device)
        self._sample_weight = as_tensor(sample_weight, device)
        self._penalty = penalty or 0.0
        self._allocate()
        learning_rate = hyperparameters.learning_rate
        learned = self.network.learned()
        self._unit_momentum = None
        if penalty is None:
            self._unit_momentum = UnitMomentum(self._weight, learning_rate)
            learned = [name for name in learned if name != FIRST_WEIGHT]
        self._optimiser = torch.optim.Adam(
            [self.network.tensors[name] for name in learned], lr=learning_rate, fused=True
        )

    @property
    def _weight(self) -> torch.Tensor:
        return self.network.tensors[FIRST_WEIGHT]

    def _allocate(self) -> None:
        self._gathered = self._X.new_empty((EVALUATION_ROWS, self._X.shape[1]))
        self._gradient = torch.empty_like(self._weight)
        self._weight.grad = self._gradient

    def train_epoch(self, epoch: Epoch) -> float:
        """Take one step per batch; return the mean loss of a member without the penalty."""
        device = self._X.device
        rows = torch.from_numpy(epoch.rows).to(device)
        kept = [torch.from_numpy(mask).to(device) for mask in epoch.kept]
        total = torch.zeros((), device=device)
        for batch in epoch.batches():
            total += self._take_step(rows[batch], [mask[batch] for mask in kept])
        return total.item() / (len(rows) * self._n_members)

    def _take_step(self, rows: torch.Tensor, kept: Sequence[torch.Tensor]) -> torch.Tensor:
        """One step; return the batch's summed loss."""
        X = self._gather(rows)
        product = (X @ self._weight).requires_grad_()
        logits = self.network.logits(product, kept, training=True)
        loss = functional.binary_cross_entropy_with_logits(
            logits,
            self._y[rows, None].expand_as(logits),
            weight=self._sample_weight[rows, None],
            reduction="sum",
        )
        self._optimiser.zero_grad(set_to_none=False)
        (loss / len(rows)).backward()  # type: ignore[no-untyped-call]
        assert product.grad is not None
        self._form_gradient(X, product.grad)
        self._optimiser.step()
        if self._unit_momentum is not None:
            self._unit_momentum.step(self._gradient)
        return loss.detach()

    def _gather(self, rows: torch.Tensor) -> torch.Tensor:
        """Some rows of the matrix, in a buffer that the next call overwrites."""
        if len(rows) > len(self._gathered):
            self._gathered = self._gathered.new_empty((len(rows), self._X.shape[1]))
        return torch.index_select(self._X, 0, rows, out=self._gathered[: len(rows)])

    def _form_gradient(self, X: torch.Tensor, product_gradient: torch.Tensor) -> None:
        if self._penalty > 0:
            torch.sign(self._weight, out=self._gradient)
            self._gradient.addmm_(X.T, product_gradient, beta=self._penalty)
        else:
            torch.mm(X.T, product_gradient, out=self._gradient)

    def logits(self, rows: RowIndex) -> FloatArray:
        """Logits of rows of X, (rows x members), in evaluation mode."""
        values = np.empty((len(rows), self._n_members), np.float32)
        with torch.inference_mode():
            for begin in range(0, len(rows), EVALUATION_ROWS):
                part = slice(begin, begin + EVALUATION_ROWS)
                X = self._gather(torch.from_numpy(rows[part]).to(self._X.device))
                logits = self.network.logits(X @ self._weight, [], training=False)
                values[part] = logits.cpu().numpy()
        return values

    def keep_genes(self, X: FloatArray, kept: NDArray[np.int64], factors: FloatArray) -> None:
        """Delete all genes but some; see `SelectorRun.keep_genes`."""
        assert self._unit_momentum is not None
        check_matrix(X, len(self._y))
        device = self._X.device
        self._X = as_tensor(X, device)
        index = as_tensor(kept, device)
        weight = self._weight[index] * as_tensor(factors, device)[:, None]
        self.network.tensors[FIRST_WEIGHT] = weight
        self._unit_momentum.keep_genes(weight, index)
        self._allocate()

    def optimiser_state(self) -> OptimiserState:
        """A copy of Adam's state."""
        moments: dict[str, dict[str, FloatArray]] = {"exp_avg": {}, "exp_avg_sq": {}}
        steps = 0
        for name in self.network.learned():
            tensor = self.network.tensors[name]
            state = self._optimiser.state[tensor]
            steps = int(state["step"].item()) if state else 0
            for key, by_name in moments.items():
                moment = state[key] if state else torch.zeros_like(tensor)
                by_name[name] = moment[0 if is_stacked(name) else ...].cpu().numpy().copy()
        return OptimiserState(steps, moments["exp_avg"], moments["exp_avg_sq"])

    def set_optimiser_state(self, state: OptimiserState) -> None:
        """Go on from a state of one network."""
        for name in self.network.learned():
            tensor = self.network.tensors[name]
            self._optimiser.state[tensor] = {
                "step": torch.tensor(float(state.n_steps), device=tensor.device),
                "exp_avg": torch.tensor(state.first_moments[name]).view_as(tensor).to(tensor),
                "exp_avg_sq": torch.tensor(state.second_moments[name])
                .view_as(tensor)
                .to(tensor),
            }


def as_tensor(array: NDArray[np.generic], device: torch.device) -> torch.Tensor:
    """An array as a tensor, sharing its memory on the CPU."""
    with warnings.catch_warnings():
        # PyTorch warns that it could write to read-only memory; nothing here does.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array).to(device)


class TorchRun(TrainingRun):
    """One network inside a PyTorch trainer."""

    def __init__(
        self, trainer: TorchTrainer, valid_rows: RowIndex, weights: NetworkWeights
    ) -> None:
        self._trainer = trainer
        self._valid_rows = valid_rows
        self._snapshot = weights.copy()

    def train_epoch(self, epoch: Epoch) -> float:
        return self._trainer.train_epoch(epoch)

    def validation_logits(self) -> FloatArray:
        return self._trainer.logits(self._valid_rows)[:, 0]

    def current_weights(self) -> NetworkWeights:
        weights = self._snapshot.copy()
        self._trainer.network.copy_into([weights])
        return weights

    def optimiser_state(self) -> OptimiserState:
        return self._trainer.optimiser_state()

    def keep_snapshot(self) -> None:
        self._trainer.network.copy_into([self._snapshot])

    def snapshot(self) -> NetworkWeights:
        return self._snapshot


class TorchSelectorRun(SelectorRun):
    """Members that share their genes inside a PyTorch trainer."""

    def __init__(self, trainer: TorchTrainer, members: Sequence[NetworkWeights]) -> None:
        self._trainer = trainer
        self._members = [weights.copy() for weights in members]

    def train_epoch(self, epoch: Epoch) -> float:
        return self._trainer.train_epoch(epoch)

    def logits(self, rows: RowIndex) -> FloatArray:
        return self._trainer.logits(rows)

    def current_weights(self) -> list[NetworkWeights]:
        self._trainer.network.copy_into(self._members)
        return [weights.copy() for weights in self._members]

    def keep_genes(self, X: FloatArray, kept: NDArray[np.int64], factors: FloatArray) -> None:
        self._trainer.keep_genes(X, kept, factors)
        for weights in self._members:
            first = weights.blocks[0]
            first.weight = np.empty((len(kept), first.weight.shape[1]), np.float32)


class TorchEngine(Engine):
    """Trains with PyTorch.

    Parameters
    ----------
    device : {"cpu", "cuda", "mps"}, optional
        CUDA where PyTorch sees it, else the CPU, if not given.
    """

    name = "torch"

    def __init__(self, device: str | None = None) -> None:
        default = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = torch.device(device or default)

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
        trainer = TorchTrainer(
            X, y, sample_weight, hyperparameters, [weights], penalty, self.device
        )
        if state is not None:
            trainer.set_optimiser_state(state)
        return TorchRun(trainer, valid_rows, weights)

    def start_selector(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
    ) -> SelectorRun:
        check_matrix(X, len(y))
        trainer = TorchTrainer(X, y, sample_weight, hyperparameters, members, None, self.device)
        return TorchSelectorRun(trainer, members)
