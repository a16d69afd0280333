"""Simulated studies of models of equal worth: how often one is called better or worse.

As many genes differ between the classes in each model's set, so that no model is
better. The models see the same patients, and learn by the difference of the class
means.
"""

from __future__ import annotations

import numpy as np

from deepcme.cohort.folds import NestedFolds
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.comparison import (
    REFITTED_FACTOR,
    compute_corrected_t_test,
    compute_holm_correction,
)

LEVEL = 0.05
SIGNAL = 0.25
GENES, TELLING = 76, 15


def simulate_equal_models(
    studies: int,
    patients: int,
    events: int,
    seed: int,
    *,
    refitted: bool,
    shared: float,
    repeats: int = 2,
    baselines: int = 6,
) -> dict[str, float]:
    """Shares of studies with each claim on the first model; all other models are baselines.

    Folds of 60/20/20 drawn `repeats` times; the first baseline is the comparator. Each
    model sees a random share of the genes, `shared`; of 0 it has 20 of its own, of
    which 5 tell. `refitted` models learn from training and validation part together.
    """
    random = np.random.default_rng(seed)
    label = np.repeat([1, 0], [events, patients - events])
    ratio = REFITTED_FACTOR / 4 if refitted else 1 / 3
    design = NestedFolds(5, repeats)
    claims = np.zeros((studies, 4), dtype=bool)
    for study in range(studies):
        sets, effect = _gene_sets(1 + baselines, shared, random)
        X = random.normal(size=(patients, len(effect))) + np.outer(label, effect)
        seeds = np.random.SeedSequence(int(random.integers(2**32)))
        aucs = []
        for split in design.split(label, np.arange(patients), seeds):
            rows = np.r_[split.train, split.validation] if refitted else split.train
            positive = label[rows] == 1
            weights = X[rows][positive].mean(axis=0) - X[rows][~positive].mean(axis=0)
            scores = X[split.test] @ (weights * sets).T
            aucs.append([_auc(label[split.test], score) for score in scores.T])
        table = np.array(aucs)
        claims[study] = _claims(table[:, :1] - table[:, 1:], ratio)
    names = ("better", "worse", "better than any", "worse than any")
    return dict(zip(names, claims.mean(axis=0).tolist(), strict=True))


def _claims(differences: np.ndarray, ratio: float) -> tuple[bool, bool, bool, bool]:
    """Better and worse than the comparator; and than any baseline, corrected by Holm."""
    tests = [compute_corrected_t_test(of_baseline, ratio) for of_baseline in differences.T]
    found = compute_holm_correction([test.p_value for test in tests]) <= LEVEL
    above = np.array([test.difference > 0 for test in tests])
    planned = tests[0]
    return (
        planned.ci_low > 0,
        planned.ci_high < 0,
        bool((found & above).any()),
        bool((found & ~above).any()),
    )


def _gene_sets(
    models: int, shared: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Which genes each model sees (models x genes), and how far the classes are apart in each."""
    if shared == 0:
        effect = np.tile(np.repeat([SIGNAL, 0.0], [5, 15]), models)
        return np.repeat(np.eye(models), 20, axis=1), effect
    effect = np.repeat([SIGNAL, 0.0], [TELLING, GENES - TELLING])
    sets = np.zeros((models, GENES))
    for genes in sets:
        for start, size in ((0, TELLING), (TELLING, GENES - TELLING)):
            genes[start + random.permutation(size)[: round(shared * size)]] = 1
    return sets, effect


def _auc(label: np.ndarray, score: np.ndarray) -> float:
    return float(compute_weighted_auc(label, score, np.ones((1, len(label))))[0])
