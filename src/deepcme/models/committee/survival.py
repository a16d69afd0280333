"""`DeepCMESurvivalCommittee`: unlike Cox models, their standardised log hazards averaged."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.base.errors import AbsentError
from deepcme.base.parameters import RANDOM_STATE, Rule, at_least
from deepcme.base.words import counted
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.cohort.splits import RowIndex, draw_folds
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.hazard_calibration import fit_slope
from deepcme.models.committee.committee import NEAR_FLAT
from deepcme.models.committee.members import (
    MEMBERS,
    FittedMembers,
    average_members,
    find_kinds,
    score_members,
)
from deepcme.models.estimator_inputs import read_data, read_groups
from deepcme.models.fitting import PreparedRows
from deepcme.models.span.gram import read_gram
from deepcme.models.survival.cox_model import CoxModel, FloatArray
from deepcme.models.survival.target import make_target, read_target

__all__ = ["DeepCMESurvivalCommittee"]


class DeepCMESurvivalCommittee(CoxModel):
    """Unlike models of the time to an event, their standardised log hazards averaged.

    As in `DeepCMECommittee`: each member is fitted on all samples, and in each of `n_folds`
    folds of the patients again on the others, to standardise its log hazards out of fold, and
    to learn by which mean and standard deviation those of new samples are. Their average with
    equal weights is multiplied by its slope out of fold, by Cox's partial likelihood within
    folds, drawn towards 1; where it does not rise with the hazard, by next to none, so that
    everyone's risk is nearly the same and the ranking that of the members.

    Parameters
    ----------
    members : tuple of str, default ("DeepCME-Cox-ensemble", "Cox-ridge", "Cox-top-200")
        Two models or more that a study can name for times to an event, each with its defaults
        there.
    n_folds : int, default 3
        Each holds patients with the event.
    random_state : int, RandomState or None, default None
        Of the folds and of each member, which has a branch of its own.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names
    members_ : list
        The fitted members.
    centres_, spreads_ : ndarray of shape (members,)
        Mean and standard deviation that each member's log hazards of new samples should have.
        One that selects nothing has a spread of 0 and counts for nothing.
    slope_ : float
        Of the average.
    oof_members_ : ndarray of shape (samples, members)
        Standardised log hazards of each sample by members that were fitted without its
        patient.
    oof_log_hazards_ : ndarray of shape (samples,)
        Their average times the slope.
    selects_nothing_ : bool
        Whether no member has a spread; all predictions are then the same.
    baseline_ : Baseline
        Breslow's estimate at `oof_log_hazards_`.

    References
    ----------
    .. [1] Clemen RT (1989). Combining forecasts: a review and annotated bibliography.
       International Journal of Forecasting 5:559-583.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import DeepCMESurvivalCommittee
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.models.survival.target import make_target
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(80, 5))
    >>> y = make_target(FollowUp(random.exponential(np.exp(-X[:, 0])), np.ones(80)))
    >>> model = DeepCMESurvivalCommittee(members=("Cox-ridge", "Cox-top-200"), random_state=0)
    >>> faster, slower = model.fit(X, y).predict([[2, 0, 0, 0, 0], [-2, 0, 0, 0, 0]])
    >>> bool(faster > slower)
    True
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        "members": MEMBERS,
        "n_folds": at_least(2),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        members: tuple[str, ...] = ("DeepCME-Cox-ensemble", "Cox-ridge", "Cox-top-200"),
        n_folds: int = 3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.members = members
        self.n_folds = n_folds
        self.random_state = random_state

    def check_parameters(self) -> None:
        """Refuse values that `fit` would refuse, without any data."""
        super().check_parameters()
        find_kinds(self.members, SurvivalOutcome.kind)

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        gram: ArrayLike | None = None,
    ) -> Self:
        """Fit the members.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : structured array of shape (samples,)
            An event (bool) and a time, as scikit-survival has them.
        groups : array of shape (samples,), optional
            Patient of each sample; one without is a patient of its own. No sample is scored out
            of fold by a member that knows its patient.
        gram : array of shape (samples, samples), optional
            Inner products of the rows of X, as `compute_gram` gives them, for members that take
            them; computed where they are needed and not given.

        Raises
        ------
        ValueError
            If a setting is out of range, the target or groups cannot be used, or there are
            fewer patients with the event than folds.
        """
        self.check_parameters()
        kinds = find_kinds(self.members, SurvivalOutcome.kind)
        matrix = read_data(self, X, dtype=np.float32, order="C")
        follow_up = read_target(y, len(matrix))
        patients = read_groups(groups, len(matrix))
        self._require_events(follow_up, patients)
        products = None if gram is None else read_gram(gram, matrix)
        seed = int(self._generator().integers(2**31))
        random = np.random.default_rng(seed)
        strata = SurvivalOutcome(follow_up.times, follow_up.events).strata
        folds = draw_folds(strata, patients, self.n_folds, random)
        rows = PreparedRows(matrix, make_target(follow_up), patients, known_gram=products)
        members = FittedMembers.fit(kinds, rows, folds, seed)
        self.members_ = members.models
        self.centres_, self.spreads_ = members.centres, members.spreads
        self.oof_members_ = members.out_of_fold
        self.selects_nothing_ = not self.spreads_.any()
        average = average_members(self.oof_members_, self.spreads_)
        self.slope_ = _find_slope(follow_up, folds, average) or NEAR_FLAT
        self.oof_log_hazards_ = self.slope_ * average
        self.baseline_ = Baseline.estimate(follow_up, self.oof_log_hazards_)
        return self

    def _require_events(self, follow_up: FollowUp, patients: NDArray[Any]) -> None:
        n_events = len(np.unique(patients[follow_up.events == EVENT]))
        if n_events < self.n_folds:
            raise AbsentError(
                f"n_samples = {follow_up.n} with {counted(n_events, 'patient')} with the event "
                f"is too few for {self.n_folds} folds that each hold one out."
            )

    def score_members(self, X: ArrayLike) -> FloatArray:
        """Standardised log hazard of each sample by each member, (samples x members).

        The average of those with a spread is what `predict` multiplies by the slope.
        """
        check_is_fitted(self)
        matrix = read_data(self, X, dtype=np.float32, reset=False)
        return score_members(self.members_, self.centres_, self.spreads_, matrix)

    def predict(self, X: Any) -> FloatArray:
        """Log hazard of each sample against the mean of the rows that `fit` was given."""
        average = average_members(self.score_members(X), self.spreads_)
        return np.asarray(self.slope_ * average)


def _find_slope(follow_up: FollowUp, folds: list[RowIndex], average: FloatArray) -> float:
    """Slope of the averages out of fold, within folds; 0 where they do not rise."""
    parts = np.empty(follow_up.n)
    for number, rows in enumerate(folds):
        parts[rows] = number
    table = pd.DataFrame(
        {"split": parts, "time": follow_up.times, "event": follow_up.events, "score": average}
    )
    return fit_slope(table, np.ones(len(table)))
