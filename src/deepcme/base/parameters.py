"""Rules for the values of an estimator's parameters, each told in one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

import numpy as np

from deepcme.base.errors import DeepCMEError


@dataclass(frozen=True)
class Rule:
    """What a value must be.

    Parameters
    ----------
    holds : callable
        Whether a value keeps the rule; called only if those before it are kept.
    sentence : str
        What follows the parameter's name, such as ``must be at least 1``.
    """

    holds: Callable[[Any], bool]
    sentence: str


def check_parameters(values: Mapping[str, Any], rules: Mapping[str, Iterable[Rule]]) -> None:
    """Refuse the first value that breaks a rule.

    Raises
    ------
    DeepCMEError
        Naming the parameter, the rule and the value.
    """
    for name, of_name in rules.items():
        for rule in of_name:
            if not rule.holds(values[name]):
                raise DeepCMEError(f"{name} {rule.sentence}, not {values[name]!r}.")


def is_sentinel(value: object) -> bool:
    """Whether scikit-learn means "not set" by it: such a default is no setting."""
    return isinstance(value, str) and value in ("deprecated", "warn")


def parameters_for(settings: type[Any], estimator: object) -> dict[str, Any]:
    """An estimator's parameters that are fields of a dataclass of settings."""
    names = {field.name for field in fields(settings)}
    return {name: value for name, value in vars(estimator).items() if name in names}


def check_names(values: Iterable[str], known: Iterable[str], owner: str) -> None:
    """Refuse a parameter that does not exist.

    Raises
    ------
    DeepCMEError
        Naming the parameter and what there is to choose from.
    """
    known = sorted(known)
    for name in values:
        if name not in known:
            raise DeepCMEError(
                f"{owner} takes no parameter {name!r}; choose from {', '.join(known)}."
            )


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


WHOLE = Rule(is_whole, "must be a whole number")
NUMBER = Rule(is_number, "must be a finite number")
TRUTH = Rule(lambda value: isinstance(value, bool | np.bool_), "must be true or false")


def at_least(least: int) -> tuple[Rule, Rule]:
    """A whole number from `least` on."""
    return WHOLE, Rule(lambda value: bool(value >= least), f"must be at least {least}")


FRACTION = (NUMBER, Rule(lambda value: bool(0 < value < 1), "must lie between 0 and 1"))


def one_of(*choices: Any) -> tuple[Rule]:
    """One of these values."""
    shown = ", ".join(repr(choice) for choice in choices)
    return (
        Rule(
            lambda value: any(type(value) is type(c) and value == c for c in choices),
            f"must be one of {shown}",
        ),
    )


def or_none(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """None, or a value that keeps the rules."""
    return tuple(Rule(_or_none(rule.holds), f"{rule.sentence}, or None") for rule in rules)


def _or_none(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or holds(value)


def _is_random_state(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, np.random.RandomState)
        or (is_whole(value) and 0 <= value < 2**32)
    )


RANDOM_STATE = (
    Rule(_is_random_state, "must be a whole number from 0 to 2**32 - 1, a RandomState or None"),
)


def _are_class_weights(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return value is None or (isinstance(value, str) and value == "balanced")
    return bool(value) and all(is_number(weight) and weight > 0 for weight in value.values())


CLASS_WEIGHT = (
    Rule(
        _are_class_weights,
        'must be "balanced", None, or a number above 0 for each class, as {0: 1.0, 1: 5.0}',
    ),
)


def check_classes(class_weight: Any, classes: Iterable[Any]) -> None:
    """Refuse weights of classes that are none, and of some classes only.

    Raises
    ------
    DeepCMEError
        Naming the classes.
    """
    classes = list(classes)
    if isinstance(class_weight, Mapping) and set(class_weight) != set(classes):
        shown = ", ".join(map(str, classes))
        raise DeepCMEError(
            f"class_weight must have a weight for each of the classes {shown} and no other, "
            f"not {class_weight!r}."
        )
