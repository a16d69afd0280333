"""`PanelClassifier`: the networks of the soft path, trained on the genes that were kept."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.base.parameters import at_least, parameters_for
from deepcme.models.estimator_inputs import read_data
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target
from deepcme.selection.path import MemberTraining, SoftPathSettings

__all__ = ["PanelClassifier"]


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
    >>> from deepcme.selection.refit import PanelClassifier
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
        rows = np.arange(len(target))
        training = MemberTraining(matrix, target, rows, self._generator(), settings)
        training.train(self.n_epochs)
        self.members_ = training.run.current_weights()
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Mean of the networks' logits of the positive class, one per sample."""
        check_is_fitted(self)
        matrix = read_data(self, X, dtype=np.float32, reset=False)
        logits = [member.decision_function(matrix) for member in self.members_]
        mean: NDArray[np.float64] = np.mean(logits, axis=0)
        return mean
