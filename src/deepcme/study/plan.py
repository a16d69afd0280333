"""From a study and a cohort to the tasks of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import split_seed
from deepcme.cohort.splits import Split
from deepcme.cohort.strata import NO_STRATA
from deepcme.study.part import Part
from deepcme.study.parts import listed
from deepcme.study.resolved import Study
from deepcme.study.tasks import Plan
from deepcme.study.times import with_horizon_of


def make_plan(study: Study, cohort: Cohort, parts: Iterable[Part[Any]] | None = None) -> Plan:
    """Choose the samples, draw the splits and lay out the tasks, of all parts by default.

    Raises
    ------
    DeepCMEError
        If a part of a split would lack a class, or every tested patient has a positive
        sample.
    """
    if study.preprocessing.tissue == "primary":
        cohort = cohort.keep_primary_tumours()
    study = with_horizon_of(study, cohort)
    study = study.model_copy(update={"split": study.split.resolve(cohort)})
    splits = study.split.draw(cohort, split_seed(study.seed))
    _require_patients_of_both_classes(cohort, splits)
    _require_levels_of_both_classes(study, cohort, splits)
    plan = Plan(study, cohort, tuple(splits))
    asked = listed.parts_for(study.outcome) if parts is None else [*parts]
    for part in asked:
        plan = part.bring(plan)
    tasks = [task for part in asked for task in part.tasks(plan)]
    return replace(plan, tasks=tuple(tasks))


def _require_patients_of_both_classes(cohort: Cohort, splits: Sequence[Split]) -> None:
    """Refuse what the bootstrap over patients would refuse after everything is fitted."""
    tested = np.unique(np.concatenate([split.test for split in splits]))
    n_patients = len(set(cohort.patients[tested]))
    if cohort.outcome.take(tested).count_patients(cohort.patients[tested]) == n_patients:
        raise DeepCMEError(
            f"{cohort.name}: each of the {n_patients:,} patients whose samples are tested "
            "has a positive sample, and a study compares patients: it needs some without one. "
            "To tell the samples of one patient apart, as a metastasis from its primary "
            "tumour, predicts nothing."
        )


def _require_levels_of_both_classes(
    study: Study, cohort: Cohort, splits: Sequence[Split]
) -> None:
    """Refuse strata of which no test part has one to rank patients within."""
    levels = study.split.levels_of(cohort)
    if levels is None:
        return
    level = np.array(levels)
    classes = [
        pd.Series(cohort.outcome.events[split.test]).groupby(level[split.test]).nunique().max()
        for split in splits
    ]
    if max(classes) < 2:
        raise DeepCMEError(
            f"{cohort.name}: no level of {study.split.strata!r} has samples of both classes in "
            "a test part, so nobody can be ranked within one: name a column of larger levels "
            f'with strata under [split], or "{NO_STRATA}".'
        )
