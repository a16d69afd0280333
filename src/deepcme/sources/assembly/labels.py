"""The name of an endpoint, as written on the command line, to the rule that labels samples."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.at_horizon import NAME as WITHIN_HORIZON
from deepcme.cohort.endpoints.endpoints import binary_column
from deepcme.cohort.endpoints.labelling import BinaryLabelling, asked_column
from deepcme.cohort.endpoints.m_stage import pathologic_m1
from deepcme.cohort.endpoints.metastasis import any_distant_metastasis
from deepcme.sources.assembly.assembly import LabelRule
from deepcme.sources.assembly.hcmdb import hcmdb_endpoint

ENDPOINTS: dict[str, LabelRule] = {
    "pathologic-m1": pathologic_m1,
    "any-distant-metastasis": any_distant_metastasis,
}
_HCMDB = "hcmdb:"


def label_rule(name: str) -> LabelRule:
    """The rule behind the name of a binary endpoint: one of `ENDPOINTS`, else a column.

    Parameters
    ----------
    name : str
        ``pathologic-m1``, ``any-distant-metastasis``, ``hcmdb:FILE``, or a clinical column
        of 1 and 0, or yes and no.

    Raises
    ------
    DeepCMEError
        If it names no file, or the event within a horizon, which is asked for otherwise.
    """
    if name == WITHIN_HORIZON:
        raise DeepCMEError(
            f"The event within a horizon is asked for without --label {WITHIN_HORIZON}: write "
            "--time COLUMN --event COLUMN --horizon T, and --drop-censored to leave out who "
            "was censored before it."
        )
    if name.startswith(_HCMDB):
        if file := name.removeprefix(_HCMDB):
            return partial(hcmdb_endpoint, path=Path(file))
        raise DeepCMEError("hcmdb:FILE takes HCMDB's table of data sets after the colon.")
    return ENDPOINTS.get(name) or partial(_label_by_column, column=name)


def _label_by_column(clinical: pd.DataFrame, column: str) -> BinaryLabelling:
    try:
        asked_column(clinical, column)
    except DeepCMEError as error:
        raise DeepCMEError(
            f"{str(error).removesuffix('.')}; --label also takes {', '.join(ENDPOINTS)} and "
            f"{_HCMDB}FILE."
        ) from error
    return binary_column(clinical, column=column)
