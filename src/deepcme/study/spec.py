"""The study file: TOML to validated settings, with the protocol's defaults filled in."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from inspect import isclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import tomli_w
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from deepcme.errors import DeepCMEError
from deepcme.honest import HONEST
from deepcme.models.registry import KINDS
from deepcme.strata import AUTOMATIC, NO_STRATA
from deepcme.study.designs import DESIGNS, SplitSettings, designs_with
from deepcme.study.headline import Named, choose_comparator, find_headline
from deepcme.study.older import (
    SETTINGS_VERSION,
    VERSION_KEY,
    read_version,
    with_older_defaults,
)
from deepcme.study.sections import (
    ClinicalSettings,
    CohortSettings,
    GridSettings,
    ModelSettings,
    NullSettings,
    PreprocessingSettings,
    SelectionSettings,
    Settings,
)

Protocol = Literal["honest", "paper"]

TABLE_1_MODELS = ("DeepCME", "LR", "SVC", "RF", "DT", "KNN")
# The paper's models, and the two that predicted best on real cohorts.
DEFAULT_MODELS = ("DeepCME", "DeepCME-ensemble", *TABLE_1_MODELS[1:], "LR-tuned")

# What the clinical columns say alone, and beside the gene model.
CLINICAL = "clinical"
CLINICAL_AND_GENES = "clinical + genes"
# What may stand for the genes: fitted on both parts, as the clinical columns are, with
# scores out of fold.
PREVALIDATED_ESTIMATORS = tuple(name for name, kind in KINDS.items() if kind.out_of_fold)

_WITHOUT_BATCH_NORM = {"batch_norm": False}
_WITHOUT_DROPOUT = {"dropout": 0.0}
_WITHOUT_PENALTY = {"penalty_strength": 0.0}


def _network(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "estimator": "DeepCME", "parameters": parameters}


# Table 1 of the paper, and the networks of its ablation (table 3). The paper takes
# BatchNorm and dropout out together; one at a time says what each of them adds.
PAPER_MODELS: tuple[str | dict[str, Any], ...] = (
    *TABLE_1_MODELS,
    _network("DeepCME-128", {"hidden_layers": [128, 128, 128], "batch_size": 64}),
    _network("DeepCME without L1", _WITHOUT_PENALTY),
    _network("DeepCME without BN", _WITHOUT_BATCH_NORM),
    _network("DeepCME without DO", _WITHOUT_DROPOUT),
    _network("DeepCME without BN + DO", _WITHOUT_BATCH_NORM | _WITHOUT_DROPOUT),
    _network(
        "DeepCME without BN + DO + L1",
        _WITHOUT_BATCH_NORM | _WITHOUT_DROPOUT | _WITHOUT_PENALTY,
    ),
)

# What sets the protocols apart. `honest` never lets a patient, a normal tissue or a
# held-out value help a model; `paper` replays the publication as it was.
_PROTOCOLS: dict[str, dict[str, dict[str, Any]]] = {
    "honest": {
        "split": {"by": "patient"},
        "preprocessing": {
            "tissue": "primary",
            "fit_on": "train",
            "min_prevalence": HONEST.min_prevalence,
            "clip": HONEST.clip,
        },
    },
    "paper": {
        "split": {"by": "sample"},
        "preprocessing": {
            "tissue": "all",
            "fit_on": "all",
            "min_prevalence": 0.0,
            "clip": float("inf"),
        },
    },
}

_SPLITS = {
    "honest": {"design": "folds", "strata": AUTOMATIC},
    "paper": {"design": "repeated", "strata": NO_STRATA},
}
"""How each protocol splits unless told otherwise: the paper's as the publication did."""


def _with_gene_model(models: Any, clinical: Any) -> Any:
    """The models, and the one that stands for the genes beside clinical columns."""
    if not isinstance(models, list | tuple) or not isinstance(clinical, dict):
        return models
    genes = clinical.get("genes", ClinicalSettings.model_fields["genes"].default)
    names = [model.get("name") if isinstance(model, dict) else model for model in models]
    if genes in names or genes not in PREVALIDATED_ESTIMATORS:
        return models
    return [*models, genes]


