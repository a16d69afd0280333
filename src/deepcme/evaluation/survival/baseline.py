"""The baseline hazard of a Cox model, and with it the risk of a patient by a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.partial_likelihood import EFRON, PartialLikelihood


@dataclass(frozen=True, eq=False)
class Baseline:
    """Breslow's estimate of the cumulative hazard of a patient of log hazard 0 [1]_.

    Attributes
    ----------
    times : array
        Of events, ascending and distinct.
    cumulative_hazards : array
        At these, the step at the time included.
    last_time : float
        The longest that anyone was followed; nothing is known beyond it.

    References
    ----------
    .. [1] Breslow N (1972). Discussion of Regression models and life-tables by D.R. Cox.
       J R Stat Soc B 34:216-217.
    """

    times: FloatArray
    cumulative_hazards: FloatArray
    last_time: float

    @classmethod
    def estimate(
        cls,
        follow_up: FollowUp,
        log_hazards: FloatArray,
        *,
        ties: str = EFRON,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Estimate from the patients that a model was fitted on.

        Parameters
        ----------
        follow_up : FollowUp
        log_hazards : array
            Of the same patients, by the model.
        ties : {"efron", "breslow"}
            As the model's: with Efron's, tied events leave the risk one after another.
        weights : array, optional
            How often each patient counts.

        Raises
        ------
        AbsentError
            If there is no event.
        """
        likelihood = PartialLikelihood.of(follow_up, ties=ties, weights=weights)
        times, which = np.unique(likelihood.times, return_inverse=True)
        steps = np.bincount(which, weights=likelihood.hazards(log_hazards))
        return cls(times, np.cumsum(steps), float(follow_up.times.max()))

    def hazards(self, times: ArrayLike) -> FloatArray:
        """Cumulative hazard of a patient of log hazard 0 by each time.

        Raises
        ------
        AbsentError
            If a time lies beyond the longest follow-up.
        """
        asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
        if asked.size and not asked.max() <= self.last_time:
            raise AbsentError(
                f"Nobody that the model was fitted on was followed to time {asked.max():g}: "
                f"ask for times up to {self.last_time:g}."
            )
        steps = np.concatenate([[0.0], self.cumulative_hazards])
        found: FloatArray = steps[np.searchsorted(self.times, asked, side="right")]
        return found

    def survival(self, log_hazards: ArrayLike, times: ArrayLike) -> FloatArray:
        """Probability of each patient to be without the event after each time.

        Parameters
        ----------
        log_hazards : array
        times : array

        Returns
        -------
        array, patients x times

        Raises
        ------
        AbsentError
            If a time lies beyond the longest follow-up.
        """
        cumulative = self.hazards(times)
        with np.errstate(over="ignore", invalid="ignore"):
            hazards = np.exp(np.asarray(log_hazards, dtype=np.float64))
            survival: FloatArray = np.exp(-hazards[:, np.newaxis] * cumulative)
        survival[:, cumulative == 0] = 1.0  # before the first event, of an infinite hazard too
        return survival

    def risk(self, log_hazards: ArrayLike, time: float) -> FloatArray:
        """Probability of each patient to have the event by a time."""
        return 1 - self.survival(log_hazards, time)[:, 0]
