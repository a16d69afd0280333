"""Stratified splits into training, validation and test part, by patient or by sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.errors import DeepCMEError

RowIndex = NDArray[np.int64]
SplitBy = Literal["patient", "sample"]
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """Row indices of the three parts, each in ascending order."""

    train: RowIndex
    validation: RowIndex
    test: RowIndex

    def parts(self) -> Iterator[tuple[str, RowIndex]]:
        """Name and rows of each part."""
        yield from zip(PARTS, (self.train, self.validation, self.test), strict=True)


def draw_split(
    labels: ArrayLike,
    groups: ArrayLike,
    fractions: tuple[float, float, float],
    random: np.random.Generator,
) -> Split:
    """Cut groups of rows into three parts, stratified by the groups' label.

    A group is a patient, or a sample where patients do not matter. A group is
    positive if any of its rows is.

    Parameters
    ----------
    labels : array of 0 and 1, one per row
    groups : array, one per row
        Rows of one group stay together.
    fractions : tuple of float
        Shares of the three parts; they sum to 1.
    random : numpy.random.Generator

    Raises
    ------
    DeepCMEError
        If a part would hold no positive or no negative row; gives the counts.
    """
    label = np.asarray(labels)
    part_of_row = _allocate(label, groups, fractions, random)
    split = Split(*(np.flatnonzero(part_of_row == part) for part in range(3)))
    _check_classes(split, label)
    return split


def draw_holdout(
    labels: ArrayLike, groups: ArrayLike, fraction: float, random: np.random.Generator
) -> tuple[RowIndex, RowIndex]:
    """Training rows and held-out rows, stratified, no group on both sides.

    A class of a single group stays in training; a class of two or more has at
    least one group on either side.
    """
    part_of_row = _allocate(np.asarray(labels), groups, (1 - fraction, fraction), random)
    return np.flatnonzero(part_of_row == 0), np.flatnonzero(part_of_row == 1)


def draw_folds(
    labels: ArrayLike, groups: ArrayLike, n_folds: int, random: np.random.Generator
) -> list[RowIndex]:
    """Rows of each fold, stratified, no group in two folds.

    Two groups of one class are in different folds as long as there are folds left.
    """
    group_of_row, positive = _code_groups(np.asarray(labels), groups)
    fold_of_group = np.empty(len(positive), dtype=np.int64)
    members = [random.permutation(np.flatnonzero(positive == value)) for value in (True, False)]
    fold_of_group[np.concatenate(members)] = np.arange(len(positive)) % n_folds
    fold_of_row = fold_of_group[group_of_row]
    return [np.flatnonzero(fold_of_row == fold) for fold in range(n_folds)]


def _allocate(
    label: NDArray[np.int8],
    groups: ArrayLike,
    fractions: tuple[float, ...],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Part of each row."""
    group_of_row, positive = _code_groups(label, groups)
    part_of_group = np.empty(len(positive), dtype=np.int64)
    for stratum in (True, False):
        members = random.permutation(np.flatnonzero(positive == stratum))
        for part, (start, stop) in enumerate(pairwise(_cuts(len(members), fractions))):
            part_of_group[members[start:stop]] = part
    return part_of_group[group_of_row]


def _code_groups(
    label: NDArray[np.int8], groups: ArrayLike
) -> tuple[RowIndex, NDArray[np.bool_]]:
    """Number of each row's group, and whether each group is positive."""
    _, group_of_row = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    positive = np.zeros(int(group_of_row.max()) + 1, dtype=bool)
    positive[group_of_row[label == 1]] = True
    return group_of_row, positive


def _cuts(n: int, fractions: tuple[float, ...]) -> list[int]:
    """Where to cut n members; at least one in each part where n allows."""
    shares = np.cumsum(fractions)[:-1]
    cuts = [0, *(int(np.floor(n * share + 0.5)) for share in shares), n]
    n_parts = len(fractions)
    if n >= n_parts:
        for part in range(1, n_parts):
            cuts[part] = min(max(cuts[part], cuts[part - 1] + 1), n - (n_parts - part))
    return cuts


def _check_classes(split: Split, label: NDArray[np.int8]) -> None:
    for part, rows in split.parts():
        for value, word in ((1, "positive"), (0, "negative")):
            if not np.any(label[rows] == value):
                raise DeepCMEError(
                    f"The {part} part would hold no {word} sample: there are "
                    f"{int((label == 1).sum())} positive and {int((label == 0).sum())} "
                    "negative samples, and each of the three parts needs at least one of "
                    "both, from patients of its own."
                )


@dataclass(frozen=True)
class RepeatedSplits:
    """Repeated random 60/20/20 splits, as in the paper; by patient unless told otherwise.

    Parameters
    ----------
    repeats : int
        How many splits.
    fractions : tuple of float
        Shares of training, validation and test part.
    by : {"patient", "sample"}
        What stays together. Split by sample, a patient with several samples
        can be on two sides, and the test AUC is then no longer honest.
    """

    repeats: int = 10
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2)
    by: SplitBy = "patient"

    def split(
        self, labels: ArrayLike, patients: ArrayLike, seed: np.random.SeedSequence
    ) -> Iterator[Split]:
        """Yield the splits; split i depends on the seed and on i alone."""
        n = len(np.asarray(labels))
        groups = patients if self.by == "patient" else np.arange(n)
        for repeat in range(self.repeats):
            branch = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, repeat))
            random = np.random.default_rng(branch)
            yield draw_split(labels, groups, self.fractions, random)
