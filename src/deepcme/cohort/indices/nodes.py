"""The lymph-node stage of a breast cancer: 1 without, 2 with 1 to 3, 3 with 4 or more nodes."""

from __future__ import annotations

import re

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.cohort.indices.reading import (
    Component,
    Reading,
    known_texts,
    make_reading,
    refuse_odd,
    spelled,
)

MOST_NODES = 80
"""More positive nodes than are in an axilla: a mistake or a code for unknown."""

_NODES = r"(nodes?|lymphnodes?|lns?)"
_COUNT = re.compile(
    rf"(?=(.* )?{_NODES}( |$))(?=(.* )?(positive|pos|involved|metastatic|he|hematoxylin)( |$))"
    r"(?!(.* )?(ratio|percent|status|stage|sentinel|ihc|keratin|immunohistochemistry|removed"
    r"|tested|total|size|extracapsular)( |$)).*"
)
_STAGE = re.compile(
    r"(diagnoses )?(ajcc )?(nodes )?(p|path|pathologic|pathological|pathology) ?n"
    r"( stage| category)?( diagnoses)?"
    r"|ajcc nodes pathologic pn"
    r"|neoplasm disease lymph node stage american joint committee on cancer code"
)
_STATUS = re.compile(
    r"(axillary )?((lymph ?)?(nodes?|nodal)|lns?)( (status|involvement|positivity))?"
    r"|n status|lnstat"
)

_NEGATIVE = (
    r"(?i)(?:(?:lymph ?)?nodes?|ln|n)?[- ]?(?:negative|neg|uninvolved)|(?:ln|n) ?-|ln0|no|none"
    r"|absent|not involved"
)
_POSITIVE = (
    r"(?i)(?:(?:lymph ?)?nodes?|ln|n)?[- ]?(?:positive|pos|involved)|(?:ln|n) ?\+|ln1|yes"
    r"|present"
)
_FEW = r"1 ?(?:-|to) ?3(?: nodes)?"
_MANY = r"(?:4|10) ?(?:\+|or more)|(?:>=|≥) ?(?:4|10)|> ?(?:3|9)|4 ?(?:-|to) ?9|more than 3"
_OF_STAGE = r"(?i)^p?N ?([0-3])(?:mi|[a-c])?(?: ?\(.*\))?$"
_NUMBER = r"-?\d+(?:\.\d+)?"
_STAGE_OF = {0.0: 1.0, 1.0: 2.0, 2.0: 3.0, 3.0: 3.0}
_AJCC = "N1 as 1 to 3 nodes, N2 and N3 as 4 or more, as since the sixth edition of the AJCC"
# Numbers up to 3 may be nodes or stages, unless the column's name says which.
_SURELY_NODES = 4
# Stages with a code for unknown: numbers of nodes would hold some between.
_STAGES_OR_UNKNOWN = frozenset((0.0, 1.0, 2.0, 3.0, 9.0))


def read_node_stage(column: pd.Series) -> Reading:
    """The stage from the number of positive nodes, a pN stage, or everyone being negative.

    Raises
    ------
    AbsentError
        If nodes are known to be positive and not how many, numbers may be nodes or stages,
        or one cannot be.
    """
    texts = known_texts(column)
    numbers = pd.to_numeric(texts.where(texts.str.fullmatch(_NUMBER)), errors="coerce")
    of_stage = texts.str.extract(_OF_STAGE)[0].astype("float64").map(_STAGE_OF)
    stage, how = _of_numbers(column, numbers.astype("float64"))
    stage = stage.fillna(of_stage)
    stage[texts.str.fullmatch(_NEGATIVE).astype(bool)] = 1.0
    stage[texts.str.fullmatch(_FEW).astype(bool)] = 2.0
    stage[texts.str.fullmatch(_MANY).astype(bool)] = 3.0
    positive = texts.str.fullmatch(_POSITIVE).astype(bool)
    if positive.any():
        _refuse_status(column)
    if of_stage.notna().any():
        how = how or f", {_AJCC}"
    if not how and (stage.dropna() == 1.0).all():
        how = ", by which everyone is negative"
    return make_reading(column, stage, f"node stage from {column.name}{how}")


NODES = Component(
    "nodes",
    "the number of positive lymph nodes, or of the pN stage",
    (_COUNT, _STAGE, _STATUS),
    read_node_stage,
    constants={"negative": 1.0},
)


def _of_numbers(column: pd.Series, numbers: pd.Series) -> tuple[pd.Series, str]:
    """Stages of the cells that are numbers, and what these are in words."""
    name, largest = spelled(str(column.name)), numbers.max()
    if numbers.isna().all():
        return numbers, ""
    refuse_odd(
        column,
        (numbers < 0) | (numbers > MOST_NODES) | (numbers % 1 > 0),
        "no number of positive lymph nodes",
    )
    if _STAGE.fullmatch(name):
        refuse_odd(column, numbers > max(_STAGE_OF), "no N stage of 0 to 3")
        return numbers.map(_STAGE_OF), f", {_AJCC}"
    if largest <= 1:
        if largest == 1:
            _refuse_status(column)
        return numbers + 1.0, ""
    if not _COUNT.fullmatch(name) and (
        largest < _SURELY_NODES
        or numbers.nunique() < _SURELY_NODES
        or _STAGES_OR_UNKNOWN.issuperset(numbers.dropna())
    ):
        raise AbsentError(
            f"the column {column.name!r} holds numbers up to {largest:g}, which may be nodes "
            "or stages: call it positive_nodes or pathologic_n"
        )
    stages = pd.cut(numbers, [-1, 0, 3, MOST_NODES], labels=[1.0, 2.0, 3.0]).astype("float64")
    return stages, ", the number of positive nodes"


def _refuse_status(column: pd.Series) -> None:
    raise AbsentError(
        f"the column {column.name!r} tells that lymph nodes are involved and not how many, and "
        "1 to 3 count otherwise than 4 or more"
    )
