"""Which of a patient's records tell of the primary tumour, in the words of the GDC.

Source: GDC Data Dictionary, entity "diagnosis"; https://docs.gdc.cancer.gov/Data_Dictionary.
`prior_malignancy` is not read: "yes" is said of the patient, on the later diagnosis, and
often "no" on the prior tumour itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.cohort.endpoints.follow_up import NEGATIVE_WORDS, POSITIVE_WORDS
from deepcme.cohort.endpoints.m_stage import M_STAGE_COLUMNS
from deepcme.cohort.endpoints.metastasis import says_distant
from deepcme.cohort.endpoints.records import lower_words, one_row_each

DISTANT_METASTASIS = "distant_metastasis_recorded"
PROGRESSION_TYPE = "progression_or_recurrence_type"
TUMOUR_CLASS = "classification_of_tumor"
_PRIMARY_DISEASE = "diagnosis_is_primary_disease"
_DAYS = "days_to_diagnosis"
_ENTITIES = (
    "cases|project|demographic|diagnoses|treatments|follow_ups|exposures|family_histories|"
    "pathology_details|molecular_tests|other_clinical_attributes|samples"
)
_FIELD = re.compile(rf"(?P<entity>{_ENTITIES})\.(?P<field>\w+)")
# Times and states of follow-up are fields of a diagnosis too, but any record may tell them.
_DIAGNOSIS_FIELD = re.compile(
    r"(ajcc|ann_arbor|cog|enneking|figo|igcccg|inpc|inrg|inss|irs|iss|masaoka|uicc)_\w+|"
    r"(path|pathologic|clinical|tumor)_([tnm]|stage|grade|[tnm]_stage)|"
    rf"{'|'.join(map(re.escape, M_STAGE_COLUMNS))}|"
    rf"{TUMOUR_CLASS}|{_PRIMARY_DISEASE}|{_DAYS}|(age|metastasis)_at_diagnosis(_site)?|"
    r"(primary|method_of|year_of)_diagnosis|(prior|synchronous)_(malignancy|treatment)|"
    r"morphology|icd_10_code|(site_of_resection|tissue_or_organ)\w+|laterality|"
    r"residual_disease|gleason_\w+|(primary|secondary)_gleason_\w+|sites_of_involvement|"
    r"(lymphatic|perineural|vascular)_invasion_\w+|lymph_nodes_positive|"
    r"tumor_(focality|confined_to_organ_of_origin)"
)
_OTHER_TUMOUR = 3


def without_entities(columns: Sequence[str]) -> list[str]:
    """Today's names of the GDC's columns as they were: ``diagnoses.morphology``, morphology.

    A name that two entities have stays as it is, except that a case comes before
    its parts: ``cases.submitter_id`` names the patient, ``diagnoses.submitter_id`` does not.
    """
    parts = [_FIELD.fullmatch(column) for column in columns]
    fields = [
        column if part is None else part["field"]
        for column, part in zip(columns, parts, strict=True)
    ]
    n_columns = Counter(fields)
    taken = {column for column in columns if _FIELD.fullmatch(column) is None}

    def plain(column: str, field: str) -> str:
        if column.startswith("cases."):
            return column if field in taken else field
        return column if n_columns[field] > 1 or field == "submitter_id" else field

    return [plain(column, field) for column, field in zip(columns, fields, strict=True)]


def one_row_per_patient(rows: pd.DataFrame) -> pd.DataFrame:
    """Join the records of each patient, the diagnosis being that of the primary tumour.

    Of several diagnoses the one marked as the disease of the study is taken, then
    one marked as primary, then one without a mark, each time the nearest to the
    index date; one marked as metastasis, recurrence, prior or other tumour never
    is. Diagnoses that cannot be told apart so are both kept, as records.
    ``distant_metastasis_recorded`` says whether any diagnosis is a metastasis or
    any follow-up found a distant recurrence.

    Parameters
    ----------
    rows : DataFrame
        Indexed by patient, a row per record; missing where nothing is known.
    """
    names = {str(name).lower(): name for name in rows.columns}
    of_diagnosis = [name for low, name in names.items() if _DIAGNOSIS_FIELD.fullmatch(low)]
    recorded = _distant_metastasis(rows, names)
    told = rows[of_diagnosis].notna().any(axis=1)
    diagnoses = one_row_each(rows.loc[_tells_primary(rows, names, told), of_diagnosis])
    others = one_row_each(rows.drop(columns=of_diagnosis))
    joined = pd.concat([others, diagnoses.reindex(others.index)], axis=1)[rows.columns]
    if recorded is None or DISTANT_METASTASIS in names:
        return joined
    return pd.concat([joined, recorded.reindex(joined.index)], axis=1)


def _tells_primary(rows: pd.DataFrame, names: dict[str, str], told: pd.Series) -> pd.Series:
    """Whether a record is of the patient's primary diagnosis."""
    tumour, flag = _words(rows, names, TUMOUR_CLASS), _words(rows, names, _PRIMARY_DISEASE)
    is_primary = tumour.isin(["primary", "primary tumor"])
    rank = np.select(
        [
            ~told | (tumour.ne("") & ~is_primary),
            flag.isin(POSITIVE_WORDS),
            is_primary,
            flag.isin(NEGATIVE_WORDS),
        ],
        [_OTHER_TUMOUR, 0, 1, _OTHER_TUMOUR],
        default=2,
    )
    ranks = pd.Series(rank, index=rows.index)
    best = (ranks == _lowest(ranks)) & (ranks < _OTHER_TUMOUR)
    days = pd.to_numeric(rows[names[_DAYS]], errors="coerce") if _DAYS in names else 0
    distance = pd.Series(days, index=rows.index).fillna(0).abs().where(best)
    return best & (distance == _lowest(distance))


def _lowest(values: pd.Series) -> pd.Series:
    return values.groupby(level=0).transform("min")


def _words(rows: pd.DataFrame, names: dict[str, str], name: str) -> pd.Series:
    if name not in names:
        return pd.Series("", index=rows.index)
    return lower_words(rows[names[name]])


def _distant_metastasis(rows: pd.DataFrame, names: dict[str, str]) -> pd.Series | None:
    """Yes or no for each patient with a known value; None if no column could tell."""
    if not {TUMOUR_CLASS, PROGRESSION_TYPE} & names.keys():
        return None
    found = _words(rows, names, TUMOUR_CLASS).str.startswith("metasta")
    found |= _words(rows, names, PROGRESSION_TYPE).map(says_distant)
    answers = pd.DataFrame({"found": found, "known": rows.notna().any(axis=1)})
    answers = answers.groupby(level=0).any()
    recorded = answers["found"].map({True: "yes", False: "no"}).where(answers["known"], None)
    return recorded.rename(DISTANT_METASTASIS)
