"""Repeated stratified folds, in which everyone is tested; nested ones for studies that tune."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.outcome import Outcome, as_outcome
from deepcme.cohort.splits import (
    RowIndex,
    Split,
    SplitBy,
    check_classes,
    draw_folds,
    draw_holdout,
    repeat_generators,
    rows_that_stay_together,
)

FOLDS = 5
VALIDATION = 0.25
"""Share of the patients outside the test part that validate: with five folds, 60/20/20."""

FEW_PATIENTS = 150
"""Below so many patients the folds are drawn more often."""


@dataclass(frozen=True)
class RepeatedFolds:
    """Stratified folds, each the test part once a repeat; the rest trains and validates.

    At equal fits the mean test AUC varies less than over random test parts, which leave
    some patients out and test others again [1]_.

    Parameters
    ----------
    folds : int
        At least 3.
    repeats : int
        How often the folds are drawn.
    validation : float
        Share of the patients outside the test part that is the validation part.
    by : {"patient", "sample"}
        What stays together.

    References
    ----------
    .. [1] Kim JH (2009). Estimating classification error rate: repeated
       cross-validation, repeated hold-out and bootstrap. Computational Statistics
       and Data Analysis 53:3735-3745.
    """

    folds: int = FOLDS
    repeats: int = 2
    validation: float = VALIDATION
    by: SplitBy = "patient"

    def split(
        self,
        labels: ArrayLike | Outcome,
        patients: ArrayLike,
        seed: np.random.SeedSequence,
        strata: ArrayLike | None = None,
    ) -> Iterator[Split]:
        """Yield the splits, fold by fold; those of a repeat depend on the seed and on it alone.

        Raises
        ------
        DeepCMEError
            If a part would hold no positive or no negative row; gives the counts.
        """
        outcome, groups = as_outcome(labels), rows_that_stay_together(patients, self.by)
        label = outcome.strata
        stratum = np.zeros(len(label)) if strata is None else np.asarray(strata)
        for random in repeat_generators(seed, self.repeats):
            for test in draw_folds(label, groups, self.folds, random, stratum):
                rest = np.setdiff1d(np.arange(len(label)), test)
                train, validation = draw_holdout(
                    label[rest], groups[rest], self.validation, random, stratum[rest]
                )
                split = Split(rest[train], rest[validation], test)
                check_classes(split, outcome)
                yield split


@dataclass(frozen=True)
class NestedFolds:
    """Repeated stratified folds; each is the test part once a repeat, the others serve tuning.

    The other folds are the inner folds: each is once the validation part of the
    rest, so that what is tuned is judged on data that had no say in it [1]_. A
    model that does not tune takes the first of these inner splits, whose validation
    part is the fold after the test part, and so rotates.

    Parameters
    ----------
    folds, repeats, by
        As of `RepeatedFolds`.

    References
    ----------
    .. [1] Varma S, Simon R (2006). Bias in error estimation when using
       cross-validation for model selection. BMC Bioinformatics 7:91.
    """

    folds: int = 5
    repeats: int = 2
    by: SplitBy = "patient"

    def split(
        self,
        labels: ArrayLike | Outcome,
        patients: ArrayLike,
        seed: np.random.SeedSequence,
        strata: ArrayLike | None = None,
    ) -> Iterator[Split]:
        """Yield the splits, fold by fold; those of a repeat depend on the seed and on it alone.

        Raises
        ------
        DeepCMEError
            If a fold would hold no positive or no negative row; gives the counts.
        """
        outcome, groups = as_outcome(labels), rows_that_stay_together(patients, self.by)
        for random in repeat_generators(seed, self.repeats):
            folds = draw_folds(outcome.strata, groups, self.folds, random, strata)
            _check_folds(folds, outcome)
            for test in range(self.folds):
                inner = _inner_splits(folds[test], [*folds[test + 1 :], *folds[:test]])
                yield replace(inner[0], inner=inner)


def choose_folds(labels: ArrayLike | Outcome, groups: ArrayLike, most: int = FOLDS) -> int:
    """So many folds, or fewer, but at least two, for each to hold patients of both classes."""
    n_positive = as_outcome(labels).count_patients(groups)
    n_negative = len(np.unique(np.asarray(groups))) - n_positive
    return max(2, min(most, n_positive, n_negative))


def choose_repeats(n_patients: int) -> int:
    """Two, or four where there are few patients."""
    return 4 if n_patients < FEW_PATIENTS else 2


def _inner_splits(test: RowIndex, folds: list[RowIndex]) -> tuple[Split, ...]:
    """One split for each fold, which is its validation part; the others are for training."""
    return tuple(
        Split(np.sort(np.concatenate([*folds[:number], *folds[number + 1 :]])), fold, test)
        for number, fold in enumerate(folds)
    )


def _check_folds(folds: list[RowIndex], outcome: Outcome) -> None:
    for word in filter(None, map(outcome.lacks, folds)):
        raise DeepCMEError(
            f"One of {len(folds)} folds would hold no {word}: there are "
            f"{outcome.count()}, and each fold needs at least one of both, from "
            "patients of its own; take fewer folds."
        )
