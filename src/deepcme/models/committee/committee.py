"""`DeepCMECommittee`: unlike models of yes or no, their standardised scores averaged."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import Rule, at_least
from deepcme.base.words import counted, few
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import draw_folds
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.models.committee.members import (
    MEMBERS,
    FittedMembers,
    average_members,
    find_kinds,
    score_members,
)
from deepcme.models.estimator_inputs import read_data, read_groups, read_sample_weight
from deepcme.models.fitting import PreparedRows
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target
from deepcme.models.span.gram import read_gram

__all__ = ["DeepCMECommittee"]

FloatArray = NDArray[np.float64]

NEAR_FLAT = 0.01
"""Slope where out of fold the mean does not rise with the risk."""


class DeepCMECommittee(LogitClassifier):
    """Unlike models whose standardised scores are averaged with equal weights.

    Each member is fitted on all samples, and in each of `n_folds` folds of the patients again
    on the others. Scores out of fold are standardised by their own mean and standard deviation;
    those of new samples by what these are for the member fitted on all (see Notes). Their
    average over the members has one calibration: a line of log-odds on the averages out of
    fold, its slope drawn towards 1.
    Members are fixed beforehand and have equal weights, so that nothing is chosen by the
    outcome; models that err differently are together hardly worse than the best of them, which
    nobody knows beforehand [1]_ [2]_.

    Parameters
    ----------
    members : tuple of str, default ("DeepCME-ensemble", "LR-tuned", "SVC-linear", "RF")
        Two models or more that a study can name for a binary outcome, each with its defaults
        there.
    n_folds : int, default 3
        Each holds patients of both classes.
    random_state : int, RandomState or None, default None
        Of the folds and of each member, which has a branch of its own: that of others does not
        change with the list.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    n_features_in_ : int
    feature_names_in_ : ndarray, if X had string column names
    members_ : list
        The fitted members.
    centres_, spreads_ : ndarray of shape (members,)
        Mean and standard deviation that each member's scores of new samples should have:
        log-odds, the decision function of a support vector classifier, or the probability of a
        forest. A member whose scores out of fold are all the same has a spread of 0 and counts
        for nothing.
    intercept_, slope_ : float
        The line of log-odds on the average.
    oof_members_ : ndarray of shape (samples, members)
        Standardised scores of each sample by members that were fitted without its patient.
    oof_decision_function_ : ndarray of shape (samples,)
        Log-odds of the average of these.

    Notes
    -----
    A member's scores of the samples that it is fitted on have a mean and a standard deviation.
    Those of new samples lie elsewhere, and closer together: in the folds, those held out have
    another mean by so much, and a standard deviation so many times as large. The same is
    taken to hold of the member fitted on all. What the folds' own scores have will not do: a
    model of fewer samples may score all of them higher or lower, or less far apart.

    The slope is that of `PlattRecalibration`: an average of standardised scores is already
    near log-odds of slope 1 where models of gene expression predict as well as they do. Where
    the average does not rise with the risk out of fold, the slope is next to none: everyone's
    probability is near the prevalence, and the ranking is that of the members.

    References
    ----------
    .. [1] Clemen RT (1989). Combining forecasts: a review and annotated bibliography.
       International Journal of Forecasting 5:559-583.
    .. [2] Kuncheva LI (2014). Combining Pattern Classifiers, 2nd ed. Wiley.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import DeepCMECommittee
    >>> X = np.random.default_rng(0).normal(size=(80, 5))
    >>> model = DeepCMECommittee(members=("LR-tuned", "SVC-linear"), random_state=0)
    >>> model = model.fit(X, X[:, 0] > 0)
    >>> model.predict([[3, 0, 0, 0, 0], [-3, 0, 0, 0, 0]]).tolist()
    [True, False]
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        **LogitClassifier._rules,
        "members": MEMBERS,
        "n_folds": at_least(2),
    }

    def __init__(
        self,
        members: tuple[str, ...] = ("DeepCME-ensemble", "LR-tuned", "SVC-linear", "RF"),
        n_folds: int = 3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.members = members
        self.n_folds = n_folds
        self.random_state = random_state

    def check_parameters(self) -> None:
        """Refuse values that `fit` would refuse, without any data."""
        super().check_parameters()
        find_kinds(self.members, BinaryOutcome.kind)

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        gram: ArrayLike | None = None,
    ) -> Self:
        """Fit the members.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : array of shape (samples,)
            Two classes; the second in sorted order is the positive one.
        sample_weight : array of shape (samples,), optional
        groups : array of shape (samples,), optional
            Patient of each sample; one without is a patient of its own. No sample is scored out
            of fold by a member that knows its patient.
        gram : array of shape (samples, samples), optional
            Inner products of the rows of X, as `compute_gram` gives them, for members that take
            them; computed where they are needed and not given.

        Raises
        ------
        ValueError
            If the target is not binary, a setting is out of range, groups or weights cannot
            be used, a member takes no weights where there are some, or there are fewer
            patients of a class than folds.
        """
        self.check_parameters()
        kinds = find_kinds(self.members, BinaryOutcome.kind)
        matrix, y = read_data(self, X, y, dtype=np.float32, order="C")
        self.classes_, target = encode_binary_target(y, type(self).__name__)
        labels = target.astype(np.int8)
        patients = read_groups(groups, len(labels))
        products = None if gram is None else read_gram(gram, matrix)
        weights = None
        if sample_weight is not None:
            weights = read_sample_weight(sample_weight, len(labels)).astype(np.float64)
            self._require_weighable()
        rows = PreparedRows(matrix, labels, patients, weights, known_gram=products)
        self._require_patients(rows)
        seed = int(self._generator().integers(2**31))
        random = np.random.default_rng(seed)
        folds = draw_folds(labels, patients, self.n_folds, random)
        members = FittedMembers.fit(kinds, rows, folds, seed)
        self.members_ = members.models
        self.centres_, self.spreads_ = members.centres, members.spreads
        self.oof_members_ = members.out_of_fold
        average = average_members(self.oof_members_, self.spreads_)
        known = rows.known
        line = PlattRecalibration.fit(
            labels[known], average[known], weights=None if weights is None else weights[known]
        )
        self.intercept_, self.slope_ = line.intercept, line.slope or NEAR_FLAT
        self.oof_decision_function_ = self.intercept_ + self.slope_ * average
        return self

    def _require_weighable(self) -> None:
        kinds = find_kinds(self.members, BinaryOutcome.kind)
        if deaf := [kind.name for kind in kinds if not kind.takes_weights]:
            raise DeepCMEError(
                f"sample_weight cannot be given to a committee with {few(deaf)}, which takes "
                "none: leave that out of members, or the weights."
            )

    def _require_patients(self, rows: PreparedRows) -> None:
        for label, name in enumerate(self.classes_):
            of_class = rows.known & (rows.labels == label)
            n_patients = len(np.unique(rows.patients[of_class]))
            if not n_patients:
                raise DeepCMEError(
                    f"All samples of class {name} have a sample_weight of zero: give some of "
                    "them more."
                )
            if n_patients < self.n_folds:
                raise DeepCMEError(
                    f"n_samples = {np.count_nonzero(rows.known)} with "
                    f"{counted(n_patients, 'patient')} of class {name} is too few for "
                    f"{self.n_folds} folds that each hold one out."
                )

    def score_members(self, X: ArrayLike) -> FloatArray:
        """Standardised score of each sample by each member, of shape (samples, members).

        The average of those with a spread is what `decision_function` puts on one line.
        """
        check_is_fitted(self)
        matrix = read_data(self, X, dtype=np.float32, reset=False)
        return score_members(self.members_, self.centres_, self.spreads_, matrix)

    def decision_function(self, X: Any) -> FloatArray:
        """Logit of the positive class, one per sample."""
        average = average_members(self.score_members(X), self.spreads_)
        return np.asarray(self.intercept_ + self.slope_ * average)
