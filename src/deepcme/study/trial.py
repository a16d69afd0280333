"""What a study's parameters can do on its splits, tried before the first fit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import RowIndex, Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.fitting import scores_of
from deepcme.models.networks import NetworkEnsemble, NetworkEstimator
from deepcme.models.out_of_fold import count_fewest_patients
from deepcme.models.registry import KINDS
from deepcme.models.targets import Targets, make_targets
from deepcme.network.engines.choice import make_engine
from deepcme.study.fit import fitted_split
from deepcme.study.parts.survival_tables import find_censoring_columns
from deepcme.study.settings import ModelSettings
from deepcme.study.tasks import Plan

_GENES = 8
_TREES = 2


def try_models(plan: Plan) -> None:
    """Refuse parameters that no rule forbids by itself, but that do not work here.

    Parameters of a library's estimator may exclude each other or ask for more samples
    than there are: each is fitted on invented values for the smallest training part.

    Raises
    ------
    DeepCMEError
        Naming the model and the parameters, or the outcome that it does not predict.
    """
    data = CohortArrays.of(plan.cohort, find_censoring_columns(plan))
    for model in plan.study.models:
        _require_outcome(plan, model)
        if plan.study.survival is not None:
            _require_learnable(plan, data, model)
    for model in plan.study.models:
        if model.kind.library:
            _try_library(model, _fewest_labels(plan, data, model))
        else:
            _try_own(plan, model)


def _fewest_labels(plan: Plan, data: CohortArrays, model: ModelSettings) -> NDArray[np.int8]:
    """Labels of the smallest training part, of those of whom they are known."""
    smallest = min(plan.splits, key=lambda split: len(split.train))
    targets = make_targets(data, model.kind, smallest.train, plan.study.horizon)
    return targets.events[targets.known(smallest.train)]


def _require_outcome(plan: Plan, model: ModelSettings) -> None:
    found, taken = plan.cohort.outcome.kind, model.kind.outcomes
    if found == SurvivalOutcome.kind and BinaryOutcome.kind in taken:
        return  # of times it learns who had the event by the horizon
    if found not in taken:
        raise DeepCMEError(
            f"model {model.name}: {model.estimator} predicts a {' or '.join(taken)} outcome, "
            f"and that of {plan.cohort.name} is a {found} one: leave the model out."
        )


def _require_learnable(plan: Plan, data: CohortArrays, model: ModelSettings) -> None:
    """Refuse a model of times where a split has too few patients for it to learn from."""
    horizon = plan.study.horizon
    for number, drawn in enumerate(plan.splits, start=1):
        split = fitted_split(drawn, model)
        learn_on = split.fitting_rows if model.kind.refitted else split.train
        try:
            if SurvivalOutcome.kind in model.kind.outcomes:
                _require_followed(data, learn_on, horizon)
            targets = make_targets(data, model.kind, learn_on, horizon)
            for part, rows, fewest in _parts_learned_from(model, split):
                _require_both(data, targets, part, rows, fewest)
        except AbsentError as error:
            raise DeepCMEError(
                f"model {model.name}, split {number}, of those it learns from: "
                f"{str(error).removesuffix('.')}, or leave the model out."
            ) from error
        except DeepCMEError as error:
            raise DeepCMEError(f"model {model.name}, split {number}: {error}") from error


def _require_followed(data: CohortArrays, rows: RowIndex, horizon: float | None) -> None:
    """Refuse a horizon beyond the end of a baseline hazard."""
    longest = float(data.outcome.values["time"][rows].max())
    if horizon is not None and longest < horizon:
        raise DeepCMEError(
            f"nobody whom it would be fitted on was followed to the horizon {horizon:g}: take "
            f"one up to {longest:g}."
        )


def _parts_learned_from(
    model: ModelSettings, split: Split
) -> Iterator[tuple[str, RowIndex, int]]:
    """Each part that needs patients of both kinds, and of how many of each."""
    if model.kind.out_of_fold is not None:
        fewest = model.kind.out_of_fold.fewest_patients
        yield "training and validation part", split.fitting_rows, fewest
    else:
        yield "training part", split.train, 1
        if model.kind.takes_validation:
            yield "validation part", split.validation, 1
    for inner in split.inner if model.kind.tuned_over_folds else ():
        yield "training part of an inner fold", inner.train, 1


def _require_both(
    data: CohortArrays, targets: Targets, part: str, rows: RowIndex, fewest: int
) -> None:
    found = count_fewest_patients(data, rows, targets)
    if found < fewest:
        by = "" if targets.weights is None else ", by the horizon,"
        raise DeepCMEError(
            f"its {part} needs {fewest} or more patients with the event{by} and as many "
            f"without, and holds {found} of one of them: leave the model out, or take another "
            "horizon or fewer folds."
        )


def _try_own(plan: Plan, model: ModelSettings) -> None:
    made = model.kind.make(model.parameters, 0)
    try:
        if model.kind.is_committee:
            _try_committee(plan, model, made)
        elif isinstance(made, NetworkEnsemble):
            _require_patients(made.n_networks, _fewest_patients(plan))
        elif isinstance(made, NetworkEstimator):
            make_engine(made.engine, made.device)
    except DeepCMEError as error:
        raise DeepCMEError(f"model {model.name}: {error}") from error


def _try_committee(plan: Plan, model: ModelSettings, committee: Any) -> None:
    """Refuse members that one of the folds has too few patients for, or that cannot weigh."""
    n_patients = _fewest_patients(plan)
    n_rest = n_patients - -(-n_patients // committee.n_folds)
    learns_of_times = plan.study.survival is not None
    for name in committee.members:
        kind = KINDS[name]
        made = kind.make({}, 0)
        if isinstance(made, NetworkEnsemble):
            _require_patients(made.n_networks, n_rest)
        if learns_of_times and BinaryOutcome.kind in kind.outcomes and not kind.takes_weights:
            raise DeepCMEError(
                f"{name}, one of its members, takes no weights, by which those of times by a "
                "horizon learn: leave it out of members."
            )


def _fewest_patients(plan: Plan) -> int:
    """Those of the smallest training and validation part."""
    fitted = [np.union1d(split.train, split.validation) for split in plan.splits]
    return min(len(np.unique(plan.cohort.patients[rows])) for rows in fitted)


def _require_patients(n_networks: int, n_patients: int) -> None:
    if n_networks > n_patients:
        raise DeepCMEError(
            f"n_networks = {n_networks} is too many where {n_patients} patients are trained "
            "on, as each network holds out patients of its own."
        )


def _try_library(model: ModelSettings, labels: NDArray[np.int8]) -> None:
    if _works(model, model.parameters, labels):
        return
    # The parameters without which the others work.
    guilty = [
        name
        for name in model.parameters
        if _works(model, {k: v for k, v in model.parameters.items() if k != name}, labels)
    ]
    named = ", ".join(f"{name} = {model.parameters[name]!r}" for name in guilty)
    named = named or ", ".join(f"{k} = {v!r}" for k, v in model.parameters.items())
    with_these = f" with {named}" if named else ""
    raise DeepCMEError(
        f"model {model.name}: {model.estimator} cannot be fitted{with_these} on a training "
        f"part of {len(labels)} samples: correct the parameters, or leave the model out."
    )


def _works(
    settings: ModelSettings, parameters: dict[str, Any], labels: NDArray[np.int8]
) -> bool:
    """Whether an estimator can be fitted on so many samples, and predict."""
    model = settings.kind.make(parameters, 0)
    if "n_estimators" in model.get_params():
        model.set_params(n_estimators=min(model.n_estimators, _TREES))
    random = np.random.default_rng(0)
    X = random.normal(size=(len(labels), _GENES)).astype(np.float32) + 3 * labels[:, None]
    with warnings.catch_warnings(), single_thread():
        warnings.simplefilter("ignore")
        try:
            scores_of(model.fit(X, labels), X)
        except (ValueError, TypeError, ArithmeticError):
            return False
    return True
