"""Clinical cases of the GDC, nested as its API gives them, to one row per patient."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.inputs import require_file
from deepcme.base.words import says_nothing
from deepcme.sources.assembly.clinical_tables import ClinicalTable
from deepcme.sources.assembly.diagnoses import PROGRESSION_TYPE, one_row_per_patient

Entity = dict[str, Any]

_PATIENT = "submitter_id"
_ADMINISTRATIVE = frozenset({"state", "created_datetime", "updated_datetime"})


def read_cases(path: Path) -> ClinicalTable:
    """Read the saved answer of ``/cases``, a row per patient.

    Columns keep the GDC's names. Several diagnoses are read as in a clinical table
    (`one_row_per_patient`); ``death`` (1 or 0) and ``overall_survival_days`` are made
    of the vital status and all follow-ups.

    Raises
    ------
    DeepCMEError
        If the file is not such an answer.
    """
    require_file(path)
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))
        records = [
            {_PATIENT: str(case["submitter_id"]), PROGRESSION_TYPE: None, **record}
            for case in cases
            for record in _records(case)
        ]
        survival = {str(case["submitter_id"]): _survival(case) for case in cases}
        table = pd.DataFrame(records).set_index(_PATIENT).rename_axis(None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DeepCMEError(
            f"{path}: this is not the list of cases that `deepcme fetch gdc` saves."
        ) from error
    rows = one_row_per_patient(table)
    rows = rows.drop(columns=PROGRESSION_TYPE)
    rows = rows.join(pd.DataFrame.from_dict(survival, orient="index"))
    return ClinicalTable(name=path.name, rows=rows, by="patient")


def _records(case: Entity) -> list[Entity]:
    """A row per diagnosis, and one per follow-up with the type of progression it found."""
    person = _known_values(case.get("demographic") or {})
    found = [
        {PROGRESSION_TYPE: follow_up.get(PROGRESSION_TYPE)}
        for follow_up in _entities(case, "follow_ups")
    ]
    diagnoses = map(_known_values, _entities(case, "diagnoses"))
    return [{**person, **part} for part in (*diagnoses, *found)] or [person]


def _survival(case: Entity) -> Entity:
    demographic = case.get("demographic") or {}
    death = {"dead": 1, "alive": 0}.get(str(demographic.get("vital_status")).lower())
    times = [demographic.get("days_to_death")] if death == 1 else []
    if death == 0:
        times = [part.get("days_to_last_follow_up") for part in _entities(case, "diagnoses")]
        times += [part.get("days_to_follow_up") for part in _entities(case, "follow_ups")]
    known = [time for time in times if time is not None and not says_nothing(str(time))]
    return {"death": death, "overall_survival_days": _latest(known)}


def _latest(times: list[Any]) -> object:
    """The latest time; or one that is no number, as it stands, for the endpoint to judge."""
    for time in times:
        try:
            float(time)
        except (TypeError, ValueError):
            return str(time)
    return max(map(float, times), default=None)


def _entities(case: Entity, part: str) -> list[Entity]:
    return [dict(entity) for entity in case.get(part) or []]


def _known_values(entity: Entity) -> Entity:
    return {
        name: value
        for name, value in entity.items()
        if isinstance(value, str | int | float)
        and name not in _ADMINISTRATIVE
        and not name.endswith("_id")
        and not says_nothing(str(value))
    }
