"""The study file: TOML to validated settings, with the protocol's defaults filled in."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from inspect import isclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError, create_model

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.files.toml import load_toml
from deepcme.cohort.honest import HONEST
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.strata import AUTOMATIC, NO_STRATA
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.registry import KINDS
from deepcme.study.designs import DESIGNS, designs_with
from deepcme.study.headline import Named, choose_comparator
from deepcme.study.older import (
    SETTINGS_VERSION,
    as_comparator_section,
    default_models_of,
    read_version,
    with_older_defaults,
    with_older_parameters,
)
from deepcme.study.part import Part
from deepcme.study.parts import listed
from deepcme.study.resolved import Study
from deepcme.study.settings import NO_SIGNATURE
from deepcme.study.times import with_times_of_cohort

__all__ = ["load_study", "make_study"]

DEFAULT_SURVIVAL_MODELS = ("DeepCME-Cox-ensemble", "Cox-ridge", "Cox-lasso", "Cox-top-200")
"""Of a study of times to an event; with a horizon, the best of the yes or no beside them."""
_AT_HORIZON_MODELS = ("DeepCME-ensemble", "DeepCME", "LR-tuned")

TABLE_1_MODELS = ("DeepCME", "LR", "SVC", "RF", "DT", "KNN")
# The model that is handed on, the paper's, and two that predicted well on real cohorts.
DEFAULT_MODELS = ("Committee", "DeepCME", "DeepCME-ensemble", *TABLE_1_MODELS[1:], "LR-tuned")

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
        "preprocessing": {"tissue": "primary", **vars(HONEST)},
    },
    "paper": {
        "split": {"by": "sample"},
        "preprocessing": {
            "tissue": "all",
            "fit_on": "all",
            "min_prevalence": 0.0,
            "clip": float("inf"),
        },
        "comparator": {"signatures": NO_SIGNATURE, "clinical_index": "none"},
    },
}

_SPLITS = {
    "honest": {"design": "folds", "strata": AUTOMATIC},
    "paper": {"design": "repeated", "strata": NO_STRATA},
}
"""How each protocol splits unless told otherwise: the paper's as the publication did."""


_LONGEST_SHOWN = 100
"""Letters of a wrong value that a sentence repeats."""


