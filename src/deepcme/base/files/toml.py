"""TOML from a user or a stranger: plain data of few levels, or one sentence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.inputs import read_file

_LARGEST = 1_000_000
_DEEPEST = 20
_LARGEST_NUMBER = 2**63
_LONG_NUMBER = re.compile(r"\d{400}")
_LONG_KEY = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}"""
)
"""Reading one of many thousand parts takes tomllib hours."""


def load_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file (https://toml.io/en/v1.0.0), with a byte-order mark or without.

    Whole numbers are of 64 bits, and values lie no deeper in each other than 20.

    Raises
    ------
    DeepCMEError
        Naming the file, and the line or setting.
    """
    content = read_file(path, _LARGEST)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DeepCMEError(
            f"{path}: not valid TOML: line {line} is not UTF-8: save the file as UTF-8."
        ) from error
    if found := _LONG_KEY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise DeepCMEError(f"{path}: line {line}: a name of over 100 parts.")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeepCMEError(f"{path}: not valid TOML: {error}.") from error
    except RecursionError as error:
        line = _deep_line(text)
        raise DeepCMEError(f"{path}: line {line}: values nested too deep.") from error
    except ValueError as error:  # of a number that Python refuses to read
        found = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, found.start() if found else 0) + 1
        raise DeepCMEError(f"{path}: line {line}: a number of far too many digits.") from error
    _refuse_strange(values, path)
    return values


def _deep_line(text: str) -> int:
    """The line in which most brackets are open."""
    depth, depths = 0, []
    for line in text.splitlines():
        opened = [depth := depth + (letter in "[{") - (letter in "]}") for letter in line]
        depths.append(max(opened, default=depth))
    return depths.index(max(depths)) + 1


def _refuse_strange(values: dict[str, Any], path: Path) -> None:
    """Refuse values that are too deep or too large, without going down in calls."""
    waiting: list[tuple[str, int, Any]] = [("", 0, values)]
    for place, depth, value in waiting:
        if depth > _DEEPEST:
            raise DeepCMEError(f"{path}: {_short(place)}: values nested too deep.")
        if isinstance(value, int) and not -_LARGEST_NUMBER <= value < _LARGEST_NUMBER:
            raise DeepCMEError(
                f"{path}: {_short(place)}: a whole number lies between -2**63 and 2**63 - 1."
            )
        if isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [(f"{place}.{key}".strip("."), depth + 1, one) for key, one in inner]


def _short(place: str) -> str:
    return place if len(place) <= 60 else f"{place[:57]}..."
