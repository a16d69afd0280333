"""The penalty of a Cox ridge, chosen by the cross-validated partial likelihood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.dual import DualGenes, FloatArray, fit_penalised

N_PENALTIES = 20
# Of the information on the strongest direction of the genes: from shrinking it tenfold to not
# at all.
_STRONGEST, _WEAKEST = 10.0, 1e-3


def make_penalties(coordinates: FloatArray, follow_up: FollowUp) -> tuple[float, ...]:
    """Penalties to choose from, falling; the first is infinite, the genes left out."""
    largest = float(np.max(np.sum(coordinates**2, axis=0), initial=0.0)) / follow_up.n
    if largest == 0:
        return (np.inf,)
    scale = largest * follow_up.n_events / follow_up.n
    falling = np.geomspace(_STRONGEST * scale, _WEAKEST * scale, N_PENALTIES)
    return (np.inf, *map(float, falling))


def cross_validate(
    folds: Iterable[tuple[NDArray[np.int64], DualGenes]],
    clinical: FloatArray,
    follow_up: FollowUp,
    penalties: Sequence[float],
) -> FloatArray:
    """Cross-validated log partial likelihood of each penalty [1]_.

    Of each fold it is the log partial likelihood of all patients less that of the patients
    fitted on, both at the coefficients fitted: what the held-out patients add, each compared
    with everyone at risk.

    Parameters
    ----------
    folds : iterable of (array of int, DualGenes)
        Rows held out, and the coordinates of all rows by genes chosen without them.
    clinical : array, patients x columns
    follow_up : FollowUp
    penalties : sequence of float
        Falling.

    Raises
    ------
    AbsentError
        If all events are in one fold.

    References
    ----------
    .. [1] Verweij PJM, van Houwelingen HC (1993). Cross-validation in survival analysis.
       Statistics in Medicine 12:2305-2314.
    """
    everyone = PartialLikelihood.of(follow_up)
    total = np.zeros(len(penalties))
    for held_out, genes in folds:
        rest = np.setdiff1d(np.arange(follow_up.n), held_out)
        fitted = follow_up.rows(rest)
        if not fitted.n_events:
            raise AbsentError(
                "A fold holds all events, so that no penalty can be chosen without them."
            )
        likelihood = PartialLikelihood.of(fitted)
        design = np.hstack([genes.coordinates, clinical])
        start = None
        for which, penalty in enumerate(penalties):
            start = fit_penalised(
                genes.coordinates[rest], clinical[rest], fitted, penalty, start
            )
            log_hazards = design @ start
            total[which] += everyone.log_likelihood(log_hazards)
            total[which] -= likelihood.log_likelihood(log_hazards[rest])
    return total
