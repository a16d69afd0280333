"""What a model says about itself: the contents of ``manifest.json``."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deepcme.cohort.scales.scales import Scale
from deepcme.models.registry import ENSEMBLE

FORMAT = "deepcme model"
SCHEMA_VERSION = 3

Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingCohort(_Part):
    """The cohort in numbers; `fingerprint` is the SHA-256 of its values and labels."""

    name: str
    source: str
    fingerprint: str
    samples: Count
    patients: Count
    positives: Count
    positive_patients: Count
    tissue: dict[str, Count]


class Estimator(_Part):
    """The model as a study names it, what is kept of it, and its parameters."""

    name: str
    form: Literal["networks", "coefficients"]
    parameters: dict[str, Any]


class Preprocessing(_Part):
    """How values become what the model takes.

    ``log2`` says whether log2(x + 1) is taken of the training scale;
    `relative` whether values are ratios or centred, so that their level in a
    sample means nothing.
    """

    scale: Scale
    log2: bool
    relative: bool
    min_prevalence: Probability
    clip: Annotated[float, Field(gt=0)]


class Genes(_Part):
    """The genes that the model takes, in order, under every identifier known.

    ``id`` holds the cohort's own ids; other lists have an empty text where the
    identifier of a gene is unknown.
    """

    id: list[str] = Field(min_length=1)
    others: dict[str, list[str]]

    @model_validator(mode="after")
    def _same_length(self) -> Genes:
        if any(len(names) != len(self.id) for names in self.others.values()):
            raise ValueError("the lists of identifiers differ in length")
        if len(set(self.id)) < len(self.id):
            raise ValueError("a gene occurs twice")
        return self


class Interval(_Part):
    """An estimate with its 95% interval; no ends where the data give none."""

    value: float
    ci_low: float | None
    ci_high: float | None


class Performance(_Part):
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


class Calibration(_Part):
    """Probability = 1 / (1 + exp(-(intercept + slope * score of the model)))."""

    method: Literal["Platt, out of fold"] = "Platt, out of fold"
    intercept: float
    slope: Annotated[float, Field(ge=0)]


class Threshold(_Part):
    """Calibrated probability from which on a sample is called positive."""

    method: Literal["Youden, out of fold"] = "Youden, out of fold"
    probability: Probability


class TrainingIds(_Part):
    """Salted hashes of the ids of the patients and samples that the model learned from.

    Whoever can list the ids that may be among them, such as TCGA's, can tell which are.
    """

    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    patients: list[Hash] = Field(min_length=1)
    samples: list[Hash] = Field(min_length=1)


class Manifest(_Part):
    """All that is known of a model besides its arrays.

    What came after the first models of a schema has a default that says that it is not known.
    Schemas 1 and 2 know ensembles alone, by their parameters as `network`; an ensemble is
    still written so, as older versions can read it.
    """

    format: Literal["deepcme model"] = "deepcme model"
    schema_version: Literal[3] = 3
    package_version: str
    endpoint: str
    cohort: TrainingCohort
    preprocessing: Preprocessing
    model: Estimator
    genes: Genes
    performance: Performance
    calibration: Calibration
    threshold: Threshold
    far_distance: Annotated[float, Field(gt=0)]
    notes: list[str]
    training_ids: TrainingIds | None = None

    @classmethod
    def of_ensemble(cls, content: dict[str, Any]) -> Manifest:
        """The manifest from its content in schema 1 or 2."""
        known = {key: value for key, value in content.items() if key != "network"}
        model = {"name": ENSEMBLE, "form": "networks", "parameters": content.get("network")}
        return cls.model_validate({**known, "schema_version": SCHEMA_VERSION, "model": model})

    def to_json(self, files: dict[str, str]) -> str:
        """The manifest as text, with the SHA-256 of the model's files and its own.

        Its own digest is that of the text without it, in canonical form: keys
        sorted, no spaces.
        """
        content = {**self.model_dump(mode="json"), "files": files}
        if self.model.name == ENSEMBLE:
            of_schema_2 = {"schema_version": 2, "model": self.model.parameters}
            content = {
                "network" if key == "model" else key: of_schema_2.get(key, value)
                for key, value in content.items()
            }
        return json.dumps({**content, "digest": digest_of(content)}, indent=1) + "\n"


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of JSON content in canonical form."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
