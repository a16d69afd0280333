"""Cox regression of expression with a ridge penalty, of all genes or of the strongest."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import AbsentError
from deepcme.base.parameters import RANDOM_STATE, Rule, at_least, or_none
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.splits import draw_folds
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.estimator_inputs import read_data, read_groups
from deepcme.models.span.gram import read_gram
from deepcme.models.survival.cox_model import FloatArray
from deepcme.models.survival.dual import DualGenes, GeneIndex, fit_penalised
from deepcme.models.survival.penalised_cox import PENALTIES, PenalisedCox
from deepcme.models.survival.penalty import cross_validate, make_penalties
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.models.survival.target import read_target

__all__ = ["CoxRidge", "CoxTopGenes"]


class _ChosenPenalty(PenalisedCox):
    """A ridge of some genes or all, of a penalty that cross-validation chooses."""

    penalties: tuple[float, ...] | None
    n_folds: int

    def _fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        clinical: ArrayLike | None,
        groups: ArrayLike | None,
        gram: ArrayLike | None = None,
    ) -> Self:
        self.check_parameters()
        matrix = read_data(self, X, dtype=[np.float64, np.float32])
        follow_up = read_target(y, len(matrix))
        columns = self._fit_clinical(clinical, follow_up)
        genes = DualGenes.of(
            matrix,
            self._choose_genes(matrix, follow_up),
            None if gram is None else read_gram(gram, matrix),
        )
        self.penalty_ = self._choose_penalty(matrix, follow_up, genes, columns, groups)
        coefficients = fit_penalised(genes.coordinates, columns, follow_up, self.penalty_)
        of_genes, of_columns = np.split(coefficients, [genes.coordinates.shape[1]])
        self.means_ = np.zeros(matrix.shape[1])
        self.means_[genes.chosen] = genes.means
        self.coef_ = np.zeros(matrix.shape[1])
        self.coef_[genes.chosen] = genes.coefficients(matrix, of_genes)
        self.clinical_coef_[self._kept] = of_columns / self._clinical_spreads
        self.selects_nothing_ = not self.coef_.any()
        log_hazards = genes.coordinates @ of_genes + columns @ of_columns
        self.baseline_ = Baseline.estimate(follow_up, log_hazards)
        return self

    def _choose_genes(
        self, X: NDArray[np.floating], follow_up: FollowUp, held_out: ArrayLike = ()
    ) -> GeneIndex:
        """Columns that enter, by what the rows that are not held out say."""
        return np.arange(X.shape[1])

    def _choose_penalty(
        self,
        X: NDArray[np.floating],
        follow_up: FollowUp,
        genes: DualGenes,
        clinical: FloatArray,
        groups: ArrayLike | None,
    ) -> float:
        given = self.penalties
        penalties = make_penalties(genes.coordinates, follow_up) if given is None else given
        self.penalties_ = tuple(sorted(map(float, penalties), reverse=True))
        self.cross_validated_ = np.empty(0)
        if len(self.penalties_) == 1:
            return self.penalties_[0]
        if follow_up.n < self.n_folds:
            raise AbsentError(
                f"n_samples = {follow_up.n} is too few to choose a penalty in "
                f"{self.n_folds} folds."
            )
        patients = read_groups(groups, follow_up.n)
        folds = draw_folds(follow_up.events, patients, self.n_folds, self._generator())
        rotated = (
            (held_out, self._without(X, follow_up, genes, held_out))
            for held_out in folds
            if len(held_out)
        )
        self.cross_validated_ = cross_validate(rotated, clinical, follow_up, self.penalties_)
        return self.penalties_[int(np.argmax(self.cross_validated_))]

    def _without(
        self,
        X: NDArray[np.floating],
        follow_up: FollowUp,
        genes: DualGenes,
        held_out: NDArray[np.int64],
    ) -> DualGenes:
        """Coordinates by the genes that would enter without the rows held out."""
        chosen = self._choose_genes(X, follow_up, held_out)
        return genes if np.array_equal(chosen, genes.chosen) else DualGenes.of(X, chosen)


class CoxRidge(_ChosenPenalty):
    """Proportional hazards with a ridge penalty [1]_ that cross-validation chooses.

    Of the penalties, and of leaving the genes out, the one of highest cross-validated log
    partial likelihood [2]_ is taken. Genes are standardised before, as by
    `ClippedStandardScaler`; ties are Efron's.

    Parameters
    ----------
    penalties : tuple of float, optional
        To choose from, in glmnet's scale; one alone is taken as it is. As default 20 that
        suit the matrix, and leaving the genes out.
    n_folds : int, default 5
    random_state : int, RandomState or None, default None
        Draws the folds.

    Attributes
    ----------
    coef_ : ndarray of shape (genes,)
        Log hazard ratios; 0 of genes left out.
    clinical_coef_ : ndarray of shape (columns,)
        Log hazard ratios, without penalty; 0 of a column that is constant or repeats others.
    monotone_clinical_ : ndarray of int
        Clinical columns without a finite hazard ratio. Those are shrunk, as by a normal prior
        of variance 1 on the log hazard ratio of a standard deviation [3]_.
    penalty_ : float
        The one chosen; infinite where the genes were left out.
    penalties_, cross_validated_ : tuple of float, ndarray
        The choice, and the cross-validated log partial likelihood of each; empty where
        there was none.
    selects_nothing_ : bool
        Whether no gene entered, because none foretold the time of patients held out;
        without clinical columns all predictions are then the same (C = .5).
    baseline_ : Baseline
        Of a patient at the training mean of all columns.

    References
    ----------
    .. [1] Verweij PJM, van Houwelingen HC (1994). Penalized likelihood in Cox regression.
       Statistics in Medicine 13:2427-2436.
    .. [2] Verweij PJM, van Houwelingen HC (1993). Cross-validation in survival analysis.
       Statistics in Medicine 12:2305-2314.
    .. [3] Greenland S, Mansournia MA (2015). Penalization, bias reduction, and default
       priors in logistic and related categorical and survival regressions. Statistics in
       Medicine 34:3133-3143.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import CoxRidge
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 5))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> model = CoxRidge(random_state=0).fit(X, y)
    >>> faster, slower = model.predict([[2, 0, 0, 0, 0], [-2, 0, 0, 0, 0]])
    >>> bool(faster > slower)
    True
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        "penalties": or_none(PENALTIES),
        "n_folds": at_least(2),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        penalties: tuple[float, ...] | None = None,
        n_folds: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.penalties = penalties
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        clinical: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        gram: ArrayLike | None = None,
    ) -> Self:
        """Choose the penalty, then fit on all rows.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : structured array of shape (samples,)
            Fields `event` and `time`.
        clinical : array of shape (samples, columns), optional
            Columns that enter beside the genes without a penalty.
        groups : array of shape (samples,), optional
            Patient of each sample: none is on both sides of a fold.
        gram : array of shape (samples, samples), optional
            Inner products of the rows of X, as `compute_gram` gives them; computed where not
            given.

        Raises
        ------
        AbsentError
            If there are fewer samples than folds, no patient had the event, or a fold holds
            all events.
        """
        return self._fit(X, y, clinical, groups, gram)

    def score_held_out(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike,
        held_out: ArrayLike,
        gram: ArrayLike | None = None,
    ) -> FloatArray:
        """Log hazards of held-out rows by a fit on others, of the penalty that was chosen."""
        model = self._of_penalty().fit(X, y, groups=groups, gram=gram)
        return model.predict(held_out)


