"""Cox regression of the genes that a lasso or elastic net chooses."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.parameters import NUMBER, RANDOM_STATE, Rule, at_least, one_of, or_none
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.models.estimator_inputs import read_data, read_groups
from deepcme.models.survival.cox_model import FloatArray
from deepcme.models.survival.dual import GeneIndex
from deepcme.models.survival.elastic_net_choice import (
    ONE_STANDARD_ERROR,
    RULES,
    choose_cox_fit,
    draw_event_folds,
    tabulate_path,
)
from deepcme.models.survival.elastic_net_path import CoxPathFit, fit_cox_path
from deepcme.models.survival.penalised_cox import PENALTIES, PenalisedCox
from deepcme.models.survival.target import read_target

__all__ = ["CoxElasticNet"]

_L1_RATIO = (
    NUMBER,
    Rule(lambda value: bool(0 < value <= 1), "must be above 0 and at most 1"),
)


class CoxElasticNet(PenalisedCox):
    """Proportional hazards of a few genes that a lasso [1]_ or elastic net chooses.

    The penalty is the strongest whose cross-validated partial likelihood [2]_ is within one
    standard error of the best, so that genes enter only if they foretell the time of
    patients held out. Genes are standardised before, as by `ClippedStandardScaler`; ties are
    Efron's.

    Parameters
    ----------
    l1_ratio : float, default 1.0
        1 is the lasso; below it, correlated genes tend to enter together. For 0, take
        `CoxRidge`.
    penalties : tuple of float, optional
        To choose from, in glmnet's scale; one alone is taken as it is. As default 100, from
        where the first gene enters, as in glmnet [3]_.
    n_folds : int, default 5
    rule : {"one-standard-error", "minimum"}, default "one-standard-error"
        The minimum takes the best; it foretells about as well, with more genes of which
        fewer are real.
    random_state : int, RandomState or None, default None
        Draws the folds.

    Attributes
    ----------
    coef_ : ndarray of shape (genes,)
        Log hazard ratios, shrunk by the penalty; 0 of genes left out.
    clinical_coef_ : ndarray of shape (columns,)
        Log hazard ratios, without penalty; 0 of a column that is constant or repeats others.
    monotone_clinical_ : ndarray of int
        Clinical columns without a finite hazard ratio; those are shrunk as in `CoxRidge`.
    penalty_ : float
        The one chosen; infinite where no gene entered.
    path_ : DataFrame
        `penalty, n_genes, explained, loss, standard_error, chosen`, a row a penalty: genes
        with a coefficient, share of the deviance that they explain, and the deviance that a
        patient held out adds, per event; without `loss` and `standard_error` where there was
        one penalty alone.
    selects_nothing_ : bool
        Whether no gene entered; without clinical columns all predictions are then the same
        (C = .5).
    baseline_ : Baseline
        Of a patient at the training mean of all columns.

    References
    ----------
    .. [1] Tibshirani R (1997). The lasso method for variable selection in the Cox model.
       Statistics in Medicine 16:385-395.
    .. [2] Verweij PJM, van Houwelingen HC (1993). Cross-validation in survival analysis.
       Statistics in Medicine 12:2305-2314.
    .. [3] Simon N, Friedman J, Hastie T, Tibshirani R (2011). Regularization paths for
       Cox's proportional hazards model via coordinate descent. J Stat Softw 39(5):1-13.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import CoxElasticNet
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 5))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> model = CoxElasticNet(penalties=(0.3, 0.1, 0.03), random_state=0).fit(X, y)
    >>> faster, slower = model.predict([[2, 0, 0, 0, 0], [-2, 0, 0, 0, 0]])
    >>> bool(faster > slower)
    True
    >>> int(abs(model.coef_).argmax())
    0
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        "l1_ratio": _L1_RATIO,
        "penalties": or_none(PENALTIES),
        "n_folds": at_least(2),
        "rule": one_of(*RULES),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        l1_ratio: float = 1.0,
        penalties: tuple[float, ...] | None = None,
        n_folds: int = 5,
        rule: str = ONE_STANDARD_ERROR,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.l1_ratio = l1_ratio
        self.penalties = penalties
        self.n_folds = n_folds
        self.rule = rule
        self.random_state = random_state

    @property
    def chosen_genes_(self) -> GeneIndex:
        """Columns that entered the fit, ascending."""
        return np.flatnonzero(self.coef_)

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        clinical: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Fit the path on all rows, and choose its penalty.

        Parameters
        ----------
        X : array of shape (samples, genes)
            Of 32 bits it is never copied as a whole.
        y : structured array of shape (samples,)
            Fields `event` and `time`.
        clinical : array of shape (samples, columns), optional
            Columns that enter beside the genes without a penalty.
        groups : array of shape (samples,), optional
            Patient of each sample: none is on both sides of a fold.

        Raises
        ------
        AbsentError
            If no patient had the event, or fewer than two where there is a choice.
        """
        self.check_parameters()
        matrix = read_data(self, X, dtype=[np.float64, np.float32])
        follow_up = read_target(y, len(matrix))
        columns = self._fit_clinical(clinical, follow_up)
        fit = self._choose(matrix, follow_up, columns, read_groups(groups, follow_up.n))
        self.penalty_ = fit.penalty if fit.n_chosen else np.inf
        self.coef_ = fit.coefficients
        self.means_ = np.zeros(matrix.shape[1])
        self.means_[fit.genes] = matrix[:, fit.genes].mean(axis=0, dtype=np.float64)
        self.clinical_coef_[self._kept] = fit.column_coefficients / self._clinical_spreads
        self.selects_nothing_ = not fit.n_chosen
        log_hazards = self._predict_of_genes(matrix) + columns @ fit.column_coefficients
        self.baseline_ = Baseline.estimate(follow_up, log_hazards)
        return self

    def _choose(
        self,
        X: NDArray[np.floating],
        follow_up: FollowUp,
        columns: FloatArray,
        patients: ArrayLike,
    ) -> CoxPathFit:
        penalties = None if self.penalties is None else sorted(self.penalties, reverse=True)
        if penalties is not None and len(penalties) == 1:
            (fit,) = fits = fit_cox_path(X, follow_up, penalties, self.l1_ratio, columns)
            self.path_ = tabulate_path(fits, chosen=0)
            return fit
        folds = draw_event_folds(follow_up, patients, self.n_folds, self._generator())
        choice = choose_cox_fit(
            X, follow_up, folds, penalties, self.l1_ratio, columns, self.rule
        )
        self.path_ = choice.table()
        return choice.fit

    def _predict_of_genes(self, matrix: NDArray[np.floating]) -> FloatArray:
        chosen = self.chosen_genes_
        of_genes = matrix[:, chosen] - self.means_[chosen]
        return np.asarray(of_genes @ self.coef_[chosen], dtype=np.float64)
