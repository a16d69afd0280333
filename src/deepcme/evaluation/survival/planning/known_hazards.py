"""Patients whose log hazards are normal, and what follows from it: concordance, precision, R2.

For planning, and for the truth of a simulation. Hazards are proportional, so that the time
counts only as the share of the baseline's cumulative hazard that is spent by then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.predictions import FloatArray

_REACH, _POINTS, _SPELLS = 8.0, 321, 400
_Z = np.linspace(-_REACH, _REACH, _POINTS)
_DENSITY = stats.norm.pdf(_Z) / stats.norm.pdf(_Z).sum()
_WIDEST = 30.0
MOST_CONCORDANCE = 0.95
"""Higher ones are no plan: the log hazards would span many times a lifetime."""
MOST_LOST = 0.95
"""Of patients before the horizon."""


@dataclass(frozen=True)
class NormalLogHazards:
    """Patients without number whose log hazards are normal, up to a horizon.

    Parameters
    ----------
    sd : float
        Standard deviation of the log hazards.
    risk : float
        Mean risk of the event by the horizon.
    censored : float
        Share lost before the horizon without an event, at a constant rate.

    Raises
    ------
    DeepCMEError
        If a number is impossible.
    """

    sd: float
    risk: float
    censored: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.sd <= _WIDEST:
            raise DeepCMEError(
                "The standard deviation of log hazards must be 0 or more and at most "
                f"{_WIDEST:g}, not {self.sd:g}."
            )
        if not 0 < self.risk < 1:
            raise DeepCMEError(
                f"The risk by the horizon must lie between 0 and 1, not be {self.risk:g}."
            )
        require_loss(self.censored)

    @classmethod
    def of_concordance(cls, concordance: float, risk: float, censored: float = 0.0) -> Self:
        """Those whose true log hazards have this C up to the horizon.

        Raises
        ------
        DeepCMEError
            If C is less than 0.5 or too near 1, or a share is impossible.
        """
        nearest = cls(0.0, risk, censored)
        if not 0.5 <= concordance <= MOST_CONCORDANCE:
            raise DeepCMEError(
                f"C must be at least 0.5 and at most {MOST_CONCORDANCE}, not {concordance}."
            )
        if concordance == 0.5:
            return nearest
        sd = brentq(lambda sd: cls(sd, risk).concordance - concordance, 0, _WIDEST, xtol=1e-9)
        return cls(float(sd), risk, censored)

    @classmethod
    def seen(cls, concordance: float, risk: float, event_share: float) -> Self:
        """Those of such a C of whom so many are lost that this share is seen with the event."""
        unlost = cls.of_concordance(concordance, risk)
        if event_share >= min(risk, unlost.event_share):  # but for integration the same
            return unlost

        def excess(censored: float) -> float:
            return cls(unlost.sd, risk, censored).event_share - event_share

        if excess(MOST_LOST) > 0:
            raise AbsentError(
                f"More than {MOST_LOST:.0%} of the patients would be lost before the horizon: "
                "nothing can be planned for it."
            )
        return cls(unlost.sd, risk, float(brentq(excess, 0, MOST_LOST)))

    @cached_property
    def concordance(self) -> float:
        """The C up to the horizon of who knows the log hazards; what Uno's C estimates."""
        return float(self._concordant.sum() / (self._events @ self._at_risk))

    @cached_property
    def event_share(self) -> float:
        """Share of the patients whose event is seen by the horizon."""
        return float(self._events @ self._seen)

    @cached_property
    def control_share(self) -> float:
        """Share of the patients who are seen to be without the event at the horizon."""
        return float(_DENSITY @ self._surviving[-1] * self._followed[-1])

    @cached_property
    def concordance_variance(self) -> float:
        """Variance of Uno's C in many patients, times their number.

        That of its influence function [1]_, which has a part for the event of the patient, one
        for being there at those of others, and one for the censoring distribution, which is
        estimated by Kaplan and Meier.

        References
        ----------
        .. [1] Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ (2011). On the C-statistics for
           evaluating overall adequacy of risk prediction procedures with censored survival
           data. Statistics in Medicine 30:1105-1117.
        """
        c, seen = self.concordance, self._seen[:, np.newaxis]
        own = (self._lower - c * self._at_risk[:, np.newaxis]) / seen
        others = (_above(self._mass) - c * self._events[:, np.newaxis]) / seen
        excess = self._concordant - c * self._events * self._at_risk
        # What is yet to come counts for the estimate of the censoring distribution.
        to_come = 2 * (np.cumsum(excess[::-1])[::-1] - excess / 2)[:, np.newaxis]
        to_come /= self._at_risk[:, np.newaxis] * seen
        others -= to_come * self._hazard_of_loss[:, np.newaxis]
        until = np.cumsum(others, axis=0)
        midway = until - others / 2
        lost = -np.diff(self._followed)[:, np.newaxis] * self._middle
        total = (
            np.sum(self._mass * seen * (own + midway) ** 2)
            + np.sum(_DENSITY * lost * (midway + to_come) ** 2)
            + np.sum(_DENSITY * self._surviving[-1] * self._followed[-1] * until[-1] ** 2)
        )
        return float(total / (self._events @ self._at_risk) ** 2)

    @cached_property
    def cox_snell_r2(self) -> float:
        """Cox and Snell's R2 of Cox's partial likelihood of events by the horizon.

        1 - exp(-L), where L is the likelihood ratio to expect per patient.
        """
        hazard = np.exp(self.sd * (_Z - _REACH))  # of the highest, so that none is infinite
        at_risk = (self._middle * hazard) @ _DENSITY
        gain = self._mass @ np.log(hazard) - self._events * np.log(at_risk / self._at_risk)
        return -math.expm1(-2 * float(self._seen @ gain))

    @cached_property
    def observed_risk_variance(self) -> float:
        """Variance of Kaplan and Meier's risk by the horizon, times the number of patients.

        Greenwood's, with the numbers at risk to expect.
        """
        spells = self._events / (self._at_risk**2 * self._seen)
        return float((1 - self.risk) ** 2 * spells.sum())

    @cached_property
    def _spent(self) -> FloatArray:
        return _spend(self.sd, self.risk)

    @cached_property
    def _surviving(self) -> FloatArray:
        """Chance to be without the event at the ends of spells, by log hazard."""
        return np.asarray(np.exp(-np.outer(self._spent, np.exp(self.sd * _Z))))

    @cached_property
    def _middle(self) -> FloatArray:
        return np.asarray((self._surviving[1:] + self._surviving[:-1]) / 2)

    @cached_property
    def _mass(self) -> FloatArray:
        """Share of all patients who fall ill in a spell with such a log hazard."""
        return np.asarray(-np.diff(self._surviving, axis=0) * _DENSITY)

    @cached_property
    def _events(self) -> FloatArray:
        return np.asarray(self._mass.sum(axis=1))

    @cached_property
    def _at_risk(self) -> FloatArray:
        return np.asarray(self._middle @ _DENSITY)

    @cached_property
    def _lower(self) -> FloatArray:
        """Share of all patients who are still at risk and of a lower log hazard."""
        at_risk = self._middle * _DENSITY
        return np.asarray(np.cumsum(at_risk, axis=1) - at_risk / 2)

    @cached_property
    def _concordant(self) -> FloatArray:
        return np.asarray((self._mass * self._lower).sum(axis=1))

    @cached_property
    def _followed(self) -> FloatArray:
        """Chance not to be lost by the ends of spells."""
        if self.censored == 0:
            return np.ones(_SPELLS + 1)
        time = self._spent / self._spent[-1]

        def excess(log_rate: float) -> float:
            followed = np.exp(-math.exp(log_rate) * time)
            return float(-np.diff(followed) @ self._at_risk - self.censored)

        return np.asarray(np.exp(-math.exp(brentq(excess, -40, 40)) * time))

    @cached_property
    def _seen(self) -> FloatArray:
        return np.asarray((self._followed[1:] + self._followed[:-1]) / 2)

    @cached_property
    def _hazard_of_loss(self) -> FloatArray:
        return np.asarray(-np.diff(np.log(self._followed)))


def require_loss(censored: float) -> None:
    """Refuse a share of patients lost before the horizon that no study has."""
    if not 0 <= censored <= MOST_LOST:
        raise DeepCMEError(
            "The share that is lost before the horizon must be 0 or more and at most "
            f"{MOST_LOST}, not {censored:g}."
        )


@lru_cache(maxsize=32)
def _spend(sd: float, risk: float) -> FloatArray:
    """Baseline's cumulative hazard at the ends of spells in which equally many fall ill."""
    log_hazards = np.linspace(-_REACH * sd - 20, _REACH * sd + 8, 3000)
    risks = -np.expm1(-np.exp(log_hazards[:, np.newaxis] + sd * _Z)) @ _DENSITY
    inner = np.linspace(0, risk, _SPELLS + 1)[1:]
    return np.asarray(np.r_[0, np.exp(np.interp(inner, risks, log_hazards))])


def _above(mass: FloatArray) -> FloatArray:
    """Of each log hazard, the mass of those with a higher one, and half its own."""
    return np.asarray(np.cumsum(mass[:, ::-1], axis=1)[:, ::-1] - mass / 2)
