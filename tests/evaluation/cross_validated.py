"""Simulated cross-validated studies: what their intervals hold, where the truth is known.

Genes are normal in each class, so that the score of a linear model is too, and its
true AUC and the risks that it gives to new patients are known without simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from deepcme.cohort.folds import NestedFolds, RepeatedFolds, choose_repeats
from deepcme.cohort.splits import RepeatedSplits, Split
from deepcme.evaluation.bootstrap import draw_patients
from deepcme.evaluation.discrimination import compute_auc_interval
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.measures import find_measure
from deepcme.evaluation.over_patients import compute_over_patients
from deepcme.evaluation.paired import compute_paired_difference
from deepcme.evaluation.probabilities.calibration import compute_calibration
from deepcme.evaluation.probabilities.utility import compute_net_benefit_differences
from tests.evaluation.simulations import (
    auc_of,
    make_labels,
    simulate_genes,
    true_values_of_frozen_model,
)

THRESHOLD = 0.3
PENALTIES = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0)
FitLinear = Callable[[np.ndarray, np.ndarray, Split], np.ndarray]


Design = RepeatedFolds | RepeatedSplits | NestedFolds


def fit_mean_difference(X: np.ndarray, label: np.ndarray, split: Split) -> np.ndarray:
    """Weights of genes: the difference of the class means in the training part."""
    of_events, of_others = (X[split.train][label[split.train] == value] for value in (1, 0))
    return of_events.mean(axis=0) - of_others.mean(axis=0)


def fit_ridge(X: np.ndarray, label: np.ndarray, split: Split) -> np.ndarray:
    """Ridge regression with hardly any penalty, on the training part."""
    return _ridge(X, label, split.train, PENALTIES[0])


def fit_tuned_ridge(X: np.ndarray, label: np.ndarray, split: Split) -> np.ndarray:
    """Ridge regression tuned on the validation part, then fitted on both, as LR-tuned is."""
    validation = split.validation
    errors = [
        np.mean((label[validation] - _predict(X, label, split.train, weights, validation)) ** 2)
        for weights in (_ridge(X, label, split.train, penalty) for penalty in PENALTIES)
    ]
    development = np.concatenate([split.train, validation])
    return _ridge(X, label, development, PENALTIES[int(np.argmin(errors))])


def _predict(
    X: np.ndarray, label: np.ndarray, fitted: np.ndarray, weights: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    return label[fitted].mean() + (X[rows] - X[fitted].mean(axis=0)) @ weights


def _ridge(X: np.ndarray, label: np.ndarray, rows: np.ndarray, penalty: float) -> np.ndarray:
    genes, outcome = X[rows] - X[rows].mean(axis=0), label[rows] - label[rows].mean()
    n, p = genes.shape
    if p < n:
        return np.linalg.solve(genes.T @ genes + penalty * p * np.eye(p), genes.T @ outcome)
    return genes.T @ np.linalg.solve(genes @ genes.T + penalty * p * np.eye(n), outcome)


MODELS: dict[str, tuple[FitLinear, bool]] = {
    "mean difference": (fit_mean_difference, False),
    "ridge": (fit_ridge, False),
    "tuned ridge": (fit_tuned_ridge, True),
}
"""How each model's weights are fitted, and whether on the validation part too."""


@dataclass(frozen=True)
class Simulated:
    """What a simulated cohort is like; ten genes differ between the classes by `signal`."""

    patients: int
    events: int
    genes: int
    signal: float
    samples: int = 1

    @property
    def effect(self) -> np.ndarray:
        return np.where(np.arange(self.genes) < 10, self.signal, 0.0)

    @property
    def patient(self) -> np.ndarray:
        """Patient of each sample."""
        return np.repeat(np.arange(self.patients), self.samples)

    @property
    def label(self) -> np.ndarray:
        return make_labels(self.patients, self.events)[self.patient]


def simulate_cross_validated_auc(
    cohort: Simulated,
    studies: int,
    seed: int,
    model: str = "mean difference",
    design: Design | None = None,
    draws: int = 400,
) -> dict[str, float]:
    """Coverage of the mean true AUC of the fitted models by the interval of the AUC.

    The design is 2 x 5 folds, 4 x 5 with fewer than 150 patients, or another.
    Samples of one patient share half of their variance.
    """
    random = np.random.default_rng(seed)
    design = design or RepeatedFolds(repeats=choose_repeats(cohort.patients))
    found = [_one_study(cohort, model, design, draws, random) for _ in range(studies)]
    auc, low, high, truth = np.array(found).T
    return {
        "coverage": float(np.mean((low <= truth) & (truth <= high))),
        "mean_true_auc": float(truth.mean()),
        "bias": float(np.mean(auc - truth)),
        "mean_width": float(np.mean(high - low)),
    }