def _with_comparator(values: dict[str, Any]) -> dict[str, Any]:
    """The settings with the comparator that they leave open; as they are if it is unclear."""
    models = values["models"]
    if "comparator" in values or not isinstance(models, list | tuple) or not models:
        return values
    named: list[Named] = []
    for model in models:
        settings = model if isinstance(model, dict) else {"name": model}
        name = settings.get("name")
        named.append((str(name), str(settings.get("estimator", name))))
    if any(estimator not in KINDS for _, estimator in named):
        return values
    protocol = str(values.get("protocol", "honest"))
    return {**values, "comparator": choose_comparator(protocol, named)}


class Study(Settings):
    """A resolved study: every setting has a value."""

    protocol: Protocol = "honest"
    seed: int = Field(1, ge=0, lt=2**63)
    cohort: CohortSettings
    split: SplitSettings
    preprocessing: PreprocessingSettings
    grid: GridSettings = GridSettings()
    nulls: NullSettings = NullSettings()
    clinical: ClinicalSettings | None = None
    selection: SelectionSettings = SelectionSettings()
    models: tuple[ModelSettings, ...] = Field(min_length=1)
    comparator: Annotated[str | None, BeforeValidator(lambda name: name or None)] = None

    @property
    def headline(self) -> ModelSettings:
        """The model that verdict, comparison, nulls and gene claims are of."""
        named = [(model.name, model.estimator) for model in self.models]
        name = find_headline(self.protocol, named, self.comparator)
        return next(model for model in self.models if model.name == name)

    @model_validator(mode="before")
    @classmethod
    def _fill_in_protocol(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        models = PAPER_MODELS if value.get("protocol") == "paper" else DEFAULT_MODELS
        filled = {"models": list(models), **value}
        filled["models"] = _with_gene_model(filled["models"], filled.get("clinical"))
        defaults = _PROTOCOLS.get(filled.get("protocol", "honest"), _PROTOCOLS["honest"])
        for section, settings in defaults.items():
            given = filled.get(section, {})
            if isinstance(given, dict):
                filled[section] = {**settings, **given}
        if isinstance(filled["split"], dict):
            splits = _SPLITS.get(filled.get("protocol", "honest"), _SPLITS["honest"])
            filled["split"] = {**splits, **filled["split"]}
        return _with_comparator(filled)

    @model_validator(mode="after")
    def _names_differ(self) -> Study:
        names = [model.name for model in self.models]
        if len(set(names)) < len(names):
            raise ValueError(f"two models have the same name: {', '.join(names)}")
        return self

    @model_validator(mode="after")
    def _comparator_is_another_model(self) -> Study:
        others = [m.name for m in self.models if m.name != self.headline.name]
        if self.comparator is not None and self.comparator not in others:
            raise ValueError(
                f"comparator: {self.comparator!r} cannot stand beside {self.headline.name}, "
                f"which the study is about; name another of its models: {', '.join(others)}"
            )
        return self

    @model_validator(mode="after")
    def _genes_can_be_set_beside_clinical_columns(self) -> Study:
        if self.clinical is None:
            return self
        by_name = {model.name: model for model in self.models}
        for name in {CLINICAL, CLINICAL_AND_GENES} & by_name.keys():
            raise ValueError(f"a model must not be called {name!r}, as [clinical] adds one")
        genes = by_name.get(self.clinical.genes)
        if genes is None or genes.estimator not in PREVALIDATED_ESTIMATORS:
            choice = " or ".join(PREVALIDATED_ESTIMATORS)
            raise ValueError(
                f"clinical.genes: {self.clinical.genes!r} cannot stand for the genes; name a "
                f"model of the study whose estimator is {choice}"
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

    @model_validator(mode="after")
    def _selects_honestly(self) -> Study:
        honest = self.split.by == "patient" and self.preprocessing.fit_on == "train"
        if self.selection.run and not honest:
            raise ValueError(
                "gene selection takes splits by patient and preprocessing fitted on the "
                "training part: choose protocol honest"
            )
        if self.selection.run and self.split.design == "leave-one-cohort-out":
            raise ValueError(
                "gene selection is not made across left-out cohorts: select in each cohort, "
                "or over splits of all of them (split.design folds, repeated or nested)"
            )
        return self

    def to_toml(self) -> str:
        """The resolved study as a TOML document; its paths are absolute, to hold anywhere."""
        values: dict[str, Any] = {VERSION_KEY: SETTINGS_VERSION}
        values |= self.model_dump(mode="json", exclude_none=True)
        if self.cohort.path is not None:
            values["cohort"]["path"] = str(self.cohort.path.absolute())
        values["nulls"]["signatures"] = [str(path.absolute()) for path in self.nulls.signatures]
        # TOML knows no null, and a name left out would be the default's.
        values["comparator"] = self.comparator or ""
        # JSON knows no infinity.
        values["preprocessing"]["clip"] = self.preprocessing.clip
        values["models"] = [model.model_dump() for model in self.models]
        return tomli_w.dumps(values)


def make_study(values: dict[str, Any], source: str = "study") -> Study:
    """Validate settings; the first problem becomes one sentence that names it."""
    try:
        return Study.model_validate(values)
    except ValidationError as error:
        raise DeepCMEError(f"{source}: {_first_problem(error)}") from error


def load_study(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Study:
    """Read a study file; relative paths in it are taken from the file's folder.

    `overrides` replace settings of the file, those of a section one by one. A file of an
    older version has the defaults of that version.

    Raises
    ------
    DeepCMEError
        One sentence naming the file and the setting.
    """
    path = Path(path)
    if not path.is_file():
        raise DeepCMEError(f"{path}: there is no such file.")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeepCMEError(f"{path}: not valid TOML: {error}.") from error
    if "cohort" not in values:
        raise DeepCMEError(f"{path}: it names no cohort: add [cohort] with path = ...")
    values = with_older_defaults(values, read_version(values, str(path)))
    study = make_study(_overridden(values, overrides or {}), str(path))
    return _with_paths_from(path.parent, study)


def _with_paths_from(folder: Path, study: Study) -> Study:
    """The study with relative paths taken from a folder; absolute ones stay."""
    signatures = tuple(folder / signature for signature in study.nulls.signatures)
    update: dict[str, Any] = {
        "nulls": study.nulls.model_copy(update={"signatures": signatures})
    }
    if study.cohort.path is not None:
        update["cohort"] = CohortSettings(path=folder / study.cohort.path)
    return study.model_copy(update=update)


def _overridden(values: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(values)
    for name, value in overrides.items():
        section = values.get(name)
        if isinstance(section, dict) and isinstance(value, dict):
            changed[name] = {**section, **value}
        else:
            changed[name] = value
    return changed


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    loc = problem["loc"]
    if loc[:1] == ("split",) and len(loc) > 1 and loc[1] in DESIGNS:
        # A setting of a split stands under its design's name, which the file has elsewhere.
        loc = (loc[0], *loc[2:])
    place = ".".join(map(str, loc))
    if problem["type"] == "extra_forbidden":
        return f"unknown setting {place}{_suggestion(problem['loc'])}."
    message = problem["msg"].removeprefix("Value error, ").rstrip(".")
    if problem["type"] == "value_error":
        return f"{place}: {message}." if place else f"{message}."
    return f"{place}: {message[0].lower()}{message[1:]}, not {problem['input']!r}."


def _suggestion(location: tuple[int | str, ...]) -> str:
    section = _section(str(location[0])) if len(location) > 1 else Study
    if location[0] == "split" and len(location) > 1:
        section = DESIGNS[str(location[1])]
        if others := designs_with(str(location[-1])):
            return f"; it belongs to design = {' or '.join(others)}, not {location[1]}"
    close = difflib.get_close_matches(str(location[-1]), section.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _section(name: str) -> type[BaseModel]:
    """Settings under a name: those of the field itself, or of what it may hold."""
    annotation = Study.model_fields[name].annotation
    kinds = (annotation, *get_args(annotation))
    return next(kind for kind in kinds if isclass(kind) and issubclass(kind, BaseModel))
