"""The name of an endpoint, as written on the command line, to the rule that labels samples."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.at_horizon import NAME as WITHIN_HORIZON
from deepcme.cohort.endpoints.endpoints import binary_column
from deepcme.cohort.endpoints.m_stage import pathologic_m1
from deepcme.cohort.endpoints.metastasis import any_distant_metastasis
from deepcme.sources.assembly.assembly import LabelRule
from deepcme.sources.assembly.hcmdb import hcmdb_endpoint

_WITHOUT_ARGUMENT: dict[str, LabelRule] = {
    "pathologic-m1": pathologic_m1,
    "any-distant-metastasis": any_distant_metastasis,
}
ENDPOINT_NAMES = ("hcmdb:FILE", *_WITHOUT_ARGUMENT, "column:NAME")


def label_rule(name: str) -> LabelRule:
    """The rule behind the name of a binary endpoint, one of `ENDPOINT_NAMES`.

    Raises
    ------
    DeepCMEError
        If the name is none of them.
    """
    if name == WITHIN_HORIZON:
        raise DeepCMEError(
            f"The event within a horizon is asked for without --labels {WITHIN_HORIZON}: write "
            "--time COLUMN --event COLUMN --horizon T, and --drop-censored to leave out who "
            "was censored before it."
        )
    kind, _, argument = name.partition(":")
    if kind == "hcmdb" and argument:
        return partial(hcmdb_endpoint, path=Path(argument))
    if kind == "column" and argument:
        return partial(binary_column, column=argument)
    if name in _WITHOUT_ARGUMENT:
        return _WITHOUT_ARGUMENT[name]
    raise DeepCMEError(f"Unknown endpoint {name!r}: write one of {', '.join(ENDPOINT_NAMES)}.")
