"""What a model is fitted to: labels, times with their events, or the yes or no of times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import labels_of
from deepcme.cohort.splits import RowIndex
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.censoring import compute_censoring_weights, estimate_censoring
from deepcme.models.clinical import ClinicalEncoder
from deepcme.models.registry import ModelKind
from deepcme.models.survival.target import make_target


@dataclass(frozen=True)
class Targets:
    """What a model is fitted to, of each row of a cohort.

    Attributes
    ----------
    values : array
        0 and 1, or records of event and time.
    strata : array of int
        What folds of the rows learned from are stratified by.
    events : array of 0 and 1
    weights : array or None
        Of the yes or no of times: 0 for who was censored before the horizon, so that it is
        not known; the inverse probability of being known for all others.
    """

    values: NDArray[Any]
    strata: NDArray[np.int8]
    events: NDArray[np.int8]
    weights: NDArray[np.float64] | None = None

    def are_known(self, rows: RowIndex) -> NDArray[np.bool_]:
        """Whether each of the rows can be learned from."""
        everyone = np.ones(len(rows), dtype=np.bool_)
        return everyone if self.weights is None else self.weights[rows] > 0

    def known(self, rows: RowIndex) -> RowIndex:
        """Those of the rows that can be learned from."""
        return rows[self.are_known(rows)]


def make_targets(
    data: CohortArrays, kind: ModelKind, learn_on: RowIndex, horizon: float | None = None
) -> Targets:
    """What a model of a kind is fitted to.

    A classifier learns of times who had the event by the horizon, each patient weighted by
    the inverse probability of being followed so long [1]_, by the patients of the rows that it
    learns from, one row each.

    Parameters
    ----------
    data : CohortArrays
    kind : ModelKind
    learn_on : array of int
        Rows that it learns from.
    horizon : float, optional

    Raises
    ------
    DeepCMEError
        If the cohort has times, the model is a classifier and there is no horizon;
        `AbsentError` if too few of these patients are followed beyond it.

    References
    ----------
    .. [1] Vock DM et al. (2016). Adapting machine learning techniques to censored
       time-to-event health record data: a general-purpose approach using inverse
       probability of censoring weighting. J Biomed Inform 61:119-131.
    """
    outcome = data.outcome
    if not isinstance(outcome, SurvivalOutcome):
        labels = labels_of(outcome)
        return Targets(labels, outcome.strata, labels)
    if outcome.kind in kind.outcomes:
        strata = np.zeros(len(outcome.times), dtype=np.int8)
        # Early and late are those of the rows learned from.
        strata[learn_on] = outcome.take(learn_on).strata
        return Targets(make_target(outcome.follow_up), strata, outcome.events)
    if horizon is None:
        raise DeepCMEError(
            f"{kind.name} learns who had the event by a horizon, and there is none: name one "
            "with horizon under [survival], or leave the model out."
        )
    cases = outcome.cases_at(horizon)
    weights = _weigh(data, outcome, learn_on, horizon)
    strata = np.where(weights > 0, 1 + cases, 0).astype(np.int8)
    return Targets(cases, strata, cases, weights)


def _weigh(
    data: CohortArrays, outcome: SurvivalOutcome, learn_on: RowIndex, horizon: float
) -> NDArray[np.float64]:
    first = learn_on[np.unique(data.patients[learn_on], return_index=True)[1]]
    # Whom a bootstrap sample holds several times counts as often.
    first = np.repeat(first, np.bincount(learn_on, minlength=len(data.X))[first])
    columns = None
    if data.censoring is not None:
        columns = ClinicalEncoder().fit(data.censoring.iloc[first]).transform(data.censoring)
    reference = estimate_censoring(
        outcome.follow_up.rows(first), columns=None if columns is None else columns[first]
    )
    weighted = compute_censoring_weights(
        outcome.follow_up, horizon, reference=reference, columns=columns
    )
    weights: NDArray[np.float64] = weighted.weights[0]
    return weights
