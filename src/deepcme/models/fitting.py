"""One way to fit a model on some patients of a cohort: prepare the rows, fit, score others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.pipeline import Pipeline

from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.splits import RowIndex
from deepcme.models.logit_classifier import LogitClassifier
from deepcme.models.preprocessing import fit_and_transform_rows, make_preprocessor
from deepcme.models.registry import ModelKind
from deepcme.models.span.gram import compute_gram
from deepcme.models.span.span import pays
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.targets import Targets, make_targets
from deepcme.network.architecture import FloatArray


class Preparation(Protocol):
    """Settings of `make_preprocessor`, and whether it is fitted on some rows or on all."""

    @property
    def fit_on(self) -> Literal["train", "all"]: ...  # noqa: D102

    @property
    def min_prevalence(self) -> float: ...  # noqa: D102

    @property
    def clip(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class PreparedRows:
    """Standardised expression of some samples, what is learned of them, and patients.

    `labels` are such as `Targets.values`; the weight of who cannot be learned from is 0.
    `known_gram` are the inner products of the rows, where they were computed already.
    """

    X: FloatArray
    labels: NDArray[Any]
    patients: NDArray[Any]
    weights: NDArray[np.float64] | None = None
    known_gram: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """Inner products of the rows, computed when first asked for."""
        return compute_gram(self.X) if self.known_gram is None else self.known_gram

    @property
    def known(self) -> NDArray[np.bool_]:
        """Who can be learned from."""
        everyone = np.ones(len(self.labels), dtype=np.bool_)
        return everyone if self.weights is None else self.weights > 0

    def rows(self, index: NDArray[Any]) -> PreparedRows:
        """Some of the samples; the Gram matrix is a part of this one, if there is one yet."""
        gram = vars(self).get("gram", self.known_gram)
        return PreparedRows(
            self.X[index],
            self.labels[index],
            self.patients[index],
            None if self.weights is None else self.weights[index],
            None if gram is None else gram[index][:, index],
        )


def fit_preprocessor(
    data: Cohort | CohortArrays, rows: RowIndex, settings: Preparation
) -> Pipeline:
    """Fit the preprocessing on rows of a cohort, or on all where the settings say so."""
    preprocessor, _ = _fit_and_transform(data, rows, rows[:0], settings, None)
    return preprocessor


def _fit_and_transform(
    data: Cohort | CohortArrays,
    learn_on: RowIndex,
    rows: RowIndex,
    settings: Preparation,
    above: FloatArray | None,
) -> tuple[Pipeline, FloatArray]:
    preprocessor = make_preprocessor(
        data.scale,
        absent_up_to=data.absent_up_to,
        min_prevalence=settings.min_prevalence,
        clip=settings.clip,
    )
    learn_on = np.arange(len(data.X)) if settings.fit_on == "all" else learn_on
    return preprocessor, fit_and_transform_rows(preprocessor, data.X, learn_on, rows, above)


def prepare_rows(
    data: CohortArrays,
    rows: RowIndex,
    settings: Preparation,
    learn_on: RowIndex | None = None,
    targets: Targets | None = None,
    others: PreparedRows | None = None,
) -> tuple[PreparedRows, Pipeline]:
    """Prepare rows by a preprocessor fitted on them, or on some; it comes with them.

    What is learned of them is the label, unless `targets` says something else. Those of the
    patients of `others`, who teach the preprocessor nothing, come first.
    """
    learn_on, above = (
        rows if learn_on is None else learn_on,
        None if others is None else others.X,
    )
    preprocessor, X = _fit_and_transform(data, learn_on, rows, settings, above)
    values = data.labels if targets is None else targets.values
    weights = None if targets is None or targets.weights is None else targets.weights[rows]
    labels, patients = values[rows], data.patients[rows]
    if others is not None:
        labels = np.concatenate([others.labels, labels])
        patients = np.concatenate([others.patients, patients])
        if weights is not None and others.weights is not None:
            weights = np.concatenate([others.weights, weights])
    return PreparedRows(X, labels, patients, weights), preprocessor


def prepare_others(
    data: CohortArrays, kind: ModelKind, horizon: float | None
) -> PreparedRows | None:
    """Patients of other cohorts as a model of a kind learns from them; None without any.

    Of times, who is censored before the horizon is weighed within each cohort.
    """
    if data.others is None:
        return None
    targets = [
        make_targets(cohort, kind, np.arange(len(cohort.X)), horizon)
        for cohort in data.others.cohorts()
    ]
    weights = [of.weights for of in targets if of.weights is not None]
    return PreparedRows(
        data.others.X,
        np.concatenate([of.values for of in targets]),
        data.others.patients,
        np.concatenate(weights) if weights else None,
    )


def fit_model(
    kind: ModelKind,
    parameters: Mapping[str, Any],
    random_state: int | None,
    rows: PreparedRows,
    n_validation: int = 0,
) -> Any:
    """Fit a model of a kind.

    Parameters
    ----------
    kind : ModelKind
    parameters : mapping
        Those off its defaults.
    random_state : int or None
    rows : PreparedRows
    n_validation : int
        The last of the rows, which are the validation part: what chooses by one takes them
        for it, or draws its own where there are none; what is not fitted on them does not
        see them.
    """
    if not rows.known.all():
        n_validation = int(rows.known[len(rows.labels) - n_validation :].sum())
        rows = rows.rows(rows.known)
    n_train = len(rows.labels) - n_validation
    validates = kind.takes_validation and n_validation > 0
    n_fitted = len(rows.labels) if validates or kind.refitted else n_train
    given: dict[str, Any] = {}
    if validates:
        given["validation_rows"] = np.arange(n_train, n_fitted)
    # Where samples are split, not patients, the patients of a validation part forbid nothing.
    if kind.takes_groups and not (
        validates and np.isin(rows.patients[:n_train], rows.patients[n_train:]).any()
    ):
        given["groups"] = rows.patients[:n_fitted]
    if kind.takes_weights and rows.weights is not None:
        given["sample_weight"] = rows.weights[:n_fitted]
    if kind.takes_gram and pays(n_fitted, rows.X.shape[1]):
        given["gram"] = rows.gram[:n_fitted, :n_fitted]
    model = kind.make(parameters, random_state)
    return model.fit(rows.X[:n_fitted], rows.labels[:n_fitted], **given)


def prepare_and_fit(
    data: CohortArrays,
    rows: RowIndex,
    settings: Preparation,
    kind: ModelKind,
    parameters: Mapping[str, Any],
    random_state: int | None,
    n_validation: int = 0,
    targets: Targets | None = None,
    others: PreparedRows | None = None,
) -> tuple[Any, PreparedRows, Pipeline]:
    """Prepare rows, of which the last may be the validation part, and fit a model on them.

    The preprocessing learns from the validation part where the model itself is fitted on it,
    and from those whose answer is not known. The rows of `others` are fitted on as well, and
    come first among those prepared.
    """
    learn_on = rows if kind.refitted else rows[: len(rows) - n_validation]
    prepared, preprocessor = prepare_rows(data, rows, settings, learn_on, targets, others)
    model = fit_model(kind, parameters, random_state, prepared, n_validation)
    return model, prepared, preprocessor


def scores_of(
    model: Any, X: FloatArray, horizon: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Score (decision function, else P(1)) and P(1), or None where there is none.

    Of a Cox model they are the log hazard and the risk of the event by the horizon.
    """
    if isinstance(model, CoxModel):
        log_hazards = model.predict(X)
        return log_hazards, risks_of(model, log_hazards, horizon)
    if isinstance(model, LogitClassifier):
        logits = model.decision_function(X)
        return logits, expit(logits)
    probability = model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else None
    if hasattr(model, "decision_function"):
        return np.asarray(model.decision_function(X), dtype=np.float64), probability
    assert probability is not None
    return probability, probability


def risks_of(
    model: CoxModel, log_hazards: NDArray[np.float64], horizon: float | None
) -> NDArray[np.float64] | None:
    """Risks of the event by the horizon at a Cox model's baseline; None without a horizon."""
    return None if horizon is None else model.baseline_.risk(log_hazards, horizon)
