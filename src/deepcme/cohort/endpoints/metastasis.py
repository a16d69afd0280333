"""Any distant metastasis that a clinical record tells of, in whichever words."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from deepcme.base.words import few
from deepcme.cohort.endpoints.follow_up import POSITIVE_WORDS
from deepcme.cohort.endpoints.labelling import BinaryLabelling, columns_called, no_column
from deepcme.cohort.endpoints.m_stage import (
    CLINICAL_M_STAGE_COLUMNS,
    M0_AND_M1,
    M_STAGE_COLUMNS,
    doubts_on_words,
    read_m_stage,
)
from deepcme.cohort.endpoints.records import lower_words, records_of

_SITE_COLUMNS = ("metastasis_site", "metastatic_site_at_diagnosis")
_INDICATOR_COLUMNS = ("metastatic_tumor_indicator", "distant_metastasis_recorded")
_EVENT_TYPE_COLUMNS = (
    "new_tumor_event_type",
    "new_neoplasm_event_type",
    "new_tumor_event_type_after_initial_treatment",
    "progression_or_recurrence_type",
)
_STAGE_GROUP_COLUMNS = (
    *("ajcc_pathologic_stage", "ajcc_clinical_stage", "tumor_stage"),
    *("ajcc_pathologic_stage.diagnoses", "ajcc_clinical_stage.diagnoses"),
    "tumor_stage.diagnoses",
    *("ajcc_pathologic_tumor_stage", "ajcc_clinical_tumor_stage"),
    *("pathologic_stage", "clinical_stage"),
    "neoplasm disease stage american joint committee on cancer code",
)
_STAGE_IV = r"(?:stage )?iv[a-c]?"
_CLAUSE = re.compile(r"[|;]")
_DENIED = re.compile(
    # The first word denies it,
    r"(?:no|none|not|without|never|absen(?:t|ce)|negative|false|free|excluded|den(?:ies|ied))\b"
    r"|non-?\s?metasta|(?:n|nil|0|0\.0|-)$|y?[cp]{0,2}m[0x]\b"
    # or the last one does,
    r"|.*\W(?:no|none|absent|false|never|free|excluded|denied|ruled out)\W*$"
    r"|.*\bnot (?:present|detected|seen|found|observed|evident|known|reported|recorded)\W*$"
    r"|.*(?:[:=]|metasta\w+|distant)\s*(?:negative|0|n|unknown|n/?a)\W*$"
    # or what it is free of is named.
    r"|.*\b(?:metasta\w+|disease|relapse|recurrence)[- ]free\b"
)
_METASTATIC = re.compile(r"metasta|distant|\bm1")
_NEARBY = re.compile(r"local|regional|nod(?:e|al)|in.transit")
_YES = re.compile(rf"(?:{'|'.join(map(re.escape, POSITIVE_WORDS))}|y|present|positive)\b")


def any_distant_metastasis(clinical: pd.DataFrame) -> BinaryLabelling:
    """Distant metastasis recorded at diagnosis or at any follow-up = 1, none recorded = 0.

    Looks at the pathologic and the clinical M stage (M1), sites and indicators of
    metastasis on the patient form, and follow-up events of the type "Distant
    Metastasis"; any record counts. Samples without any clinical record are left out,
    and those of stage IV without such a record named.

    Raises
    ------
    DeepCMEError
        If none of these columns is there.
    """
    stages = columns_called(clinical, (*M_STAGE_COLUMNS, *CLINICAL_M_STAGE_COLUMNS))
    told = {
        column: says
        for names, says in (
            (_SITE_COLUMNS, lambda word: any(_not_denied(word))),
            (_INDICATOR_COLUMNS, _says_yes),
            (_EVENT_TYPE_COLUMNS, says_distant),
        )
        for column in columns_called(clinical, names)
    }
    used = [*stages, *told]
    if not used:
        expected = ("ajcc_pathologic_m", "metastasis_site", *_EVENT_TYPE_COLUMNS)
        raise no_column(clinical, "metastasis", expected)
    positive = pd.Series(False, index=clinical.index)
    if stages:
        positive |= read_m_stage(clinical, stages).isin(["M1", M0_AND_M1])
    for column, says in told.items():
        positive |= _any_record(clinical[column], says)
    recorded = clinical.notna().any(axis=1)
    return BinaryLabelling(
        name="any-distant-metastasis",
        rule=(
            f"Distant metastasis recorded at diagnosis or later (in {', '.join(used)}) = 1; "
            "none recorded = 0, however short the follow-up; no clinical record = left out."
        ),
        values=positive.astype(float).where(recorded),
        left_out={"without a clinical record": int((~recorded).sum())},
        columns=tuple(used),
        doubts=(*doubts_on_words(clinical, stages), *_doubts_on_stage_iv(clinical, positive)),
    )


def says_distant(word: str) -> bool:
    """Whether a type of event, in lower case, is a distant metastasis and not denied."""
    return any(
        _METASTATIC.search(clause) is not None
        and ("distant" in clause or not _NEARBY.search(clause))
        for clause in _not_denied(word)
    )


def _says_yes(word: str) -> bool:
    return any(_YES.match(clause) for clause in _not_denied(word)) or says_distant(word)


def _not_denied(word: str) -> list[str]:
    clauses = [clause.strip() for clause in _CLAUSE.split(word)]
    return [clause for clause in clauses if clause and not _DENIED.match(clause)]


def _any_record(column: pd.Series, says: Callable[[str], bool]) -> pd.Series:
    words = lower_words(records_of(column))
    said = words.map({word: says(word) for word in words.unique()})
    return said.astype(bool).groupby(level=0).any().reindex(column.index)


def _doubts_on_stage_iv(clinical: pd.DataFrame, positive: pd.Series) -> tuple[str, ...]:
    """A sentence on samples that are of stage IV, which of the breast is by metastasis."""
    stage_iv = pd.Series(False, index=clinical.index)
    for column in columns_called(clinical, _STAGE_GROUP_COLUMNS):
        stage_iv |= _any_record(
            clinical[column], lambda word: re.fullmatch(_STAGE_IV, word) is not None
        )
    names = clinical.index[stage_iv & ~positive]
    if names.empty:
        return ()
    return (
        f"{len(names):,} samples of stage IV have no metastasis on record and are labelled 0 "
        f"({few(names)}): of tumours such as those of the breast, stage IV means M1.",
    )
