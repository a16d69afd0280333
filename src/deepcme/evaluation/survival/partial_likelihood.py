"""Cox's partial likelihood of log hazards, with its derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.predictions import BooleanArray, FloatArray

EFRON, BRESLOW = "efron", "breslow"


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """The events of a follow-up, each a choice of one patient from those at risk [1]_.

    A log hazard a patient is all that it asks for; a model with columns has them from its
    design and an offset. With tied events, each patient of the d that have theirs at one
    time counts for 1, 1 - 1/d, ... of itself among those at risk (Efron [2]_), or whole
    in each (Breslow [3]_).

    Attributes
    ----------
    times : array, events
        Of the events, ascending.
    at_risk : array, events x patients
        Logarithm of how much of each patient is at risk at each event, its weight
        included; -inf where it is not.
    counts : array, events
        How often each event counts: 1 without weights.
    weighted_events : array, patients
        1 (the weight) for who had the event, else 0.

    References
    ----------
    .. [1] Cox DR (1972). Regression models and life-tables. J R Stat Soc B 34:187-220.
    .. [2] Efron B (1977). The efficiency of Cox's likelihood function for censored data.
       J Am Stat Assoc 72:557-565.
    .. [3] Breslow N (1974). Covariance analysis of censored survival data. Biometrics
       30:89-99.
    """

    times: FloatArray
    at_risk: FloatArray
    counts: FloatArray
    weighted_events: FloatArray

    @classmethod
    def of(
        cls,
        follow_up: FollowUp,
        *,
        ties: str = EFRON,
        strata: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> Self:
        """The partial likelihood of a follow-up; the competing event counts as censored.

        Parameters
        ----------
        follow_up : FollowUp
        ties : {"efron", "breslow"}
        strata : array, optional
            Patients are compared within these only.
        weights : array, optional
            How often each patient counts; one of weight 0 is as if not there.

        Raises
        ------
        DeepCMEError
            If ties are told otherwise, or strata or weights are not one a patient;
            `AbsentError` if there is no event.
        """
        if ties not in (EFRON, BRESLOW):
            raise DeepCMEError(f"Ties are {EFRON!r} or {BRESLOW!r}, not {ties!r}.")
        stratum = _one_each(np.zeros(follow_up.n) if strata is None else strata, follow_up.n)
        weight = _one_each(np.ones(follow_up.n) if weights is None else weights, follow_up.n)
        if not np.all(np.isfinite(weight) & (weight >= 0)):
            raise DeepCMEError("Weights of patients must be numbers from 0 on.")
        is_event = (follow_up.events == EVENT) & (weight > 0)
        if not is_event.any():
            raise AbsentError("No patient had the event: there is no partial likelihood.")
        rows = np.flatnonzero(is_event)
        rows = rows[np.lexsort((stratum[rows], follow_up.times[rows]))]
        times, of_stratum = follow_up.times[rows], stratum[rows]
        same = (times[:, None] == times) & (of_stratum[:, None] == of_stratum)
        tied = same.sum(axis=1)
        earlier = np.tril(same, -1).sum(axis=1)
        at_risk = (follow_up.times >= times[:, None]) & (stratum == of_stratum[:, None])
        share = at_risk * weight
        if ties == EFRON:
            own = is_event & at_risk & (follow_up.times == times[:, None])
            share = np.where(own, share * (1 - earlier / tied)[:, None], share)
        with np.errstate(divide="ignore"):
            log_share = np.log(share)
        return cls(times, log_share, same @ weight[rows] / tied, weight * is_event)

    @property
    def counted(self) -> BooleanArray:
        """Patients that are at risk at any event: the others have no say."""
        return np.asarray(np.isfinite(self.at_risk).any(axis=0), dtype=np.bool_)

    @cached_property
    def saturated(self) -> float:
        """Its logarithm if those who have an event were sure to be the ones.

        Below 0 where events are tied, which have to share it.
        """
        is_at_risk = np.isfinite(self.at_risk)
        own_times = np.max(is_at_risk * self.times[:, np.newaxis], axis=0)
        own = is_at_risk & (self.weighted_events > 0) & (own_times == self.times[:, np.newaxis])
        totals = np.sum(np.exp(self.at_risk) * own, axis=1)
        return -float(self.counts @ np.log(totals))

    def deviance(self, log_hazards: FloatArray) -> float:
        """Twice how much the logarithm falls short of the saturated one."""
        return 2 * (self.saturated - self.log_likelihood(log_hazards))

    def log_likelihood(self, log_hazards: FloatArray) -> float:
        """Its logarithm."""
        chosen = self.weighted_events > 0
        of_events = self.weighted_events[chosen] @ log_hazards[chosen]
        return float(of_events - self.counts @ self._log_totals(log_hazards))

    def risk_shares(self, log_hazards: FloatArray) -> FloatArray:
        """Chance of each patient at each event to be the one who has it, events x patients."""
        shares = self.at_risk + log_hazards
        shares -= self._log_totals(log_hazards)[:, np.newaxis]
        return np.exp(shares, out=shares)

    def gradient(self, log_hazards: FloatArray) -> FloatArray:
        """Derivative by each patient's log hazard: the martingale residual."""
        residuals: FloatArray = self.weighted_events - self.counts @ self.risk_shares(
            log_hazards
        )
        return residuals

    def derivatives(
        self, log_hazards: FloatArray, design: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Gradient by the coefficients of a design, and minus the Hessian (information)."""
        shares = self.risk_shares(log_hazards)
        expected = self.counts @ shares
        means = np.sqrt(self.counts)[:, np.newaxis] * (shares @ design)
        information = design.T @ (expected[:, np.newaxis] * design) - means.T @ means
        return design.T @ (self.weighted_events - expected), information

    def hazards(self, log_hazards: FloatArray) -> FloatArray:
        """What each event adds to the cumulative hazard of a patient of log hazard 0."""
        hazards: FloatArray = self.counts * np.exp(-self._log_totals(log_hazards))
        return hazards

    def _log_totals(self, log_hazards: FloatArray) -> FloatArray:
        totals: FloatArray = logsumexp(self.at_risk + log_hazards, axis=1)
        return totals


def _one_each(values: ArrayLike, n: int) -> NDArray[Any]:
    array: NDArray[Any] = np.asarray(values)
    if array.shape != (n,):
        raise DeepCMEError(
            f"There must be one stratum or weight a patient, but there are {array.shape} "
            f"for {n} patients."
        )
    return array
