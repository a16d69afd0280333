"""The contract of an engine: it trains one network on rows of a matrix it never copies."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from deepcme.errors import DeepCMEError
from deepcme.network.architecture import (
    FloatArray,
    Hyperparameters,
    NetworkWeights,
    initialise_weights,
)
from deepcme.network.training import (
    Epoch,
    History,
    TrainedNetwork,
    cross_entropy,
    draw_epoch,
    rank_auc,
)

RowIndex = NDArray[np.int64]


class TrainingRun(ABC):
    """One network under training: weights and moments held by an engine."""

    @abstractmethod
    def train_epoch(self, epoch: Epoch) -> float:
        """Take one step per batch; return the mean training loss without the penalty."""

    @abstractmethod
    def validation_logits(self) -> FloatArray:
        """Logits of the validation rows, in evaluation mode."""

    @abstractmethod
    def current_weights(self) -> NetworkWeights:
        """A copy of the weights as they are now."""

    @abstractmethod
    def keep_snapshot(self) -> None:
        """Copy the weights into a buffer that is allocated once."""

    @abstractmethod
    def snapshot(self) -> NetworkWeights:
        """The weights as they were when last kept."""


class Engine(ABC):
    """Trains DeepCME networks.

    Batch order, dropout masks and starting weights are drawn by NumPy outside
    the engine, so that all engines follow one trajectory up to rounding.
    """

    name: str

    @abstractmethod
    def start(
        self,
        X: FloatArray,
        y: FloatArray,
        sample_weight: FloatArray,
        valid_rows: RowIndex,
        hyperparameters: Hyperparameters,
        weights: NetworkWeights,
    ) -> TrainingRun:
        """Begin a run from the given weights, which stay untouched."""

    def fit(
        self,
        X: FloatArray,
        y: FloatArray,
        train_rows: RowIndex,
        valid_rows: RowIndex,
        hyperparameters: Hyperparameters,
        random: np.random.Generator,
        sample_weight: FloatArray | None = None,
    ) -> TrainedNetwork:
        """Train until `max_epochs` or `patience`; keep the epoch of lowest validation loss.

        Parameters
        ----------
        X : ndarray of float32, shape (samples, genes), C order
            Finite values; read only, never copied. May be a memory map.
        y : ndarray of float32, shape (samples,)
            1 for a positive, 0 for a negative sample.
        train_rows, valid_rows : ndarray of int64
            Rows of X to train on and to choose the epoch on.
        hyperparameters : Hyperparameters
        random : numpy.random.Generator
            Source of starting weights, batch order and dropout masks.
        sample_weight : ndarray of float32, shape (samples,), optional
            Weight of each row in the training and validation loss.

        Raises
        ------
        DeepCMEError
            If there are too few rows, or the loss stops being finite.
        """
        if len(train_rows) < 2 or len(valid_rows) < 1:
            raise DeepCMEError(
                "Training needs at least 2 training rows and 1 validation row, "
                f"not {len(train_rows)} and {len(valid_rows)}."
            )
        weight = normalised_weights(sample_weight, len(X), train_rows)
        start_random, epoch_random = random.spawn(2)
        start = initialise_weights(X.shape[1], hyperparameters, start_random)
        run = self.start(X, y, weight, valid_rows, hyperparameters, start)
        history = History()
        y_valid, weight_valid = y[valid_rows], weight[valid_rows]
        while history.n_epochs < hyperparameters.max_epochs:
            epoch = draw_epoch(train_rows, hyperparameters, epoch_random)
            train_loss = run.train_epoch(epoch)
            logits = run.validation_logits()
            valid_loss = cross_entropy(logits, y_valid, weight_valid)
            check_finite(train_loss, valid_loss, history.n_epochs + 1, hyperparameters)
            history.train_loss.append(train_loss)
            history.valid_loss.append(valid_loss)
            history.valid_auc.append(rank_auc(logits, y_valid))
            if history.best_epoch == history.n_epochs:
                run.keep_snapshot()
            patience = hyperparameters.patience
            if patience is not None and history.n_epochs - history.best_epoch >= patience:
                break
        return TrainedNetwork(run.snapshot(), history)


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


def check_finite(
    train_loss: float, valid_loss: float, epoch: int, hyperparameters: Hyperparameters
) -> None:
    """Refuse to go on once a loss is no longer a number."""
    if np.isfinite(train_loss) and np.isfinite(valid_loss):
        return
    raise DeepCMEError(
        f"The loss was no longer finite in epoch {epoch}: try a learning_rate below "
        f"{hyperparameters.learning_rate:g}, or look for extreme values in the matrix."
    )
