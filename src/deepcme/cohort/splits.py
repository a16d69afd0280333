"""Stratified splits into training, validation and test part, by patient or by sample.

The designs here are repeated random splits and leaving one cohort out; those that test
everyone once a repeat are in `deepcme.cohort.folds`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.outcome import Outcome, as_outcome

RowIndex = NDArray[np.int64]
SplitBy = Literal["patient", "sample"]
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """Row indices of the three parts, each in ascending order.

    Attributes
    ----------
    train, validation, test : ndarray of int64
    inner : tuple of Split
        Of a nested design, the splits to tune on: the rows outside the test part,
        each fold of them once the validation part. The first is the split itself.
    left_out : str or None
        Cohort that is the test part, where one is left out.
    """

    train: RowIndex
    validation: RowIndex
    test: RowIndex
    inner: tuple[Split, ...] = ()
    left_out: str | None = None

    def parts(self) -> Iterator[tuple[str, RowIndex]]:
        """Name and rows of each part."""
        yield from zip(PARTS, (self.train, self.validation, self.test), strict=True)

    @property
    def fitting_rows(self) -> RowIndex:
        """All rows that a fit may see: the training part, then the validation part."""
        return np.concatenate([self.train, self.validation])

    def over_inner_folds(self) -> Split:
        """The split of a model tuned over all inner folds: each row trains and validates."""
        development = np.sort(self.fitting_rows)
        return replace(self, train=development, validation=development)


def draw_split(
    labels: ArrayLike | Outcome,
    groups: ArrayLike,
    fractions: tuple[float, float, float],
    random: np.random.Generator,
    strata: ArrayLike | None = None,
) -> Split:
    """Cut groups of rows into three parts, stratified by the groups' outcome.

    A group is a patient, or a sample where patients do not matter. A group is
    positive if any of its rows is.

    Parameters
    ----------
    labels : Outcome, or array of 0 and 1, one per row
    groups : array, one per row
        Rows of one group stay together.
    fractions : tuple of float
        Shares of the three parts; they sum to 1.
    random : numpy.random.Generator
    strata : array, optional
        Stratum of each row, such as its batch: each is spread over the parts as well. A
        group is of the stratum of its first row.

    Raises
    ------
    DeepCMEError
        If a part would hold no positive or no negative row; gives the counts.
    """
    outcome = as_outcome(labels)
    part_of_row = _allocate(outcome.strata, groups, fractions, random, strata)
    train, validation, test = (np.flatnonzero(part_of_row == part) for part in range(3))
    split = Split(train, validation, test)
    check_classes(split, outcome)
    return split


def draw_holdout(
    labels: ArrayLike,
    groups: ArrayLike,
    fraction: float,
    random: np.random.Generator,
    strata: ArrayLike | None = None,
) -> tuple[RowIndex, RowIndex]:
    """Training rows and held-out rows, stratified, no group on both sides.

    A class of a single group stays in training; a class of two or more has at
    least one group on either side. `labels` are 0 and 1, or the `strata` of an outcome.
    """
    shares = (1 - fraction, fraction)
    part_of_row = _allocate(np.asarray(labels), groups, shares, random, strata)
    return np.flatnonzero(part_of_row == 0), np.flatnonzero(part_of_row == 1)


def draw_folds(
    labels: ArrayLike,
    groups: ArrayLike,
    n_folds: int,
    random: np.random.Generator,
    strata: ArrayLike | None = None,
) -> list[RowIndex]:
    """Rows of each fold, stratified, no group in two folds.

    `labels` are 0 and 1, or the `strata` of an outcome.
    Two groups of one class, and of one stratum where there are any, are in different folds
    as long as there are folds left.
    """
    group_of_row, highest = _code_groups(np.asarray(labels), groups)
    stratum = _code_strata(strata, group_of_row)
    fold_of_group = np.empty(len(highest), dtype=np.int64)
    members = [_shuffle(highest == v, stratum, random) for v in np.unique(highest)[::-1]]
    fold_of_group[np.concatenate(members)] = np.arange(len(highest)) % n_folds
    fold_of_row = fold_of_group[group_of_row]
    return [np.flatnonzero(fold_of_row == fold) for fold in range(n_folds)]


def _allocate(
    label: NDArray[np.int8],
    groups: ArrayLike,
    fractions: tuple[float, ...],
    random: np.random.Generator,
    strata: ArrayLike | None,
) -> NDArray[np.int64]:
    """Part of each row."""
    group_of_row, highest = _code_groups(label, groups)
    stratum = _code_strata(strata, group_of_row)
    part_of_group = np.empty(len(highest), dtype=np.int64)
    for value in np.unique(highest)[::-1]:
        members = _shuffle(highest == value, stratum, random)
        parts = np.repeat(np.arange(len(fractions)), np.diff(_cuts(len(members), fractions)))
        if len(np.unique(stratum[members])) > 1:
            parts = _spread(parts, random)
        part_of_group[members] = parts
    return part_of_group[group_of_row]


def _spread(parts: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """The same parts in turns, as evenly as their sizes allow, from a random place on.

    Each run of members then gets its share of every part, and each member has the same
    chance of it (systematic sampling).
    """
    sizes = np.bincount(parts)
    place = np.concatenate([(np.arange(size) + 0.5) / max(size, 1) for size in sizes])
    turns = parts[np.argsort(place, kind="stable")]
    return np.roll(turns, random.integers(max(len(turns), 1)))


def _shuffle(
    chosen: NDArray[np.bool_], stratum: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """The chosen groups in random order within their strata, one stratum after another."""
    members = random.permutation(np.flatnonzero(chosen))
    return members[np.argsort(stratum[members], kind="stable")]


def _code_strata(strata: ArrayLike | None, group_of_row: RowIndex) -> NDArray[np.int64]:
    """Number of each group's stratum: that of its first row; 0 where there are none."""
    n_groups = int(group_of_row.max()) + 1
    if strata is None:
        return np.zeros(n_groups, dtype=np.int64)
    _, stratum_of_row = np.unique(np.asarray(strata, dtype=str), return_inverse=True)
    first_row = np.unique(group_of_row, return_index=True)[1]
    coded: NDArray[np.int64] = stratum_of_row[first_row].astype(np.int64)
    return coded


