"""What older study files and results folders meant where they say nothing.

A file says which version of the settings it was written for; one without, that deepcme
itself wrote, is of version 1, and a user's own is read as of today. Whoever changes a
default, or adds a setting whose default changes what a study does, raises
`SETTINGS_VERSION` once a release and adds to `OLDER_DEFAULTS`; whoever adds a model to those
by default, to `LATER_MODELS`; whoever adds a parameter to a model whose default gives other
numbers, to `OLDER_PARAMETERS`; whoever adds a column to a study's table, to `OLDER_COLUMNS`;
whoever drops a section, to `_DROPPED`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from deepcme.base.errors import DeepCMEError

SETTINGS_VERSION = 5
VERSION_KEY = "settings_version"

# For each version that was left behind: the defaults that ended with it.
OLDER_DEFAULTS: dict[int, dict[str, Any]] = {
    1: {"split": {"design": "repeated", "strata": "none"}, "comparator": {"model": ""}},
    3: {
        "comparator": {
            "signature": "none",
            "signatures": "none",
            "files": [],
            "clinical_index": "none",
            **dict.fromkeys(("size", "nodes", "grade"), ""),
        }
    },
}

_ON_GENES = {"space": "genes"}
OLDER_PARAMETERS: dict[int, dict[str, dict[str, Any]]] = {
    4: {"DeepCME-ensemble": _ON_GENES, "DeepCME-Cox-ensemble": _ON_GENES},
}
"""For each version that was left behind, by estimator: what a parameter that came after it
stood for by not being there."""

LATER_MODELS: dict[int, set[str]] = {4: {"Committee"}}
"""For each version that was left behind: models that a study has by default since then."""

# The version with which the example became one of times to an event.
_EXAMPLE_OF_TIMES = 3

# Sections that are no more, and that a file may have all the same.
_DROPPED = {"evaluation"}

# Columns that a table of an older folder may lack, and what stands for them.
OLDER_COLUMNS: dict[str, dict[str, Any]] = {
    "gene_scores.csv": {
        "prevalence": float("nan"),
        "largest_z": float("nan"),
        "driving_samples": float("nan"),
        "few_driving_samples": False,
        "score_low": float("nan"),
        "score_high": float("nan"),
        "risk_correlation": float("nan"),
        "risk_correlation_low": float("nan"),
        "risk_correlation_high": float("nan"),
        "direction": float("nan"),
    },
}

# What every file that deepcme wrote for a results folder has, though a user need not write it.
_WRITTEN = {
    "": {"protocol", "seed", "cohort", "models"},
    "split": {"by", "repeats"},
    "preprocessing": {"tissue", "fit_on", "min_prevalence", "clip"},
    "evaluation": {"metrics"},
}


def read_version(values: Mapping[str, Any], source: str) -> int:
    """The version of the settings that a study file, or a folder's record of it, is of.

    Raises
    ------
    DeepCMEError
        If it is none, or one of a later deepcme.
    """
    version = values.get(VERSION_KEY)
    if version is None:
        return 1 if _is_written(values) else SETTINGS_VERSION
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise DeepCMEError(
            f"{source}: {VERSION_KEY} must be a whole number from 1 to {SETTINGS_VERSION}, "
            f"not {version!r}; without it, today's defaults hold."
        )
    if version > SETTINGS_VERSION:
        raise DeepCMEError(
            f"{source}: written by a later deepcme ({VERSION_KEY} = {version}, and this one "
            f"knows {SETTINGS_VERSION}): upgrade deepcme to read it."
        )
    return version


def _is_written(values: Mapping[str, Any]) -> bool:
    sections = {name: values.get(name, {}) if name else values for name in _WRITTEN}
    return all(
        isinstance(section, Mapping) and _WRITTEN[name] <= section.keys()
        for name, section in sections.items()
    )


def as_comparator_section(value: Any) -> Any:
    """The section `[comparator]`, for which the name of a model may stand."""
    return {"model": value} if value is None or isinstance(value, str) else value


def with_older_defaults(values: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Settings of a version, with what they meant by saying nothing filled in."""
    gone = {VERSION_KEY, *_DROPPED}
    filled = {name: value for name, value in values.items() if name not in gone}
    if "comparator" in filled:
        filled["comparator"] = as_comparator_section(filled["comparator"])
    for left_behind in range(version, SETTINGS_VERSION):
        for name, default in OLDER_DEFAULTS.get(left_behind, {}).items():
            given = filled.get(name, {} if isinstance(default, dict) else default)
            both = isinstance(default, dict) and isinstance(given, dict)
            filled[name] = {**default, **given} if both else given
    if "models" in filled:
        filled["models"] = with_older_parameters(filled["models"], version)
    cohort = filled.get("cohort")
    if version < _EXAMPLE_OF_TIMES and isinstance(cohort, Mapping) and "example" in cohort:
        filled["cohort"] = {"leave_out_censored": True, **cohort}
    return filled


def default_models_of(models: Iterable[Any], version: int) -> list[Any]:
    """Those of today's default models that a study of a version had."""
    later = {
        name
        for left_behind in range(version, SETTINGS_VERSION)
        for name in LATER_MODELS.get(left_behind, ())
    }
    return [model for model in models if not isinstance(model, str) or model not in later]


def with_older_parameters(models: Any, version: int) -> Any:
    """Models of a version, with what they meant by saying nothing of a later parameter.

    What is no list of models is as it is, to be refused where they are read.
    """
    if not isinstance(models, list | tuple):
        return models
    return [_with_older_parameters(model, version) for model in models]


def _with_older_parameters(model: Any, version: int) -> Any:
    settings = {"name": model} if isinstance(model, str) else model
    if not isinstance(settings, Mapping):
        return model
    estimator: str = str(settings.get("estimator") or settings.get("name"))
    parameters: Any = settings.get("parameters", {})
    meant = {
        name: value
        for left_behind in range(version, SETTINGS_VERSION)
        for name, value in OLDER_PARAMETERS.get(left_behind, {}).get(estimator, {}).items()
    }
    if not meant or not isinstance(parameters, Mapping):
        return model
    return {**settings, "parameters": {**meant, **parameters}}


def with_older_columns(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """A study's table, with columns that it lacks because it is of an older folder."""
    lacking = {
        column: value
        for column, value in OLDER_COLUMNS.get(name, {}).items()
        if column not in table.columns
    }
    return table.assign(**lacking)
