"""Measures of predictions of a time to an event, each with its interval, and differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.bootstrap import compute_logit_interval, compute_percentile_interval
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, Estimate
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_auc_at_horizon,
    compute_brier_at_horizon,
    compute_net_benefit_at_horizon,
    compute_observed_expected_at_horizon,
    compute_scaled_brier_at_horizon,
    compute_sensitivity_at_horizon,
    compute_slope_at_horizon,
    compute_specificity_at_horizon,
)
from deepcme.evaluation.survival.concordance import (
    compute_harrell_concordance,
    compute_uno_concordance,
)

__all__ = ["HorizonMeasure", "Measured"]

Ends = tuple[float, float]


def compute_log_interval(value: float, drawn: FloatArray, n_rarer_class: int) -> Ends:
    """95% interval of a ratio, symmetric on the log scale; else as `compute_logit_interval`.

    Draws that are NaN or 0 are left out; there is none of a ratio of 0.
    """
    if value <= 0 or n_rarer_class < 2:
        return np.nan, np.nan
    known = drawn[drawn > 0]
    half_width = _half_width(np.log(known), n_rarer_class)
    return float(value * np.exp(-half_width)), float(value * np.exp(half_width))


def _percentile_ends(value: float, drawn: FloatArray, n_rarer_class: int) -> Ends:
    low, high = compute_percentile_interval(drawn)
    return float(low), float(high)


def _symmetric_ends(value: float, drawn: FloatArray, n_rarer_class: int) -> Ends:
    half_width = _half_width(drawn, n_rarer_class)
    return value - half_width, value + half_width


def _half_width(drawn: FloatArray, n_rarer_class: int) -> float:
    """Of Student's t, with the standard error widened as in `compute_logit_interval`."""
    k = n_rarer_class
    if k < 2 or np.isnan(drawn).all():
        return float("nan")
    quantile = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, k - 1)
    return float(quantile * np.sqrt(k / (k - 1)) * np.nanstd(drawn))


@dataclass(frozen=True)
class IntervalKind:
    """How an interval is made of the draws, and the words for it."""

    words: str
    ends: Callable[[float, FloatArray, int], Ends]


LOGIT = IntervalKind("patient bootstrap, t on the logit scale", compute_logit_interval)
LOG = IntervalKind("patient bootstrap, t on the log scale", compute_log_interval)
PERCENTILE = IntervalKind("patient bootstrap, percentiles", _percentile_ends)
SYMMETRIC = IntervalKind("paired patient bootstrap, t", _symmetric_ends)


@dataclass(frozen=True)
class TimeMeasure:
    """A measure of predictions of a time to an event.

    Attributes
    ----------
    name : str
        In tables for machines.
    heading, format : str
        In tables for readers; a Python format.
    best : float
        Its value for perfect predictions: the nearer to it, the better.
    kind : IntervalKind
    of_risks : bool
        Whether it needs risks from 0 to 1; else any score that is higher when worse.
    absent : str
        Why there is no value where there is none.
    """

    name: str
    heading: str
    format: str
    best: float
    kind: IntervalKind
    _: KW_ONLY
    of_risks: bool = True
    absent: str = "the risks are all 0"


@dataclass(frozen=True)
class HorizonMeasure(TimeMeasure):
    """One that is computed of patients at a horizon, and one prediction of each."""

    compute: Callable[[AtHorizon, FloatArray], FloatArray]

    def of(self, at: AtHorizon, predictions: ArrayLike) -> Measured:
        """Its value of these predictions, one a patient.

        Raises
        ------
        AbsentError
            If it cannot be estimated, and why.
        DeepCMEError
            If the predictions do not fit the patients, or are no risks where it needs them.
        """
        prediction = check_predictions_at(at, predictions, of_risks=self.of_risks)
        return Measured.of(self, at, (at.horizon,), self.compute(at, prediction))


@dataclass(frozen=True, eq=False)
class Measured:
    """A measure of one model on some patients, as they are and in every draw of them.

    Attributes
    ----------
    measure : TimeMeasure
    at : AtHorizon
    times : tuple of float
        The horizon, or all that the measure is taken over.
    value : float
    drawn : array
        NaN in draws that do not have it.
    """

    measure: TimeMeasure
    at: AtHorizon
    times: tuple[float, ...]
    value: float
    drawn: FloatArray

    @classmethod
    def of(
        cls, measure: TimeMeasure, at: AtHorizon, times: tuple[float, ...], values: FloatArray
    ) -> Measured:
        """The first of the values is that of the patients, the others are of draws."""
        if np.isnan(values[0]):
            raise AbsentError(f"{measure.heading} cannot be estimated: {measure.absent}.")
        return cls(measure, at, times, float(values[0]), values[1:])

    def interval(self) -> Estimate:
        """Its value with a 95% interval of the kind that `frame` names.

        Patients, and their censoring, are drawn anew and the predictions taken as they are:
        it is that of a frozen model on patients whom it has not seen. `n` counts patients,
        `events` those with the event by the horizon.
        """
        return _estimate(self.at, self.value, self.drawn, self.measure.kind)

    def minus(self, other: Measured) -> MeasuredDifference:
        """Less that of another model on the same patients, in the same draws.

        Raises
        ------
        DeepCMEError
            If the measures or the outcomes are not the same.
        """
        if self.measure.name != other.measure.name:
            names = f"{self.measure.heading} and {other.measure.heading}"
            raise DeepCMEError(f"There is no difference of two measures, {names}.")
        if self.times != other.times or not self.at.has_same_outcome(other.at):
            raise DeepCMEError(
                f"The two values of {self.measure.heading} are of unlike outcomes: measure "
                "both models on the same patients, follow-up, horizon and draws."
            )
        return MeasuredDifference(
            self.measure, self.at, self.value - other.value, self.drawn - other.drawn
        )

    def frame(self) -> pd.DataFrame:
        """One row: `measure, time, value, ci_low, ci_high, interval, n, events`."""
        return _frame(self.measure.name, self.at, self.interval(), self.measure.kind)


