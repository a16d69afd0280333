"""Which columns of a cohort describe its samples as they were at the start."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from deepcme.audit.leakage import find_telling_columns
from deepcme.base.words import words_of_name
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.making.checks import own_columns
from deepcme.sources.assembly.clinical_tables import known_words

_MOST_LEVELS = 20
_OF_THE_FILE = ("tissue", "batch")
# A column with such a word in its name tells who a sample is, or what came later.
_NOT_OF_THE_START = re.compile(
    r"ids?|accession|barcode|name|title|uuid"
    r"|time|events?|days|months|follow(up)?|fu|censor(ed)?|death|dead|died|deceased|alive|vital"
    r"|survival|os|[dre]fs|d[mr]fs|mfs|pfs|dss|relapsed?|recur(rence|red|rent)"
    r"|met(s|astas[ie]s|astatic)?|progress(ion|ed)"
)


def take_characteristics(cohort: Cohort) -> pd.DataFrame:
    """Columns that describe the samples as they were at the start.

    Numbers are floats, NaN where missing; anything else is words, None where missing. Left
    out are ids, what has one value or more than 20 words, and whatever is of the outcome:
    the columns that the endpoint was made of, those that give the label away (DCM008), and
    those that are called like a follow-up, such as ``time_days`` or ``relapse``.

    Returns
    -------
    DataFrame
        Column `sample`, then these.
    """
    own = own_columns(type(cohort.outcome))
    of_outcome = {*cohort.outcome.endpoint.columns, *dict(find_telling_columns(cohort))}
    kept = {"sample": cohort.samples}
    for name in map(str, cohort.obs.columns):
        if name in kept or (name in own and name not in _OF_THE_FILE) or name in of_outcome:
            continue
        if any(map(_NOT_OF_THE_START.fullmatch, words_of_name(name))):
            continue
        values = _read(cohort.obs[name])
        if _describes(values):
            kept[name] = values.to_numpy()
    return pd.DataFrame(kept)


def _read(column: pd.Series) -> pd.Series:
    """Numbers if all known values are; else words."""
    words = known_words(column)
    numbers = pd.to_numeric(words, errors="coerce").astype(np.float64)
    numbers = numbers.where(np.isfinite(numbers))
    if numbers.notna().equals(words.notna()):
        return numbers
    known: pd.Series = words.astype(object).where(words.notna(), None)
    return known.map(str, na_action="ignore")


def _describes(values: pd.Series) -> bool:
    n_different = values.nunique()
    is_number = pd.api.types.is_numeric_dtype(values)
    return n_different > 1 and (is_number or n_different <= _MOST_LEVELS)
