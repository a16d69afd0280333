"""JSON from strangers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

_DEEPEST = 50


def strict_json(content: bytes, *, names_once: bool = False) -> Any:
    """Read JSON (RFC 8259) that is plain data.

    Numbers are finite, text has no lone surrogates, and lists lie no deeper in each
    other than 50.

    Parameters
    ----------
    content : bytes
    names_once : bool
        Whether an object that has a name twice is refused; else the last one counts.

    Raises
    ------
    ValueError
        If it is not.
    """
    text = content.decode("utf-8")
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_number,
            parse_float=_finite,
            object_pairs_hook=_with_names_once if names_once else None,
        )
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate fails
    level = [value]
    for _ in range(_DEEPEST):
        level = [part for whole in level for part in _parts(whole)]
    if level:
        raise ValueError("nested too deep")
    return value


def _with_names_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return named


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _finite(number: str) -> float:
    value = float(number)
    if value in (float("inf"), float("-inf")):
        _refuse_number(number)
    return value


def _refuse_number(number: str) -> NoReturn:
    raise ValueError(f"{number[:20]} is no number")
