"""How a study splits its patients: each design's settings, and the splits drawn of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.folds import FOLDS, VALIDATION, NestedFolds
from deepcme.cohort.honest import count_folds, draw_honest_splits
from deepcme.cohort.splits import LeaveOneCohortOut, RepeatedSplits, Split, SplitBy
from deepcme.cohort.strata import AUTOMATIC, choose_strata, find_levels
from deepcme.study.settings import Settings

if TYPE_CHECKING:
    from deepcme.cohort.cohort import Cohort
    from deepcme.cohort.outcome import Outcome


class _Design(Settings):
    by: SplitBy
    strata: str = Field(AUTOMATIC, min_length=1)

    def resolve(self, cohort: Cohort) -> Self:
        """The same settings, with what depends on the cohort filled in."""
        if self.strata != AUTOMATIC:
            return self
        return self.model_copy(update={"strata": self.choose_strata(cohort)})

    def choose_strata(self, cohort: Cohort) -> str:
        """The column that `strata` stands for where none is named."""
        return choose_strata(cohort)

    def levels_of(self, cohort: Cohort) -> list[str] | None:
        """Level of each sample within which patients are ranked; None without strata."""
        return find_levels(cohort, self.resolve(cohort).strata)

    def strata_of(self, cohort: Cohort) -> list[str] | None:
        """Stratum of each sample: splits spread each, labels are exchangeable within it."""
        return self.levels_of(cohort)


class FoldsDesign(_Design):
    """Repeated stratified folds: each is the test part once a repeat, the rest learns.

    `folds` is the most that there are, fewer where a class has fewer patients; without a
    number, `repeats` is 2, or 4 under 150 patients.
    """

    design: Literal["folds"] = "folds"
    folds: int = Field(FOLDS, ge=3, le=100)
    repeats: int | None = Field(None, ge=1, le=1000)
    validation: float = Field(VALIDATION, gt=0, lt=1)

    def resolve(self, cohort: Cohort) -> Self:
        """The same settings, with the numbers of folds and repeats for this cohort."""
        folds, repeats = count_folds(cohort, folds=self.folds, repeats=self.repeats, by=self.by)
        return super().resolve(cohort).model_copy(update={"folds": folds, "repeats": repeats})

    def draw(
        self, cohort: Cohort, seed: np.random.SeedSequence, outcome: Outcome | None = None
    ) -> list[Split]:
        """The splits of a cohort, or of its samples with another outcome."""
        return draw_honest_splits(
            cohort,
            seed,
            folds=self.folds,
            repeats=self.repeats,
            validation=self.validation,
            by=self.by,
            strata=self.strata,
            outcome=outcome,
        )

    def train_and_test_share(self, cohort: Cohort) -> tuple[float, float]:
        """Shares of the samples that train and that test."""
        test = 1 / self.resolve(cohort).folds
        return (1 - test) * (1 - self.validation), test


class RepeatedDesign(_Design):
    """Repeated stratified splits into training, validation and test part."""

    design: Literal["repeated"] = "repeated"
    repeats: int = Field(10, ge=1, le=1000)
    train: float = Field(0.6, gt=0, lt=1)
    validation: float = Field(0.2, gt=0, lt=1)
    test: float = Field(0.2, gt=0, lt=1)

    @model_validator(mode="after")
    def _sums_to_one(self) -> RepeatedDesign:
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError("train, validation and test must sum to 1")
        return self

    @property
    def fractions(self) -> tuple[float, float, float]:
        """Shares of the three parts."""
        return self.train, self.validation, self.test

    def draw(
        self, cohort: Cohort, seed: np.random.SeedSequence, outcome: Outcome | None = None
    ) -> list[Split]:
        """The splits of a cohort, or of its samples with another outcome."""
        splitter = RepeatedSplits(self.repeats, self.fractions, self.by)
        strata = self.strata_of(cohort)
        return list(splitter.split(outcome or cohort.outcome, cohort.patients, seed, strata))

    def train_and_test_share(self, cohort: Cohort) -> tuple[float, float]:
        """Shares of the samples that train and that test."""
        return self.train, self.test


class NestedDesign(_Design):
    """Repeated folds: each is the test part once a repeat, the others are the inner folds."""

    design: Literal["nested"] = "nested"
    repeats: int = Field(2, ge=1, le=1000)
    folds: int = Field(5, ge=3, le=100)

    def draw(
        self, cohort: Cohort, seed: np.random.SeedSequence, outcome: Outcome | None = None
    ) -> list[Split]:
        """The splits of a cohort, or of its samples with another outcome."""
        splitter = NestedFolds(self.folds, self.repeats, self.by)
        strata = self.strata_of(cohort)
        return list(splitter.split(outcome or cohort.outcome, cohort.patients, seed, strata))

    def train_and_test_share(self, cohort: Cohort) -> tuple[float, float]:
        """Shares of the samples that train and that test."""
        return (self.folds - 2) / self.folds, 1 / self.folds


class LeaveOneCohortOutDesign(_Design):
    """Each cohort is the test part once a repeat; the others train and validate."""

    design: Literal["leave-one-cohort-out"] = "leave-one-cohort-out"
    repeats: int = Field(2, ge=1, le=1000)
    validation: float = Field(0.25, gt=0, lt=1)
    cohort_column: str = "cohort"

    def draw(
        self, cohort: Cohort, seed: np.random.SeedSequence, outcome: Outcome | None = None
    ) -> list[Split]:
        """The splits of a cohort file that holds several cohorts; another outcome may be given.

        Raises
        ------
        DeepCMEError
            If the column is missing or has gaps, or a cohort lacks a class.
        """
        splitter = LeaveOneCohortOut(self.repeats, self.validation, self.by)
        cohorts, strata = self.cohorts_of(cohort), self.strata_of(cohort)
        drawn_for = outcome or cohort.outcome
        return list(splitter.split(drawn_for, cohort.patients, cohorts, seed, strata))

    def train_and_test_share(self, cohort: Cohort) -> tuple[float, float]:
        """Shares of the samples that train and that test, for cohorts of one size."""
        test = 1 / len(set(self.cohorts_of(cohort)))
        return (1 - test) * (1 - self.validation), test

    def choose_strata(self, cohort: Cohort) -> str:
        """A column that divides the cohorts further, as batches do."""
        return choose_strata(cohort, but=self.cohort_column)

    def strata_of(self, cohort: Cohort) -> list[str]:
        """Cohorts may differ in prevalence, so labels are exchangeable within each alone."""
        cohorts, levels = self.cohorts_of(cohort), self.levels_of(cohort)
        if levels is None:
            return cohorts
        return [f"{one}, {level}" for one, level in zip(cohorts, levels, strict=True)]

    def cohorts_of(self, cohort: Cohort) -> list[str]:
        """Cohort of each sample."""
        column = self.cohort_column
        if column not in cohort.obs:
            raise DeepCMEError(
                f"{cohort.name}: its samples have no column {column!r} that says which cohort "
                "they are of: name one with cohort_column under [split], or put cohorts "
                "together with `deepcme prepare merge`."
            )
        values = cohort.obs[column]
        if values.isna().any():
            raise DeepCMEError(
                f"{cohort.name}: sample {cohort.samples[values.isna()][0]} has no value in the "
                f"column {column!r}, which says which cohort it is of."
            )
        return [str(value) for value in values]


DESIGNS: dict[str, type[_Design]] = {
    "folds": FoldsDesign,
    "repeated": RepeatedDesign,
    "nested": NestedDesign,
    "leave-one-cohort-out": LeaveOneCohortOutDesign,
}


def _name_design(value: Any) -> Any:
    """Without a word on the design, there are folds."""
    if not isinstance(value, dict):
        return value
    named = {"design": "folds", **value}
    if named["design"] not in list(DESIGNS):
        raise ValueError(
            f"there is no design {named['design']!r}; choose from {', '.join(DESIGNS)}"
        )
    return named


SplitSettings = Annotated[
    FoldsDesign | RepeatedDesign | NestedDesign | LeaveOneCohortOutDesign,
    Field(discriminator="design"),
    BeforeValidator(_name_design),
]
"""Settings of one of the designs."""


def designs_with(setting: str) -> list[str]:
    """Names of the designs that have such a setting."""
    return [name for name, design in DESIGNS.items() if setting in design.model_fields]


FEWEST_REPEATS = {"repeated": 2}
"""Repeats of a try-out by the name of its design, where it takes more than one."""


def describe_try_out(split: SplitSettings) -> str:
    """What to say first of a study that splits its patients too seldom; blank of any other."""
    fewest = FEWEST_REPEATS.get(split.design, 1)
    if split.repeats is None or split.repeats > fewest:
        return ""
    often = "once" if split.repeats == 1 else "twice"
    return (
        f"This is a try-out and not a result: the patients were split only {often}, and "
        "another split moves every number. Leave out --quick, or raise the repeats, before "
        "anything is concluded."
    )
