"""Simulated studies of batches without a signal, and of folds against random test parts."""

from __future__ import annotations

import numpy as np

from deepcme.cohort.folds import RepeatedFolds, choose_repeats
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import RepeatedSplits
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.nulls import compute_permutation_test

FOLDS_SETTINGS = [(189, 35, 76, 0.3), (97, 46, 500, 0.25), (300, 23, 100, 0.35)]


def simulate_batches(
    studies: int, permutations: int, seed: int, *, stratified: bool
) -> dict[str, float]:
    """Two cohorts of 80, prevalence 0.20 and 0.45, that differ in all genes and in no signal.

    Five folds, drawn once, of the difference of the class means; stratified, permuted and
    ranked by cohort, as a study is, or not at all.
    """
    random = np.random.default_rng(seed)
    cohort, patient = np.repeat([0, 1], 80), np.arange(160)
    label = np.r_[np.repeat([1, 0], [16, 64]), np.repeat([1, 0], [36, 44])]
    strata = cohort if stratified else np.zeros(160)
    aucs, rejected = [], 0
    for _ in range(studies):
        shift = np.outer(cohort, 0.7 * random.normal(size=50))
        X = random.normal(size=(160, 50)) + shift
        aucs.append(_mean_test_auc(X, label, strata, random))
        null = [
            _mean_test_auc(
                X, BinaryOutcome(label).permute(patient, random, strata).labels, strata, random
            )
            for _ in range(permutations)
        ]
        rejected += compute_permutation_test(aucs[-1], null).p_value <= 0.05
    return {"studies": studies, "AUC": float(np.mean(aucs)), "p <= 0.05": rejected / studies}


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

    Ridge regression; 10 genes differ between the classes by `signal`. Given the patients,
    both designs have the same expected mean, as each of their splits is a stratified
    60/20/20; they differ in what the drawing adds, which two drawings a study tell.
    """
    random = np.random.default_rng(seed)
    label = np.repeat([1, 0], [events, patients - events])
    effect = np.where(np.arange(genes) < 10, signal, 0.0)
    repeats = choose_repeats(patients)
    designs = {"folds": RepeatedFolds(5, repeats), "fifths": RepeatedSplits(5 * repeats)}
    means = {name: np.empty((studies, 2)) for name in designs}
    for study in range(studies):
        X = random.normal(size=(patients, genes)) + np.outer(label, effect)
        for name, design in designs.items():
            for drawing in range(2):
                means[name][study, drawing] = _mean_auc_of_ridge(X, label, design, random)
    of_patients = np.mean(
        [
            np.cov(means["folds"][:, i], means["fifths"][:, j])[0, 1]
            for i in (0, 1)
            for j in (0, 1)
        ]
    )
    added = {name: np.mean(np.diff(values, axis=1) ** 2) / 2 for name, values in means.items()}
    return {
        "fits": 5 * repeats,
        "mean AUC": float(np.mean([*means.values()])),
        "drawing adds, folds": float(1000 * added["folds"]),
        "drawing adds, fifths": float(1000 * added["fifths"]),
        "variance, folds": float(1000 * (of_patients + added["folds"])),
        "variance, fifths": float(1000 * (of_patients + added["fifths"])),
    }


def _mean_auc_of_ridge(
    X: np.ndarray,
    label: np.ndarray,
    design: RepeatedFolds | RepeatedSplits,
    random: np.random.Generator,
) -> float:
    seed = np.random.SeedSequence(int(random.integers(2**32)))
    aucs = []
    for split in design.split(label, np.arange(len(label)), seed):
        centred = X[split.train] - X[split.train].mean(axis=0)
        outcome = label[split.train] - label[split.train].mean()
        kernel = centred @ centred.T + X.shape[1] * np.eye(len(outcome))
        weights = centred.T @ np.linalg.solve(kernel, outcome)
        score = X[split.test] @ weights
        aucs.append(_auc_within(label[split.test], score, np.zeros(len(score))))
    return float(np.mean(aucs))