def _filled_in(values: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Settings with the protocol's defaults, and with what the parts ask of them.

    Models that they do not name are as they were in that version of the settings.
    """
    protocol = str(values.get("protocol", "honest"))
    models = PAPER_MODELS if protocol == "paper" else DEFAULT_MODELS
    outcome = BinaryOutcome.kind
    if isinstance(survival := values.get("survival"), dict):
        outcome = SurvivalOutcome.kind
        at_horizon = () if survival.get("horizon") is None else _AT_HORIZON_MODELS
        models = (*DEFAULT_SURVIVAL_MODELS, *at_horizon)
    comparator = as_comparator_section(values.get("comparator", {}))
    filled = {"models": default_models_of(models, version), **values, "comparator": comparator}
    for part in listed.parts_for(outcome):
        filled = part.fill_in(filled)
    filled["models"] = with_older_parameters(filled["models"], version)
    name = protocol if protocol in _PROTOCOLS else "honest"
    for section, settings in (*_PROTOCOLS[name].items(), ("split", _SPLITS[name])):
        given = filled.get(section, {})
        if isinstance(given, dict):
            filled[section] = {**settings, **given}
    return _with_comparator(filled)


def _with_comparator(values: dict[str, Any]) -> dict[str, Any]:
    """The settings with the comparator that they leave open; as they are if it is unclear."""
    models, section = values["models"], values["comparator"]
    if not isinstance(section, dict) or "model" in section:
        return values
    if not isinstance(models, list | tuple) or not models:
        return values
    named: list[Named] = []
    for model in models:
        settings = model if isinstance(model, dict) else {"name": model}
        name = settings.get("name")
        named.append((str(name), str(settings.get("estimator", name))))
    if any(estimator not in KINDS for _, estimator in named):
        return values
    protocol = str(values.get("protocol", "honest"))
    model = choose_comparator(protocol, named)
    return {**values, "comparator": {**section, "model": model}}


def study_type() -> type[Study]:
    """`Study` with the sections of the listed parts that it does not itself declare."""
    return _type_with(listed.PARTS)


@cache
def _type_with(parts: tuple[Part[Any], ...]) -> type[Study]:
    """One type for the same parts: studies of two types are never equal."""
    others: dict[str, Any] = {
        part.name: (part.settings, part.settings())
        for part in parts
        if part.settings is not None and part.name not in Study.model_fields
    }
    return create_model("Study", __base__=Study, **others) if others else Study


def make_study(
    values: dict[str, Any],
    source: str = "study",
    folder: Path | None = Path(),
    version: int = SETTINGS_VERSION,
) -> Study:
    """Validate settings; the first problem becomes one sentence that names it.

    They have the defaults of today already, but for models that none of them names, which
    are those of the version of the settings. The cohort, by a path from `folder`, is asked
    whether it has times to an event; without a folder the settings say all.

    Examples
    --------
    >>> from deepcme.study.spec import make_study
    >>> study = make_study({"cohort": {"example": "transbig"}, "seed": 3})
    >>> study.protocol, study.seed
    ('honest', 3)
    """
    if folder is not None:
        values = with_times_of_cohort(values, folder)
    try:
        study = study_type().model_validate(_filled_in(values, version))
    except ValidationError as error:
        raise DeepCMEError(f"{source}: {_first_problem(error)}") from error
    with naming_file(source):
        for part in listed.parts_for(study.outcome):
            part.check_settings(study)
    return study


def load_study(
    path: str | Path, overrides: Mapping[str, Any] | None = None, *, recorded: bool = False
) -> Study:
    """Read a study file; relative paths in it are taken from the file's folder.

    `overrides` replace settings of the file, those of a section one by one. A file of an
    older version has the defaults of that version. One that is `recorded` with results says
    all, and its cohort is not asked for.

    Raises
    ------
    DeepCMEError
        One sentence naming the file and the setting.

    Examples
    --------
    >>> from pathlib import Path
    >>> from deepcme.study.spec import load_study
    >>> _ = Path("study.toml").write_text('cohort = {example = "transbig"}')
    >>> load_study("study.toml", {"protocol": "paper"}).protocol
    'paper'
    """
    path = Path(path)
    values = load_toml(path)
    if "cohort" not in values:
        raise DeepCMEError(f"{path}: it names no cohort: add [cohort] with path = ...")
    version = read_version(values, str(path))
    values = overridden(with_older_defaults(values, version), overrides or {})
    study = make_study(values, str(path), None if recorded else path.parent, version)
    return study.with_paths_from(path.parent)


def overridden(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others in their place, those of a section one by one."""
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
    given = repr(problem["input"])
    given = given if len(given) <= _LONGEST_SHOWN else f"{given[:_LONGEST_SHOWN]}..."
    return f"{place}: {message[0].lower()}{message[1:]}, not {given}."


def _suggestion(location: tuple[int | str, ...]) -> str:
    section = _section(str(location[0])) if len(location) > 1 else study_type()
    if location[0] == "split" and len(location) > 1:
        section = DESIGNS[str(location[1])]
        if others := designs_with(str(location[-1])):
            return f"; it belongs to design = {' or '.join(others)}, not {location[1]}"
    close = difflib.get_close_matches(str(location[-1]), section.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _section(name: str) -> type[BaseModel]:
    """Settings under a name: those of the field itself, or of what it may hold."""
    annotation = study_type().model_fields[name].annotation
    kinds = (annotation, *get_args(annotation))
    return next(kind for kind in kinds if isclass(kind) and issubclass(kind, BaseModel))
