"""Clinical cases of the GDC, nested as its API gives them, to one row per patient."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.errors import DeepCMEError
from deepcme.sources.clinical import ClinicalTable

Entity = dict[str, Any]

_ADMINISTRATIVE = frozenset({"state", "created_datetime", "updated_datetime"})


def read_cases(path: Path) -> ClinicalTable:
    """Read the saved answer of ``/cases``, a row per patient.

    Columns keep the GDC's names. Of several diagnoses the primary one is taken;
    ``distant_metastasis_recorded`` says whether a further diagnosis is a
    metastasis or a follow-up found a distant recurrence; ``death`` (1 or 0) and
    ``overall_survival_days`` are made of the vital status and all follow-ups.

    Raises
    ------
    DeepCMEError
        If the file is not such an answer.
    """
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))
        rows = {str(case["submitter_id"]): _clinical_row(case) for case in cases}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DeepCMEError(
            f"{path}: this is not the list of cases that `deepcme fetch gdc` saves."
        ) from error
    table = pd.DataFrame.from_dict(rows, orient="index")
    return ClinicalTable(name=path.name, rows=table, by="patient")


def _clinical_row(case: Entity) -> Entity:
    diagnoses = _entities(case, "diagnoses")
    follow_ups = _entities(case, "follow_ups")
    demographic = case.get("demographic") or {}
    primary = primary_diagnosis(diagnoses) or {}
    row = {**_known_values(demographic), **_known_values(primary)}
    row["distant_metastasis_recorded"] = _distant_metastasis(diagnoses, follow_ups)
    death = {"dead": 1, "alive": 0}.get(str(demographic.get("vital_status")).lower())
    row["death"] = death
    times = [demographic.get("days_to_death")] if death == 1 else []
    if death == 0:
        times = [diagnosis.get("days_to_last_follow_up") for diagnosis in diagnoses]
        times += [follow_up.get("days_to_follow_up") for follow_up in follow_ups]
    row["overall_survival_days"] = max(
        (float(time) for time in times if time is not None), default=None
    )
    return row


def _entities(case: Entity, part: str) -> list[Entity]:
    return [dict(entity) for entity in case.get(part) or []]


def _known_values(entity: Entity) -> Entity:
    return {
        name: value
        for name, value in entity.items()
        if isinstance(value, str | int | float)
        and name not in _ADMINISTRATIVE
        and not name.endswith("_id")
        and str(value).lower() not in ("", "not reported", "unknown")
    }


def primary_diagnosis(diagnoses: list[Entity]) -> Entity | None:
    """The diagnosis of the primary tumour; None if there is none.

    One that is marked as primary is preferred to one without a mark, and then
    the earliest; a diagnosis marked as metastasis, recurrence or another tumour
    is never taken.
    """
    marked = [diagnosis for diagnosis in diagnoses if _is_marked_primary(diagnosis)]
    unmarked = [diagnosis for diagnosis in diagnoses if _tumour_class(diagnosis) == ""]
    candidates = marked or unmarked
    if not candidates:
        return None
    return min(
        candidates,
        key=lambda diagnosis: (
            float(diagnosis.get("days_to_diagnosis") or 0),
            str(diagnosis.get("submitter_id")),
        ),
    )


def _tumour_class(diagnosis: Entity) -> str:
    word = str(diagnosis.get("classification_of_tumor") or "").lower()
    return "" if word in ("not reported", "unknown") else word


def _is_marked_primary(diagnosis: Entity) -> bool:
    primary_disease = str(diagnosis.get("diagnosis_is_primary_disease")).lower() == "true"
    return primary_disease or _tumour_class(diagnosis) == "primary"


def _distant_metastasis(diagnoses: list[Entity], follow_ups: list[Entity]) -> str:
    found = any(_tumour_class(diagnosis) == "metastasis" for diagnosis in diagnoses) or any(
        "distant" in str(follow_up.get("progression_or_recurrence_type")).lower()
        for follow_up in follow_ups
    )
    return "yes" if found else "no"
