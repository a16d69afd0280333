"""What is known of a study's samples beside expression and outcome, kept for its report.

The report describes patients by these columns, and looks at them by group.
"""

from __future__ import annotations

from collections.abc import Sequence

from deepcme.audit.characteristics import take_characteristics
from deepcme.base.errors import DeepCMEError
from deepcme.base.words import listed
from deepcme.cohort.cohort import Cohort
from deepcme.evaluation.groups.levels import FEWEST, MOST, divide_by_columns

PATIENTS = "patients.parquet"


def require_subgroups(cohort: Cohort, columns: Sequence[str]) -> None:
    """Refuse, before anything is fitted, groups of patients that there would not be.

    Raises
    ------
    DeepCMEError
        If a column is not known of the samples, or does not divide them in two to six; the
        sentence names those that do.
    """
    if not columns:
        return
    known = take_characteristics(cohort)
    divide = divide_by_columns(known, named=list(map(str, known.columns.drop("sample"))))
    usable = f"name one of: {listed(divide.of_sample.columns)}"
    if divide.of_sample.columns.empty:
        usable = "no column does, so leave [subgroups] out"
    for column in columns:
        if column in divide.of_sample.columns:
            continue
        why = "is no column of its samples"
        if column in known.columns:
            levels = f"{FEWEST} to {MOST} groups"
            why = f"does not divide its patients in {levels}"
        elif column in cohort.obs.columns:
            why = (
                "says nothing of its patients at the start (an id, the outcome, a follow-up, "
                "one value, or too many words)"
            )
        raise DeepCMEError(
            f"{cohort.name}: [subgroups] names {column!r}, which {why}: {usable}."
        )
