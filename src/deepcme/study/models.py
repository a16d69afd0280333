"""From a model's name in a study to an estimator, and from an estimator to scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepcme.baselines import BASELINES, TUNED_REGRESSION, make_baseline_classifier
from deepcme.classifier import DEEPCME, DeepCMEClassifier
from deepcme.ensemble import ENSEMBLE, DeepCMEEnsemble
from deepcme.errors import DeepCMEError

NETWORKS = {DEEPCME: DeepCMEClassifier, ENSEMBLE: DeepCMEEnsemble}


def check_model(name: str, estimator: str, parameters: dict[str, Any]) -> None:
    """Refuse an estimator or parameter that does not exist.

    Raises
    ------
    DeepCMEError
        Naming the model and what there is to choose from.
    """
    known = (*NETWORKS, *BASELINES)
    if estimator not in known:
        raise DeepCMEError(
            f"model {name}: there is no estimator {estimator!r}; choose from "
            f"{', '.join(known)}, or name one with estimator = ..."
        )
    model = make_model(estimator, {}, 0)
    for parameter in parameters:
        if parameter not in model.get_params(deep=False) or parameter == "random_state":
            raise DeepCMEError(f"model {name}: {estimator} takes no parameter {parameter!r}.")


def make_model(estimator: str, parameters: dict[str, Any], random_state: int) -> Any:
    """Make an unfitted estimator for standardised data."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in parameters.items()
    }
    if estimator in NETWORKS:
        return NETWORKS[estimator](**values, random_state=random_state)
    return make_baseline_classifier(estimator, random_state).set_params(**values)


def is_refitted(estimator: str) -> bool:
    """Whether it is fitted on training and validation part, not on the training part alone."""
    return estimator in (ENSEMBLE, TUNED_REGRESSION)


def scores_of(
    model: Any, X: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Score (decision function, else P(1)) and P(1), or None where there is none."""
    probability = model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else None
    if hasattr(model, "decision_function"):
        return np.asarray(model.decision_function(X), dtype=np.float64), probability
    assert probability is not None
    return probability, probability
