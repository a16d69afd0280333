"""Risks of a Cox model from log hazards of patients whom it was not fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.probabilities.recalibration import DEGREES_OF_FREEDOM
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.cumulative_incidence import compute_cumulative_incidence
from deepcme.evaluation.survival.partial_likelihood import BRESLOW, PartialLikelihood
from deepcme.evaluation.survival.tables.evaluated import follow_patients

_LOG_SLOPES = np.linspace(-6, 6, 49)
_NEAR = 2.5
"""From a twelfth of a slope to twelve times it."""
_BISECTIONS = 60


@dataclass(frozen=True, eq=False)
class HazardCalibration:
    """A slope of the log hazard and a baseline: the counterpart of Platt's line [1]_.

    Attributes
    ----------
    slope : float
        Below 1 where the log hazards lie too far apart for patients who are new; 0 where
        they do not rise with the hazard, and everybody gets the observed risk.
    baseline : Baseline
        Of a patient of log hazard 0.
    is_matched : bool
        Whether its mean risks are the observed ones, and not Breslow's.

    References
    ----------
    .. [1] van Houwelingen HC (2000). Validation, calibration, revision and combination of
       prognostic survival models. Statistics in Medicine 19:3401-3415.
    """

    slope: float
    baseline: Baseline
    is_matched: bool = False

    @classmethod
    def fit(cls, rows: pd.DataFrame) -> Self:
        """Fit on patients whom the models were not fitted on, each of whom counts once.

        The slope is that of Cox's partial likelihood within each split, whose log hazards
        are those of one fit. It is drawn towards 1 as `PlattRecalibration` draws that of
        log-odds, so that a few events change risks little. The baseline is Breslow's of the
        log hazards times the slope. Where a competing event rules the event out, or the slope
        is 0, the mean risk at each time is Aalen and Johansen's (Kaplan and Meier's) instead:
        a hazard of the one event alone would give too high a risk.

        Parameters
        ----------
        rows : DataFrame
            Columns `split, sample, patient, time, event, score`, the log hazard.

        Raises
        ------
        AbsentError
            If no patient has the event.
        """
        weights = 1 / rows.groupby("patient")["patient"].transform("size").to_numpy(np.float64)
        slope = fit_slope(rows, weights)
        log_hazards = slope * rows["score"].to_numpy(np.float64)
        follow_up = FollowUp(rows["time"].to_numpy(), rows["event"].to_numpy())
        if slope > 0 and not follow_up.has_competing:
            found = Baseline.estimate(follow_up, log_hazards, ties=BRESLOW, weights=weights)
            return cls(slope, found)
        patients = follow_patients(rows, pd.Index(rows["patient"].unique()))
        return cls(slope, match_observed_risk(patients, log_hazards, weights), is_matched=True)

    def refit(self, rows: pd.DataFrame, counts: FloatArray) -> HazardCalibration:
        """What `fit` gives of patients who were drawn again, its slope sought near this one.

        Parameters
        ----------
        rows : DataFrame
            As `fit` takes them.
        counts : array
            How often the patient of each row was drawn.

        Raises
        ------
        AbsentError
            If nobody drawn has the event.
        """
        drawn = counts > 0
        rows, counts = rows[drawn], counts[drawn]
        samples = rows.groupby("patient")["patient"].transform("size").to_numpy(np.float64)
        weights = counts / samples
        slope = fit_slope(rows, weights, near=self.slope) if self.rises else 0.0
        log_hazards = slope * rows["score"].to_numpy(np.float64)
        follow_up = FollowUp(rows["time"].to_numpy(), rows["event"].to_numpy())
        if slope > 0 and not follow_up.has_competing:
            found = Baseline.estimate(follow_up, log_hazards, ties=BRESLOW, weights=weights)
            return HazardCalibration(slope, found)
        names, first = np.unique(rows["patient"].astype(str), return_index=True)
        times = counts[first].astype(np.int64)
        patients = follow_patients(
            rows.assign(patient=rows["patient"].astype(str)), pd.Index(names)
        )
        patients = patients.rows(np.repeat(np.arange(len(names)), times))
        found = match_observed_risk(patients, log_hazards, weights)
        return HazardCalibration(slope, found, is_matched=True)

    @property
    def rises(self) -> bool:
        """Whether the risk rises with the log hazard; else everybody gets the same."""
        return self.slope > 0

    def risks(self, log_hazards: ArrayLike, times: ArrayLike) -> FloatArray:
        """Risk of the event of each patient by each time, patients x times.

        Raises
        ------
        AbsentError
            If a time lies beyond the longest follow-up.
        """
        scaled = self.slope * np.asarray(log_hazards, dtype=np.float64)
        return np.asarray(1 - self.baseline.survival(scaled, times), dtype=np.float64)


def fit_slope(
    rows: pd.DataFrame,
    weights: FloatArray,
    offset: FloatArray | None = None,
    near: float | None = None,
) -> float:
    """Slope of log hazards within splits, drawn towards 1; 0 where they do not rise.

    Parameters
    ----------
    rows : DataFrame
        Columns `split, time, event, score`.
    weights : array
        How often each row counts.
    offset : array, optional
        Log hazards beside the score that have no slope.
    near : float, optional
        A slope about which to seek, to a thousandth; as default everywhere, to a millionth.
    """
    beside = np.zeros(len(rows)) if offset is None else offset
    parts = []
    for positions in rows.groupby("split", observed=True).indices.values():
        part = rows.iloc[positions]
        follow_up = FollowUp(part["time"].to_numpy(), part["event"].to_numpy())
        try:
            likelihood = PartialLikelihood.of(follow_up, weights=weights[positions])
        except AbsentError:  # no event in this part
            continue
        parts.append((likelihood, part["score"].to_numpy(np.float64), beside[positions]))
    rise = sum(
        float(likelihood.derivatives(fixed, score[:, np.newaxis])[0][0])
        for likelihood, score, fixed in parts
    )
    spread = max((float(np.ptp(score)) for _, score, _ in parts), default=0.0)
    if not rise > 0 or spread == 0:
        return 0.0

    def loss(log_slope: float) -> float:
        tails = (DEGREES_OF_FREEDOM + 1) / 2
        penalty = tails * np.log1p(log_slope**2 / DEGREES_OF_FREEDOM)
        slope = np.exp(log_slope)
        of_parts = sum(
            likelihood.log_likelihood(fixed + slope * score)
            for likelihood, score, fixed in parts
        )
        return float(penalty - of_parts)

    if near is None:
        nearest = 1 + int(np.argmin([loss(step) for step in _LOG_SLOPES[1:-1]]))
        bounds = (float(_LOG_SLOPES[nearest - 1]), float(_LOG_SLOPES[nearest + 1]))
        tolerance = 1e-6
    else:
        bounds = (np.log(near) - _NEAR, np.log(near) + _NEAR)
        tolerance = 1e-3
    found = minimize_scalar(loss, method="bounded", bounds=bounds, options={"xatol": tolerance})
    return float(np.exp(found.x))


def match_observed_risk(
    patients: FollowUp, log_hazards: FloatArray, weights: FloatArray
) -> Baseline:
    """The baseline by which the mean risk of some log hazards is the observed one at each time.

    Parameters
    ----------
    patients : FollowUp
        Of whom Aalen and Johansen's estimate is taken, or Kaplan and Meier's.
    log_hazards, weights : array
        And how often each counts.

    Raises
    ------
    AbsentError
        If no patient has the event.
    """
    observed = compute_cumulative_incidence(patients)
    observed = observed[observed["events"] > 0]
    if observed.empty:
        raise AbsentError("No patient had the event: there is no risk of it.")
    aim = observed["risk"].to_numpy(np.float64)
    share = weights / weights.sum()
    hazards = np.exp(log_hazards)
    # A cumulative hazard of the least, or the greatest, of the patients for everybody.
    with np.errstate(divide="ignore"):
        whole = -np.log1p(-np.minimum(aim, 1 - 1e-12))
    low, high = whole / hazards.max(), whole / hazards.min()
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        mean = (share * -np.expm1(-middle[:, np.newaxis] * hazards)).sum(axis=1)
        low, high = np.where(mean < aim, middle, low), np.where(mean < aim, high, middle)
    times = observed["time"].to_numpy(np.float64)
    return Baseline(times, (low + high) / 2, float(patients.times.max()))
