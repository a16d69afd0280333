"""Repeated stratified folds, in which everyone is tested: the honest protocol's design."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepcme.splits import (
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
        self, labels: ArrayLike, patients: ArrayLike, seed: np.random.SeedSequence
    ) -> Iterator[Split]:
        """Yield the splits, fold by fold; those of a repeat depend on the seed and on it alone.

        Raises
        ------
        DeepCMEError
            If a part would hold no positive or no negative row; gives the counts.
        """
        label, groups = np.asarray(labels), rows_that_stay_together(patients, self.by)
        for random in repeat_generators(seed, self.repeats):
            for test in draw_folds(label, groups, self.folds, random):
                rest = np.setdiff1d(np.arange(len(label)), test)
                train, validation = draw_holdout(
                    label[rest], groups[rest], self.validation, random
                )
                split = Split(rest[train], rest[validation], test)
                check_classes(split, label)
                yield split


def choose_folds(labels: ArrayLike, groups: ArrayLike, most: int = FOLDS) -> int:
    """So many folds, or fewer, but at least two, for each to hold patients of both classes."""
    label, group = np.asarray(labels), np.asarray(groups)
    n_positive = len(np.unique(group[label == 1]))
    n_negative = len(np.unique(group)) - n_positive
    return max(2, min(most, n_positive, n_negative))


def choose_repeats(n_patients: int) -> int:
    """Two, or four where there are few patients."""
    return 4 if n_patients < FEW_PATIENTS else 2
