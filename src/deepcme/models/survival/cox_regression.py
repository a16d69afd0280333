"""Cox regression without penalty on a few columns, such as the clinic's."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.cox import fit_cox_regression
from deepcme.models.clinical import find_independent_terms
from deepcme.models.estimator_inputs import read_data
from deepcme.models.survival.cox_model import CoxModel, FloatArray
from deepcme.models.survival.target import read_target

__all__ = ["CoxRegression"]


class CoxRegression(CoxModel):
    """Proportional hazards [1]_ without penalty, with Efron's treatment of ties.

    A column that is constant or repeats others is left out, as R's `coxph` does. Where a
    hazard ratio would be infinite the fit is Firth's [2]_, and the columns that are the
    cause are named. Words are coded before, by `ClinicalEncoder`.

    Attributes
    ----------
    coef_ : ndarray of shape (columns,)
        Log hazard ratios; 0 of columns left out.
    hazard_ratios_ : DataFrame
        `column, hazard_ratio, ci_low, ci_high, p_value, n, events` with 95% Wald intervals,
        of the columns that entered.
    monotone_columns_, left_out_columns_ : tuple of str
        Columns without a finite maximum-likelihood estimate, and those left out; empty as
        a rule.
    selects_nothing_ : bool
        Whether no column entered; all predictions are then the same.
    baseline_ : Baseline
        Of a patient whose columns are at their training mean.

    References
    ----------
    .. [1] Cox DR (1972). Regression models and life-tables. J R Stat Soc B 34:187-220.
    .. [2] Heinze G, Schemper M (2001). A solution to the problem of monotone likelihood
       in Cox regression. Biometrics 57:114-119.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import CoxRegression
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 5))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> model = CoxRegression().fit(X, y)
    >>> faster, slower = model.predict([[2, 0, 0, 0, 0], [-2, 0, 0, 0, 0]])
    >>> bool(faster > slower)
    True
    >>> model.hazard_ratios_.columns.tolist()
    ['column', 'hazard_ratio', 'ci_low', 'ci_high', 'p_value', 'n', 'events']
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on all rows.

        Parameters
        ----------
        X : array of shape (samples, columns)
        y : structured array of shape (samples,)
            Fields `event` and `time`.

        Raises
        ------
        AbsentError
            If no patient had the event.
        """
        matrix: FloatArray = read_data(self, X, dtype=np.float64)
        follow_up = read_target(y, len(matrix))
        default_names = [f"x{column}" for column in range(matrix.shape[1])]
        names = np.array(getattr(self, "feature_names_in_", default_names), dtype=object)
        kept = find_independent_terms(matrix)
        self.means_ = matrix.mean(axis=0)
        self.coef_ = np.zeros(matrix.shape[1])
        self.left_out_columns_ = tuple(map(str, np.delete(names, kept)))
        self.selects_nothing_ = not len(kept)
        fit = fit_cox_regression((matrix - self.means_)[:, kept], follow_up)
        self.coef_[kept] = fit.coefficients
        self.hazard_ratios_ = fit.hazard_ratios()
        self.hazard_ratios_.insert(0, "column", names[kept])
        self.monotone_columns_ = tuple(map(str, names[kept][fit.monotone]))
        self.baseline_ = Baseline.estimate(follow_up, (matrix - self.means_) @ self.coef_)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Log hazard of each sample against one whose columns are at their training mean."""
        check_is_fitted(self)
        matrix: FloatArray = read_data(self, X, reset=False, dtype=np.float64)
        log_hazards: FloatArray = (matrix - self.means_) @ self.coef_
        return log_hazards
