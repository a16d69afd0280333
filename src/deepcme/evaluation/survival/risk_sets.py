"""Who is at risk at each time and what happens to them, in every draw of a bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import CENSORED, COMPETING, EVENT, FollowUp
from deepcme.evaluation.predictions import BooleanArray, FloatArray


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Counts at each distinct time.

    Attributes
    ----------
    times : array
        Ascending.
    at_risk, events, competing, censored : array, draws x times
        Patients followed until just before a time, and what ends their follow-up at it.
    """

    times: FloatArray
    at_risk: FloatArray
    events: FloatArray
    competing: FloatArray
    censored: FloatArray

    @property
    def at_risk_of_censoring(self) -> FloatArray:
        """Patients still followed after the events at a time, which come before censorings."""
        return self.at_risk - self.events - self.competing

    def compute_uncensored(self) -> FloatArray:
        """Kaplan-Meier estimate of not being censored up to and at each time."""
        return compute_product_limit(self.censored, self.at_risk_of_censoring)


def count_risk_sets(follow_up: FollowUp, weights: FloatArray | None = None) -> RiskSets:
    """Count who is at risk and what happens at each distinct time.

    Parameters
    ----------
    follow_up : FollowUp
    weights : array, draws x patients, optional
        How often each draw holds each patient; one draw that holds all once without it.
    """
    weight = np.ones((1, follow_up.n)) if weights is None else weights
    order = np.argsort(follow_up.times, kind="stable")
    times, first = np.unique(follow_up.times[order], return_index=True)
    ordered, events = weight[:, order], follow_up.events[order]

    def count(chosen: BooleanArray) -> FloatArray:
        return np.add.reduceat(ordered * chosen, first, axis=1)

    followed = np.cumsum(ordered[:, ::-1], axis=1)[:, ::-1]
    ended = (count(events == code) for code in (EVENT, COMPETING, CENSORED))
    return RiskSets(times, followed[:, first], *ended)


def compute_product_limit(leaving: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Probability of not leaving up to and at each time, draws x times [1]_.

    References
    ----------
    .. [1] Kaplan EL, Meier P (1958). Nonparametric estimation from incomplete
       observations. Journal of the American Statistical Association 53:457-481.
    """
    staying = 1 - compute_hazards(leaving, at_risk)
    return np.asarray(np.cumprod(staying, axis=1), dtype=np.float64)


def compute_hazards(leaving: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Share of those at risk that leave; 0 where nobody is at risk."""
    return np.divide(leaving, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)


def take_step(
    times: FloatArray,
    values: FloatArray,
    at: ArrayLike,
    *,
    start: float,
    before: bool = False,
) -> FloatArray:
    """Values of step functions at, or just before, some times.

    Parameters
    ----------
    times : array
        Where they step, ascending.
    values : array, draws x times
        From each of these on.
    at : array
    start : float
        The value before the first step.
    before : bool
        Whether a step at the time itself is not yet taken.

    Returns
    -------
    array, draws x len(at)
    """
    steps_taken = np.searchsorted(times, np.atleast_1d(at), side="left" if before else "right")
    found = values[:, np.maximum(steps_taken - 1, 0)]
    found[:, steps_taken == 0] = start
    return found


def check_followed(follow_up: FollowUp, horizon: float) -> None:
    """Raise `AbsentError` if nobody is followed to the horizon."""
    if follow_up.times.max() < horizon:
        raise AbsentError("Nobody is followed to the horizon.")
