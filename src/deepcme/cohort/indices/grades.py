"""The histological grade of a breast tumour, 1 to 3."""

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
)

_NAME = re.compile(
    r"((tumou?r|neoplasm|breast|b|r|sbr|bre|ngs|nottingham|elston|ellis|scarff|bloom|and"
    r"|richardson|modified|hist|histo|histolog(y|ic|ical)|patholog(y|ic|ical)) )*"
    r"(grade|grading|histgrade|elston|nhg|sbr)( diagnoses)?"
)
_BEFORE = r"(?:grade |g ?|nhg ?|grade:? ?)?"
_AFTER = r"(?:[- ]?differentiat(?:ed|ion))?"
_CELLS = {
    1.0: rf"(?i){_BEFORE}(?:1(?:\.0+)?|i)|well{_AFTER}|low(?: grade)?|grade low",
    2.0: (
        rf"(?i){_BEFORE}(?:2(?:\.0+)?|ii)|moderate(?:ly)?(?:[- ]well)?{_AFTER}"
        r"|intermediate(?:ly differentiated| grade)?|grade intermediate|medium"
    ),
    3.0: rf"(?i){_BEFORE}(?:3(?:\.0+)?|iii)|poor(?:ly)?{_AFTER}|high(?: grade)?|grade high",
}
_TWO_TIERS = r"(?i)(?:grade )?(?:low|high)(?: grade)?"


def read_grade(column: pd.Series) -> Reading:
    """Grades 1, 2 and 3, from numbers, ``II``, ``G2`` or ``moderately differentiated``.

    Raises
    ------
    AbsentError
        If a number is no grade, or low and high are told apart and nothing between them.
    """
    texts = known_texts(column)
    grades = pd.Series(float("nan"), index=texts.index, dtype="float64")
    for grade, cells in _CELLS.items():
        grades[texts.str.fullmatch(cells).astype(bool)] = grade
    is_number = texts.str.fullmatch(r"-?\d+(?:\.\d+)?").astype(bool)
    refuse_odd(column, is_number & grades.isna(), "no histological grade of 1, 2 or 3")
    if texts.str.fullmatch(_TWO_TIERS).any() and not (grades == 2).any():
        raise AbsentError(
            f"the column {column.name!r} tells low from high alone, and the grade has three "
            "degrees"
        )
    return make_reading(column, grades, f"grade from {column.name}")


GRADE = Component("grade", "the histological grade, 1 to 3", (_NAME,), read_grade)
