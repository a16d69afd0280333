"""What a model of times to an event says about itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from deepcme.trained.entries import Count, Interval, Part, Probability
from deepcme.trained.manifest import Manifest

BRESLOW: Literal["Cox and Breslow, out of fold"] = "Cox and Breslow, out of fold"
MATCHED: Literal["Cox and observed risks, out of fold"] = "Cox and observed risks, out of fold"

Time = Annotated[float, Field(gt=0)]


class Performance(Part):
    """What to expect of new patients like these, by cross-validation by patient.

    Of the risks by the horizon, `observed_risk` is what there was of them; `n` counts
    patients, `events` those by the horizon. Each measure is missing where it could not be
    estimated. C and AUC are means over held-out folds; O/E, slope and Brier scores are of
    each patient's mean out-of-fold risk, which slope and baseline of the other folds give.
    """

    method: str
    folds: Count
    repeats: Count
    n: Count
    events: Count
    uno_c: Interval | None
    harrell_c: Interval | None
    auc: Interval | None
    observed_expected: Interval | None
    slope: Interval | None
    brier: Interval | None
    scaled_brier: Interval | None
    observed_risk: Probability


class FollowUpTimes(Part):
    """The unit of all times, the horizon of the risk, and until when any risk is given."""

    unit: str
    horizon: Time
    last_time: Time

    @model_validator(mode="after")
    def _in_order(self) -> FollowUpTimes:
        if self.horizon > self.last_time:
            raise ValueError("the horizon lies beyond the last time")
        return self


class Calibration(Part):
    """Risk by t = 1 - exp(-H(t) exp(slope * log hazard)); H is among the arrays."""

    method: Literal["Cox and Breslow, out of fold", "Cox and observed risks, out of fold"]
    slope: Annotated[float, Field(ge=0)]


class RiskGroups(Part):
    """Thirds of the calibrated out-of-fold risks by the horizon: up to, and from beyond.

    None of a model that gives everybody the same risk.
    """

    method: Literal["thirds, out of fold"] = "thirds, out of fold"
    cut_offs: tuple[Probability, Probability] | None

    @model_validator(mode="after")
    def _in_order(self) -> RiskGroups:
        if self.cut_offs is not None and self.cut_offs[0] > self.cut_offs[1]:
            raise ValueError("the cut-offs are not in order")
        return self


class SurvivalManifest(Manifest):
    """All that is known of a model of times besides its arrays: schema 8.

    Schema 6 is schema 4 with committees; neither has a version, a date, a self-test or a
    panel.
    """

    schema_version: Literal[8] = 8
    follow_up: FollowUpTimes
    performance: Performance
    calibration: Calibration
    risk_groups: RiskGroups

    @classmethod
    def of_older(cls, content: dict[str, Any]) -> SurvivalManifest:
        """The manifest from its content in schema 4 or 6."""
        return cls.model_validate({**content, "schema_version": 8})
