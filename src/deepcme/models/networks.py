"""What estimators made of networks share: settings, snapshots, the course of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import Rule, at_least, one_of, or_none, parameters_for
from deepcme.cohort.splits import RowIndex, draw_folds
from deepcme.models.estimator_inputs import named_by_gene
from deepcme.models.own_estimator import OwnEstimator
from deepcme.models.span.gram import read_gram
from deepcme.models.span.scores import Inputs, SpanScores
from deepcme.models.span.span import pays
from deepcme.network.architecture import FloatArray, Hyperparameters, NetworkWeights
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
        return self._read_hyperparameters({})

    def settings_for(self, n_samples: int, n_genes: int) -> Hyperparameters:
        """Settings of the training on so many samples and genes."""
        return self._hyperparameters()

    def _read_hyperparameters(self, in_place_of_none: Mapping[str, Any]) -> Hyperparameters:
        settings = parameters_for(Hyperparameters, self)
        for name, value in in_place_of_none.items():
            settings[name] = value if settings[name] is None else settings[name]
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
    """A network of an ensemble: its snapshots, the rows that it held out, and what it takes.

    `inputs` are all samples as it takes them: their genes, or its scores of them.
    """

    snapshots: list[NetworkWeights]
    held_out: RowIndex
    inputs: FloatArray


TrainMember = Callable[
    [Inputs, RowIndex, RowIndex, np.random.Generator, AfterEpoch], TrainedNetwork
]
"""From inputs, rows to train on and held out, a generator, what is called after an epoch."""

Space = Literal["span", "genes"]


class NetworkEnsemble(NetworkEstimator):
    """Networks that each hold out a different part of the patients.

    They train on genes, or on scores in the span of their rows. Those of scores are turned
    back into those of genes, which give the same, when these are first asked for; so long
    the rows of the fit are kept.
    """

    n_networks: int
    snapshot_interval: int
    n_snapshots: int
    space: Space
    penalty: Literal["l1"] | None
    space_: Space
    history_: pd.DataFrame

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        "n_networks": at_least(2),
        "snapshot_interval": at_least(1),
        "n_snapshots": at_least(1),
        "space": one_of("span", "genes"),
    }
    _of_space: ClassVar[dict[Space, dict[str, Any]]]
    """Settings of the training that None stands for, by the space."""

    _networks: list[list[NetworkWeights]]
    _scores: SpanScores | None
    _gene_scores: NDArray[np.floating] | None

    @classmethod
    def defaults_in(cls, space: Space) -> Mapping[str, Any]:
        """Settings of the training that None stands for in a space."""
        return cls._of_space[space]

    @property
    def networks_(self) -> list[list[NetworkWeights]]:
        """The snapshots of each network, the first one first; they take genes."""
        check_is_fitted(self)
        if self._scores is not None:
            self._networks = self._scores.turn_back(self._networks)
            self._scores = None
        return self._networks

    @property
    def gene_scores_(self) -> NDArray[np.floating] | pd.Series:
        """Equation 4 of the paper, averaged over snapshots and networks; by gene of frames."""
        networks = self.networks_
        if self._gene_scores is None:
            self._gene_scores = compute_first_layer_scores(networks, np.float32)
        return named_by_gene(self, self._gene_scores, "gene_score")

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle holds, which is no row of the fit."""
        if vars(self).get("_scores") is not None:
            self.networks_  # noqa: B018
        state: dict[str, Any] = super().__getstate__()
        return state

    def _hyperparameters(self) -> Hyperparameters:
        return self._read_hyperparameters(self._of_space["genes"])

    def settings_for(self, n_samples: int, n_genes: int) -> Hyperparameters:
        """Settings of the training in the space that serves so many samples and genes."""
        return self._enter_space(n_samples, n_genes)

    def _enter_space(self, n_samples: int, n_genes: int) -> Hyperparameters:
        """Settings of the training in the space that serves so many samples and genes."""
        serves = self.penalty is None and pays(n_samples, n_genes)
        self.space_ = self.space if serves else "genes"
        return self._read_hyperparameters(self._of_space[self.space_])

    def _with_inputs(
        self, X: FloatArray
    ) -> Iterable[tuple[list[NetworkWeights], NDArray[np.floating]]]:
        """The snapshots of each network, and rows of genes as it takes them."""
        inputs = repeat(X, len(self._networks)) if self._scores is None else self._scores.of(X)
        return zip(self._networks, inputs, strict=True)

    def _require_patients(self, patients: NDArray[Any]) -> None:
        n_patients = len(np.unique(patients))
        if n_patients < self.n_networks:
            raise DeepCMEError(
                f"n_samples = {len(patients)} of {n_patients} patients is too few for "
                f"{self.n_networks} networks that each hold out patients of their own."
            )

    def _train_members(
        self,
        matrix: FloatArray,
        strata: NDArray[Any],
        patients: NDArray[Any],
        train: TrainMember,
        gram: ArrayLike | None = None,
    ) -> Iterator[Member]:
        """Train a network for each part of the patients; sets what is of all networks.

        Parameters
        ----------
        matrix : ndarray of float32, shape (samples, genes), C order
        strata : array
            What the parts are stratified by.
        patients : array
        train : callable
        gram : array of shape (samples, samples), optional
            Inner products of the rows of the matrix.
        """
        of_span = self.space_ == "span"
        scores = SpanScores(matrix, read_gram(gram, matrix)) if of_span else None
        fold_random, *train_random = self._generator().spawn(1 + self.n_networks)
        folds = draw_folds(strata, patients, self.n_networks, fold_random)
        self._networks, histories = [], []
        self._scores, self._gene_scores = scores, None
        for held_out, random in zip(folds, train_random, strict=True):
            spaced = SpacedSnapshots(self.snapshot_interval, self.n_snapshots)
            rest = np.setdiff1d(np.arange(len(strata)), held_out)
            inputs = Inputs(matrix) if scores is None else scores.enter(rest, *random.spawn(1))
            trained = train(inputs, rest, held_out, random, spaced)
            snapshots = spaced.up_to(trained.history.best_epoch) or [trained.weights]
            self._networks.append(snapshots)
            histories.append(history_table(trained.history))
            yield Member(snapshots, held_out, inputs.samples)
        numbered = pd.concat(histories, keys=range(1, len(histories) + 1), names=["network"])
        self.history_ = numbered.reset_index("network").reset_index(drop=True)
