"""Parameters of a model, checked before any data are there."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from sklearn.utils._param_validation import (
    InvalidParameterError,
    validate_parameter_constraints,
)

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import (
    CLASS_WEIGHT,
    TRUTH,
    check_classes,
    check_names,
    check_parameters,
    is_sentinel,
)
from deepcme.models.registry import KINDS, LABELS, ModelKind


def check_model(name: str, estimator: str, parameters: dict[str, Any]) -> None:
    """Refuse an estimator or parameter that does not exist, or a value that it cannot have.

    Raises
    ------
    DeepCMEError
        Naming the model, the parameter and what there is to choose from.
    """
    if estimator not in KINDS:
        raise DeepCMEError(
            f"model {name}: there is no estimator {estimator!r}; choose from "
            f"{', '.join(KINDS)}, or name one with estimator = ..."
        )
    kind = KINDS[estimator]
    try:
        check_parameters_of(kind, parameters)
        for parameter, value in parameters.items():
            if _holds_none(value):
                raise DeepCMEError(
                    f"{parameter} = {value} cannot be written in a study file: leave it out, "
                    "or give it a value."
                )
    except DeepCMEError as error:
        raise DeepCMEError(f"model {name}: {error}") from error


def check_parameters_of(kind: ModelKind, parameters: dict[str, Any]) -> None:
    """Refuse a parameter that a kind of model does not have, or a value that it cannot have.

    Raises
    ------
    DeepCMEError
        Naming the parameter and what there is to choose from.
    """
    known_parameters = kind.make({}, 0).get_params(deep=False)
    check_names(parameters, known_parameters.keys() - {"random_state"}, kind.name)
    model = kind.make(parameters, 0)
    if "class_weight" in parameters:
        if model.class_weight != "balanced_subsample":  # which a random forest alone takes
            check_parameters(vars(model), {"class_weight": CLASS_WEIGHT})
        check_classes(model.class_weight, LABELS)
    if hasattr(model, "check_parameters"):
        model.check_parameters()
        return
    for parameter in parameters:
        _check_library_value(model, parameter, getattr(model, parameter))


def _check_library_value(model: Any, parameter: str, value: Any) -> None:
    """Refuse a value by the rules that scikit-learn's own estimators carry."""
    if is_sentinel(value):
        raise DeepCMEError(
            f"{parameter} = {value!r} is how scikit-learn says that it is not set: leave it "
            "out."
        )
    allowed = model._parameter_constraints[parameter]
    rules = {rule for rule in allowed if isinstance(rule, str)}
    if "boolean" in rules:
        check_parameters({parameter: value}, {parameter: [TRUTH]})
    elif isinstance(value, bool) and "verbose" not in rules:
        raise DeepCMEError(f"{parameter} takes no truth value, but is {str(value).lower()}.")
    try:
        validate_parameter_constraints({parameter: allowed}, {parameter: value}, "")
    except InvalidParameterError as error:
        rule = re.search(r"must be (.+?)\. Got ", str(error), re.DOTALL)
        must_be = _in_plain_words(rule[1]) if rule else "another value"
        raise DeepCMEError(f"{parameter} must be {must_be}, not {value!r}.") from error


def _in_plain_words(rule: str) -> str:
    """A rule of scikit-learn without Python's types, and its choices in one order."""
    named = re.sub(
        r"a str among \{(.+?)\}",
        lambda found: "one of " + ", ".join(sorted(found[1].split(", "))),
        rule,
    )
    alternatives = re.split(r"(?:,| or) (?=an? |None)", named)
    told = [
        words.replace("an int in", "a whole number in").replace("a float in", "a number in")
        for words in alternatives
        if not words.startswith(("an instance of", "a callable", "None"))
    ]
    return " or ".join(told) or "of another kind"


def _holds_none(value: Any) -> bool:
    held = value.values() if isinstance(value, dict) else value
    return value is None or (
        isinstance(value, dict | list | tuple) and any(map(_holds_none, held))
    )


def as_written(value: Any) -> Any:
    """A parameter as TOML can hold it: plain numbers, lists, and tables whose keys are text."""
    if isinstance(value, np.generic | np.ndarray):
        return as_written(value.tolist())
    if isinstance(value, dict):
        return {str(key): as_written(of_key) for key, of_key in value.items()}
    if isinstance(value, list | tuple):
        return [as_written(item) for item in value]
    return value
