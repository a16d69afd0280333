"""What estimators made of networks share: settings, snapshots, the course of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import Rule, at_least, one_of, or_none, parameters_for
from deepcme.cohort.splits import RowIndex, draw_folds
from deepcme.models.own_estimator import OwnEstimator
from deepcme.network.architecture import Hyperparameters, NetworkWeights
from deepcme.network.attribution import compute_first_layer_scores
from deepcme.network.engines.base import AfterEpoch, TrainingRun
from deepcme.network.engines.choice import ENGINES
from deepcme.network.training import History, TrainedNetwork

ENGINE_RULES: dict[str, tuple[Rule, ...]] = {
    "engine": one_of(*ENGINES),
    "device": or_none([Rule(lambda value: isinstance(value, str), "must be a name")]),
}
"""Of an estimator that lets its user choose what trains it."""


class NetworkEstimator(OwnEstimator):
    """An estimator whose parameters are those of a network's training."""

    _loss: ClassVar[str] = "cross-entropy"

    def check_parameters(self) -> None:
        """Refuse values that `fit` would refuse, those of the training among them."""
        self._hyperparameters()
        super().check_parameters()

    def _hyperparameters(self) -> Hyperparameters:
        settings = parameters_for(Hyperparameters, self)
        widths = settings["hidden_layers"]
        if isinstance(widths, list | np.ndarray):
            settings["hidden_layers"] = tuple(widths)
        return Hyperparameters(**settings, loss=self._loss)


def history_table(history: History) -> pd.DataFrame:
    """Losses and validation AUC, or C of times, of a network, one row per epoch."""
    ranked = (
        {"valid_c": history.valid_c} if history.valid_c else {"valid_auc": history.valid_auc}
    )
    return pd.DataFrame(
        {
            "epoch": np.arange(1, history.n_epochs + 1),
            "train_loss": history.train_loss,
            "valid_loss": history.valid_loss,
            **ranked,
        }
    )


class SpacedSnapshots:
    """Snapshots spread evenly from the start of training to its best epoch.

    The longer the training, the wider they stand: the distance between them
    doubles whenever there would be more than `most` up to the best epoch. Which
    epochs may be needed is known in advance, so that few more are ever held.

    Parameters
    ----------
    interval : int
        Smallest number of epochs between snapshots.
    most : int
        How many to keep.
    """

    def __init__(self, interval: int, most: int) -> None:
        self._interval = interval
        self._most = most
        self._taken: dict[int, NetworkWeights] = {}

    def __call__(self, history: History, run: TrainingRun) -> None:
        """Take a snapshot after an epoch that may be needed; drop those no longer needed."""
        epoch, best = history.n_epochs, history.best_epoch
        if epoch % self._distance(epoch) == 0:
            self._taken[epoch] = run.current_weights()
        if epoch == best:
            distance = self._distance(best)
            self._taken = {e: kept for e, kept in self._taken.items() if e % distance == 0}

    def up_to(self, best_epoch: int) -> list[NetworkWeights]:
        """The snapshots up to the best epoch, the first one first; none if it came too soon."""
        distance = self._distance(best_epoch)
        return [self._taken[epoch] for epoch in range(distance, best_epoch + 1, distance)]

    def _distance(self, epoch: int) -> int:
        distance = self._interval
        while epoch > distance * self._most:
            distance *= 2
        return distance


@dataclass(frozen=True)
class Member:
    """A network of an ensemble: its snapshots, and the rows that it held out."""

    snapshots: list[NetworkWeights]
    held_out: RowIndex


TrainMember = Callable[[RowIndex, RowIndex, np.random.Generator, AfterEpoch], TrainedNetwork]
"""From rows to train on and rows held out, a generator, and what is called after an epoch."""


class NetworkEnsemble(NetworkEstimator):
    """Networks that each hold out a different part of the patients."""

    n_networks: int
    snapshot_interval: int
    n_snapshots: int
    networks_: list[list[NetworkWeights]]
    history_: pd.DataFrame
    gene_scores_: NDArray[np.floating]

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        "n_networks": at_least(2),
        "snapshot_interval": at_least(1),
        "n_snapshots": at_least(1),
    }

    def _require_patients(self, patients: NDArray[Any]) -> None:
        n_patients = len(np.unique(patients))
        if n_patients < self.n_networks:
            raise DeepCMEError(
                f"n_samples = {len(patients)} of {n_patients} patients is too few for "
                f"{self.n_networks} networks that each hold out patients of their own."
            )

    def _train_members(
        self, strata: NDArray[Any], patients: NDArray[Any], train: TrainMember
    ) -> Iterator[Member]:
        """Train a network for each part of the patients; sets what is of all networks.

        Parameters
        ----------
        strata : array
            What the parts are stratified by.
        patients : array
        train : callable
        """
        fold_random, *train_random = self._generator().spawn(1 + self.n_networks)
        folds = draw_folds(strata, patients, self.n_networks, fold_random)
        self.networks_, histories = [], []
        for held_out, random in zip(folds, train_random, strict=True):
            spaced = SpacedSnapshots(self.snapshot_interval, self.n_snapshots)
            rest = np.setdiff1d(np.arange(len(strata)), held_out)
            trained = train(rest, held_out, random, spaced)
            snapshots = spaced.up_to(trained.history.best_epoch) or [trained.weights]
            self.networks_.append(snapshots)
            histories.append(history_table(trained.history))
            yield Member(snapshots, held_out)
        numbered = pd.concat(histories, keys=range(1, len(histories) + 1), names=["network"])
        self.history_ = numbered.reset_index("network").reset_index(drop=True)
        self.gene_scores_ = compute_first_layer_scores(self.networks_, np.float32)
