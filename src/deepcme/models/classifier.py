"""`DeepCMEClassifier`: the network as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from deepcme.base.parameters import (
    CLASS_WEIGHT,
    FRACTION,
    Rule,
    check_classes,
)
from deepcme.models.estimator_inputs import (
    hold_out,
    named_by_gene,
    read_data,
    read_sample_weight,
    require_both_classes,
)
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target
from deepcme.models.networks import ENGINE_RULES, NetworkEstimator, history_table
from deepcme.network.architecture import NetworkWeights
from deepcme.network.attribution import compute_first_layer_scores
from deepcme.network.engines.choice import make_engine

__all__ = ["DeepCMEClassifier"]


class NetworkClassifier(NetworkEstimator, LogitClassifier):
    """What one network and an ensemble of them share: their settings, checks and verbs."""

    class_weight: dict[Any, float] | Literal["balanced"] | None

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        **LogitClassifier._rules,
        "class_weight": CLASS_WEIGHT,
    }

    def _training_data(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Matrix, target of 0 and 1, and weight of each sample; sets `classes_`."""
        matrix, y = read_data(self, X, y, dtype=np.float32, order="C")
        self.classes_, target = encode_binary_target(y, type(self).__name__)
        weight = read_sample_weight(sample_weight, len(matrix))
        check_classes(self.class_weight, self.classes_.tolist())
        if self.class_weight is not None:
            of_class = compute_sample_weight(self.class_weight, y)
            weight = weight * read_sample_weight(of_class, len(matrix), "class_weight")
        return matrix, target, weight


class DeepCMEClassifier(NetworkClassifier):
    """Sparse deep network for a binary endpoint (Kim et al. 2023).

    Blocks of Linear, BatchNorm, Dropout and ReLU, one logit, binary
    cross-entropy plus `penalty_strength` times the mean (or sum) of the absolute
    first-layer weights, trained by Adam; the epoch with the lowest validation
    loss is kept. Expression should be logged and standardised beforehand.

    Parameters
    ----------
    hidden_layers : tuple of int, default (64, 64, 64)
        Units of each hidden block, 1 to 1,024.
    dropout : float, default 0.5
        Probability of dropping a hidden unit, 0 to 0.9.
    batch_norm : bool, default True
        Normalise each block's pre-activation over the batch (Ioffe 2015).
    penalty : {"l1", None}, default "l1"
        Penalty on the first layer's weights (paper, equation 3).
    penalty_reduction : {"mean", "sum"}, default "mean"
        The paper's lambda of 100 fits its reported gene scores under the mean.
    penalty_strength : float, default 100.0
        Lambda, 0 or more.
    learning_rate : float, default 1e-4
        Adam's step size.
    max_epochs : int, default 500
    batch_size : int, default 32
        Samples per step, at least 2.
    patience : int or None, default None
        Stop after this many epochs without a lower validation loss.
    validation_fraction : float, default 0.25
        Share of the samples (of the patients, with `groups`) that `fit` splits
        off to choose the epoch, unless told which rows to use.
    class_weight : {"balanced", None} or dict, default None
        As in scikit-learn, a number above 0 for each class; weighs training and
        validation loss.
    random_state : int, RandomState or None, default None
    engine : {"auto", "native", "torch"}, default "auto"
        What trains the network. ``"auto"`` takes PyTorch where it sees CUDA,
        else the native engine, else PyTorch on the CPU.
    device : {"cpu", "cuda", "mps"} or None, default None
        Device for PyTorch.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names
    gene_scores_ : ndarray of shape (n_features,), or Series by gene if X was a DataFrame
        Sum of the absolute first-layer weights of each gene (paper, equation 4).
    history_ : DataFrame
        Columns epoch, train_loss, valid_loss, valid_auc; one row per epoch.
        The losses are cross-entropies without the penalty.
    best_epoch_ : int
        The epoch that was kept, counted from 1.
    weights_ : NetworkWeights

    References
    ----------
    Kim J, Lee M, Seok J. Deep learning model with L1 penalty for predicting
    breast cancer metastasis using gene expression data. Mach. Learn.: Sci.
    Technol. 2023;4:025026.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import DeepCMEClassifier
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> model = DeepCMEClassifier(
    ...     hidden_layers=(8,), penalty_strength=0.1, learning_rate=0.02, max_epochs=30,
    ...     random_state=0,
    ... ).fit(X, X[:, 0] > 0)
    >>> model.predict([[3, 0, 0, 0, 0], [-3, 0, 0, 0, 0]]).tolist()
    [True, False]
    >>> int(model.gene_scores_.argmax())
    0
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        **NetworkClassifier._rules,
        **ENGINE_RULES,
        "validation_fraction": FRACTION,
    }

    def __init__(
        self,
        hidden_layers: tuple[int, ...] = (64, 64, 64),
        dropout: float = 0.5,
        batch_norm: bool = True,
        penalty: Literal["l1"] | None = "l1",
        penalty_reduction: Literal["mean", "sum"] = "mean",
        penalty_strength: float = 100.0,
        learning_rate: float = 1e-4,
        max_epochs: int = 500,
        batch_size: int = 32,
        patience: int | None = None,
        validation_fraction: float = 0.25,
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        engine: Literal["auto", "native", "torch"] = "auto",
        device: Literal["cpu", "cuda", "mps"] | None = None,
    ) -> None:
        self.hidden_layers = hidden_layers
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.penalty = penalty
        self.penalty_reduction = penalty_reduction
        self.penalty_strength = penalty_strength
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.class_weight = class_weight
        self.random_state = random_state
        self.engine = engine
        self.device = device

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        validation_rows: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : array of shape (samples,)
            Two classes; the second in sorted order is the positive one.
        sample_weight : array of shape (samples,), optional
        groups : array of shape (samples,), optional
            Patient of each sample; one without is a patient of its own. Early stopping
            never sees a patient that the network trains on.
        validation_rows : array of bool, shape (samples,), or of int, optional
            Rows of X to choose the epoch on, as a mask or by number; the rest is
            trained on.

        Raises
        ------
        ValueError
            If the target is not binary, a setting is out of range, groups, weights or
            rows cannot be used, or too few samples, or none of a class with any weight,
            are left for training or validation.
        """
        self.check_parameters()
        hyperparameters = self._hyperparameters()
        matrix, target, weight = self._training_data(X, y, sample_weight)
        split_random, train_random = self._generator().spawn(2)
        train, valid = hold_out(
            target, groups, validation_rows, self.validation_fraction, split_random
        )
        require_both_classes(target, train, valid, weight)
        trained = make_engine(self.engine, self.device).fit(
            matrix, target, train, valid, hyperparameters, train_random, sample_weight=weight
        )
        self.weights_ = trained.weights
        self.best_epoch_ = trained.history.best_epoch
        self.history_ = history_table(trained.history)
        scores = compute_first_layer_scores(self.networks_, np.float32)
        self.gene_scores_ = named_by_gene(self, scores, "gene_score")
        return self

    @property
    def networks_(self) -> list[list[NetworkWeights]]:
        """The one network, as those of an ensemble."""
        return [[self.weights_]]

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Logit of the positive class, one per sample."""
        check_is_fitted(self)
        matrix = read_data(self, X, dtype=np.float32, reset=False)
        return self.weights_.decision_function(matrix)
