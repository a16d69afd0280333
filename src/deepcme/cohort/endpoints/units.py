"""The unit of times: as told, or else as their columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.endpoints.records import records_of
from deepcme.cohort.survival import DAYS

TimeUnit = Literal["days", "months", "years"]

_CALLED: dict[TimeUnit, re.Pattern[str]] = {
    "days": re.compile(r"day"),
    "months": re.compile(r"month|(^|[^a-z])(mth|mo)s?(?![a-z])"),
    "years": re.compile(r"year|(^|[^a-z])yrs?(?![a-z])"),
}
_OF_XENA = re.compile(r"(os|dss|dfi|pfi)[._]time", re.IGNORECASE)
"""Times of the TCGA Clinical Data Resource, in days (Liu et al. 2018, Cell 173:400-416)."""
_MOST_YEARS = 30
"""Of half of the patients or more: longer than a cohort with cancer is followed."""
_FEWEST_DAYS = 40
"""Up to which nobody was followed for long enough to be called a follow-up."""


def unit_of_names(columns: Sequence[str]) -> TimeUnit | None:
    """The unit that the names of columns of times tell, None where none or several do."""
    found = {unit for name in columns for unit in _units_in(name)}
    return found.pop() if len(found) == 1 else None


def require_one_unit(columns: Sequence[str]) -> None:
    """Refuse columns of different units by their names."""
    if len({unit for name in columns for unit in _units_in(name)}) > 1 and len(columns) > 1:
        raise DeepCMEError(
            f"The times {' and '.join(columns)} are of different units by their names: give "
            "two columns of one unit."
        )


def unit_of_times(columns: Sequence[str], told: TimeUnit | None) -> TimeUnit:
    """The unit of the times in the columns.

    Raises
    ------
    DeepCMEError
        If it is not told, and their names do not tell it.
    """
    unit = told or unit_of_names(columns)
    if unit is None:
        raise DeepCMEError(
            f"In which unit the times in {' and '.join(columns)} are, the name does not say: "
            "tell it with --time-unit days, months or years."
        )
    return unit


def doubts_on_unit(
    clinical: pd.DataFrame, columns: Sequence[str], unit: TimeUnit, *, is_told: bool
) -> list[str]:
    """Sentences if the times look like those of another unit, or are called so.

    Raises
    ------
    DeepCMEError
        If the unit was not told, but only taken from the names.
    """
    cells = pd.concat([records_of(clinical[name]) for name in columns])
    time = pd.to_numeric(cells, errors="coerce").dropna()
    years = time * DAYS[unit] / DAYS["years"]
    named = unit_of_names(columns)
    doubts = []
    if named not in (None, unit):
        doubts.append(
            f"{' and '.join(columns)} were taken as {unit}, as told by --time-unit, though "
            f"the name says {named}."
        )
    if years.empty:
        return doubts
    if years.median() > _MOST_YEARS:
        look = f"half of them are {time.median():g} {unit} or more, longer than a follow-up is"
    elif unit == "days" and time.max() < _FEWEST_DAYS:
        look = f"the longest is {time.max():g} days"
    else:
        return doubts
    said = f"The times in {' and '.join(columns)} are in {unit}, and {look}"
    if is_told:
        return [*doubts, f"{said}: make sure that they are not in another unit."]
    raise DeepCMEError(
        f"{said}, by their name: tell the unit with --time-unit days, months or years."
    )


def _units_in(name: str) -> set[TimeUnit]:
    units: set[TimeUnit] = {"days"} if _OF_XENA.fullmatch(name) else set()
    plain = name.casefold()
    return units | {unit for unit, called in _CALLED.items() if called.search(plain)}
