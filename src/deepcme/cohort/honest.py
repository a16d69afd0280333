"""The honest protocol in one place: what a study, a panel and a model to hand on share.

The same model at the same seed is fitted on the same patients by `deepcme run`, `panel` and
`train`, and so the same is expected of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from deepcme.base.seeds import integer_seed, seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.folds import FOLDS, VALIDATION, RepeatedFolds, choose_folds, choose_repeats
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.splits import Split, SplitBy, rows_that_stay_together
from deepcme.cohort.strata import AUTOMATIC, find_levels


@dataclass(frozen=True)
class HonestPreparation:
    """Learned of the training part; genes that few samples of it express are left out."""

    fit_on: Literal["train"] = "train"
    min_prevalence: float = 0.1
    clip: float = 5.0


HONEST = HonestPreparation()


def draw_honest_splits(
    cohort: Cohort,
    seed: np.random.SeedSequence,
    *,
    folds: int = FOLDS,
    repeats: int | None = None,
    validation: float = VALIDATION,
    by: SplitBy = "patient",
    strata: str = AUTOMATIC,
    outcome: Outcome | None = None,
) -> list[Split]:
    """Repeated stratified folds of a cohort, fitted to its size.

    Parameters
    ----------
    cohort : Cohort
    seed : SeedSequence
        That of `split_seed`, but for permuted outcomes.
    folds : int
        The most that there are (`choose_folds`).
    repeats : int, optional
        Without a number, by the number of patients (`choose_repeats`).
    validation, by : optional
        As in `RepeatedFolds`.
    strata : str
        ``auto``, ``none`` or a column of the cohort.
    outcome : Outcome, optional
        In place of the cohort's.

    Raises
    ------
    DeepCMEError
        If a part would lack a class, or there is no such column.
    """
    n_folds, n_repeats = count_folds(cohort, folds=folds, repeats=repeats, by=by)
    splitter = RepeatedFolds(n_folds, n_repeats, validation, by)
    levels = find_levels(cohort, strata)
    return list(splitter.split(outcome or cohort.outcome, cohort.patients, seed, levels))


def count_folds(
    cohort: Cohort,
    *,
    folds: int = FOLDS,
    repeats: int | None = None,
    by: SplitBy = "patient",
) -> tuple[int, int]:
    """Numbers of folds and of repeats for a cohort."""
    groups = rows_that_stay_together(cohort.patients, by)
    n_repeats = repeats or choose_repeats(len(np.unique(groups.astype(str))))
    return choose_folds(cohort.outcome, groups, folds), n_repeats


def split_seed(seed: int) -> np.random.SeedSequence:
    """Seed of the splits, of a study's seed."""
    return seed_for(seed, "splits")


def fit_seed(seed: int, model: str, *number: int | str) -> int:
    """Seed of a model's fit on the split of a number, from 1, of a study's seed."""
    return integer_seed(seed_for(seed, "fit", model, *number))


def final_seed(seed: int) -> int:
    """Seed of a model's fit on all patients, as it is handed on."""
    return integer_seed(seed_for(seed, "model", "final"))
