"""The resolved study: every setting has a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

import tomli_w
from pydantic import Field, model_validator

from deepcme.base.shown import Shown, Shows, names_in_line
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.designs import SplitSettings, describe_try_out
from deepcme.study.headline import find_headline
from deepcme.study.older import SETTINGS_VERSION, VERSION_KEY
from deepcme.study.settings import (
    AlsoSettings,
    ClinicalSettings,
    CohortSettings,
    ComparatorSettings,
    DecisionSettings,
    GeneSetSettings,
    GridSettings,
    InstabilitySettings,
    ModelSettings,
    NullSettings,
    PreprocessingSettings,
    SelectionSettings,
    Settings,
    SubgroupSettings,
    SurvivalSettings,
)

Protocol = Literal["honest", "paper"]


class Study(Shows, Settings):
    """A resolved study.

    Sections of parts are declared here where other code reads them; `make_study` adds those
    of the other parts that are listed.
    """

    protocol: Protocol = "honest"
    seed: int = Field(1, ge=0, lt=2**63)
    cohort: CohortSettings
    survival: SurvivalSettings | None = None
    split: SplitSettings
    preprocessing: PreprocessingSettings
    grid: GridSettings = GridSettings()
    nulls: NullSettings = NullSettings()
    instability: InstabilitySettings = InstabilitySettings()
    clinical: ClinicalSettings | None = None
    also: AlsoSettings = AlsoSettings()
    selection: SelectionSettings = SelectionSettings()
    gene_sets: GeneSetSettings = GeneSetSettings()
    decisions: DecisionSettings = DecisionSettings()
    subgroups: SubgroupSettings = SubgroupSettings()
    models: tuple[ModelSettings, ...] = Field(min_length=1)
    comparator: ComparatorSettings = ComparatorSettings()

    @property
    def outcome(self) -> str:
        """Kind of the outcome that it predicts."""
        return BinaryOutcome.kind if self.survival is None else SurvivalOutcome.kind

    @property
    def horizon(self) -> float | None:
        """The time up to which the event is asked for; None of labels, or without one."""
        return None if self.survival is None else self.survival.horizon

    @property
    def headline(self) -> ModelSettings:
        """The model that verdict, comparison, nulls and gene claims are of."""
        named = [(model.name, model.estimator) for model in self.models]
        name = find_headline(self.protocol, named, self.comparator.model)
        return next(model for model in self.models if model.name == name)

    @property
    def gene_model(self) -> ModelSettings | None:
        """The model whose gene scores are told of; None where no model has any.

        It is the headline; where that has none, as a committee or a regression, the first
        network of the study's outcome, one fitted on both parts before others.
        """
        if self.headline.kind.has_gene_scores:
            return self.headline
        networks = [model for model in self.models if model.kind.has_gene_scores]
        in_order = sorted(
            networks,
            key=lambda of: (self.outcome not in of.kind.outcomes, not of.kind.refitted),
        )
        return next(iter(in_order), None)

    @property
    def try_out(self) -> str:
        """What to say first of a study whose splits are too few; blank of any other."""
        return describe_try_out(self.split)

    def _shown(self) -> Shown:
        cohort = self.cohort.example or str(self.cohort.path)
        comparator = self.comparator.model or "none"
        horizon = f"to an event, by {self.horizon:g}" if self.horizon else "to an event"
        facts = [
            ("Cohort", cohort),
            ("Outcome", "yes or no" if self.survival is None else f"times {horizon}"),
            ("Protocol", f"{self.protocol}, split by {self.split.design}, seed {self.seed}"),
            ("Models", names_in_line(model.name for model in self.models)),
            ("It is about", f"{self.headline.name}, beside {comparator}"),
        ]
        if self.clinical is not None:
            facts.append(("Clinical", ", ".join(self.clinical.columns)))
        return Shown("Study", facts=facts, end="More: .to_toml() has every setting.")

    @model_validator(mode="after")
    def _names_differ(self) -> Study:
        names = [model.name for model in self.models]
        if len(set(names)) < len(names):
            raise ValueError(f"two models have the same name: {', '.join(names)}")
        return self

    @model_validator(mode="after")
    def _times_are_kept(self) -> Study:
        if self.survival is not None and self.cohort.leave_out_censored:
            raise ValueError(
                "cohort.leave_out_censored: it leaves no times for [survival]: take out one of "
                "both"
            )
        return self

    @model_validator(mode="after")
    def _comparator_is_another_model(self) -> Study:
        others = [m.name for m in self.models if m.name != self.headline.name]
        comparator = self.comparator.model
        if comparator is not None and not others:
            raise ValueError(
                f"comparator.model: {self.headline.name} is the only model of the study, so "
                f"that {comparator!r} cannot stand beside it: add a model, or leave it out"
            )
        if comparator is not None and comparator not in others:
            raise ValueError(
                f"comparator.model: {comparator!r} cannot stand beside {self.headline.name}, "
                f"which the study is about; name another of its models: {', '.join(others)}"
            )
        return self

    @model_validator(mode="after")
    def _paper_has_its_own_splits(self) -> Study:
        if self.protocol == "paper" and self.split.design != "repeated":
            raise ValueError(
                f"the protocol paper splits as the publication did, not {self.split.design}: "
                "leave out split.design, or take the protocol honest"
            )
        return self

    def with_paths_from(self, folder: Path) -> Self:
        """The study with relative paths in its sections taken from a folder."""

        def moved(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(map(moved, value))
            return folder / value if isinstance(value, Path) else value

        sections = {name: value for name, value in self if isinstance(value, Settings)}
        return self.model_copy(
            update={
                name: section.model_copy(update={key: moved(value) for key, value in section})
                for name, section in sections.items()
            }
        )

    def to_toml(self) -> str:
        """The resolved study as a TOML document; its paths are absolute, to hold anywhere."""
        study = self.with_paths_from(Path.cwd())
        values: dict[str, Any] = {VERSION_KEY: SETTINGS_VERSION}
        values |= study.model_dump(mode="json", exclude_none=True)
        # TOML knows no null, and a name left out would be the default's.
        values["comparator"] = {**values["comparator"], "model": self.comparator.model or ""}
        if not self.cohort.leave_out_censored:
            del values["cohort"]["leave_out_censored"]
        # JSON knows no infinity.
        values["preprocessing"]["clip"] = self.preprocessing.clip
        values["models"] = [model.model_dump() for model in self.models]
        return tomli_w.dumps(values)
