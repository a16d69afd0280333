"""What an `.h5ad` file says of a cohort besides values and tables: its endpoint and origin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.hdf5.annotated import read_uns
from deepcme.cohort.outcome import BinaryOutcome, Endpoint, Outcome
from deepcme.cohort.outcomes import OUTCOMES
from deepcme.cohort.scales.scales import Scale

SCHEMA_VERSION = 1
KEY = "deepcme"
"""Where it stands in `uns`."""
_DEEPEST = 30
_OF_TIMES = ("unit", "horizon", "competing")


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
    unit: Literal["", "days", "months", "years"] = ""
    horizon: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    competing: str = ""


class _Counts(_Strict):
    kept: int
    left_out: int


class _Described(_Strict):
    missing: int
    quartiles: list[float] | None = Field(default=None, min_length=3, max_length=3)
    words: dict[str, int] = Field(default_factory=dict)


class _Column(_Strict):
    column: str
    kept: _Described
    left_out: _Described


class _LeftOut(_Strict):
    step: str
    samples: _Counts
    patients: _Counts
    columns: list[_Column]
    not_shown: list[str]


class _Provenance(_Strict):
    source: str = ""
    notes: list[str] = Field(default_factory=list)
    flow: list[_Step] = Field(default_factory=list)
    left_out: list[_LeftOut] = Field(default_factory=list)
    endpoint: _Endpoint = Field(default_factory=_Endpoint)


class _Stored(_Strict):
    name: str
    endpoint: str
    scale: Scale
    provenance: dict[str, Any]
    outcome: str = BinaryOutcome.kind


@dataclass(frozen=True)
class Origin:
    """Name, endpoint, scale, provenance and kind of outcome, as `Cohort` takes them."""

    name: str
    endpoint: Endpoint
    scale: Scale
    provenance: dict[str, Any]
    outcome: type[Outcome]


def origin_json(origin: Origin) -> str:
    """The text that `read_origin` reads."""
    made = asdict(origin.endpoint)
    rule = made.pop("rule")
    made = {name: value for name, value in made.items() if value or name not in _OF_TIMES}
    told = {"endpoint": made} if any(made.values()) else {}
    return json.dumps(
        {
            "schema": SCHEMA_VERSION,
            "name": origin.name,
            "endpoint": rule,
            "scale": origin.scale,
            "provenance": {**origin.provenance, **told},
            "outcome": origin.outcome.kind,
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
        told = _Stored.model_validate(content)
        made = _Provenance.model_validate(told.provenance).endpoint
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise _damaged(f"{place[:60]!r} is not what belongs there") from error
    if told.outcome not in OUTCOMES:
        raise DeepCMEError(
            f"the cohort's outcome is of a kind that this deepcme does not know "
            f"({told.outcome[:60]!a}); please update."
        )
    endpoint = Endpoint(told.endpoint, **{**made.model_dump(), "columns": tuple(made.columns)})
    provenance = {key: value for key, value in told.provenance.items() if key != "endpoint"}
    return Origin(told.name, endpoint, told.scale, provenance, OUTCOMES[told.outcome])


def load_origin(path: Path) -> Origin:
    """What a cohort's file says of it, without its values.

    Raises
    ------
    DeepCMEError
        As `Cohort.load`.
    """
    stored = read_uns(path, KEY)
    with naming_file(path):
        return read_origin(stored)


def _damaged(what: str) -> DeepCMEError:
    return DeepCMEError(f"the cohort is damaged: {what}; make it anew with `deepcme prepare`.")


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)
