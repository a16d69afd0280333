"""Simulated studies of a model that is trained and a frozen score of equal worth beside it.

A published signature learns nothing of the patients, while the model learns from their other
folds; both are tested on the same. How often is the model called better, or worse?
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from deepcme.cohort.folds import NestedFolds
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.comparison import REFITTED_FACTOR, compute_corrected_t_test

SIGNAL, TELLING, GENES = 0.25, 15, 76


def simulate_frozen_scores(
    studies: int,
    patients: int,
    events: int,
    seed: int,
    *,
    refitted: bool,
    repeats: int = 2,
    pilot: int = 200,
) -> dict[str, float]:
    """Shares of studies in which the trained model is called better and worse.

    The frozen score has the mean AUC that the model has in a `pilot` of such studies.
    """
    random = np.random.default_rng(seed)
    label = np.repeat([1, 0], [events, patients - events])
    ratio = REFITTED_FACTOR / 4 if refitted else 1 / 3
    first = [
        _aucs_of_trained(*_draw(label, repeats, refitted, random)).mean() for _ in range(pilot)
    ]
    distance = float(np.sqrt(2) * stats.norm.ppf(np.mean(first)))
    claims = np.zeros((studies, 2), dtype=bool)
    for study in range(studies):
        X, label, folds = _draw(label, repeats, refitted, random)
        frozen = random.normal(size=patients) + distance * label
        beside = [_auc(label[test], frozen[test]) for _, test in folds]
        test = compute_corrected_t_test(_aucs_of_trained(X, label, folds) - beside, ratio)
        claims[study] = test.ci_low > 0, test.ci_high < 0
    better, worse = claims.mean(axis=0).tolist()
    return {"auc": float(np.mean(first)), "better": better, "worse": worse}


Folds = list[tuple[np.ndarray, np.ndarray]]


def _draw(
    label: np.ndarray, repeats: int, refitted: bool, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, Folds]:
    """Genes of patients, their labels, and who trains and is tested in each fold."""
    effect = np.repeat([SIGNAL, 0.0], [TELLING, GENES - TELLING])
    X = random.normal(size=(len(label), GENES)) + np.outer(label, effect)
    seeds = np.random.SeedSequence(int(random.integers(2**32)))
    design = NestedFolds(5, repeats)
    folds = [
        (np.r_[split.train, split.validation] if refitted else split.train, split.test)
        for split in design.split(label, np.arange(len(label)), seeds)
    ]
    return X, label, folds


def _aucs_of_trained(X: np.ndarray, label: np.ndarray, folds: Folds) -> np.ndarray:
    aucs = []
    for train, test in folds:
        events = label[train] == 1
        weights = X[train][events].mean(axis=0) - X[train][~events].mean(axis=0)
        aucs.append(_auc(label[test], X[test] @ weights))
    return np.array(aucs)


def _auc(label: np.ndarray, score: np.ndarray) -> float:
    return float(compute_weighted_auc(label, score, np.ones((1, len(label))))[0])
