"""A model that tells when: risks by the horizon and other times, groups, and whole curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.time_scale import TimeScale
from deepcme.base.words import counted, listed
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.hazard_calibration import HazardCalibration
from deepcme.evaluation.survival.measured import OBSERVED_EXPECTED, UNO
from deepcme.evaluation.survival.tables.risk_groups import GROUPS
from deepcme.trained.learned.arrays import Arrays, Scores, UnfitArraysError
from deepcme.trained.model import Model
from deepcme.trained.panels.panel import take_interval
from deepcme.trained.survival.manifest import SurvivalManifest

__all__ = ["SurvivalModel"]

_GREATEST_LOG_HAZARD = 700.0
_PREFIX = "baseline."
_TIMES, _HAZARDS = f"{_PREFIX}times", f"{_PREFIX}cumulative_hazards"


@dataclass(frozen=True)
class SurvivalModel(Model):
    """A trained model of the time to an event; its score is a log hazard.

    Attributes
    ----------
    manifest : SurvivalManifest
    baseline : Baseline
        Of a patient of log hazard 0, out of fold.
    asked_times : tuple of float
        At which the risk is told beside that by the horizon.
    """

    having: ClassVar[str] = "with the event"
    told: ClassVar[str] = "risk"
    ratio: ClassVar[str] = "hazard"
    without_rise: ClassVar[str] = "every sample gets the same risk, and no group"

    manifest: SurvivalManifest
    baseline: Baseline = field(kw_only=True)
    asked_times: tuple[float, ...] = field(default=(), kw_only=True)

    @property
    def line(self) -> tuple[float, float]:
        """The slope of the log hazard; its constant is the baseline's."""
        return 0.0, self.manifest.calibration.slope

    @property
    def calibration(self) -> HazardCalibration:
        """How a log hazard becomes a risk."""
        return HazardCalibration(self.slope, self.baseline)

    @property
    def horizon(self) -> float:
        """Up to when the risk is told, in the model's unit."""
        return self.manifest.follow_up.horizon

    @property
    def until(self) -> str:
        """The horizon in words."""
        return self.in_words(self.horizon)

    def in_words(self, time: float) -> str:
        """A time with its unit."""
        return TimeScale.of(self.manifest.follow_up.unit, time).describe(time)

    def at_times(self, times: Sequence[float]) -> Self:
        """The model, which tells the risk at further times.

        Raises
        ------
        DeepCMEError
            If a time is not above 0, or beyond the follow-up of the training cohort.
        """
        last = self.manifest.follow_up.last_time
        for time in times:
            if not 0 < time <= last:
                raise DeepCMEError(
                    f"There is no risk by {time:g}: the follow-up of "
                    f"{self.manifest.cohort.name}, from which the model is, tells risks up to "
                    f"{self.in_words(last)}; ask for times above 0 up to then."
                )
        return replace(self, asked_times=tuple(dict.fromkeys(map(float, times))))

    def risks(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Risk by the horizon, by log hazards."""
        return self.calibration.risks(score, self.horizon)[:, 0]

    def resampled_risks(self, predictors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Risks by the horizon."""
        assert self.panel is not None
        return _risks_of(predictors, self.panel.hazards_at(self.horizon))

    def resampled_risks_by(
        self, predictors: NDArray[np.float64], times: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Risk by each time by each resampled refit, (samples, resamples, times)."""
        assert self.panel is not None
        hazards = self.panel.hazards_by(times, self.baseline)
        return _risks_of(predictors[..., np.newaxis], hazards)

    def group(self, risks: NDArray[np.float64]) -> NDArray[np.object_]:
        """Third of the training patients' out-of-fold risks; None where there is none."""
        found = np.full(len(risks), None, dtype=object)
        cut_offs = self.manifest.risk_groups.cut_offs
        if cut_offs is not None:
            known = ~np.isnan(risks)
            third = np.searchsorted(cut_offs, risks[known], side="left")
            found[known] = np.array(GROUPS, dtype=object)[third.clip(max=len(GROUPS) - 1)]
        return found

    def tell(self, scores: Scores) -> dict[str, Any]:
        """Columns risk, spread, horizon, group, log_hazard and risk_by_T."""
        risks, by_member = self.risks(scores.score), scores.by_member
        told = (
            None
            if by_member is None
            else np.column_stack([self.risks(member) for member in by_member.T])
        )
        others = [self.calibration.risks(scores.score, time)[:, 0] for time in self.asked_times]
        return {
            "risk": risks,
            **self.columns_of_members(told, len(risks)),
            "horizon": [self.until] * len(risks),
            "group": self.group(risks),
            "log_hazard": self.slope * scores.score + 0.0,  # no -0
            **{
                f"risk_by_{time:g}": risk
                for time, risk in zip(self.asked_times, others, strict=True)
            },
        }

    def curves(
        self, table: pd.DataFrame, resampled: NDArray[np.float64] | None = None
    ) -> pd.DataFrame:
        """Risk of every predicted sample at each time at which it rises, from 0 on.

        Parameters
        ----------
        table : DataFrame
            As `predict` of the command gives it: `sample, log_hazard`.
        resampled : ndarray of shape (samples, resamples), optional
            Of a panel: the log hazard of each row by each resampled refit.

        Returns
        -------
        DataFrame
            `sample, time, risk`, and where there are resampled log hazards `ci_low, ci_high`;
            the last time is that up to which risks are told.
        """
        is_predicted = table["log_hazard"].notna().to_numpy()
        predicted = table[is_predicted]
        ends = [0.0, self.manifest.follow_up.last_time]
        times = np.unique([*ends, self.horizon, *self.baseline.times])
        survival = self.baseline.survival(predicted["log_hazard"].to_numpy(), times)
        curves = pd.DataFrame(
            {
                "sample": np.repeat(predicted["sample"].to_numpy(), len(times)),
                "time": np.tile(times, len(predicted)),
                "risk": (1 - survival).ravel(),
            }
        )
        if resampled is None:
            return curves
        intervals = [
            take_interval(self.resampled_risks_by(row[np.newaxis], times)[0].T)
            for row in resampled[is_predicted]
        ]
        low, high = np.concatenate(intervals, axis=1) if intervals else np.empty((2, 0))
        return curves.assign(ci_low=low, ci_high=high)

    def describe(self, predicted: pd.DataFrame) -> str:
        """How many are in which third, and the range of the risks."""
        lowest, highest = predicted["risk"].min(), predicted["risk"].max()
        span = f"Risks by {self.until} run from {lowest:.3f} to {highest:.3f}."
        if predicted["group"].isna().all():
            return f"No sample was put into a risk group. {span}"
        sizes = [f"{int((predicted['group'] == group).sum()):,} {group}" for group in GROUPS]
        return f"{counted(len(predicted), 'sample')}, by third of risk {listed(sizes)}. {span}"

    def expect(self) -> str:
        """C and O/E to expect of new patients."""
        expected = self.manifest.performance
        shown = [
            f"{measure.heading} {found.in_words()}"
            for measure in (UNO, OBSERVED_EXPECTED)
            if (found := getattr(expected, measure.name)) is not None
        ]
        told = " and ".join(shown) or "nothing that could be estimated"
        return (
            f"By {self.until}, to expect of new patients like these: {told}, from "
            f"{counted(expected.events, 'event')} by then."
        )

    def own_arrays(self) -> Arrays:
        """The baseline, in double precision."""
        return {_TIMES: self.baseline.times, _HAZARDS: self.baseline.cumulative_hazards}


def _risks_of(
    log_hazards: NDArray[np.float64], hazards: NDArray[np.float64]
) -> NDArray[np.float64]:
    # Beyond the greatest a risk is 1; of an infinite hazard none could be told.
    greatest = np.minimum(log_hazards, _GREATEST_LOG_HAZARD)
    return np.asarray(-np.expm1(-np.exp(greatest) * hazards))


def require_times(model: Model, what: str) -> SurvivalModel:
    """A model of times; of another, what was asked for is refused.

    Raises
    ------
    DeepCMEError
        If it is another.
    """
    if not isinstance(model, SurvivalModel):
        raise DeepCMEError(
            f"{what} is for models of times to an event, and this one, of "
            f"{model.manifest.cohort.name}, tells yes or no: leave it out."
        )
    return model


def take_baseline(arrays: Arrays, manifest: SurvivalManifest) -> Baseline:
    """The baseline of a model's arrays, which are taken out of them.

    Raises
    ------
    UnfitArraysError
        If there is none, or it cannot be one.
    """
    try:
        times, hazards = arrays.pop(_TIMES), arrays.pop(_HAZARDS)
    except KeyError as error:
        raise UnfitArraysError(f"the array {error.args[0]} is missing.") from error
    if (
        times.ndim != 1
        or not times.size
        or times.shape != hazards.shape
        or {times.dtype, hazards.dtype} != {np.dtype(np.float64)}
        or not (np.isfinite(times).all() and np.isfinite(hazards).all())
        or (np.diff(times) <= 0).any()
        or (np.diff(hazards, prepend=0.0) < 0).any()
    ):
        raise UnfitArraysError("the baseline is not one of times and rising hazards.")
    return Baseline(times, hazards, manifest.follow_up.last_time)
