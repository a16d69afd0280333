"""The contract of an engine: it trains one network on rows of a matrix it never copies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import (
    FloatArray,
    Hyperparameters,
    NetworkWeights,
    initialise_weights,
)
from deepcme.network.training import Epoch, History, TrainedNetwork, draw_epoch
from deepcme.network.validation import make_validation

RowIndex = NDArray[np.int64]


UpdateRule = Literal["adam", "unit_momentum"]


@dataclass(frozen=True)
class Samples:
    """What is trained on: expression, which is never copied, outcomes and weights.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes), C order
    y : ndarray of float32, shape (samples,)
    weight : ndarray of float32, shape (samples,)
    offset : ndarray of float32, shape (samples,), optional
        Added to each row's logit within the loss: what is known of it already.
    """

    X: FloatArray
    y: FloatArray
    weight: FloatArray
    offset: FloatArray | None = None

    def __post_init__(self) -> None:
        check_matrix(self.X, len(self.y))


class Trainer(ABC):
    """Networks inside an engine: members that share the sweep over the first layer.

    Each member is a network of its own above the first layer.
    """

    @abstractmethod
    def train_epoch(self, epoch: Epoch) -> float:
        """Take one step per batch; return a member's mean training loss without the penalty."""

    @abstractmethod
    def logits(self, rows: RowIndex) -> FloatArray:
        """Logits of rows of X, (rows x members), in evaluation mode."""

    @abstractmethod
    def copy_into(self, members: Sequence[NetworkWeights]) -> None:
        """Copy each member's weights into memory that exists."""

    @abstractmethod
    def keep_genes(self, X: FloatArray, kept: NDArray[np.int64], factors: FloatArray) -> None:
        """Delete all genes but some; see `SelectorRun.keep_genes`."""


class TrainingRun:
    """One network under training."""

    def __init__(self, trainer: Trainer, weights: NetworkWeights) -> None:
        self._trainer = trainer
        self._snapshot = weights.copy()

    def train_epoch(self, epoch: Epoch) -> float:
        """Take one step per batch; return the mean training loss without the penalty."""
        return self._trainer.train_epoch(epoch)

    def logits(self, rows: RowIndex) -> FloatArray:
        """Logits of rows of X, in evaluation mode and without their offset."""
        return self._trainer.logits(rows)[:, 0]

    def current_weights(self) -> NetworkWeights:
        """A copy of the weights as they are now."""
        weights = self._snapshot.copy()
        self._trainer.copy_into([weights])
        return weights

    def keep_snapshot(self) -> None:
        """Copy the weights into a buffer that is allocated once."""
        self._trainer.copy_into([self._snapshot])

    def snapshot(self) -> NetworkWeights:
        """The weights as they were when last kept."""
        return self._snapshot


AfterEpoch = Callable[[History, TrainingRun], None]


class SelectorRun:
    """Networks that choose genes together: members that share one set of genes.

    The first layer moves by momentum 0.9 divided by the root mean square of the
    gradient per hidden unit across genes (decay 0.99): Adam would make every
    gene's step equally long, and so forget which genes matter. There is no
    penalty; genes are deleted instead.
    """

    def __init__(self, trainer: Trainer, members: Sequence[NetworkWeights]) -> None:
        self._trainer = trainer
        self._members = [weights.copy() for weights in members]

    def train_epoch(self, epoch: Epoch) -> float:
        """Take one step per batch; return the mean training loss of a member."""
        return self._trainer.train_epoch(epoch)

    def logits(self, rows: RowIndex) -> FloatArray:
        """Logits of rows of X, (rows x members), in evaluation mode."""
        return self._trainer.logits(rows)

    def current_weights(self) -> list[NetworkWeights]:
        """A copy of each member's weights as they are now."""
        self._trainer.copy_into(self._members)
        return [weights.copy() for weights in self._members]

    def keep_genes(self, X: FloatArray, kept: NDArray[np.int64], factors: FloatArray) -> None:
        """Delete all genes but ``kept`` for good, with their weights and momentum.

        Parameters
        ----------
        X : ndarray of float32, shape (samples, len(kept)), C order
            The matrix without the deleted genes, from now on.
        kept : ndarray of int64
            Positions of the genes that stay, ascending.
        factors : ndarray of float32, shape (len(kept),)
            The weights of each gene that stays are multiplied by its factor.
        """
        self._trainer.keep_genes(X, kept, factors)
        for weights in self._members:
            first = weights.blocks[0]
            first.weight = np.empty((len(kept), first.weight.shape[1]), np.float32)