def _code_groups(
    label: NDArray[np.int8], groups: ArrayLike
) -> tuple[RowIndex, NDArray[np.int8]]:
    """Number of each row's group, and the highest label in each group."""
    _, group_of_row = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    highest = np.zeros(int(group_of_row.max()) + 1, dtype=np.int8)
    np.maximum.at(highest, group_of_row, label.astype(np.int8))
    return group_of_row, highest


def _cuts(n: int, fractions: tuple[float, ...]) -> list[int]:
    """Where to cut n members; at least one in each part where n allows."""
    shares = np.cumsum(fractions)[:-1]
    cuts = [0, *(int(np.floor(n * share + 0.5)) for share in shares), n]
    n_parts = len(fractions)
    if n >= n_parts:
        for part in range(1, n_parts):
            cuts[part] = min(max(cuts[part], cuts[part - 1] + 1), n - (n_parts - part))
    return cuts


def check_classes(split: Split, outcome: Outcome) -> None:
    """Raise `DeepCMEError` if a part lacks a class; the sentence gives the counts."""
    for part, rows in split.parts():
        if (word := outcome.lacks(rows)) is not None:
            where = f"With {split.left_out} left out, the" if split.left_out else "The"
            raise DeepCMEError(
                f"{where} {part} part would hold no {word}: there are "
                f"{outcome.count()}, and each of the three parts needs at least one of "
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
        self,
        labels: ArrayLike | Outcome,
        patients: ArrayLike,
        seed: np.random.SeedSequence,
        strata: ArrayLike | None = None,
    ) -> Iterator[Split]:
        """Yield the splits; split i depends on the seed and on i alone."""
        groups = rows_that_stay_together(patients, self.by)
        for random in repeat_generators(seed, self.repeats):
            yield draw_split(labels, groups, self.fractions, random, strata)


@dataclass(frozen=True)
class LeaveOneCohortOut:
    """Each cohort is the test part once a repeat; the others are training and validation part.

    These two are drawn anew in every repeat, stratified. A patient of two cohorts
    is left out of training and validation where it is tested.

    Parameters
    ----------
    repeats : int
    validation : float
        Share of the other cohorts that is the validation part.
    by : {"patient", "sample"}
        What stays together.
    """

    repeats: int = 2
    validation: float = 0.25
    by: SplitBy = "patient"

    def split(
        self,
        labels: ArrayLike | Outcome,
        patients: ArrayLike,
        cohorts: ArrayLike,
        seed: np.random.SeedSequence,
        strata: ArrayLike | None = None,
    ) -> Iterator[Split]:
        """Yield the splits, cohort by cohort in the order of their names.

        Raises
        ------
        DeepCMEError
            If there is one cohort only, or a cohort or what is left without it
            lacks a class.
        """
        outcome, cohort = as_outcome(labels), np.asarray(cohorts, dtype=str)
        label = outcome.strata
        stratum = cohort if strata is None else np.asarray(strata)
        groups = np.asarray(rows_that_stay_together(patients, self.by))
        names = [str(name) for name in np.unique(cohort)]
        _check_cohorts(names, cohort, outcome)
        for random in repeat_generators(seed, self.repeats):
            for name in names:
                test = np.flatnonzero(cohort == name)
                others = np.flatnonzero(~np.isin(groups, groups[test]))
                if not len(others):
                    raise DeepCMEError(
                        f"With {name} left out, there is nobody to train on: all other "
                        "samples are of its patients."
                    )
                train, validation = draw_holdout(
                    label[others], groups[others], self.validation, random, stratum[others]
                )
                split = Split(others[train], others[validation], test, left_out=name)
                check_classes(split, outcome)
                yield split


def rows_that_stay_together(patients: ArrayLike, by: SplitBy) -> NDArray[Any]:
    """What stays together: the patient of each row, or the row itself."""
    of_rows = np.asarray(patients)
    return of_rows if by == "patient" else np.arange(len(of_rows))


def repeat_generators(
    seed: np.random.SeedSequence, repeats: int
) -> Iterator[np.random.Generator]:
    """One generator for each repeat, which depends on the seed and on its number alone."""
    for repeat in range(repeats):
        branch = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, repeat))
        yield np.random.default_rng(branch)


def _check_cohorts(names: list[str], cohort: NDArray[np.str_], outcome: Outcome) -> None:
    if len(names) < 2:
        raise DeepCMEError(
            f"All {len(cohort)} samples are of the cohort {names[0]}: leaving one out takes "
            "two or more."
        )
    for name in names:
        of_cohort = cohort == name
        if (word := outcome.lacks(of_cohort)) is not None:
            raise DeepCMEError(
                f"The cohort {name} holds no {word} among its {of_cohort.sum()}, so "
                "nothing can be tested on it: leave it out of the file, or count it to another "
                "cohort."
            )