@dataclass(frozen=True, eq=False)
class MeasuredDifference:
    """A measure of one model less that of another on the same patients."""

    measure: TimeMeasure
    at: AtHorizon
    value: float
    drawn: FloatArray

    def interval(self) -> Estimate:
        """The difference with its 95% interval, Student's t of the paired bootstrap."""
        return _estimate(self.at, self.value, self.drawn, SYMMETRIC)

    def frame(self) -> pd.DataFrame:
        """One row, as `Measured.frame` has it; `value` is the difference."""
        return _frame(f"{self.measure.name}_difference", self.at, self.interval(), SYMMETRIC)


def _estimate(at: AtHorizon, value: float, drawn: FloatArray, kind: IntervalKind) -> Estimate:
    ends = (
        kind.ends(value, drawn, min(at.n_cases, at.n_controls))
        if drawn.size
        else (np.nan, np.nan)
    )
    return Estimate(value, *ends, at.follow_up.n, at.n_cases)


def _frame(name: str, at: AtHorizon, estimate: Estimate, kind: IntervalKind) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "measure": [name],
            "time": at.horizon,
            "value": estimate.value,
            "ci_low": estimate.ci_low,
            "ci_high": estimate.ci_high,
            "interval": kind.words,
            "n": estimate.n,
            "events": estimate.events,
        }
    )


def check_predictions_at(
    at: AtHorizon, predictions: ArrayLike, *, of_risks: bool
) -> FloatArray:
    """Predictions, whose first axis is the patients.

    Raises
    ------
    DeepCMEError
        If there is not one for every patient, one is not finite, or it is no risk where
        risks are needed.
    """
    prediction = np.asarray(predictions, dtype=np.float64)
    if prediction.ndim == 0 or len(prediction) != at.follow_up.n:
        raise DeepCMEError(
            f"There are {at.follow_up.n} patients but {prediction.size} predictions."
        )
    if not np.isfinite(prediction).all():
        raise DeepCMEError("Predictions must be finite numbers.")
    if of_risks and (prediction.min() < 0 or prediction.max() > 1):
        raise DeepCMEError("Risks must lie between 0 and 1.")
    return prediction


_NO_CONTROL = "no patient is known to be without the event at the horizon"
_NO_PAIR = "there is no pair of patients of whom it is known who had the event first"

AUC_AT_HORIZON = HorizonMeasure(
    "auc", "AUC(t)", ".3f", 1, LOGIT, compute=compute_auc_at_horizon,
    of_risks=False, absent=_NO_CONTROL,
)  # fmt: skip
UNO = HorizonMeasure(
    "uno_c", "Uno's C", ".3f", 1, LOGIT, compute=compute_uno_concordance,
    of_risks=False, absent=_NO_PAIR,
)  # fmt: skip
HARRELL = HorizonMeasure(
    "harrell_c", "Harrell's C", ".3f", 1, LOGIT, compute=compute_harrell_concordance,
    of_risks=False, absent=_NO_PAIR,
)  # fmt: skip
BRIER = HorizonMeasure(
    "brier", "Brier score", ".3f", 0, PERCENTILE, compute=compute_brier_at_horizon
)
SCALED_BRIER = HorizonMeasure(
    "scaled_brier", "Scaled Brier", ".3f", 1, PERCENTILE,
    compute=compute_scaled_brier_at_horizon,
    absent=_NO_CONTROL,
)  # fmt: skip
OBSERVED_EXPECTED = HorizonMeasure(
    "observed_expected", "O/E", ".2f", 1, LOG, compute=compute_observed_expected_at_horizon
)
SLOPE = HorizonMeasure(
    "slope", "Slope", ".2f", 1, PERCENTILE, compute=compute_slope_at_horizon,
    absent="the risks are all the same, or part the cases from the others without overlap",
)  # fmt: skip

HORIZON_MEASURES = (UNO, HARRELL, AUC_AT_HORIZON, OBSERVED_EXPECTED, SLOPE, BRIER, SCALED_BRIER)
"""Those without a threshold, in the order of tables."""


def net_benefit(threshold: float) -> HorizonMeasure:
    """Net benefit of treating those whose risk reaches a threshold; percentile interval."""
    compute = partial(compute_net_benefit_at_horizon, threshold=threshold)
    name, heading = _name_at(threshold, "net_benefit", "Net benefit")
    return HorizonMeasure(name, heading, ".3f", 1, PERCENTILE, compute=compute)


def sensitivity(threshold: float) -> HorizonMeasure:
    """Share of the cases whose risk reaches a threshold."""
    compute = partial(compute_sensitivity_at_horizon, threshold=threshold)
    name, heading = _name_at(threshold, "sensitivity", "Sensitivity")
    return HorizonMeasure(name, heading, ".2f", 1, LOGIT, compute=compute)


def specificity(threshold: float) -> HorizonMeasure:
    """Share of those without the event whose risk is below a threshold."""
    compute = partial(compute_specificity_at_horizon, threshold=threshold)
    name, heading = _name_at(threshold, "specificity", "Specificity")
    return HorizonMeasure(name, heading, ".2f", 1, LOGIT, compute=compute, absent=_NO_CONTROL)


def _name_at(threshold: float, name: str, heading: str) -> tuple[str, str]:
    if not 0 < threshold < 1:
        raise DeepCMEError(
            f"A threshold of risk must lie above 0 and below 1, but is {threshold:g}."
        )
    return f"{name}_{threshold:g}", f"{heading} at {threshold:g}"
