"""What a study's parameters can do on its splits, tried before the first fit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.classifier import DeepCMEClassifier
from deepcme.models.ensemble import DeepCMEEnsemble
from deepcme.models.fitting import scores_of
from deepcme.models.targets import make_targets
from deepcme.network.engines.choice import make_engine
from deepcme.study.settings import ModelSettings
from deepcme.study.learnable import require_learnable
from deepcme.study.parts.survival_tables import find_censoring_columns
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
            require_learnable(plan, data, model)
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


def _try_own(plan: Plan, model: ModelSettings) -> None:
    made = model.kind.make(model.parameters, 0)
    try:
        if isinstance(made, DeepCMEClassifier):
            make_engine(made.engine, made.device)
        elif isinstance(made, DeepCMEEnsemble):
            for split in plan.splits:
                fitted = plan.cohort.patients[np.union1d(split.train, split.validation)]
                _require_patients(made.n_networks, len(np.unique(fitted)))
    except DeepCMEError as error:
        raise DeepCMEError(f"model {model.name}: {error}") from error


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
