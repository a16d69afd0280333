"""What is kept of a fitted model, and read again, in the form that its manifest names."""

from __future__ import annotations

from typing import Any

from deepcme.network.architecture import FloatArray
from deepcme.trained.learned.arrays import Arrays
from deepcme.trained.learned.committee import LearnedCommittee
from deepcme.trained.learned.single import SINGLE_FORMS, LearnedSingle
from deepcme.trained.manifest import CommitteeEstimator, Estimator

Learned = LearnedSingle | LearnedCommittee


def learn_from(estimator: Estimator | CommitteeEstimator, model: Any, Z: FloatArray) -> Learned:
    """What is kept of a model that was fitted on Z, as the manifest describes it."""
    if isinstance(estimator, CommitteeEstimator):
        return LearnedCommittee.of(model, Z, _forms_of(estimator))
    return SINGLE_FORMS[estimator.form].of(model, Z)


def learned_from_arrays(
    estimator: Estimator | CommitteeEstimator, arrays: Arrays, n_genes: int
) -> Learned:
    """What arrays of a file hold, as the manifest describes it.

    Raises
    ------
    UnfitArraysError
        If they do not hold that, or more.
    """
    if isinstance(estimator, CommitteeEstimator):
        return LearnedCommittee.from_arrays(arrays, n_genes, _forms_of(estimator))
    return SINGLE_FORMS[estimator.form].from_arrays(arrays, n_genes)


def _forms_of(estimator: CommitteeEstimator) -> list[str]:
    return [member.form for member in estimator.members]
