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

from deepcme.network.architecture import FloatArray, Hyperparameters, NetworkWeights
from deepcme.network.engines.base import (
    Engine,
    RowIndex,
    Samples,
    Trainer,
    UpdateRule,
    check_matrix,
)
from deepcme.network.engines.torch_network import FIRST_WEIGHT, TorchNetwork
from deepcme.network.losses import LOSSES
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


class TorchTrainer(Trainer):
    """Networks as tensors."""

    def __init__(
        self,
        samples: Samples,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
        rule: UpdateRule,
        device: torch.device,
    ) -> None:
        self.network = TorchNetwork(members, hyperparameters, device)
        self._n_members = len(members)
        self._X = as_tensor(samples.X, device)
        self._y = as_tensor(samples.y, device)
        self._sample_weight = as_tensor(samples.weight, device)
        self._offset = None if samples.offset is None else as_tensor(samples.offset, device)
        self._penalty = hyperparameters.penalty_per_weight(samples.X.shape[1])
        self._loss = LOSSES[hyperparameters.loss]
        self._allocate()
        learning_rate = hyperparameters.learning_rate
        learned = self.network.learned()
        self._unit_momentum = None
        if rule == "unit_momentum":
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
        if self._offset is not None:
            logits = logits + self._offset[rows, None]
        loss = self._loss.of_tensors(logits, self._y[rows], self._sample_weight[rows])
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
        values = np.empty((len(rows), self._n_members), np.float32)
        with torch.inference_mode():
            for begin in range(0, len(rows), EVALUATION_ROWS):
                part = slice(begin, begin + EVALUATION_ROWS)
                X = self._gather(torch.from_numpy(rows[part]).to(self._X.device))
                logits = self.network.logits(X @ self._weight, [], training=False)
                values[part] = logits.cpu().numpy()
        return values

    def copy_into(self, members: Sequence[NetworkWeights]) -> None:
        self.network.copy_into(members)

    def keep_genes(self, X: FloatArray, kept: NDArray[np.int64], factors: FloatArray) -> None:
        assert self._unit_momentum is not None
        check_matrix(X, len(self._y))
        device = self._X.device
        self._X = as_tensor(X, device)
        index = as_tensor(kept, device)
        weight = self._weight[index] * as_tensor(factors, device)[:, None]
        self.network.tensors[FIRST_WEIGHT] = weight
        self._unit_momentum.keep_genes(weight, index)
        self._allocate()


def as_tensor(array: NDArray[np.generic], device: torch.device) -> torch.Tensor:
    """An array as a tensor, sharing its memory on the CPU."""
    with warnings.catch_warnings():
        # PyTorch warns that it could write to read-only memory; nothing here does.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array).to(device)


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

    def trainer(
        self,
        samples: Samples,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
        rule: UpdateRule,
    ) -> Trainer:
        return TorchTrainer(samples, hyperparameters, members, rule, self.device)
