"""What a model of yes or no says about itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from deepcme.models.registry import ENSEMBLE
from deepcme.trained.manifest import Count, Interval, Manifest, Part, Probability


class Performance(Part):
    """What to expect of new patients like these, by cross-validation by patient.

    `auc` is the mean over held-out folds, `pr_auc` that of the patients' mean
    out-of-fold predictions, each with a patient-bootstrap interval; `pr_auc_chance` is
    the PR-AUC of a model without discrimination. It is missing in models trained by
    versions whose `pr_auc` was a mean over folds too, and so too high. Sensitivity and
    specificity are those of the threshold on the predictions that chose it, and so a
    little too good. Further measures of scores, and their levels of chance, may stand
    beside them.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Interval | float]

    method: str
    folds: Count
    repeats: Count
    auc: Interval
    pr_auc: Interval
    pr_auc_chance: Probability | None = None
    prevalence: Probability
    sensitivity: Probability
    specificity: Probability


class Calibration(Part):
    """Probability = 1 / (1 + exp(-(intercept + slope * score of the model)))."""

    method: Literal["Platt, out of fold"] = "Platt, out of fold"
    intercept: float
    slope: Annotated[float, Field(ge=0)]


class Threshold(Part):
    """Calibrated probability from which on a sample is called positive."""

    method: Literal["Youden, out of fold"] = "Youden, out of fold"
    probability: Probability


class BinaryManifest(Manifest):
    """All that is known of a model of yes or no besides its arrays.

    Schemas 1 and 2 know ensembles alone, by their parameters as `network`; an ensemble is
    still written so, as older versions can read it. Schema 5 is schema 3 with forests and
    committees, which older versions do not know.
    """

    schema_version: Literal[3] = 3
    performance: Performance
    calibration: Calibration
    threshold: Threshold

    @classmethod
    def of_ensemble(cls, content: dict[str, Any]) -> BinaryManifest:
        """The manifest from its content in schema 1 or 2."""
        known = {key: value for key, value in content.items() if key != "network"}
        model = {"name": ENSEMBLE, "form": "networks", "parameters": content.get("network")}
        return cls.model_validate({**known, "schema_version": 3, "model": model})

    @classmethod
    def of_schema_5(cls, content: dict[str, Any]) -> BinaryManifest:
        """The manifest from its content in schema 5."""
        return cls.model_validate({**content, "schema_version": 3})

    def written(self, content: dict[str, Any]) -> dict[str, Any]:
        """An ensemble in schema 2, forests and committees in schema 5."""
        if not self.is_of_first_forms:
            return {**content, "schema_version": 5}
        if self.model.name != ENSEMBLE:
            return content
        of_schema_2 = {"schema_version": 2, "model": self.model.parameters}
        return {
            "network" if key == "model" else key: of_schema_2.get(key, value)
            for key, value in content.items()
        }