def simulate_cross_validated_pr_auc(
    cohort: Simulated, studies: int, seed: int, draws: int = 300
) -> dict[str, float]:
    """PR-AUC over the patients of two times five folds, and what its interval covers.

    The model is the mean difference; the truth is the mean PR-AUC that the fitted models
    have with unlimited patients.
    """
    random = np.random.default_rng(seed)
    label, patient, effect = cohort.label, cohort.patient, cohort.effect
    found = []
    for _ in range(studies):
        X = simulate_genes(label, patient, effect, random)
        splits = list(RepeatedFolds().split(label, patient, spawn_seed(random)))
        weights = [fit_mean_difference(X, label, split) for split in splits]
        test = _rows_of([split.test for split in splits], label, patient)
        test["score"] = np.concatenate(
            [X[split.test] @ of_genes for split, of_genes in zip(splits, weights, strict=True)]
        )
        true_auc = _mean_true_auc(weights, effect)
        truth = true_values_of_frozen_model(cohort.events / cohort.patients, true_auc)["pr_auc"]
        row = compute_over_patients(
            find_measure("pr_auc"), test, draw_patients(test, draws, random, stratified=False)
        )
        covered = row["pr_auc_ci_low"] <= truth <= row["pr_auc_ci_high"]
        found.append((row["pr_auc"], row["pr_auc_chance"], truth, covered))
    names = ("pr_auc", "chance", "mean_true_pr_auc", "coverage")
    return dict(zip(names, np.mean(found, axis=0).tolist(), strict=True))


def spawn_seed(random: np.random.Generator) -> np.random.SeedSequence:
    """Seed of the splits of the next study."""
    return np.random.SeedSequence(int(random.integers(2**32)))


def _mean_true_auc(weights: list[np.ndarray], effect: np.ndarray) -> float:
    distances = [of_genes @ effect / np.linalg.norm(of_genes) for of_genes in weights]
    return float(np.mean(stats.norm.cdf(np.array(distances) / np.sqrt(2))))


def _one_study(
    cohort: Simulated, model: str, design: Design, draws: int, random: np.random.Generator
) -> tuple[float, float, float, float]:
    """AUC of a study, its interval, and the mean true AUC of the fitted models."""
    fit, refits = MODELS[model]
    label, patient, effect = cohort.label, cohort.patient, cohort.effect
    X = simulate_genes(label, patient, effect, random)
    splits = list(design.split(label, patient, spawn_seed(random)))
    weights = [fit(X, label, split) for split in splits]
    scores = [X[split.test] @ of_genes for split, of_genes in zip(splits, weights, strict=True)]
    aucs = [
        auc_of(label[split.test], score) for split, score in zip(splits, scores, strict=True)
    ]
    test = _rows_of([split.test for split in splits], label, patient)
    test["score"] = np.concatenate(scores)
    fitted = [
        np.concatenate([split.train, split.validation]) if refits else split.train
        for split in splits
    ]
    patients = draw_patients(test, draws, random, stratified=True)
    auc = float(np.mean(aucs))
    low, high = compute_auc_interval(test, _rows_of(fitted, label, patient), auc, patients)
    return auc, low, high, _mean_true_auc(weights, effect)


def _rows_of(parts: list[np.ndarray], label: np.ndarray, patient: np.ndarray) -> pd.DataFrame:
    """One row for each row of each split's part."""
    rows = np.concatenate(parts)
    return pd.DataFrame(
        {
            "split": np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
            "sample": rows,
            "patient": patient[rows],
            "label": label[rows],
        }
    )


