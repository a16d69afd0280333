"""How good predictions are at a horizon that not every patient was followed to.

Who was censored before it counts for those like him who were followed, by inverse
probability of censoring weights; every statistic is vectorised over draws of patients.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.special import expit

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import DEFAULT_DRAWS, compute_weighted_auc, divide
from deepcme.evaluation.predictions import BooleanArray, FloatArray, IntegerArray
from deepcme.evaluation.probabilities.calibration import compute_log_odds
from deepcme.evaluation.survival.censoring import (
    HIGHEST_WEIGHT,
    CensoringDistribution,
    compute_censoring_weights,
    estimate_censoring,
)

__all__ = ["AtHorizon"]

_NEWTON_STEPS = 50
_CONVERGED = 1e-10


@dataclass(frozen=True, eq=False)
class AtHorizon:
    """Patients at a horizon: who is a case by then, and for how many each stands.

    Attributes
    ----------
    follow_up : FollowUp
        One row a patient.
    horizon : float
    counts : array, draws x n
        How often each draw holds each patient; the first has everybody once.
    censoring : CensoringDistribution
        Estimated anew in each draw.
    columns : array, n x columns, optional
        Numbers that censoring depends on.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.evaluation.survival.at_horizon import AtHorizon
    >>> random = np.random.default_rng(0)
    >>> follow_up = FollowUp(random.exponential(5, 100), np.ones(100))
    >>> at = AtHorizon.draw(follow_up, 4, random, 50)
    >>> at.counts.shape
    (51, 100)
    """

    follow_up: FollowUp
    horizon: float
    counts: FloatArray
    censoring: CensoringDistribution
    columns: FloatArray | None = None
    _known: tuple[FloatArray, BooleanArray] | None = field(default=None, repr=False)
    """Weights and cases, of patients who are some of those that were weighed."""

    @classmethod
    def draw(
        cls,
        follow_up: FollowUp,
        horizon: float,
        random: np.random.Generator,
        draws: int = DEFAULT_DRAWS,
        *,
        columns: FloatArray | None = None,
    ) -> AtHorizon:
        """The patients, and draws of them with replacement.

        Parameters
        ----------
        follow_up : FollowUp
        horizon : float
        random : numpy.random.Generator
        draws : int
            May be 0, where no interval is wanted.
        columns : array, n x columns, optional
            Numbers that censoring depends on, as in `estimate_censoring`.

        Raises
        ------
        AbsentError
            If the horizon is refused, nobody has the event by it, or columns repeat each other.
        """
        share = np.full(follow_up.n, 1 / follow_up.n)
        drawn = random.multinomial(follow_up.n, share, size=draws)
        counts = np.vstack([np.ones(follow_up.n), drawn])
        censoring = estimate_censoring(follow_up, columns=columns, weights=counts)
        return cls(follow_up, horizon, counts, censoring, columns)._require_case()

    def _require_case(self) -> AtHorizon:
        if not self.is_case.any():
            raise AbsentError("No patient has the event by the horizon.")
        return self

    def move_to(self, horizon: float) -> AtHorizon:
        """The same patients in the same draws at another horizon.

        Raises
        ------
        AbsentError
            As `draw`.
        """
        return replace(self, horizon=horizon, _known=None)._require_case()

    def rows(self, index: IntegerArray | BooleanArray) -> AtHorizon:
        """Some of the patients, such as a test part, with their weights and in the same draws.

        There may be no case among them: what needs one is then NaN.
        """
        return replace(
            self,
            follow_up=self.follow_up.rows(index),
            counts=self.counts[:, index],
            columns=None if self.columns is None else self.columns[index],
            # With columns the last digits depend on how many patients are weighed at once.
            _known=None
            if self.columns is not None
            else (self.weights[:, index], self.is_case[index]),
        )

    @cached_property
    def _weighed(self) -> tuple[FloatArray, BooleanArray]:
        if self._known is not None:
            return self._known
        of = compute_censoring_weights(
            self.follow_up,
            self.horizon,
            reference=self.censoring,
            columns=self.columns,
            weights=self.counts,
        )
        return of.weights, of.cases

    @property
    def weights(self) -> FloatArray:
        """Count of each patient in each draw times the inverse probability of being seen."""
        return self._weighed[0]

    @property
    def is_case(self) -> BooleanArray:
        """Who has the event by the horizon."""
        return self._weighed[1]

    def weigh_until(self, time: float) -> FloatArray:
        """Count of each patient in each draw over the chance to be seen until a time.

        Just before it, and cut as the weights are.
        """
        seen = self.censoring.probability(time, before=True, columns=self.columns)
        return np.asarray(self.counts / np.maximum(seen, 1 / HIGHEST_WEIGHT), dtype=np.float64)

    @property
    def n_cases(self) -> int:
        """Number of patients with the event by the horizon."""
        return int(self.is_case.sum())

    @property
    def n_controls(self) -> int:
        """Number of those known to be without it then."""
        return int((~self.is_case & (self.weights[0] > 0)).sum())

    def mean(self, values: FloatArray) -> FloatArray:
        """Weighted mean, in every draw, of a value of each patient."""
        return divide(self.weights @ values, self.weights.sum(axis=1))

    def has_same_outcome(self, other: AtHorizon) -> bool:
        """Whether both are of the same patients, horizon, weights and draws."""
        return self is other or (
            self.horizon == other.horizon
            and np.array_equal(self.follow_up.times, other.follow_up.times)
            and np.array_equal(self.follow_up.events, other.follow_up.events)
            and np.array_equal(self.weights, other.weights)
        )


def compute_observed_risk(at: AtHorizon) -> FloatArray:
    """Share with the event by the horizon, in every draw.

    Weighted by the Kaplan-Meier estimate of censoring it is 1 - the Kaplan-Meier estimate
    of survival [1]_, or that of Aalen and Johansen where there is a competing event.

    References
    ----------
    .. [1] Satten GA, Datta S (2001). The Kaplan-Meier estimator as an
       inverse-probability-of-censoring weighted average. The American Statistician
       55:207-210.
    """
    return at.mean(at.is_case.astype(np.float64))


def compute_auc_at_horizon(at: AtHorizon, scores: FloatArray) -> FloatArray:
    """Chance that a case by the horizon has a higher score than who is none [1]_ [2]_.

    The cumulative, dynamic AUC(t); a tie counts half. Who had the competing event is no
    case.

    References
    ----------
    .. [1] Uno H, Cai T, Tian L, Wei LJ (2007). Evaluating prediction rules for t-year
       survivors with censored regression models. JASA 102:527-537.
    .. [2] Blanche P, Dartigues JF, Jacqmin-Gadda H (2013). Estimating and comparing
       time-dependent areas under receiver operating characteristic curves for censored
       event times with competing risks. Statistics in Medicine 32:5381-5397.
    """
    labels: IntegerArray = at.is_case.astype(np.int64)
    return compute_weighted_auc(labels, scores, at.weights)


def compute_brier_at_horizon(at: AtHorizon, risks: FloatArray) -> FloatArray:
    """Mean squared difference of risk and event by the horizon [1]_.

    References
    ----------
    .. [1] Graf E, Schmoor C, Sauerbrei W, Schumacher M (1999). Assessment and comparison of
       prognostic classification schemes for survival data. Statistics in Medicine
       18:2529-2545.
    """
    return at.mean((at.is_case - risks) ** 2)


def compute_null_brier(at: AtHorizon) -> FloatArray:
    """Brier score, in every draw, of giving everybody the observed risk."""
    observed = compute_observed_risk(at)
    return observed * (1 - observed)


def compute_scaled_brier_at_horizon(at: AtHorizon, risks: FloatArray) -> FloatArray:
    """Share by which the Brier score is below that of the observed risk for everybody.

    References
    ----------
    .. [1] Kattan MW, Gerds TA (2018). The index of prediction accuracy: an intuitive measure
       useful for evaluating risk prediction models. Diagnostic and Prognostic Research 2:7.
    """
    return 1 - divide(compute_brier_at_horizon(at, risks), compute_null_brier(at))


def compute_observed_expected_at_horizon(at: AtHorizon, risks: FloatArray) -> FloatArray:
    """Observed risk over the mean predicted risk of all patients, O/E [1]_.

    References
    ----------
    .. [1] Crowson CS, Atkinson EJ, Therneau TM (2016). Assessing calibration of prognostic
       risk scores. Statistical Methods in Medical Research 25:1692-1706.
    """
    expected = at.counts @ risks / at.counts.sum(axis=1)
    return divide(compute_observed_risk(at), expected)


def compute_slope_at_horizon(at: AtHorizon, risks: FloatArray) -> FloatArray:
    """Slope of the weighted logistic regression of the event on the log-odds of the risk [1]_.

    Below 1 the risks are too extreme. NaN where these are all the same, or part the cases
    from the others without overlap.

    References
    ----------
    .. [1] Gerds TA, Kattan MW (2021). Medical risk prediction models, section 5.
    """
    log_odds = compute_log_odds(risks)
    spread = float(log_odds.std())
    if spread == 0:
        return np.full(len(at.weights), np.nan)
    z = (log_odds - log_odds.mean()) / spread
    slope = np.full(len(at.weights), np.nan)
    usable = _overlap(z, at.is_case, at.weights)
    slope[usable] = _fit_lines(z, at.is_case.astype(np.float64), at.weights[usable]) / spread
    return slope


def _overlap(z: FloatArray, is_case: BooleanArray, weights: FloatArray) -> BooleanArray:
    """Draws in which neither class lies all on one side of the other."""
    counted = weights > 0

    def ends(of_class: BooleanArray) -> tuple[FloatArray, FloatArray]:
        inside = counted & of_class
        return (
            np.where(inside, z, np.inf).min(axis=1),
            np.where(inside, z, -np.inf).max(axis=1),
        )

    (low, high), (low_of_others, high_of_others) = ends(is_case), ends(~is_case)
    return (low < high_of_others) & (low_of_others < high)


def _fit_lines(z: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Slope of a weighted logistic regression in each draw, by Newton's method."""
    weights = weights / weights.sum(axis=1, keepdims=True)
    mean = weights @ y
    intercept, slope = np.log(mean / (1 - mean)), np.zeros(len(weights))
    for _ in range(_NEWTON_STEPS):
        risk = slope[:, np.newaxis] * z
        risk += intercept[:, np.newaxis]
        expit(risk, out=risk)
        residual = np.subtract(y, risk)
        residual *= weights
        spread = weights * risk
        spread *= np.subtract(1, risk, out=risk)
        gradient = residual.sum(axis=1), residual @ z
        information = spread.sum(axis=1), spread @ z, spread @ z**2
        determinant = information[0] * information[2] - information[1] ** 2
        steps = (
            divide(information[2] * gradient[0] - information[1] * gradient[1], determinant),
            divide(information[0] * gradient[1] - information[1] * gradient[0], determinant),
        )
        # A step too far is cut short, so that it does not leap over the maximum.
        intercept, slope = (
            intercept + np.clip(steps[0], -2, 2),
            slope + np.clip(steps[1], -2, 2),
        )
        if np.nanmax(np.abs(steps), initial=0) < _CONVERGED:
            break
    return slope


