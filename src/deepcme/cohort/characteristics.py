"""What is known of groups of samples, column by column, as counts and quartiles alone.

For the table of characteristics that TRIPOD+AI (item 20b) and STROBE (item 14) ask for.
Groups are described, never tested; of those who were left out nothing else is kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.words import cleaned, says_nothing

Groups = Mapping[str, NDArray[np.bool_]]

MOST_DESCRIBED = 60
"""Columns of a cohort of which is kept what those left out were like."""
MOST_WORDS = 12
FEW_NUMBERS = 5
"""A column of at most so many numbers, such as grades or 0 and 1, is told by its values."""

_LONGEST_WORD = 40
_USUAL = re.compile(
    r"(^|[\W_])(age|sex|gender|race|ethnic\w*|menopaus\w*|er|pr|pgr|her2|erbb2|grade|stage|"
    r"size\w*|diameter\w*|nodes?|nodal|subtype|pam50|histolog\w*|treat\w*|chemo\w*|cohort|"
    r"center|centre|site)([\W_]|$)",
    re.IGNORECASE,
)


def describe_groups(
    table: pd.DataFrame,
    patients: pd.Series,
    groups: Groups,
    *,
    most: int,
    first: Collection[str] = (),
) -> dict[str, Any]:
    """Characteristics of groups of samples as JSON-like values.

    Parameters
    ----------
    table : DataFrame
        One row per sample.
    patients : Series
        Patient of each sample.
    groups : mapping of str to ndarray of bool
        Which samples each group has.
    most : int
        Of so many columns.
    first : collection of str
        Columns that go before others; then go those of the usual names.

    Returns
    -------
    dict
        ``samples`` and ``patients`` of each group; ``columns``, each with its name and, for
        each group, ``missing`` and ``quartiles`` of numbers or the counts of ``words``; and
        ``not_shown``, the names of those beyond `most` or of too many words. Columns of one
        value are none of them.
    """
    ids = patients.to_numpy(dtype=object)
    columns = {str(name): _known(table[name]) for name in table.columns}
    columns = {name: values for name, values in columns.items() if _differs(values)}
    telling = [name for name, values in columns.items() if _has_few_words(values)]
    telling.sort(key=lambda name: (name not in first, _USUAL.search(name) is None))
    shown = telling[:most]
    return {
        "samples": {group: int(rows.sum()) for group, rows in groups.items()},
        "patients": {group: len(set(ids[rows])) for group, rows in groups.items()},
        "columns": [{"column": name, **_by_group(columns[name], groups)} for name in shown],
        "not_shown": [name for name in columns if name not in shown],
    }


def count_missing(X: NDArray[np.float32]) -> dict[str, int]:
    """Missing values of a matrix, samples x genes, and the genes and samples that have any."""
    lacking = np.zeros(X.shape[1], dtype=bool)
    by_sample = np.zeros(len(X), dtype=np.int64)
    for sample, values in enumerate(X):  # one at a time, as X may be large
        missing = np.isnan(values)
        lacking |= missing
        by_sample[sample] = missing.sum()
    return {
        "values": int(by_sample.sum()),
        "genes": int(lacking.sum()),
        "samples": int(np.count_nonzero(by_sample)),
    }


def _known(column: pd.Series) -> pd.Series:
    """The column as numbers if all that is known are; else as words, None where unknown."""
    if pd.api.types.is_bool_dtype(column):
        column = column.astype(int)
    if not pd.api.types.is_numeric_dtype(column):
        text = column.astype(object).where(column.notna(), "").astype(str)
        known = {word: cleaned(word) for word in text.unique()}
        words = text.map({word: None if says_nothing(w) else w for word, w in known.items()})
        numbers = pd.to_numeric(words, errors="coerce")
        if not numbers.notna().equals(words.notna()):
            return words.astype(object)
        column = numbers
    finite: pd.Series = column.astype(np.float64).replace([np.inf, -np.inf], np.nan)
    return finite


def _differs(values: pd.Series) -> bool:
    return values.nunique(dropna=False) > 1


def _has_few_words(values: pd.Series) -> bool:
    if _is_number(values):
        return True
    words = values.dropna().unique()
    return len(words) <= MOST_WORDS and max(map(len, words)) <= _LONGEST_WORD


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values)


def _by_group(values: pd.Series, groups: Groups) -> dict[str, Any]:
    by_quartiles = _is_number(values) and values.nunique() > FEW_NUMBERS
    levels = [] if by_quartiles else sorted(values.dropna().unique())
    described = {}
    for group, rows in groups.items():
        known = values[rows].dropna()
        told: dict[str, Any] = {"missing": int(rows.sum()) - len(known)}
        if not by_quartiles:
            told["words"] = {_word(level): int((known == level).sum()) for level in levels}
        elif len(known):
            told["quartiles"] = [float(f"{q:.6g}") for q in known.quantile([0.25, 0.5, 0.75])]
        described[group] = told
    return described


def _word(level: object) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)
