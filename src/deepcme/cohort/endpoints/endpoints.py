"""An endpoint that a column of labels is: 1 and 0, or yes and no, as it stands.

Every rule takes a table of clinical columns, one row per sample, and returns a
`Labelling`: outcomes, or missing with the reason counted. A cell may hold several records
(`deepcme.cohort.endpoints.records`); those that say nothing count for nothing. A column that
several files bring is read in each of them.
"""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.endpoints.follow_up import NEGATIVE_WORDS, POSITIVE_WORDS
from deepcme.cohort.endpoints.labelling import (
    BinaryLabelling,
    asked_column,
    doubts_on_spelling,
    files_with,
    named_reason,
)
from deepcme.cohort.endpoints.records import any_record, lower_words, records_of


def binary_column(clinical: pd.DataFrame, column: str) -> BinaryLabelling:
    """Use a column of 1 and 0, or yes and no, as it stands; blank and unknown are left out.

    Several records that agree are one; 1 beside 0 is left out, and the samples named.

    Raises
    ------
    DeepCMEError
        If the column is not there or holds anything else.
    """
    column = asked_column(clinical, column)
    columns = [name for (name,) in files_with(clinical, [column])]
    found = pd.concat([records_of(clinical[name]) for name in columns])
    words = lower_words(found)
    is_one, is_zero = words.isin(POSITIVE_WORDS), words.isin(NEGATIVE_WORDS)
    odd = found[~is_one & ~is_zero & (words != "")].drop_duplicates()
    if len(odd):
        raise DeepCMEError(
            f"the label {column!r} is not binary: it holds "
            f"{', '.join(map(str, odd.iloc[:6]))}. Write 1 and 0 (or yes and no), and leave "
            "unknown ones blank."
        )
    one, zero = any_record(is_one, clinical.index), any_record(is_zero, clinical.index)
    conflicts = named_reason(f"with 1 beside 0 in {', '.join(columns)}", one & zero)
    return BinaryLabelling(
        name=column,
        rule=f"{column} = 1 against {column} = 0, as given; blank = left out.",
        values=one.astype(float).where(one != zero),
        left_out={f"with a blank {column}": int((~one & ~zero).sum()), **conflicts},
        columns=tuple(columns),
        conflicts=tuple(conflicts),
        doubts=doubts_on_spelling(clinical, [column]),
    )
