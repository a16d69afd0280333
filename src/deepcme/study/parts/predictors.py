"""One clinical column as a predictor: numbers or words, or the sentence that refuses it."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.audit.leakage import compute_auc_of_known
from deepcme.base.errors import DeepCMEError
from deepcme.sources.assembly.clinical_tables import known_words

MOST_LEVELS = 20
# Above this share of ranks in order, that a value is known tells who had the event.
_TELLING = 0.9
_NUMBER = r"[-+]?\d+(\.\d+)?"
_UNIT = (
    r"(y|yrs?|years?|yo|mos?|months?|wks?|weeks?|days?|hours?|hrs?|cm|mm|kg|mg|ng|ug|µg|ml|iu"
    r"|points?|%|percent)( old| of age)?(/\w+)?"
)
_DISGUISES = (
    (r"[-+]?\d+,\d+", "a number with a comma", "write it with a decimal point"),
    (rf"(?i:{_NUMBER} ?{_UNIT})", "a number with its unit", "write the number alone"),
)
_BOUND = rf"(?i:([<>≤≥~]=?|less than|more than|over|under|up to) ?{_NUMBER})"
# Grades and stages are few whole numbers, beside which a word such as X may stand.
_MOST_RANKS = 10


def as_predictor(column: pd.Series, labels: NDArray[np.int8]) -> pd.Series:
    """A clinical column as floats, NaN where missing, or as words, None where missing.

    Numbers that are written as text are numbers. A few whole numbers with words among
    them, such as the grades 1, 2 and X, are words.

    Parameters
    ----------
    column : Series
        Indexed by sample.
    labels : ndarray of 0 and 1
        Label of each sample.

    Raises
    ------
    DeepCMEError
        If values are infinite, all the same, or words too many or too like numbers; or if
        their being known tells the label.
    """
    found = read_predictor(column)
    _refuse_values(found)
    _refuse_telling_gaps(found, labels)
    return found


def read_predictor(column: pd.Series) -> pd.Series:
    """A column as floats, if all known values are numbers, or as words.

    Raises
    ------
    DeepCMEError
        If words are meant as numbers.
    """
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64)
    words = known_words(column)
    numbers = pd.to_numeric(words, errors="coerce").astype(np.float64)
    if numbers.notna().equals(words.notna()):
        return numbers
    _refuse_disguised_numbers(words, numbers.dropna(), words[numbers.isna()].dropna())
    return words


def _refuse_disguised_numbers(words: pd.Series, numbers: pd.Series, others: pd.Series) -> None:
    """Refuse text that is meant as a number: as words, each value would be a category."""

    def refuse(odd: pd.Series, what: str, way_out: str) -> NoReturn:
        raise DeepCMEError(
            f"sample {odd.index[0]}: the clinical column {words.name!r} holds "
            f"{odd.iloc[0]!r}, {what}: {way_out}."
        )

    for form, what, way_out in _DISGUISES:
        if len(disguised := others[others.str.fullmatch(form)]):
            refuse(disguised, what, way_out)
    if not len(numbers):
        return
    bounds = others[others.str.fullmatch(_BOUND)]
    are_ranks = numbers.nunique() <= _MOST_RANKS and (numbers % 1 == 0).all()
    if len(bounds) or not are_ranks:
        odd = bounds if len(bounds) else others
        refuse(odd, "a word among numbers", "write a number, or leave the cell blank")


def _refuse_values(values: pd.Series) -> None:
    is_number = pd.api.types.is_numeric_dtype(values)
    if is_number and np.isinf(values).any():
        sample = values.index[np.isinf(values)][0]
        raise DeepCMEError(f"sample {sample}: the clinical column {values.name!r} is infinite.")
    n_different = values.nunique()
    if n_different < 2:
        raise DeepCMEError(
            f"The clinical column {values.name!r} has {n_different} different "
            f"value{'' if n_different == 1 else 's'}: leave it out of clinical.columns."
        )
    if not is_number and n_different > MOST_LEVELS:
        raise DeepCMEError(
            f"The clinical column {values.name!r} has {n_different} different words, such as "
            f"{values.dropna().iloc[0]!r}: merge them to at most {MOST_LEVELS}, or make "
            "them numbers."
        )


def _refuse_telling_gaps(values: pd.Series, labels: NDArray[np.int8]) -> None:
    """Refuse a column whose gaps tell the label, as those of a time to the event do."""
    known = values.notna().to_numpy()
    counts = {word: known[labels == value] for value, word in ((1, "with"), (0, "without"))}
    if all(of_class.any() for of_class in counts.values()) and (
        compute_auc_of_known(values, labels) <= _TELLING
    ):
        return
    shares = " and ".join(
        f"{int(of_class.sum()):,} of {len(of_class):,} samples {word} the event"
        for word, of_class in counts.items()
    )
    raise DeepCMEError(
        f"The clinical column {values.name!r} is known for {shares}, such as "
        f"{str(values.dropna().iloc[0])!r}, so that its gaps give the label away: leave it "
        "out of clinical.columns."
    )