class CoxTopGenes(_ChosenPenalty):
    """Cox ridge of the genes that go most strongly with the hazard, each by itself.

    The genes are those of largest score statistic in the rows fitted on, and are chosen
    anew in each fold that chooses the penalty.

    Parameters
    ----------
    n_genes : int, default 200
    penalties, n_folds, random_state
        As in `CoxRidge`.

    Attributes
    ----------
    chosen_genes_ : ndarray of int
        Columns that entered the fit, ascending.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import CoxTopGenes
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 5))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> model = CoxTopGenes(n_genes=2, random_state=0).fit(X, y)
    >>> faster, slower = model.predict([[2, 0, 0, 0, 0], [-2, 0, 0, 0, 0]])
    >>> bool(faster > slower)
    True
    >>> len(model.chosen_genes_)
    2
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {**CoxRidge._rules, "n_genes": at_least(1)}

    def __init__(
        self,
        n_genes: int = 200,
        penalties: tuple[float, ...] | None = None,
        n_folds: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_genes = n_genes
        self.penalties = penalties
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        clinical: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Choose the penalty, then fit on all rows.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : structured array of shape (samples,)
            Fields `event` and `time`.
        clinical : array of shape (samples, columns), optional
            Columns that enter beside the genes without a penalty.
        groups : array of shape (samples,), optional
            Patient of each sample: none is on both sides of a fold.

        Raises
        ------
        AbsentError
            If there are fewer samples than folds, no patient had the event, or a fold holds
            all events.
        """
        return self._fit(X, y, clinical, groups)

    @property
    def chosen_genes_(self) -> GeneIndex:
        """Columns that entered the fit, ascending."""
        return np.flatnonzero(self.coef_)

    def _choose_genes(
        self, X: NDArray[np.floating], follow_up: FollowUp, held_out: ArrayLike = ()
    ) -> GeneIndex:
        fitted = np.delete(np.arange(follow_up.n), np.asarray(held_out, dtype=np.int64))
        strength = np.abs(compute_score_statistics(X[fitted], follow_up.rows(fitted)))
        return np.sort(np.argsort(-strength, kind="stable")[: self.n_genes])
