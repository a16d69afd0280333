"""What a model says about itself: the contents of ``manifest.json``."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deepcme.cohort.scales.scales import Scale

FORMAT = "deepcme model"
SCHEMA_VERSION = 6
"""The newest that is known."""
_LAST = ("far_distance", "notes", "training_ids")

Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
SingleForm = Literal["networks", "hazard networks", "coefficients", "forest"]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Part(BaseModel):
    """A part of a manifest, none of whose entries may be unknown or infinite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingCohort(Part):
    """The cohort in numbers; `fingerprint` is the SHA-256 of its values and labels."""

    name: str
    source: str
    fingerprint: str
    samples: Count
    patients: Count
    positives: Count
    positive_patients: Count
    tissue: dict[str, Count]


class Estimator(Part):
    """The model as a study names it, what is kept of it, and its parameters."""

    name: str
    form: SingleForm
    parameters: dict[str, Any]


class Member(Part):
    """A member of a committee: its name in a study, and what is kept of it."""

    name: str
    form: SingleForm


class CommitteeEstimator(Part):
    """A committee as a study names it, its parameters, and its members in order."""

    name: str
    form: Literal["committee"]
    parameters: dict[str, Any]
    members: list[Member] = Field(min_length=1)


class Preprocessing(Part):
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


class Genes(Part):
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


class Interval(Part):
    """An estimate with its 95% interval; no ends where the data give none."""

    value: float
    ci_low: float | None
    ci_high: float | None

    def in_words(self) -> str:
        """The estimate and its interval."""
        if self.ci_low is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} (95% interval {self.ci_low:.2f} to {self.ci_high:.2f})"

    def in_brackets(self) -> str:
        """The same where it is said already what the brackets are."""
        return self.in_words().replace("95% interval ", "")


class TrainingIds(Part):
    """Salted hashes of the ids of the patients and samples that the model learned from.

    Whoever can list the ids that may be among them, such as TCGA's, can tell which are.
    """

    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    patients: list[Hash] = Field(min_length=1)
    samples: list[Hash] = Field(min_length=1)


class Manifest(Part):
    """All that is known of a model besides its arrays; a kind of outcome adds what is its own.

    What came after the first models of a schema has a default that says that it is not known.
    """

    format: Literal["deepcme model"] = "deepcme model"
    schema_version: int
    package_version: str
    endpoint: str
    cohort: TrainingCohort
    preprocessing: Preprocessing
    model: Estimator | CommitteeEstimator
    genes: Genes
    far_distance: Annotated[float, Field(gt=0)]
    notes: list[str]
    training_ids: TrainingIds | None = None

    @property
    def is_of_first_forms(self) -> bool:
        """Whether the form of its model was known from the first schema of its outcome on."""
        return self.model.form not in ("forest", "committee")

    def to_json(self, files: dict[str, str]) -> str:
        """The manifest as text, with the SHA-256 of the model's files and its own.

        Its own digest is that of the text without it, in canonical form: keys
        sorted, no spaces.
        """
        content = self.written({**self._in_order(), "files": files})
        return json.dumps({**content, "digest": digest_of(content)}, indent=1) + "\n"

    def _in_order(self) -> dict[str, Any]:
        """What is of one kind of outcome stands before what ends every manifest."""
        content = self.model_dump(mode="json")
        return {key: content[key] for key in sorted(content, key=_LAST.__contains__)}

    def written(self, content: dict[str, Any]) -> dict[str, Any]:
        """The content as it is written."""
        return content


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of JSON content in canonical form."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
