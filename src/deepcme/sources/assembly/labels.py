"""The name of an endpoint, as written on the command line, to the rule that labels samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.endpoints.endpoints import binary_column, horizon_endpoint
from deepcme.cohort.endpoints.m_stage import pathologic_m1
from deepcme.cohort.endpoints.metastasis import any_distant_metastasis
from deepcme.sources.assembly.assembly import LabelRule
from deepcme.sources.assembly.hcmdb import hcmdb_endpoint

_WITHOUT_ARGUMENT: dict[str, LabelRule] = {
    "pathologic-m1": pathologic_m1,
    "any-distant-metastasis": any_distant_metastasis,
}
ENDPOINT_NAMES = ("hcmdb:FILE", *_WITHOUT_ARGUMENT, "event-within-horizon", "column:NAME")


@dataclass(frozen=True)
class Horizon:
    """The time column, or two with a comma, the event column, and the horizon in their unit."""

    time: str
    event: str
    length: float


def label_rule(name: str, horizon: Horizon | None = None) -> LabelRule:
    """The rule behind an endpoint's name, one of `ENDPOINT_NAMES`.

    Parameters
    ----------
    name : str
    horizon : Horizon, optional
        For ``event-within-horizon``, and for that only.

    Raises
    ------
    DeepCMEError
        If the name is none of them, or the horizon is missing or of no use.
    """
    if (horizon is not None) != (name == "event-within-horizon"):
        raise DeepCMEError(
            "The endpoint event-within-horizon, and no other, takes --time COLUMN, "
            "--event COLUMN and --horizon NUMBER."
        )
    if horizon is not None:
        return partial(
            horizon_endpoint, time=horizon.time, event=horizon.event, horizon=horizon.length
        )
    kind, _, argument = name.partition(":")
    if kind == "hcmdb" and argument:
        return partial(hcmdb_endpoint, path=Path(argument))
    if kind == "column" and argument:
        return partial(binary_column, column=argument)
    if name in _WITHOUT_ARGUMENT:
        return _WITHOUT_ARGUMENT[name]
    raise DeepCMEError(f"Unknown endpoint {name!r}: write one of {', '.join(ENDPOINT_NAMES)}.")
