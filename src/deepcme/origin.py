"""What an `.h5ad` file says of a cohort besides values and tables: its endpoint and origin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepcme.errors import DeepCMEError
from deepcme.scales import Scale

SCHEMA_VERSION = 1
KEY = "deepcme"
"""Where it stands in `uns`."""
_DEEPEST = 30


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Step(_Strict):
    model_config = ConfigDict(extra="forbid")

    step: str
    samples: int
    patients: int
    positives: int | None = None
    left_out: dict[str, int] = Field(default_factory=dict)


class _Endpoint(_Strict):
    name: str = ""
    left_out: dict[str, int] = Field(default_factory=dict)
    columns: list[str] = Field(default_factory=list)


class _Provenance(_Strict):
    source: str = ""
    notes: list[str] = Field(default_factory=list)
    flow: list[_Step] = Field(default_factory=list)
    endpoint: _Endpoint = Field(default_factory=_Endpoint)


class Origin(_Strict):
    """Name, endpoint, scale and provenance of a cohort, as `Cohort` takes them."""

    name: str
    endpoint: str
    scale: Scale
    provenance: dict[str, Any]


def origin_json(
    *, name: str, endpoint: str, scale: Scale, provenance: Mapping[str, object]
) -> str:
    """The text that `read_origin` reads."""
    return json.dumps(
        {
            "schema": SCHEMA_VERSION,
            "name": name,
            "endpoint": endpoint,
            "scale": scale,
            "provenance": provenance,
        }
    )


def read_origin(stored: Mapping[str, object]) -> Origin:
    """What `origin_json` made, from `uns`.

    Raises
    ------
    DeepCMEError
        If there is nothing, it is of a newer version, or it is damaged.
    """
    if KEY not in stored:
        raise DeepCMEError(
            "this .h5ad file is not a deepcme cohort: it names no endpoint and scale. Make one "
            "with `deepcme prepare`."
        )
    try:
        content = json.loads(str(stored[KEY]))
    except (ValueError, RecursionError) as error:
        raise _damaged("what it says of itself is no JSON") from error
    if not isinstance(content, dict) or type(content.get("schema")) is not int:
        raise _damaged("it has no version")
    if content["schema"] > SCHEMA_VERSION:
        raise DeepCMEError("written by a newer deepcme; please update.")
    if _is_deeper(content, _DEEPEST):
        raise _damaged(f"what it says of itself is nested over {_DEEPEST} levels deep")
    try:
        origin = Origin.model_validate(content)
        _Provenance.model_validate(origin.provenance)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise _damaged(f"{place[:60]!r} is not what belongs there") from error
    return origin


def _damaged(what: str) -> DeepCMEError:
    return DeepCMEError(f"the cohort is damaged: {what}; make it anew with `deepcme prepare`.")


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)
