"""What a study of times to an event keeps beside its predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.cohort import Cohort
from deepcme.models.clinical import ClinicalEncoder
from deepcme.study.fit import Fit, TaskResult
from deepcme.study.parts.predictors import MOST_LEVELS, read_predictor
from deepcme.study.tables import concatenate
from deepcme.study.tasks import Plan

COX_FITS, CENSORING = "cox_fits.csv", "censoring.parquet"
_FIT_COLUMNS = ("split", "model", "penalty", "n", "events", "selects_nothing")


def compute_cox_fits(cohort: Cohort, results: Sequence[tuple[Fit, TaskResult]]) -> pd.DataFrame:
    """The penalty of each Cox model on each split, and whether it left out every gene.

    `n` and `events` are of the rows that it was fitted on.
    """
    events = cohort.outcome.events
    rows = [
        {
            "split": task.split_number,
            "model": task.model.name,
            "penalty": float(result.penalty[0]),
            "n": len(task.split.fitting_rows),
            "events": int(events[task.split.fitting_rows].sum()),
            "selects_nothing": bool(np.isinf(result.penalty[0])),
        }
        for task, result in results
        if result.penalty is not None
    ]
    return concatenate([pd.DataFrame(rows)] if rows else [], _FIT_COLUMNS)


def find_censoring_columns(plan: Plan) -> pd.DataFrame | None:
    """The columns that censoring depends on, numbers or words; None where it depends on none.

    Raises
    ------
    DeepCMEError
        If one is not there, is of the outcome, or can be no predictor.
    """
    survival = plan.study.survival
    if survival is None or not survival.censoring:
        return None
    columns = {name: _read(plan.cohort, name) for name in survival.censoring}
    return pd.DataFrame(columns).reset_index(drop=True)


def _read(cohort: Cohort, name: str) -> pd.Series:
    outcome = cohort.outcome
    if name not in cohort.obs or name in {*outcome.columns, *outcome.endpoint.columns}:
        why = "is what the outcome is made of" if name in cohort.obs else "is not there"
        raise DeepCMEError(
            f"{cohort.name}: the column {name!r}, on which censoring is to depend, {why}: name "
            "another with censoring under [survival], or none."
        )
    values = read_predictor(cohort.obs[name])
    n_different = values.nunique()
    is_number = pd.api.types.is_numeric_dtype(values)
    if n_different < 2 or (not is_number and n_different > MOST_LEVELS):
        raise DeepCMEError(
            f"{cohort.name}: the column {name!r}, on which censoring is to depend, has "
            f"{n_different} different values: name one of numbers, or of 2 to {MOST_LEVELS} "
            "words, with censoring under [survival]."
        )
    return values


def compute_censoring_table(plan: Plan) -> pd.DataFrame | None:
    """The columns as numbers, for the measures; None where censoring depends on none."""
    columns = find_censoring_columns(plan)
    if columns is None:
        return None
    encoder = ClinicalEncoder().fit(columns)
    names = [
        term.column if term.level is None else f"{term.column} = {term.level}"
        for term in encoder.terms_
    ]
    table = pd.DataFrame(encoder.transform(columns), columns=names)
    table.insert(0, "sample", plan.cohort.samples)
    return table