def compute_net_benefit_at_horizon(
    at: AtHorizon, risks: FloatArray, threshold: float
) -> FloatArray:
    """True positives less false ones at the odds of the threshold, per patient [1]_.

    Treating all is a risk of 1 for everybody, treating none a risk of 0.

    References
    ----------
    .. [1] Vickers AJ, Cronin AM, Elkin EB, Gonen M (2008). Extensions to decision curve
       analysis, a novel method for evaluating diagnostic tests, prediction models and
       molecular markers. BMC Medical Informatics and Decision Making 8:53.
    """
    worth = np.where(at.is_case, 1.0, -threshold / (1 - threshold))
    return at.mean(np.where(risks >= threshold, worth, 0.0))


def compute_sensitivity_at_horizon(
    at: AtHorizon, risks: FloatArray, threshold: float
) -> FloatArray:
    """Share of the cases by the horizon whose risk reaches the threshold."""
    return _share(at, risks >= threshold, at.is_case)


def compute_specificity_at_horizon(
    at: AtHorizon, risks: FloatArray, threshold: float
) -> FloatArray:
    """Share of those without the event at the horizon whose risk is below the threshold."""
    return _share(at, risks < threshold, ~at.is_case)


def _share(at: AtHorizon, is_right: BooleanArray, of_class: BooleanArray) -> FloatArray:
    return divide(at.weights @ (is_right & of_class), at.weights @ of_class.astype(np.float64))
