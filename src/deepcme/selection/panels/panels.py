"""Panels of genes as estimators: the whole way to a few genes, and the model of these."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.base.parameters import (
    RANDOM_STATE,
    Rule,
    at_least,
    is_number,
    is_whole,
    one_of,
    or_none,
    parameters_for,
)
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.estimator_inputs import read_data, read_groups
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target
from deepcme.models.own_estimator import OwnEstimator
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.survival.target import make_target, read_target
from deepcme.network.architecture import FloatArray, NetworkWeights
from deepcme.selection.panels.choice import PanelSettings, RefitName, Size, choose_panel
from deepcme.selection.panels.refits import OF_LABELS, OF_TIMES, Refit
from deepcme.selection.rankers import RANKERS, ranks_of
from deepcme.selection.targets import Target

__all__ = ["GenePanelClassifier", "GenePanelSurvival"]

_SIZE: tuple[Rule, ...] = (
    Rule(
        lambda size: is_whole(size) or (isinstance(size, str) and size in ("auto", "all")),
        'must be a whole number, "auto" or "all"',
    ),
    Rule(
        lambda size: isinstance(size, str) or size >= 1, 'must be at least 1, "auto" or "all"'
    ),
)
_ABOVE_0 = (Rule(lambda value: is_number(value) and value > 0, "must be above 0"),)


class _GenePanel(OwnEstimator):
    """What both share: parameters, the way to the panel, and what was found."""

    _refit: ClassVar[Refit]

    def __init__(
        self,
        ranker: str,
        size: Size,
        refit: Literal["auto", "linear", "networks"],
        strength: float | None,
        n_folds: int,
        random_state: int | np.random.RandomState | None,
    ) -> None:
        self.ranker = ranker
        self.size = size
        self.refit = refit
        self.strength = strength
        self.n_folds = n_folds
        self.random_state = random_state

    def _fit_panel(self, X: FloatArray, y: Target, groups: ArrayLike | None) -> None:
        settings = PanelSettings(**parameters_for(PanelSettings, self))
        patients = read_groups(groups, len(y))
        found = choose_panel(X, y, patients, settings, self._refit, self._generator())
        self.ranking_: NDArray[np.int64] = ranks_of(found.order)
        self.size_ = found.size
        self.genes_: NDArray[np.int64] = found.order[: found.size]
        self.stages_: pd.DataFrame = found.stages
        self.strength_ = found.strength
        self.refit_: RefitName = found.refit
        self.model_: Any = found.model

    def _score(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self)
        matrix = read_data(self, X, dtype=np.float32, reset=False)
        # In double precision, so that a sample's score does not depend on the others.
        return self._refit.score(self.model_, matrix[:, self.genes_].astype(np.float64))

    @property
    def choices_(self) -> dict[str, Any]:
        """What was chosen by inner folds, as parameters that leave nothing to choose.

        The genes are ranked anew by whoever is fitted with them.
        """
        size: Size = "all" if self.size == "all" else self.size_
        return {"size": size, "strength": self.strength_, "refit": self.refit_}

    @property
    def networks_(self) -> list[list[NetworkWeights]]:
        """Of a panel that is refitted by networks."""
        networks: list[list[NetworkWeights]] = self.model_.networks_
        return networks

    @property
    def coef_(self) -> NDArray[np.floating]:
        """Coefficients of the genes of `genes_`, of a panel that is refitted by regression."""
        return np.asarray(self.model_.coef_)


class GenePanelClassifier(_GenePanel, LogitClassifier):
    """A panel of a few genes for two classes: ranked, sized and refitted on what it is given.

    Genes are ranked; the first of them are taken, as many as `size` says, or the fewest
    within one standard error of the best in inner folds of the patients, each of which ranks
    the genes anew; logistic regression with a ridge penalty is refitted on them, its strength
    chosen in the same folds. Small networks take its place only where their log loss out of
    fold is lower by more than one standard error of the difference. Cross-validate the
    estimator as a whole: genes that were chosen beforehand with the test patients in view
    promise too much [1]_.

    Parameters
    ----------
    ranker : {"t-test", "soft-path", "l1-logistic", "mean-rank"}, default "t-test"
    size : int, "auto" or "all", default 20
        Genes to take (all, where there are fewer); "auto" chooses among 1, 2, 5, 10, 20, 50,
        100 and 200; "all" takes the columns as they are, without ranking.
    refit : {"auto", "linear", "networks"}, default "auto"
    strength : float, optional
        Of the penalty, as scikit-learn's C, in place of choosing one.
    n_folds : int, default 5
        Inner folds.
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    genes_ : ndarray of int
        Columns of the panel, best first.
    ranking_ : ndarray of shape (n_features,)
        Rank of each column, 1 for the best.
    size_ : int
        Genes of the panel.
    stages_ : DataFrame
        Of size "auto", a row for each size: n_genes, log_loss, log_loss_se, auc; else none.
    refit_ : {"linear", "networks"}
    strength_ : float
        The one chosen.
    model_ : object
        The regression, or the networks, of the panel's genes.
    coef_, intercept_ : ndarray
        Of the genes of `genes_`, if the refit is linear.
    networks_ : list of list of NetworkWeights
        If it is of networks.
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names

    References
    ----------
    .. [1] Ambroise C, McLachlan GJ (2002). Selection bias in gene extraction on the basis of
       microarray gene-expression data. PNAS 99:6562-6566.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import GenePanelClassifier
    >>> X = np.random.default_rng(0).normal(size=(80, 30))
    >>> model = GenePanelClassifier(size=2, random_state=0).fit(X, X[:, 3] > 0)
    >>> int(model.genes_[0]), model.refit_
    (3, 'linear')
    """

    _refit = OF_LABELS
    _rules: ClassVar = {
        **LogitClassifier._rules,
        "ranker": one_of(*RANKERS[OF_LABELS.kind.outcome]),
        "size": _SIZE,
        "refit": one_of("auto", "linear", "networks"),
        "strength": or_none(_ABOVE_0),
        "n_folds": at_least(2),
    }

    def __init__(
        self,
        ranker: str = "t-test",
        size: Size = 20,
        refit: Literal["auto", "linear", "networks"] = "auto",
        strength: float | None = None,
        n_folds: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(ranker, size, refit, strength, n_folds, random_state)

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Rank, choose and refit.

        Parameters
        ----------
        X : array of shape (samples, genes)
            Standardised expression.
        y : array of shape (samples,)
            Two classes; the second in sorted order is the positive one.
        groups : array of shape (samples,), optional
            Patient of each sample, by whom inner folds are drawn; one without is a patient of
            its own.

        Raises
        ------
        ValueError
            If the target is not binary, a setting is out of range, or a class has fewer than
            two patients.
        """
        self.check_parameters()
        matrix, labels = read_data(
            self, X, y, dtype=np.float32, order="C", ensure_min_samples=2
        )
        self.classes_, target = encode_binary_target(labels, type(self).__name__)
        self._fit_panel(matrix, target.astype(np.int64), groups)
        return self

    @property
    def intercept_(self) -> NDArray[np.floating]:
        """Of a panel that is refitted by regression, of shape (1,)."""
        return np.asarray(self.model_.intercept_)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Logit of the positive class, one per sample."""
        return self._score(X)


class GenePanelSurvival(_GenePanel, CoxModel):
    """A panel of a few genes for times to an event: what `GenePanelClassifier` is for classes.

    Size, strength and refit are chosen by the partial likelihood; the refit is Cox regression
    with a ridge penalty, or networks that are trained by the same likelihood.

    Parameters
    ----------
    ranker : {"cox-score", "soft-path", "cox-lasso", "mean-rank"}, default "cox-score"
    size, refit, n_folds, random_state
        As in `GenePanelClassifier`.
    strength : float, optional
        The penalty in glmnet's scale, as that of `CoxRidge`, in place of choosing one.

    Attributes
    ----------
    genes_, ranking_, size_, refit_, strength_, model_, coef_, networks_
        As in `GenePanelClassifier`.
    stages_ : DataFrame
        Of size "auto", a row for each size: n_genes, deviance, deviance_se, harrell_c; else
        none.
    baseline_ : Baseline
        Of a patient at the training mean of all genes.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import GenePanelSurvival
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 30))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 3])), np.ones(80)))
    >>> model = GenePanelSurvival(size=2, random_state=0).fit(X, y)
    >>> int(model.genes_[0]), model.refit_
    (3, 'linear')
    """

    _refit = OF_TIMES
    _rules: ClassVar = {
        **GenePanelClassifier._rules,
        "ranker": one_of(*RANKERS[OF_TIMES.kind.outcome]),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        ranker: str = "cox-score",
        size: Size = 20,
        refit: Literal["auto", "linear", "networks"] = "auto",
        strength: float | None = None,
        n_folds: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(ranker, size, refit, strength, n_folds, random_state)

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Rank, choose and refit.

        Parameters
        ----------
        X : array of shape (samples, genes)
            Standardised expression.
        y : structured array of shape (samples,)
            Fields `event` and `time`.
        groups : array of shape (samples,), optional
            Patient of each sample.

        Raises
        ------
        ValueError
            If the target is none, a setting is out of range, or fewer than two patients had
            the event.
        """
        self.check_parameters()
        matrix = read_data(self, X, dtype=np.float32, order="C", ensure_min_samples=2)
        target = make_target(read_target(y, len(matrix)))
        self._fit_panel(matrix, target, groups)
        self.baseline_: Baseline = self.model_.baseline_
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Log hazard of each sample against one whose genes are at their training mean."""
        return self._score(X)
