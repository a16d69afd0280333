"""Whether a model can learn of times to an event on every split, asked before the first fit."""

from __future__ import annotations

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.splits import Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.targets import Targets, make_targets
from deepcme.study.fit import count_fewest_patients, fitted_split
from deepcme.study.settings import ModelSettings
from deepcme.study.tasks import Plan


def require_learnable(plan: Plan, data: CohortArrays, model: ModelSettings) -> None:
    """Refuse a model of which a split has too few patients to learn from.

    Raises
    ------
    DeepCMEError
        Naming the model, the split and what it lacks.
    """
    for number, drawn in enumerate(plan.splits, start=1):
        split = fitted_split(drawn, model)
        learn_on = split.fitting_rows if model.kind.refitted else split.train
        try:
            if SurvivalOutcome.kind in model.kind.outcomes:
                _require_followed(data, learn_on, plan.study.horizon)
            targets = make_targets(data, model.kind, learn_on, plan.study.horizon)
            _require_both(data, model, split, targets)
        except DeepCMEError as error:
            raise DeepCMEError(f"model {model.name}, split {number}: {error}") from error


def _require_followed(data: CohortArrays, rows: np.ndarray, horizon: float | None) -> None:
    """Refuse a horizon up to which a baseline hazard is not known."""
    assert isinstance(data.outcome, SurvivalOutcome)
    longest = float(data.outcome.times[rows].max())
    if horizon is not None and longest < horizon:
        raise DeepCMEError(
            f"Nobody that it would be fitted on was followed to the horizon {horizon:g}: take "
            f"one up to {longest:g}."
        )


def _require_both(
    data: CohortArrays, model: ModelSettings, split: Split, targets: Targets
) -> None:
    kind = model.kind
    if kind.out_of_fold is not None:
        parts = {
            "training and validation part": (
                split.fitting_rows,
                kind.out_of_fold.fewest_patients,
            )
        }
    else:
        parts = {"training part": (split.train, 1)}
        if kind.takes_validation:
            parts["validation part"] = (split.validation, 1)
    for inner in split.inner if kind.tuned_over_folds else ():
        parts |= {"training part of an inner fold": (inner.train, 1)}
        _require_patients(data, targets, parts)
    _require_patients(data, targets, parts)


def _require_patients(
    data: CohortArrays, targets: Targets, parts: dict[str, tuple[np.ndarray, int]]
) -> None:
    by = "" if targets.weights is None else " by the horizon"
    for part, (rows, fewest) in parts.items():
        found = count_fewest_patients(data, rows, targets)
        if found < fewest:
            raise DeepCMEError(
                f"Its {part} holds {found} patients with or without the event{by}, and needs at "
                f"least {fewest} of both: leave the model out, or take another horizon or fewer "
                "folds."
            )
