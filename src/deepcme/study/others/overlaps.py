"""Whether cohorts hold the same patients, by their ids and profiles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.base.words import counted, few
from deepcme.cohort.cohort import Cohort
from deepcme.trained.recognition import Recognition, TrainingSamples
from deepcme.trained.sketches import FEWEST_GENES

SAME_PROFILE = 220
"""Equal bits of two sketches, of 256, from which on a sample is refused as a copy. Exact copies
share all, and those with noise of a tenth of the spread 222 or more; of 300,000 pairs of
patients of five public cohorts none shared more than 180."""
_NAMED = 6


def find_overlaps(
    cohorts: Mapping[str, Cohort], columns: Mapping[str, NDArray[np.int64]], seed: int
) -> dict[str, list[str]]:
    """Warnings of each cohort but the first; patients in two cohorts are refused.

    Parameters
    ----------
    cohorts : mapping of name to Cohort
        The study's own first.
    columns : mapping of name to array
        Of each the columns of the genes that all have.
    seed : int
        Of the study.

    Raises
    ------
    DeepCMEError
        Naming samples of patients who are in two cohorts, by an id or by a profile.
    """
    names = list(cohorts)
    warnings: dict[str, list[str]] = {name: [] for name in names[1:]}
    for place, first in enumerate(names[:-1]):
        known = _sketch(first, cohorts[first], columns[first], seed)
        for other in names[place + 1 :]:
            cohort = cohorts[other]
            found = known.recognise(
                cohort.samples, cohort.patients, cohort.X, columns[other], within=True
            )
            _refuse_same(found, first, other)
            warnings[other] += _warn_of_alike(found, first, other)
    return warnings


def _sketch(
    name: str, cohort: Cohort, columns: NDArray[np.int64], seed: int
) -> TrainingSamples:
    random = seed_for(seed, "other cohorts", "profiles", name)
    return TrainingSamples.of(cohort.samples, cohort.patients, cohort.X, columns, random)


def _refuse_same(found: Recognition, first: str, other: str) -> None:
    copies = found.samples[(found.most_equal >= SAME_PROFILE) & ~found.by_id]
    if found.is_training_cohort:
        raise DeepCMEError(
            f"{other} holds the patients of {first} ({found.describe()}): give cohorts of "
            "other patients."
        )
    if found.by_id.any():
        raise DeepCMEError(
            f"{_samples(found.samples[found.by_id])} of {other} "
            f"{_is_are(found.by_id.sum())} of patients whom {first} has by their ids: leave "
            "them out of one of both, or give other people ids of their own."
        )
    if len(copies):
        raise DeepCMEError(
            f"{_samples(copies)} of {other} {_has_have(len(copies))} the expression profile "
            f"of a sample of {first} under another id: leave them out of one of both."
        )


def _warn_of_alike(found: Recognition, first: str, other: str) -> list[str]:
    if not found.n_sketches:
        return [
            f"Under {FEWEST_GENES} common genes cannot tell whether {other} holds copies of "
            f"samples of {first} under other ids: make sure yourself that it does not."
        ]
    alike = found.samples[found.by_profile]
    if not len(alike):
        return []
    return [
        f"{_samples(alike)} of {other} {_has_have(len(alike))} nearly the profile of a sample "
        f"of {first} under another id: make sure that they are other patients."
    ]


def _samples(samples: NDArray[np.object_]) -> str:
    return f"{counted(len(samples), 'sample')} ({few(samples, _NAMED)})"


def _is_are(n: int) -> str:
    return "is" if n == 1 else "are"


def _has_have(n: int) -> str:
    return "has" if n == 1 else "have"
