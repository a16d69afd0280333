"""The size of a tumour in cm, from a column in cm or mm."""

from __future__ import annotations

import re

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.cohort.indices.reading import (
    Component,
    Reading,
    known_texts,
    make_reading,
    refuse_odd,
    spelled,
)

LARGEST = 30.0
"""In cm: nobody's tumour is larger, so that it is a mistake or a code for unknown."""
MM_ABOVE, CM_UP_TO = 10.0, 5.0
"""A median above the first is in mm, one up to the second in cm, where no name says it."""

_CELL = r"(?i)^(-?\d+(?:\.\d+)?) ?(cm|mm)?$"
_UNITS = {
    "mm": re.compile(r"(.* )?(mm|millimet(er|re)s?)( .*)?"),
    "cm": re.compile(r"(.* )?(cm|centimet(er|re)s?)( .*)?"),
}
_PER_CM = {"mm": 10.0, "cm": 1.0}
# A median in mm below this is in cm by a wrong name.
_SMALLEST_MEDIAN_IN_MM = 3.0
_RARE = 10.0
"""In cm: larger ones exist, and so do millimetres among centimetres."""
_NAME = re.compile(
    r"(patholog(y|ic|ical) |path |primary |invasive |max(imum)? |largest |p )?"
    r"((tumou?rs?|tum|t|lesion) ?)?"
    r"(size|diameter|largest dimension diameter)"
    r"( of tumou?r)?( in)?( (mm|cm|(milli|centi)met(er|re)s?))?( diagnoses)?"
)
# So many samples with nothing but these have T stages, whatever the column is called.
_STAGES = frozenset((0.0, 1.0, 2.0, 3.0, 4.0))
_ENOUGH_TO_TELL = 20


def read_size(column: pd.Series) -> Reading:
    """Sizes in cm.

    The unit is that of the cell, else that in the column's name, else it goes by the median
    of the column: above 10 it is in mm, up to 5 in cm.

    Raises
    ------
    AbsentError
        If the unit is unclear, name and values contradict each other, a size cannot be, or
        the values are T stages.
    """
    parts = known_texts(column).str.extract(_CELL)
    numbers, units = parts[0].astype("float64"), parts[1].str.lower()
    bare = numbers[numbers.notna() & units.isna()]
    unit, why = _unit_of(column, bare) if len(bare) else ("", ", each with its unit")
    in_cm = numbers / units.fillna(unit).map(_PER_CM)
    refuse_odd(column, (in_cm <= 0) | (in_cm > LARGEST), "no size of a tumour")
    if n_rare := int((in_cm > _RARE).sum()):
        why += f" ({counted(n_rare, 'sample')} above {_RARE:g} cm: make sure of the unit)"
    return make_reading(column, in_cm, f"size from {column.name}{why}")


SIZE = Component("size", "the tumour's size in cm or mm", (_NAME,), read_size)


def _unit_of(column: pd.Series, numbers: pd.Series) -> tuple[str, str]:
    """The unit of numbers without one, and how it is known."""
    name, median = str(column.name), float(numbers.median())
    if len(numbers) >= _ENOUGH_TO_TELL and _STAGES.issuperset(numbers):
        raise AbsentError(
            f"the column {name!r} holds {numbers.min():g} to {numbers.max():g} in whole "
            "numbers alone, as T stages and not sizes do"
        )
    unit = next((unit for unit, said in _UNITS.items() if said.fullmatch(spelled(name))), "")
    if not unit:
        if CM_UP_TO < median <= MM_ABOVE:
            raise AbsentError(
                f"the column {name!r} may be in cm or mm (its median is {median:g}): call it "
                f"{name}_cm or {name}_mm"
            )
        unit = "mm" if median > MM_ABOVE else "cm"
        return unit, f", taken as {unit} by its median of {median:g}"
    if median > MM_ABOVE if unit == "cm" else median < _SMALLEST_MEDIAN_IN_MM:
        raise AbsentError(
            f"the column {name!r} has a median of {median:g}, which is no tumour's in {unit}: "
            "call it by its unit"
        )
    return unit, f", in {unit}"