class Engine(ABC):
    """Trains DeepCME networks.

    Batch order, dropout masks and starting weights are drawn by NumPy outside
    the engine, so that all engines follow one trajectory up to rounding.
    """

    name: str

    @abstractmethod
    def trainer(
        self,
        samples: Samples,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
        rule: UpdateRule,
    ) -> Trainer:
        """Hold networks, the first layer of which follows its gradient by a rule."""

    def start(
        self,
        samples: Samples,
        hyperparameters: Hyperparameters,
        weights: NetworkWeights,
    ) -> TrainingRun:
        """Begin a run from the given weights, which stay untouched."""
        trainer = self.trainer(samples, hyperparameters, [weights], "adam")
        return TrainingRun(trainer, weights)

    def start_selector(
        self,
        samples: Samples,
        hyperparameters: Hyperparameters,
        members: Sequence[NetworkWeights],
    ) -> SelectorRun:
        """Begin to train members that share their genes, from the given weights.

        ``hyperparameters`` describe one member; its penalty is not used.
        """
        of_member = replace(hyperparameters, penalty=None)
        trainer = self.trainer(samples, of_member, members, "unit_momentum")
        return SelectorRun(trainer, members)

    def fit(
        self,
        X: FloatArray,
        y: FloatArray,
        train_rows: RowIndex,
        valid_rows: RowIndex,
        hyperparameters: Hyperparameters,
        random: np.random.Generator,
        sample_weight: FloatArray | None = None,
        after_epoch: AfterEpoch | None = None,
        offset: FloatArray | None = None,
        start: float = 1.0,
    ) -> TrainedNetwork:
        """Train until `max_epochs` or `patience`; keep the epoch of lowest validation loss.

        Parameters
        ----------
        X : ndarray of float32, shape (samples, genes), C order
            Finite values; read only, never copied. May be a memory map.
        y : ndarray of float32, shape (samples,)
            1 for a positive, 0 for a negative sample; of times, those of `encode_times`.
        train_rows, valid_rows : ndarray of int64
            Rows of X to train on and to choose the epoch on.
        hyperparameters : Hyperparameters
        random : numpy.random.Generator
            Source of starting weights, batch order and dropout masks.
        sample_weight : ndarray of float32, shape (samples,), optional
            Weight of each row in the training and validation loss.
        after_epoch : callable, optional
            Called after every epoch with the history and the run, which it may
            read and must not change.
        offset : ndarray of float32, shape (samples,), optional
            Added to each row's logit in the training and validation loss; the network
            learns what it leaves unsaid.
        start : float
            What the starting weights of the first layer are multiplied by: below 1, steps
            lead further from them.

        Raises
        ------
        DeepCMEError
            If there are too few rows, no training or validation row has the event that
            the loss is of, or the loss stops being finite.
        """
        if len(train_rows) < 2 or len(valid_rows) < 1:
            raise DeepCMEError(
                "Training needs at least 2 training rows and 1 validation row, "
                f"not {len(train_rows)} and {len(valid_rows)}."
            )
        check_rows(train_rows, len(X), "train_rows")
        check_rows(valid_rows, len(X), "valid_rows")
        weight = normalised_weights(sample_weight, len(X), train_rows)
        samples = Samples(X, y, weight, offset)
        validation = make_validation(
            hyperparameters.loss, y, weight, offset, train_rows, valid_rows
        )
        start_random, epoch_random = random.spawn(2)
        weights = initialise_weights(X.shape[1], hyperparameters, start_random)
        weights.blocks[0].weight *= np.float32(start)
        run = self.start(samples, hyperparameters, weights)
        history = History()
        while history.n_epochs < hyperparameters.max_epochs:
            epoch = draw_epoch(train_rows, y, hyperparameters, epoch_random)
            history.train_loss.append(run.train_epoch(epoch))
            validation.judge(run.logits(validation.rows), history)
            check_finite(history, hyperparameters)
            if history.best_epoch == history.n_epochs:
                run.keep_snapshot()
            if after_epoch is not None:
                after_epoch(history, run)
            patience = hyperparameters.patience
            if patience is not None and history.n_epochs - history.best_epoch >= patience:
                break
        return TrainedNetwork(run.snapshot(), history)


def check_matrix(X: FloatArray, n_labels: int) -> None:
    """Refuse a matrix that an engine could only use by copying it."""
    if X.dtype != np.float32 or X.ndim != 2 or not X.flags.c_contiguous or not X.flags.aligned:
        raise DeepCMEError(
            "X must be a matrix of float32 in C order, not "
            f"{X.dtype} of shape {X.shape}; numpy.ascontiguousarray(X, numpy.float32) is one."
        )
    if X.size == 0 or len(X) != n_labels:
        raise DeepCMEError(f"X has shape {X.shape}, but there are {n_labels} labels.")


def check_rows(rows: RowIndex, n: int, name: str) -> None:
    """Refuse row numbers outside the matrix."""
    if rows.size and (rows.min() < 0 or rows.max() >= n):
        raise DeepCMEError(f"{name} must lie between 0 and {n - 1}.")


def normalised_weights(
    sample_weight: FloatArray | None, n: int, train_rows: RowIndex
) -> FloatArray:
    """Weights whose mean over the training rows is 1."""
    if sample_weight is None:
        return np.ones(n, np.float32)
    mean = float(np.mean(sample_weight[train_rows], dtype=np.float64))
    if not mean > 0:
        raise DeepCMEError("The sample weights of the training rows sum to 0.")
    return np.asarray(sample_weight / mean, dtype=np.float32)


def check_finite(history: History, hyperparameters: Hyperparameters) -> None:
    """Refuse to go on once a loss is no longer a number."""
    if np.isfinite(history.train_loss[-1]) and np.isfinite(history.valid_loss[-1]):
        return
    raise DeepCMEError(
        f"The loss was no longer finite in epoch {history.n_epochs}: try a learning_rate below "
        f"{hyperparameters.learning_rate:g}, or look for extreme values in the matrix."
    )
