"""Simulated studies of batches without a signal, and of folds against random test parts."""

from __future__ import annotations

import numpy as np
from scipy import stats

from deepcme.baselines import make_logistic_regression
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.permutation import compute_permutation_test, permute_labels
from deepcme.folds import RepeatedFolds, choose_repeats
from deepcme.splits import RepeatedSplits

FOLDS_SETTINGS = [(189, 35, 76, 0.3), (97, 46, 500, 0.25), (300, 23, 100, 0.35)]
INVERSE_STRENGTH = 1e-2


def simulate_batches(
    studies: int, permutations: int, seed: int, pooled_studies: int
) -> dict[str, float]:
    """Two cohorts of 80, prevalence 0.20 and 0.45, that differ in all genes and in no signal.

    Five folds, drawn once, of the difference of the class means; stratified, ranked and
    permuted by cohort, as a study is, and not at all, as studies were (the first
    `pooled_studies`, which is enough to see that).
    """
    random = np.random.default_rng(seed)
    cohort = np.repeat([0, 1], 80)
    label = np.r_[np.repeat([1, 0], [16, 64]), np.repeat([1, 0], [36, 44])]
    found: dict[str, list[float]] = {"within": [], "pooled": []}
    rejected = {"within": 0, "pooled": 0}
    for study in range(studies):
        shift = np.outer(cohort, 0.7 * random.normal(size=50))
        X = random.normal(size=(160, 50)) + shift
        for how, strata in (("within", cohort), ("pooled", np.zeros(160))):
            if how == "pooled" and study >= pooled_studies:
                continue
            observed = _mean_test_auc(X, label, strata, random)
            null = [
                _mean_test_auc(
                    X, permute_labels(label, np.arange(160), random, strata), strata, random
                )
                for _ in range(permutations)
            ]
            found[how].append(observed)
            rejected[how] += compute_permutation_test(observed, null).p_value <= 0.05
    return {
        "AUC within cohorts": float(np.mean(found["within"])),
        "p <= 0.05 within": rejected["within"] / studies,
        "AUC pooled": float(np.mean(found["pooled"])),
        "p <= 0.05 pooled": rejected["pooled"] / pooled_studies,
    }


def _mean_test_auc(
    X: np.ndarray, label: np.ndarray, strata: np.ndarray, random: np.random.Generator
) -> float:
    seed = np.random.SeedSequence(int(random.integers(2**32)))
    aucs = []
    for split in RepeatedFolds(5, 1).split(label, np.arange(len(label)), seed, strata):
        means = [X[split.train][label[split.train] == value].mean(axis=0) for value in (0, 1)]
        score = X[split.test] @ (means[1] - means[0])
        aucs.append(_auc_within(label[split.test], score, strata[split.test]))
    return float(np.mean(aucs))


def _auc_within(label: np.ndarray, score: np.ndarray, strata: np.ndarray) -> float:
    """As `compute_auc_within`, without its checks, which would take most of the time."""
    once = np.ones((1, len(label)))
    aucs, cases = [], []
    for stratum in np.unique(strata):
        rows = strata == stratum
        aucs.append(compute_weighted_auc(label[rows], score[rows], once[:, rows])[0])
        cases.append(label[rows].sum())
    usable = ~np.isnan(aucs)
    return float(np.average(np.array(aucs)[usable], weights=np.array(cases)[usable]))


def simulate_folds(
    studies: int, patients: int, events: int, genes: int, signal: float, seed: int
) -> dict[str, float]:
    """Variance of the mean test AUC over folds, and over as many random fifths.

    L2 logistic regression; 10 genes differ between the classes by `signal`. The error is
    that of the mean AUC about the mean true AUC of the fitted models.
    """
    random = np.random.default_rng(seed)
    label = np.repeat([1, 0], [events, patients - events])
    effect = np.where(np.arange(genes) < 10, signal, 0.0)
    repeats = choose_repeats(patients)
    designs = {"folds": RepeatedFolds(5, repeats), "fifths": RepeatedSplits(5 * repeats)}
    means = {name: np.empty(studies) for name in designs}
    errors = {name: np.empty(studies) for name in designs}
    for study in range(studies):
        X = random.normal(size=(patients, genes)) + np.outer(label, effect)
        for name, design in designs.items():
            seeds = np.random.SeedSequence(int(random.integers(2**32)))
            aucs, true = [], []
            for split in design.split(label, np.arange(patients), seeds):
                model = make_logistic_regression(INVERSE_STRENGTH)
                weights = model.fit(X[split.train], label[split.train]).coef_[0]
                aucs.append(
                    _auc_within(label[split.test], X[split.test] @ weights, split.test >= 0)
                )
                distance = weights @ effect / np.linalg.norm(weights)
                true.append(stats.norm.cdf(distance / np.sqrt(2)))
            means[name][study] = np.mean(aucs)
            errors[name][study] = np.mean(aucs) - np.mean(true)
    return {
        "fits": 5 * repeats,
        **{f"variance, {name}": float(np.var(means[name], ddof=1)) * 1000 for name in designs},
        **{f"error, {name}": float(np.sqrt(np.mean(errors[name] ** 2))) for name in designs},
    }
