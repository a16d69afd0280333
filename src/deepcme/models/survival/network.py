"""`DeepCMESurvival`: the network of the time to an event."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.parameters import FRACTION, Rule
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.estimator_inputs import hold_out, named_by_gene
from deepcme.models.networks import ENGINE_RULES, history_table
from deepcme.models.survival.cox_model import FloatArray
from deepcme.models.survival.networks import SurvivalNetwork, compute_log_hazards
from deepcme.network.attribution import compute_first_layer_scores
from deepcme.network.engines.choice import make_engine

__all__ = ["DeepCMESurvival"]


class DeepCMESurvival(SurvivalNetwork):
    """Sparse deep network of the time to an event: proportional hazards [1]_ [2]_.

    The network of `DeepCMEClassifier` (Kim et al. 2023) without the output's bias; its
    output is a log hazard, and its loss minus Cox's log partial likelihood of a batch
    (Efron's treatment of ties), over the number of its rows, plus the penalty on the
    first layer. Batches hold their share of the events; up to twice `batch_size` rows are
    one batch. The epoch is kept that adds most to the log partial likelihood of training
    and validation part together, beyond that of the training part alone [3]_.
    Expression should be logged and standardised beforehand.

    Parameters
    ----------
    hidden_layers : tuple of int, default (64, 64, 64)
    dropout : float, default 0.5
    batch_norm : bool, default True
    penalty : {"l1", None}, default "l1"
    penalty_reduction : {"mean", "sum"}, default "mean"
    penalty_strength : float, default 100.0
    learning_rate : float, default 1e-3
    max_epochs : int, default 250
    batch_size : int, default 128
    patience : int or None, default None
    validation_fraction : float, default 0.25
    random_state : int, RandomState or None, default None
    engine : {"auto", "native", "torch"}, default "auto"
    device : {"cpu", "cuda", "mps"} or None, default None
        As in `DeepCMEClassifier`.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names
    gene_scores_ : ndarray of shape (n_features,), or Series by gene if X was a DataFrame
        Sum of the absolute first-layer weights of each gene (Kim et al. 2023, equation 4).
    history_ : DataFrame
        Columns epoch, train_loss, valid_loss, valid_c; one row per epoch. The losses are
        without the penalty: per row of the training part, and per event of the validation
        part; `valid_c` is Harrell's C there.
    best_epoch_ : int
        The epoch that was kept, counted from 1.
    weights_ : NetworkWeights
    centre_ : float
        Mean log hazard by the genes of the rows that `fit` was given, which `predict`
        takes off.
    clinical_coef_ : ndarray of shape (columns,)
        Log hazard ratios of the clinical columns, by a Cox regression of them alone
        (`CoxRegression`) on the training part; what the network adds is beside them.
    baseline_ : Baseline
        Breslow's estimate, of all rows that `fit` was given.

    References
    ----------
    .. [1] Cox DR (1972). Regression models and life-tables. J R Stat Soc B 34:187-220.
    .. [2] Katzman JL et al. (2018). DeepSurv: personalized treatment recommender system
       using a Cox proportional hazards deep neural network. BMC Med Res Methodol 18:24.
    .. [3] Verweij PJM, van Houwelingen HC (1993). Cross-validation in survival analysis.
       Statistics in Medicine 12:2305-2314.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import DeepCMESurvival
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 5))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> model = DeepCMESurvival(
    ...     hidden_layers=(8,), penalty_strength=0.1, learning_rate=0.02, max_epochs=30,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> faster, slower = model.predict([[2, 0, 0, 0, 0], [-2, 0, 0, 0, 0]])
    >>> bool(faster > slower)
    True
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        **SurvivalNetwork._rules,
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
        learning_rate: float = 1e-3,
        max_epochs: int = 250,
        batch_size: int = 128,
        patience: int | None = None,
        validation_fraction: float = 0.25,
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
        self.random_state = random_state
        self.engine = engine
        self.device = device

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        clinical: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        validation_rows: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : structured array of shape (samples,)
            An event (bool) and a time, as scikit-survival has them.
        clinical : array of shape (samples, columns), optional
            Columns that enter beside the genes without a penalty.
        groups : array of shape (samples,), optional
            Patient of each sample; one without is a patient of its own. Early stopping
            never sees a patient that the network trains on.
        validation_rows : array of bool, shape (samples,), or of int, optional
            Rows of X to choose the epoch on, as a mask or by number; the rest is
            trained on.

        Raises
        ------
        ValueError
            If a setting is out of range, the target, groups, columns or rows cannot be
            used, or too few samples, or none with the event, are left for training or
            validation.
        """
        self.check_parameters()
        hyperparameters = self._hyperparameters()
        data = self._read(X, y, clinical)
        split_random, train_random = self._generator().spawn(2)
        train, valid = hold_out(
            data.strata, groups, validation_rows, self.validation_fraction, split_random
        )
        self.clinical_coef_ = data.columns.fit(train)
        offset = data.columns.offset(self.clinical_coef_)
        trained = make_engine(self.engine, self.device).fit(
            data.matrix,
            data.encoded,
            train,
            valid,
            hyperparameters,
            train_random,
            offset=offset.astype(np.float32),
        )
        self.weights_ = trained.weights
        self.networks_ = [[self.weights_]]
        self.best_epoch_ = trained.history.best_epoch
        self.history_ = history_table(trained.history)
        scores = compute_first_layer_scores(self.networks_, np.float32)
        self.gene_scores_ = named_by_gene(self, scores, "gene_score")
        of_genes = compute_log_hazards(self.networks_, data.matrix)
        self.centre_ = float(of_genes.mean())
        self.baseline_ = Baseline.estimate(data.follow_up, of_genes - self.centre_ + offset)
        return self

    def _predict_of_genes(self, matrix: NDArray[np.float32]) -> FloatArray:
        return compute_log_hazards(self.networks_, matrix) - self.centre_
