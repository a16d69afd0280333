"""What a card is of: a model, what the user answers, and where it was checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from deepcme.evaluation.measures import AUC
from deepcme.evaluation.survival.measured import UNO
from deepcme.report.card.answers import NOT_GIVEN
from deepcme.report.card.checked import Checked
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.entries import Interval
from deepcme.trained.expected.expected import Expected
from deepcme.trained.manifest import Manifest
from deepcme.trained.model import Model
from deepcme.trained.survival.model import SurvivalModel
from deepcme.trained.tested import CHANCE

NO_DEVICE = (
    "Research software: not a medical device, no clinical validity is claimed, and no basis "
    "for treating anybody."
)


@dataclass(frozen=True)
class Card:
    """What a card is written of.

    Attributes
    ----------
    name : str
        Of the model: of its folder.
    model : Model
    answers : mapping
        What the user says, by question.
    checked : sequence of Checked
        Where the model was checked.
    files : mapping
        SHA-256 of the model's files, by name; none of a model that is not saved.
    """

    name: str
    model: Model
    answers: Mapping[str, str] = field(default_factory=dict)
    checked: Sequence[Checked] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def manifest(self) -> Manifest:
        """Of the model."""
        return self.model.manifest

    @property
    def expected(self) -> Expected | None:
        """What to expect in detail, if the model keeps it."""
        return self.model.expected

    @property
    def binary(self) -> BinaryModel | None:
        """The model, if it tells yes or no."""
        return self.model if isinstance(self.model, BinaryModel) else None

    @property
    def survival(self) -> SurvivalModel | None:
        """The model, if it tells times."""
        return self.model if isinstance(self.model, SurvivalModel) else None

    @property
    def kind(self) -> str:
        """Of model, in words: how a study names it, and that it is a panel."""
        panel = self.manifest.panel
        of = self.manifest.model.name
        if panel is None:
            return of
        refit = "small networks" if panel.refit == "networks" else self._regression
        return f"panel of {self.model.n_genes} genes, {refit}"

    @property
    def _regression(self) -> str:
        return "logistic regression" if self.survival is None else "Cox regression"

    @property
    def rank(self) -> Literal["auc", "uno_c"]:
        """The measure of ranks that stands for the model, as files name it."""
        return "auc" if self.survival is None else "uno_c"

    @property
    def rank_heading(self) -> str:
        """The same for readers."""
        return AUC.heading if self.survival is None else UNO.heading

    @property
    def expected_rank(self) -> Interval | None:
        """What is expected of it."""
        if self.binary is not None:
            return self.binary.manifest.performance.auc
        assert self.survival is not None
        return self.survival.manifest.performance.uno_c

    @property
    def exceeds_chance(self) -> bool:
        """Whether its interval does."""
        found = self.expected_rank
        return found is not None and found.ci_low is not None and found.ci_low > CHANCE

    @property
    def n(self) -> int:
        """How many the performance is of: samples, or patients of times."""
        if self.survival is not None:
            return self.survival.manifest.performance.n
        return self.manifest.cohort.samples

    @property
    def events(self) -> int:
        """How many of these have the event, of times by the horizon."""
        if self.survival is not None:
            return self.survival.manifest.performance.events
        return self.manifest.cohort.positives

    @property
    def unit(self) -> Literal["sample", "patient"]:
        """What is counted."""
        return "sample" if self.survival is None else "patient"

    @property
    def by(self) -> str:
        """The horizon, as in "by 5 years"; nothing without one."""
        return "" if self.survival is None else f"by {self.survival.until}"

    @property
    def having(self) -> str:
        """What those with the event are, after their number."""
        return f"{self.model.having} {self.by}".rstrip()

    def answer(self, key: str) -> str:
        """What the user says, or that nothing is given."""
        return self.answers.get(key, NOT_GIVEN)
