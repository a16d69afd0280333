"""Gene selectors as scikit-learn transformers: they rank genes and keep the first few."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import ClassifierTags, check_random_state
from sklearn.utils.validation import check_is_fitted

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import (
    RANDOM_STATE,
    Rule,
    at_least,
    check_parameters,
    is_whole,
    parameters_for,
)
from deepcme.models.estimator_inputs import read_data, read_groups
from deepcme.models.logit_classifier import encode_binary_target
from deepcme.models.survival.target import make_target, read_target
from deepcme.network.architecture import FloatArray
from deepcme.selection.path import SoftPathSettings, follow_soft_path
from deepcme.selection.rankers import ranks_of
from deepcme.selection.size import choose_size
from deepcme.selection.targets import TIMES, TWO_CLASSES, Target, TargetKind, kind_of

__all__ = ["CoxLassoSelector", "L1LogisticSelector", "MeanRankSelector", "SoftPathSelector"]

Size = int | Literal["auto"]

_RULES: dict[str, tuple[Rule, ...]] = {
    "n_genes": (
        Rule(
            lambda size: is_whole(size) or (isinstance(size, str) and size == "auto"),
            'must be a whole number, or "auto"',
        ),
        Rule(lambda size: size == "auto" or size >= 1, 'must be at least 1, or "auto"'),
    ),
    "n_folds": at_least(2),
    "random_state": RANDOM_STATE,
}


class GeneSelector(SelectorMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """What all gene selectors share: checks, seeds and the choice of the first genes."""

    _kinds: ClassVar[tuple[TargetKind, ...]] = (TWO_CLASSES, TIMES)

    def __init__(
        self,
        n_genes: Size = "auto",
        n_folds: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_genes = n_genes
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Rank the genes and choose how many to keep.

        Parameters
        ----------
        X : array of shape (samples, genes)
            Standardised expression.
        y : array of shape (samples,)
            Two classes; the second in sorted order is the positive one. Or a structured
            array with the fields `event` and `time`.
        groups : array of shape (samples,), optional
            Patient of each sample, by whom folds are drawn; one without is a patient of
            its own.

        Raises
        ------
        ValueError
            If the target is neither, a setting is out of range, or a class has too few
            patients, or too few had the event, to choose the number of genes.
        """
        check_parameters(vars(self), _RULES)
        matrix, target = self._read(X, y)
        if self.n_genes != "auto" and self.n_genes > matrix.shape[1]:
            raise DeepCMEError(
                f"n_genes = {self.n_genes} is more than X has: n_features = {matrix.shape[1]}."
            )
        patients = read_groups(groups, len(target))
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        self._select(matrix, target, patients, np.random.default_rng(seed))
        return self

    def _read(self, X: ArrayLike, y: ArrayLike) -> tuple[FloatArray, Target]:
        given = np.asarray(y)
        if (kind := kind_of(given)) not in self._kinds:
            (other,) = self._kinds
            raise DeepCMEError(
                f"{type(self).__name__} is for {other.words}, and y holds {kind.words}."
            )
        checks: dict[str, Any] = {"dtype": np.float32, "order": "C", "ensure_min_samples": 2}
        if kind is TIMES:
            matrix = read_data(self, X, **checks)
            return matrix, make_target(read_target(given, len(matrix)))
        matrix, labels = read_data(self, X, y, **checks)
        self.classes_, target = encode_binary_target(labels, type(self).__name__)
        return matrix, target.astype(np.int64)

    @abstractmethod
    def _select(
        self,
        X: FloatArray,
        y: Target,
        groups: NDArray[Any],
        random: np.random.Generator,
    ) -> None:
        """Set `ranking_` and `n_genes_`."""

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        mask: NDArray[np.bool_] = self.ranking_ <= self.n_genes_
        return mask

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class SoftPathSelector(GeneSelector):
    """Select genes along the soft path: from all to one, the weakest deleted for good.

    Four small networks that share one set of genes are trained; again and again
    the weakest genes are deleted and the rest shrunken. The genes that leave
    last rank first. How many to keep is decided by cross-validation over whole
    paths: the fewest genes whose log loss on held-out patients, or partial-likelihood
    deviance, is within one standard error of the lowest. Fit a model without penalty, such as
    `PanelClassifier`, on the genes kept.

    Parameters
    ----------
    n_genes : int or "auto", default "auto"
        Genes to keep; a number spares the cross-validation.
    n_folds : int, default 5
    n_members : int, default 4
        Networks that are trained side by side and share one set of genes.
    width : int, default 16
        Hidden units of each network's one block.
    dropout : float, default 0.5
        Probability of dropping a hidden unit.
    learning_rate : float, default 1e-3
    batch_size : int, default 64
    dense_epochs : int, default 20
        Epochs on all genes before the first deletion.
    stage_epochs : int, default 5
        Epochs after each deletion.
    kept_share : float, default 0.8
        Share of the genes that a deletion leaves, above 0 and below 1.
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    ranking_ : ndarray of shape (n_features,)
        Rank of each gene, 1 for the best.
    n_genes_ : int
        Number of genes kept.
    stages_ : DataFrame
        One row for each stage: n_genes, and log_loss, log_loss_se, auc on
        held-out patients, after recalibration across folds; of times deviance,
        deviance_se, harrell_c, as `compute_stages_in_time` gives them. Missing where
        `n_genes` is a number, since nobody was held out.
    classes_ : ndarray of shape (2,)
        Of two classes.
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.selection.selectors import SoftPathSelector
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> selector = SoftPathSelector(2, random_state=0).fit(X, X[:, 3] > 0)
    >>> int(selector.ranking_.argmin()), int(selector.get_support().sum())
    (3, 2)
    """

    def __init__(
        self,
        n_genes: Size = "auto",
        n_folds: int = 5,
        n_members: int = 4,
        width: int = 16,
        dropout: float = 0.5,
        learning_rate: float = 1e-3,
        batch_size: int = 64,
        dense_epochs: int = 20,
        stage_epochs: int = 5,
        kept_share: float = 0.8,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(n_genes, n_folds, random_state)
        self.n_members = n_members
        self.width = width
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.dense_epochs = dense_epochs
        self.stage_epochs = stage_epochs
        self.kept_share = kept_share

    def _select(
        self,
        X: FloatArray,
        y: Target,
        groups: NDArray[Any],
        random: np.random.Generator,
    ) -> None:
        settings = SoftPathSettings(**parameters_for(SoftPathSettings, self))
        path_random, fold_random = random.spawn(2)
        rows = np.arange(len(y))
        path = follow_soft_path(X, y, rows, path_random, settings=settings)
        self.ranking_ = ranks_of(path.order)
        if self.n_genes == "auto":
            self.stages_ = self._cross_validate(X, y, groups, fold_random, settings)
            self.n_genes_ = choose_size(self.stages_, kind_of(y).criterion)
        else:
            columns = kind_of(y).stage_columns
            self.stages_ = pd.DataFrame({"n_genes": path.sizes}, columns=columns)
            self.n_genes_ = self.n_genes

    def _cross_validate(
        self,
        X: FloatArray,
        y: Target,
        groups: NDArray[Any],
        random: np.random.Generator,
        settings: SoftPathSettings,
    ) -> pd.DataFrame:
        folds = kind_of(y).draw_fold_numbers(y, groups, self.n_folds, random)
        sizes = settings.stage_sizes(X.shape[1])
        log_odds = np.empty((len(sizes), len(y)))
        for fold in np.unique(folds):
            held_out = np.flatnonzero(folds == fold)
            path = follow_soft_path(
                X,
                y,
                np.flatnonzero(folds != fold),
                random,
                held_out_rows=held_out,
                settings=settings,
            )
            log_odds[:, held_out] = path.log_odds
        return kind_of(y).compute_stages(sizes, log_odds, y, groups, folds)


class _LassoSelector(GeneSelector):
    def _select(
        self,
        X: FloatArray,
        y: Target,
        groups: NDArray[Any],
        random: np.random.Generator,
    ) -> None:
        fit = kind_of(y).cross_validate_lasso(X, y, groups, random, self.n_folds)
        self.coefficients_ = fit.coefficients
        self.ranking_ = ranks_of(fit.order())
        chosen = max(fit.n_chosen, 1)
        self.n_genes_ = chosen if self.n_genes == "auto" else self.n_genes


class L1LogisticSelector(_LassoSelector):
    """Select genes by L1-penalised logistic regression, the selector to beat of two classes.

    Genes rank by the size of their coefficient at the penalty with the lowest
    out-of-fold log loss; those without a coefficient follow, by how close they
    are to one.

    Parameters
    ----------
    n_genes : int or "auto", default "auto"
        Genes to keep; by default those with a coefficient.
    n_folds : int, default 5
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    ranking_ : ndarray of shape (n_features,)
        Rank of each gene, 1 for the best.
    n_genes_ : int
        Number of genes kept.
    coefficients_ : ndarray of shape (n_features,)
    classes_ : ndarray of shape (2,)
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.selection.selectors import L1LogisticSelector
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> int(L1LogisticSelector(2, random_state=0).fit(X, X[:, 3] > 0).ranking_.argmin())
    3
    """

    _kinds: ClassVar = (TWO_CLASSES,)


class CoxLassoSelector(_LassoSelector):
    """Select genes by L1-penalised Cox regression, the selector to beat of times to an event.

    Genes rank by the size of their coefficient at the penalty of highest cross-validated
    partial likelihood; those without a coefficient follow, by how close they are to one.

    Parameters
    ----------
    n_genes : int or "auto", default "auto"
        Genes to keep; by default those with a coefficient.
    n_folds : int, default 5
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    ranking_ : ndarray of shape (n_features,)
        Rank of each gene, 1 for the best.
    n_genes_ : int
        Number of genes kept.
    coefficients_ : ndarray of shape (n_features,)
        Log hazard ratios.
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names
    """

    _kinds: ClassVar = (TIMES,)


class MeanRankSelector(GeneSelector):
    """Select genes by the mean of their ranks along the soft path and by the lasso.

    Parameters
    ----------
    n_genes : int or "auto", default "auto"
        Genes to keep; by default as many as the soft path.
    n_folds : int, default 5
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    ranking_ : ndarray of shape (n_features,)
        Rank of each gene, 1 for the best; of equals the soft path decides.
    n_genes_ : int
        Number of genes kept.
    soft_path_ : SoftPathSelector
    l1_logistic_ : L1LogisticSelector
        Of two classes.
    cox_lasso_ : CoxLassoSelector
        Of times to an event.
    classes_ : ndarray of shape (2,)
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.selection.selectors import MeanRankSelector
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> int(MeanRankSelector(2, random_state=0).fit(X, X[:, 3] > 0).ranking_.argmin())
    3
    """

    def _select(
        self,
        X: FloatArray,
        y: Target,
        groups: NDArray[Any],
        random: np.random.Generator,
    ) -> None:
        seeds = random.integers(np.iinfo(np.int32).max, size=2).tolist()
        self.soft_path_ = SoftPathSelector(self.n_genes, self.n_folds, random_state=seeds[0])
        settings = self.n_genes, self.n_folds, seeds[1]
        lasso: _LassoSelector
        if kind_of(y) is TIMES:
            lasso = self.cox_lasso_ = CoxLassoSelector(*settings)
        else:
            lasso = self.l1_logistic_ = L1LogisticSelector(*settings)
        soft = self.soft_path_.fit(X, y, groups).ranking_
        l1 = lasso.fit(X, y, groups).ranking_
        self.ranking_ = ranks_of(np.lexsort((soft, soft + l1)))
        self.n_genes_ = self.soft_path_.n_genes_
