"""Small invented selection problems that the tests of this folder share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.cohort.follow_up import FollowUp
from deepcme.models.survival.target import make_target

TRUTH = np.array([3, 11, 17, 29])


def make_problem(
    n: int = 120, n_genes: int = 40, seed: int = 0, *, null: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Independent standard normal genes, four of which shift the odds of the label."""
    random = np.random.default_rng(seed)
    X = random.standard_normal((n, n_genes), dtype=np.float32)
    log_odds = np.zeros(n) if null else X[:, TRUTH] @ np.array([1.8, -1.8, 1.5, -1.5])
    y = (random.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    return X, y


def make_times(
    n: int = 120, n_genes: int = 40, seed: int = 0, *, null: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.void]]:
    """Independent standard normal genes, four of which shift the hazard; half are censored."""
    random = np.random.default_rng(seed)
    X = random.standard_normal((n, n_genes), dtype=np.float32)
    log_hazard = np.zeros(n) if null else X[:, TRUTH] @ np.array([1.0, -1.0, 0.8, -0.8])
    times = random.exponential(np.exp(-log_hazard))
    ends = random.exponential(np.exp(-random.permutation(log_hazard)))
    return X, make_target(FollowUp(np.minimum(times, ends), (times <= ends).astype(np.int8)))


def make_twins(n: int = 150, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Ten clusters of three nearly equal genes; the first two clusters drive the label."""
    random = np.random.default_rng(seed)
    factors = random.standard_normal((n, 10))
    X = np.repeat(factors, 3, axis=1) + 0.3 * random.standard_normal((n, 30))
    log_odds = 2 * factors[:, 0] - 2 * factors[:, 1]
    y = (random.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32), y


def false_selection_bound(n_selected: float, n_genes: int, threshold: float) -> float:
    """Most false selections to expect above a selection frequency, of half samples."""
    return n_selected**2 / ((2 * threshold - 1) * n_genes)
