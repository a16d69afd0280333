"""The networks of the soft path on the genes that were kept: of labels, and of times."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.base.parameters import RANDOM_STATE, at_least, parameters_for
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.estimator_inputs import read_data
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.survival.networks import compute_log_hazards
from deepcme.models.survival.target import make_target, read_target
from deepcme.network.architecture import FloatArray, NetworkWeights
from deepcme.selection.path import MemberTraining, SoftPathSettings
from deepcme.selection.targets import Target

__all__ = ["PanelClassifier"]


def _train(
    X: FloatArray,
    y: Target,
    random: np.random.Generator,
    settings: SoftPathSettings,
    n_epochs: int,
) -> list[NetworkWeights]:
    training = MemberTraining(X, y, np.arange(len(y)), random, settings)
    training.train(n_epochs)
    return training.run.current_weights()


class PanelClassifier(LogitClassifier):
    """Refit on a panel of genes, without penalty: a few small networks, averaged.

    The same networks as along the soft path, trained for a fixed number of
    epochs on whatever genes they are given. On panels of up to a hundred genes
    they discriminate like logistic regression without penalty, and unlike it
    they have an answer where there are more genes than samples.

    Parameters
    ----------
    n_epochs : int, default 50
    n_members : int, default 4
        Networks trained side by side.
    width : int, default 16
        Hidden units of each network.
    dropout : float, default 0.5
    learning_rate : float, default 1e-3
    batch_size : int, default 64
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    members_ : list of NetworkWeights
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.selection.panels.networks import PanelClassifier
    >>> X = np.random.default_rng(0).normal(size=(80, 2))
    >>> model = PanelClassifier(learning_rate=0.01, random_state=0).fit(X, X[:, 0] > 0)
    >>> model.predict([[3, 0], [-3, 0]]).tolist()
    [True, False]
    """

    _rules: ClassVar = {**LogitClassifier._rules, "n_epochs": at_least(1)}

    def __init__(
        self,
        n_epochs: int = 50,
        n_members: int = 4,
        width: int = 16,
        dropout: float = 0.5,
        learning_rate: float = 1e-3,
        batch_size: int = 64,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_epochs = n_epochs
        self.n_members = n_members
        self.width = width
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train the networks.

        Parameters
        ----------
        X : array of shape (samples, genes)
            Standardised expression.
        y : array of shape (samples,)
            Two classes; the second in sorted order is the positive one.
        """
        self.check_parameters()
        settings = SoftPathSettings(**parameters_for(SoftPathSettings, self))
        matrix, y = read_data(self, X, y, dtype=np.float32, order="C", ensure_min_samples=2)
        self.classes_, target = encode_binary_target(y, type(self).__name__)
        self.members_ = _train(matrix, target, self._generator(), settings, self.n_epochs)
        return self

    @property
    def networks_(self) -> list[list[NetworkWeights]]:
        """The members, as an ensemble of networks has its snapshots."""
        return [[member] for member in self.members_]

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Mean of the networks' logits of the positive class, one per sample."""
        check_is_fitted(self)
        matrix = read_data(self, X, dtype=np.float32, reset=False)
        logits = [member.decision_function(matrix) for member in self.members_]
        mean: NDArray[np.float64] = np.mean(logits, axis=0)
        return mean


class PanelHazards(CoxModel):
    """The same networks by Cox's partial likelihood: log hazards by a panel of genes.

    Parameters
    ----------
    n_epochs : int, default 50
    n_members : int, default 4
        Networks trained side by side.
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    networks_ : list of list of NetworkWeights
        One of each member.
    centre_ : float
        Mean log hazard of the rows that they were trained on, against which others are told.
    baseline_ : Baseline

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> from deepcme.selection.panels.networks import PanelHazards
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 2))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> faster, slower = PanelHazards(random_state=0).fit(X, y).predict([[2, 0], [-2, 0]])
    >>> bool(faster > slower)
    True
    """

    _rules: ClassVar = {
        "n_epochs": at_least(1),
        "n_members": at_least(1),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_epochs: int = 50,
        n_members: int = 4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_epochs = n_epochs
        self.n_members = n_members
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train the networks.

        Parameters
        ----------
        X : array of shape (samples, genes)
            Standardised expression.
        y : structured array of shape (samples,)
            Fields `event` and `time`.
        """
        self.check_parameters()
        settings = SoftPathSettings(n_members=self.n_members)
        matrix = read_data(self, X, dtype=np.float32, order="C", ensure_min_samples=2)
        follow_up = read_target(y, len(matrix))
        target = make_target(follow_up)
        members = _train(matrix, target, self._generator(), settings, self.n_epochs)
        self.networks_ = [[member] for member in members]
        log_hazards = compute_log_hazards(self.networks_, matrix)
        self.centre_ = float(log_hazards.mean())
        self.baseline_ = Baseline.estimate(follow_up, log_hazards - self.centre_)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Mean of the networks' log hazards, against the mean of the rows trained on."""
        check_is_fitted(self)
        matrix = read_data(self, X, dtype=np.float32, reset=False)
        return compute_log_hazards(self.networks_, matrix) - self.centre_
