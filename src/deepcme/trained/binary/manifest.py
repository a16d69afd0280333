"""What a model of yes or no says about itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from deepcme.models.registry import ENSEMBLE
from deepcme.trained.entries import Count, Interval, Part, Probability
from deepcme.trained.manifest import Manifest


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
    """All that is known of a model of yes or no besides its arrays: schema 7.

    Schemas 1 and 2 know ensembles alone, by their parameters as `network`; schema 5 is schema
    3 with forests and committees. None of them has a version, a date, a self-test or a panel.
    """

    schema_version: Literal[7] = 7
    performance: Performance
    calibration: Calibration
    threshold: Threshold

    @classmethod
    def of_ensemble(cls, content: dict[str, Any]) -> BinaryManifest:
        """The manifest from its content in schema 1 or 2."""
        known = {key: value for key, value in content.items() if key != "network"}
        model = {"name": ENSEMBLE, "form": "networks", "parameters": content.get("network")}
        return cls.of_older({**known, "model": model})

    @classmethod
    def of_older(cls, content: dict[str, Any]) -> BinaryManifest:
        """The manifest from its content in schema 3 or 5."""
        return cls.model_validate({**content, "schema_version": 7})
