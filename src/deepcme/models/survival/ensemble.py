"""`DeepCMESurvivalEnsemble`: networks of the time to an event that each hold out a part."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import Rule
from deepcme.base.words import counted
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.cohort.splits import RowIndex
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.hazard_calibration import fit_slope
from deepcme.models.estimator_inputs import read_groups
from deepcme.models.networks import NetworkEnsemble, Space
from deepcme.models.span.scores import Inputs
from deepcme.models.survival.cox_model import FloatArray
from deepcme.models.survival.networks import SurvivalNetwork, compute_log_hazards
from deepcme.network.engines.base import AfterEpoch
from deepcme.network.engines.choice import make_engine
from deepcme.network.training import TrainedNetwork

__all__ = ["DeepCMESurvivalEnsemble"]


class DeepCMESurvivalEnsemble(NetworkEnsemble, SurvivalNetwork):
    """Networks of the time to an event that each hold out other patients, averaged.

    As in `DeepCMEEnsemble`, each network trains on all parts of the patients but one and is
    watched on that one, and up to `n_snapshots` of its epochs are kept, up to the one of
    lowest loss there. Their log hazards, each against the mean of the rows that `fit` was
    given, are averaged over a network's snapshots and then over the networks [1]_ [2]_, and
    multiplied by the slope that this mean has for new patients, as told by the networks' out of
    fold (drawn towards 1; 1 where they do not rise with the hazard): early snapshots, dropout
    and averaging leave log hazards too close to each other.
    Training and loss are those of `DeepCMESurvival`; the ensemble is dense by default, with
    more dropout.

    Parameters
    ----------
    n_networks : int, default 5
    snapshot_interval : int, default 5
    n_snapshots : int, default 5
        As in `DeepCMEEnsemble`.
    penalty : {"l1", None}, default None
    dropout : float, default 0.7
    hidden_layers, batch_norm, penalty_reduction, penalty_strength : optional
    learning_rate, max_epochs, batch_size, patience, random_state : optional
        As in `DeepCMESurvival`.
    space : {"span", "genes"}, default "span"
        As in `DeepCMEEnsemble`: whether each network trains on scores in the span of its
        rows, or on the genes themselves. With fewer than two genes a row, or a penalty, on
        genes all the same.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names
    space_ : {"span", "genes"}
        What the networks trained on.
    networks_ : list of list of NetworkWeights
        The snapshots of each network, the first one first; they take genes in either space.
    gene_scores_ : ndarray of shape (n_features,), or Series by gene if X was a DataFrame
        Equation 4 of Kim et al. 2023, averaged over snapshots and networks.
    history_ : DataFrame
        Columns network, epoch, train_loss, valid_loss, valid_c, as in `DeepCMESurvival`.
    oof_log_hazards_ : ndarray of shape (samples,)
        Log hazard of each sample by the one network that did not train on it.
    centre_ : float
        Mean log hazard by the genes of the rows that `fit` was given, which `predict`
        takes off.
    clinical_coef_ : ndarray of shape (columns,)
        Log hazard ratios of the clinical columns, the mean over the networks: of each, by a
        Cox regression of the columns alone on the rows that it trains on.
    baseline_ : Baseline
        Breslow's estimate at `oof_log_hazards_`: those of rows that a network trains on are
        further apart than others'.

    References
    ----------
    .. [1] Krogh A, Vedelsby J (1995). Neural network ensembles, cross validation,
       and active learning. Advances in Neural Information Processing Systems 7.
    .. [2] Huang G et al. (2017). Snapshot ensembles: train 1, get M for free.
       International Conference on Learning Representations.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import DeepCMESurvivalEnsemble
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 5))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> model = DeepCMESurvivalEnsemble(
    ...     n_networks=3, hidden_layers=(8,), learning_rate=0.02, max_epochs=30, random_state=0
    ... ).fit(X, y)
    >>> faster, slower = model.predict([[2, 0, 0, 0, 0], [-2, 0, 0, 0, 0]])
    >>> bool(faster > slower)
    True
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        **SurvivalNetwork._rules,
        **NetworkEnsemble._rules,
    }
    _of_space: ClassVar = {"genes": {}, "span": {}}

    def __init__(
        self,
        n_networks: int = 5,
        snapshot_interval: int = 5,
        n_snapshots: int = 5,
        hidden_layers: tuple[int, ...] = (64, 64, 64),
        dropout: float = 0.7,
        batch_norm: bool = True,
        penalty: Literal["l1"] | None = None,
        penalty_reduction: Literal["mean", "sum"] = "mean",
        penalty_strength: float = 100.0,
        learning_rate: float = 1e-3,
        max_epochs: int = 250,
        batch_size: int = 128,
        patience: int | None = None,
        space: Space = "span",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_networks = n_networks
        self.snapshot_interval = snapshot_interval
        self.n_snapshots = n_snapshots
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
        self.space = space
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        clinical: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        gram: ArrayLike | None = None,
    ) -> Self:
        """Train the networks.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : structured array of shape (samples,)
            An event (bool) and a time, as scikit-survival has them.
        clinical : array of shape (samples, columns), optional
            Columns that enter beside the genes without a penalty.
        groups : array of shape (samples,), optional
            Patient of each sample; one without is a patient of its own. No network is
            watched on a patient that it trains on.
        gram : array of shape (samples, samples), optional
            Inner products of the rows of X, as `compute_gram` gives them; computed where
            they are needed and not given.

        Raises
        ------
        ValueError
            If a setting is out of range, the target, groups, columns or gram cannot be used,
            or there are fewer patients, or fewer with the event, than networks.
        """
        self.check_parameters()
        data = self._read(X, y, clinical)
        hyperparameters = self._enter_space(*data.matrix.shape)
        patients = read_groups(groups, len(data.matrix))
        self._require_patients(patients)
        self._require_events(data.follow_up, patients)
        engine = make_engine()
        offsets, clinical_coefficients = [], []

        def train(
            inputs: Inputs,
            rest: RowIndex,
            held_out: RowIndex,
            random: np.random.Generator,
            after: AfterEpoch,
        ) -> TrainedNetwork:
            clinical_coefficients.append(data.columns.fit(rest))
            offsets.append(data.columns.offset(clinical_coefficients[-1]))
            return engine.fit(
                inputs.samples,
                data.encoded,
                rest,
                held_out,
                hyperparameters,
                random,
                after_epoch=after,
                offset=offsets[-1].astype(np.float32),
                start=inputs.start,
            )

        by_network = []
        parts, of_genes, of_columns = np.zeros((3, len(data.matrix)))
        members = self._train_members(data.matrix, data.strata, patients, train, gram)
        for number, member in enumerate(members):
            by_network.append(compute_log_hazards([member.snapshots], member.inputs))
            rows = member.held_out
            parts[rows] = number
            of_genes[rows] = by_network[-1][rows] - by_network[-1].mean()
            of_columns[rows] = offsets[-1][rows]
        slope = _find_slope(data.follow_up, parts, of_genes, of_columns)
        self.oof_log_hazards_ = slope * of_genes + of_columns
        stretch = slope * _compare_spread(np.stack(by_network))
        for snapshots in self._networks:
            for weights in snapshots:
                # There is no output bias, so that these weights are all that has to change.
                weights.output_weight *= np.float32(stretch)
        self.centre_ = stretch * float(np.mean(by_network))
        self.clinical_coef_ = np.mean(clinical_coefficients, axis=0)
        self.baseline_ = Baseline.estimate(data.follow_up, self.oof_log_hazards_)
        return self

    def score_held_out(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike,
        held_out: ArrayLike,
        gram: ArrayLike | None = None,
    ) -> FloatArray:
        """Log hazards of held-out rows by an ensemble of the same settings fitted on others."""
        ensemble: Self = clone(self).fit(X, y, groups=groups, gram=gram)
        return ensemble.predict(held_out)

    def _predict_of_genes(self, matrix: NDArray[np.float32]) -> FloatArray:
        by_network = [
            compute_log_hazards([snapshots], inputs)
            for snapshots, inputs in self._with_inputs(matrix)
        ]
        mean: FloatArray = np.mean(by_network, axis=0)
        return mean - self.centre_

    def _require_events(self, follow_up: FollowUp, patients: NDArray[Any]) -> None:
        n_events = len(np.unique(patients[follow_up.events == EVENT]))
        if n_events < self.n_networks:
            raise DeepCMEError(
                f"{counted(n_events, 'patient')} with the event is too few for "
                f"{self.n_networks} networks that are each watched on one of their own: take "
                "fewer networks."
            )


def _find_slope(
    follow_up: FollowUp, parts: FloatArray, of_genes: FloatArray, of_columns: FloatArray
) -> float:
    """Slope of log hazards out of fold, among patients whom one network was not trained on."""
    rows = pd.DataFrame(
        {"split": parts, "time": follow_up.times, "event": follow_up.events, "score": of_genes}
    )
    return fit_slope(rows, np.ones(len(rows)), of_columns) or 1.0


def _compare_spread(by_network: FloatArray) -> float:
    """How many times the variance of the networks' mean the mean of their variances is.

    The mean goes with the hazard as a network does, and varies less: its slope is as many
    times that of a network.
    """
    of_mean = float(np.var(by_network.mean(axis=0)))
    return float(np.var(by_network, axis=1).mean()) / of_mean if of_mean > 0 else 1.0
