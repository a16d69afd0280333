"""The M stage of the TNM classification, as columns and words of the portals tell it.

Source: AJCC Cancer Staging Manual, 6th to 8th edition: M0, M1 (with a to c), and MX; c, p
and y before it say how it was found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from deepcme.base.words import few
from deepcme.cohort.endpoints.labelling import (
    BinaryLabelling,
    columns_called,
    named_reason,
    no_column,
)
from deepcme.cohort.endpoints.records import lower_words, records_of

M_STAGE_COLUMNS = (
    *("ajcc_pathologic_m", "ajcc_pathologic_m.diagnoses", "ajcc_metastasis_pathologic_pm"),
    *("pathologic_m", "path_m_stage"),
    "american joint committee on cancer metastasis stage code",
    "m_stage",
)
CLINICAL_M_STAGE_COLUMNS = (
    *("ajcc_clinical_m", "ajcc_clinical_m.diagnoses", "ajcc_metastasis_clinical_cm"),
    *("clinical_m", "clin_m_stage", "clinical_m_stage"),
)
M0_AND_M1 = "M0 and M1"
# "cM0 (i+)" is M0 with tumour cells seen in blood or marrow; "M1a" is M1.
_STAGE = re.compile(r"(?<![a-z0-9])y?[cp]{0,2}(m[01x])")
_SIGN = re.compile(r"y?[cp]{0,2}m ?\(?([+-])\)?")
_BARE = re.compile(r"([01x])(?:\.0)?[a-c]?")
_NUMBER = re.compile(r"\d+(?:\.0)?")
_OF_SIGN = {"+": "m1", "-": "m0"}


def pathologic_m1(clinical: pd.DataFrame) -> BinaryLabelling:
    """Pathologic M1 = 1, M0 (and cM0) = 0, MX and unknown left out.

    A known stage goes before MX; M0 beside M1 is left out, and the samples named.

    Raises
    ------
    DeepCMEError
        If no column holds the M stage.
    """
    columns = columns_called(clinical, M_STAGE_COLUMNS)
    if not columns:
        raise no_column(clinical, "the pathologic M stage", M_STAGE_COLUMNS)
    stage = read_m_stage(clinical, columns)
    values = stage.map({"M1": 1.0, "M0": 0.0})
    conflicts = named_reason(f"with M0 beside M1 in {', '.join(columns)}", stage == M0_AND_M1)
    return BinaryLabelling(
        name="pathologic-m1",
        rule=(
            f"Pathologic M1 at diagnosis ({', '.join(columns)}) = 1; M0 = 0; MX or unknown = "
            "left out."
        ),
        values=values,
        left_out={
            "with the pathologic stage MX": int((stage == "MX").sum()),
            "without a pathologic M stage": int(stage.isna().sum()),
            **conflicts,
        },
        columns=tuple(columns),
        conflicts=tuple(conflicts),
        doubts=doubts_on_words(clinical, columns),
    )


def m_stage(clinical: pd.DataFrame) -> pd.Series | None:
    """M0, M1, MX, "M0 and M1" or missing for each row; None if no column holds the stage."""
    columns = columns_called(clinical, M_STAGE_COLUMNS)
    return read_m_stage(clinical, columns) if columns else None


def read_m_stage(clinical: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """M0, M1, MX, "M0 and M1" or missing for each row, by all records of the columns."""
    words = pd.concat([_words(clinical[column]) for column in columns])
    stages = words.map(lambda read: read[1]).groupby(level=0)
    together = stages.agg(lambda of_one: frozenset().union(*of_one))
    by_row: pd.Series = together.reindex(clinical.index).map(_one_stage).astype(object)
    return by_row


def doubts_on_words(clinical: pd.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each column with words that are no M stage."""
    doubts = []
    for column in columns:
        unread = [word for word, stages in _words(clinical[column]) if word and not stages]
        if unread:
            doubts.append(
                f"{len(unread):,} records of {column} name no M stage "
                f"({few(dict.fromkeys(unread), 6)}) and count as unknown: write M0, M1 or MX."
            )
    return tuple(doubts)


def _words(column: pd.Series) -> pd.Series:
    """Each record of a column with the stages it names, under the id of its row.

    0, 1 and X stand for M0, M1 and MX unless another number shows that they are codes.
    """
    words = lower_words(records_of(column))
    known = set(words)
    numbers = {word.partition(".")[0] for word in known if _NUMBER.fullmatch(word)}
    stages = {word: _stages(word, numbers <= {"0", "1"}) for word in known}
    return words.map({word: (word, of_word) for word, of_word in stages.items()})


def _stages(word: str, bare_too: bool) -> frozenset[str]:
    if (sign := _SIGN.fullmatch(word)) is not None:
        return frozenset({_OF_SIGN[sign[1]]})
    if bare_too and (bare := _BARE.fullmatch(word)) is not None:
        return frozenset({f"m{bare[1]}"})
    return frozenset(_STAGE.findall(word))


def _one_stage(stages: frozenset[str]) -> str | None:
    if {"m0", "m1"} <= stages:
        return M0_AND_M1
    known = stages - {"mx"} or stages
    return next(iter(known)).upper() if known else None
