"""What a model says about itself: the contents of ``manifest.json``."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from deepcme.cohort.scales.scales import Scale
from deepcme.trained.entries import Count, Genes, Part, Probability
from deepcme.trained.panels.manifest import PanelChoice

FORMAT = "deepcme model"
SCHEMA_VERSION = 8
"""The newest that is known."""
_LAST = ("far_distance", "self_test", "panel", "notes", "training_ids")

SingleForm = Literal["networks", "hazard networks", "coefficients", "forest"]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


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


class TrainingIds(Part):
    """Salted hashes of the ids of the patients and samples that the model learned from.

    Whoever can list the ids that may be among them, such as TCGA's, can tell which are.
    """

    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    patients: list[Hash] = Field(min_length=1)
    samples: list[Hash] = Field(min_length=1)

    @cached_property
    def known_patients(self) -> frozenset[str]:
        """The patients, to be looked up."""
        return frozenset(self.patients)

    @cached_property
    def known_samples(self) -> frozenset[str]:
        """The samples, to be looked up."""
        return frozenset(self.samples)


class Manifest(Part):
    """All that is known of a model besides its arrays; a kind of outcome adds what is its own.

    What came after the first models has a default that says that it is not known. `version`
    is the model's, `date` the day of its training in UTC, `self_test` the score of
    `self_test_sample` by what was learned.
    """

    format: Literal["deepcme model"] = "deepcme model"
    schema_version: int
    package_version: str
    version: str | None = None
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    endpoint: str
    cohort: TrainingCohort
    preprocessing: Preprocessing
    model: Estimator | CommitteeEstimator
    genes: Genes
    far_distance: Annotated[float, Field(gt=0)]
    self_test: float | None = None
    panel: PanelChoice | None = None
    notes: list[str]
    training_ids: TrainingIds | None = None

    @property
    def genes_to_read(self) -> Genes:
        """All genes whose values are asked for: of a panel its reference genes too."""
        return self.genes.joined(None if self.panel is None else self.panel.reference)

    def to_json(self, files: dict[str, str]) -> str:
        """The manifest as text, with the SHA-256 of the model's files and its own.

        Its own digest is that of the text without it, in canonical form: keys
        sorted, no spaces.
        """
        content = {**self._in_order(), "files": files}
        return json.dumps({**content, "digest": digest_of(content)}, indent=1) + "\n"

    def _in_order(self) -> dict[str, Any]:
        """What is of one kind of outcome stands before what ends every manifest."""
        content = self.model_dump(mode="json")
        return {key: content[key] for key in sorted(content, key=_LAST.__contains__)}


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of JSON content in canonical form."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