def simulate_cross_validated_probabilities(
    cohort: Simulated, studies: int, seed: int, strength: float, draws: int = 300
) -> dict[str, float]:
    """Coverage of the intervals of scores, calibration line and gain in net benefit of a study.

    Logistic regression with an L2 penalty of inverse strength `strength`, 2 x 5 folds;
    each patient has the event with the probability of the cohort's share. The truth
    is that of the fitted models on new patients: of a mixture of all for the line, which
    is of pooled rows, and the mean over the fits for the others.
    """
    random = np.random.default_rng(seed)
    prevalence = cohort.events / cohort.patients
    held: list[dict[str, bool]] = []
    for _ in range(studies):
        label = (random.random(cohort.patients) < prevalence).astype(int)
        X = simulate_genes(label, cohort.patient, cohort.effect, random)
        splits = RepeatedFolds().split(label, cohort.patient, spawn_seed(random))
        tables, log_odds = [], []
        for number, split in enumerate(splits):
            model = LogisticRegression(C=strength).fit(X[split.train], label[split.train])
            rows = _rows_of([split.test], label, cohort.patient)
            score = model.decision_function(X[split.test])
            tables.append(rows.assign(split=number, model="LR", part="test", score=score))
            log_odds.append(log_odds_of_new_patients(model, cohort, prevalence))
        test = pd.concat(tables, ignore_index=True)
        test["probability"] = expit(test["score"])
        truth = true_values(np.array(log_odds), prevalence)
        found = compute_calibration(test, random, draws).set_index("metric")
        gain = compute_net_benefit_differences(test, random, [THRESHOLD], draws)
        found = pd.concat([found, gain.set_index(pd.Index(["net_benefit_difference"]))])
        held.append(
            {
                metric: bool(row["ci_low"] <= truth[metric] <= row["ci_high"])
                for metric, row in found.iterrows()
            }
        )
    return pd.DataFrame(held).mean().to_dict()


def log_odds_of_new_patients(
    model: LogisticRegression, cohort: Simulated, prevalence: float, n: int = 400
) -> np.ndarray:
    """Evenly spread quantiles of the log-odds in each class, the events first."""
    weights = model.coef_[0]
    n_events = round(n * prevalence)
    quantiles = [
        stats.norm.ppf((np.arange(size) + 0.5) / size) for size in (n_events, n - n_events)
    ]
    shift = np.repeat([weights @ cohort.effect, 0.0], [n_events, n - n_events])
    return model.intercept_[0] + shift + np.linalg.norm(weights) * np.concatenate(quantiles)


def true_values(log_odds: np.ndarray, prevalence: float) -> dict[str, float]:
    """What the statistics would be with unlimited patients, from log-odds of fits x patients."""
    n_fits, n = log_odds.shape
    n_events = round(n * prevalence)
    is_event = np.arange(n) < n_events
    risk = expit(log_odds)

    def mean(values: np.ndarray) -> float:
        events, others = values[:, is_event].mean(), values[:, ~is_event].mean()
        return float(prevalence * events + (1 - prevalence) * others)

    label = np.tile(is_event.astype(int), n_fits)
    pooled = log_odds.ravel()
    ones = np.ones((pooled.size, 1))
    line = fit_logistic_regression(np.column_stack([ones, pooled]), label)
    odds = THRESHOLD / (1 - THRESHOLD)
    brier = mean((risk - is_event) ** 2)
    return {
        "brier": brier,
        "scaled_brier": 1 - brier / (prevalence * (1 - prevalence)),
        "log_loss": -mean(np.where(is_event, np.log(risk), np.log1p(-risk))),
        "intercept": float(line.coefficients[0]),
        "slope": float(line.coefficients[1]),
        "observed_expected": prevalence / mean(risk),
        "net_benefit_difference": mean((risk >= THRESHOLD) * np.where(is_event, 1.0, -odds))
        - max(prevalence - (1 - prevalence) * odds, 0),
    }


def simulate_difference_of_equal_models(
    cohort: Simulated, studies: int, seed: int, draws: int = 300
) -> dict[str, float]:
    """How often the interval of a difference between two studies of one model misses 0.

    Each study draws its own folds; ``same model`` is fitted in both, ``equal models`` are
    fitted on halves of the genes with the same signal.
    """
    random = np.random.default_rng(seed)
    label, patient = cohort.label, cohort.patient
    half = cohort.effect[: cohort.genes // 2]
    misses = {"same model": 0, "equal models": 0}
    for _ in range(studies):
        X = simulate_genes(label, patient, np.concatenate([half, half]), random)
        first, second = X[:, : len(half)], X[:, len(half) :]
        for kind, of_second in (("same model", first), ("equal models", second)):
            found = compute_paired_difference(
                *(
                    predictions_of(genes, label, patient, random)
                    for genes in (first, of_second)
                ),
                random,
                draws=draws,
            )
            misses[kind] += not found.ci_low <= 0 <= found.ci_high
    return {kind: count / studies for kind, count in misses.items()}


def predictions_of(
    X: np.ndarray, label: np.ndarray, patient: np.ndarray, random: np.random.Generator
) -> pd.DataFrame:
    seed = spawn_seed(random)
    tables = []
    for number, split in enumerate(RepeatedFolds().split(label, patient, seed)):
        score = X @ fit_mean_difference(X, label, split)
        for part, rows in split.parts():
            table = _rows_of([rows], label, patient)
            tables.append(
                table.assign(split=number, model="mean", part=part, score=score[rows])
            )
    return pd.concat(tables, ignore_index=True)
