"""Scores of the rows that a model is fitted on, by fits of the same kind without them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.splits import RowIndex, draw_folds
from deepcme.models.fitting import Preparation, PreparedRows, prepare_rows
from deepcme.models.preprocessing import transform_rows
from deepcme.models.registry import OutOfFold
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.targets import Targets


def score_out_of_fold(
    data: CohortArrays,
    rows: RowIndex,
    settings: Preparation,
    folds: OutOfFold,
    model: Any,
    of_fit: NDArray[np.float64],
    random_state: int,
    targets: Targets,
    others: PreparedRows | None = None,
) -> NDArray[np.float64]:
    """Logit or log hazard of each row by fits without its patient, if a model is fitted on all.

    Preprocessing is fitted anew in each fold. The tuned regression has the strength that was
    chosen, and a Cox model the penalty. The ensemble's own scores will not do: each is that of
    a single network, and noisier than the ensemble's, so that a line on them would
    be far too flat for it; whole ensembles are fitted to the patients of the other folds.
    Only where a class has too few patients for that, and no line means anything, do the
    model's own stand in; a committee's own are of whole members without the patient, and
    always do. Patients of `others` are in no fold: every fit learns from them.

    Parameters
    ----------
    of_fit : array
        Score of each row by the model itself, `model`.
    """
    patients = data.patients[rows]
    if folds.own or count_fewest_patients(data, rows, targets) < folds.fewest_patients:
        is_of_times = isinstance(model, CoxModel)
        own = model.oof_log_hazards_ if is_of_times else model.oof_decision_function_
        return with_own(of_fit, own, rows, targets)
    random = np.random.default_rng(random_state)
    logits = np.empty(len(rows))
    for held_out in draw_folds(targets.strata[rows], patients, folds.n_folds, random):
        rest, preprocessor = prepare_rows(
            data, np.delete(rows, held_out), settings, targets=targets, others=others
        )
        rest = rest.rows(rest.known) if rest.weights is not None else rest
        testing = transform_rows(preprocessor, data.X, rows[held_out])
        given: tuple[Any, ...] = (rest.X, rest.labels, rest.patients, testing)
        if not isinstance(model, CoxModel):
            everyone, weight = _of_everyone(targets, rows, others)
            given += (everyone, rest.weights, weight)
        logits[held_out] = model.score_held_out(*given)
    return logits


def with_own(
    of_fit: NDArray[np.float64], own: NDArray[np.floating], rows: RowIndex, targets: Targets
) -> NDArray[np.float64]:
    """A fitted model's scores of rows, with its own out of fold of those it learned from.

    Of others it knows no more than of new ones. Patients of other cohorts come first among
    its own.
    """
    known = targets.are_known(rows)
    scores = np.array(of_fit, dtype=np.float64)
    scores[known] = own[len(own) - np.count_nonzero(known) :]
    return scores


def _of_everyone(
    targets: Targets, rows: RowIndex, others: PreparedRows | None
) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    """Labels, and weights if there are any, of all who can be learned from."""
    known = targets.known(rows)
    labels = targets.values[known]
    weights = None if targets.weights is None else targets.weights[known]
    if others is None:
        return labels, weights
    labels = np.concatenate([others.labels[others.known], labels])
    if weights is not None and others.weights is not None:
        weights = np.concatenate([others.weights[others.known], weights])
    return labels, weights


def count_fewest_patients(data: CohortArrays, rows: NDArray[np.int64], targets: Targets) -> int:
    """Patients of the rarer of those with the event and those without it."""
    known = targets.known(rows)
    patients, events = data.patients[known], targets.events[known]
    return min(len(np.unique(patients[events == event])) for event in (0, 1))
