"""Simulated studies with a known truth, to see whether the statistics keep their promises.

Scores are normal in each class with standard deviation 1 and a distance d
between the means: the true AUC is Phi(d / sqrt(2)), and with prevalence q the
true risk has log-odds logit(q) + d * score - d^2 / 2. Genes are normal too, so
that the true AUC of any linear model is known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import integrate, stats
from scipy.special import expit, logit

from deepcme import Cohort
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.folds import NestedFolds
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import RepeatedSplits, Split
from deepcme.evaluation.added_value import compute_added_value
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.comparison import compute_corrected_t_test, compute_holm_correction
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.intervals import (
    compute_delong_interval,
    compute_hanley_mcneil_interval,
)
from deepcme.evaluation.nulls import compute_permutation_test
from deepcme.evaluation.odds_ratios import compute_likelihood_ratio
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration,
    compute_calibration_line,
)
from deepcme.evaluation.probabilities.calibration_curves import compute_calibration_curve
from deepcme.evaluation.probabilities.utility import compute_net_benefit_differences
from deepcme.study.fit import fit_task
from deepcme.study.parts.added_value import fit_clinical_models
from deepcme.study.plan import Plan, make_plan
from deepcme.study.spec import make_study
from deepcme.study.tables import compute_predictions
from tests.conftest import BINARY_EXAMPLE

LEVEL = 0.05
TEN_SPLITS = RepeatedSplits()
TREATMENT_THRESHOLD = 0.3


def distance_of_auc(auc: float) -> float:
    return float(np.sqrt(2) * stats.norm.ppf(auc))


def make_labels(n: int, events: int) -> np.ndarray:
    return np.repeat([1, 0], [events, n - events])


def simulate_frozen_auc_intervals(
    studies: int, n: int, events: int, auc: float, seed: int
) -> dict[str, float]:
    """Share of 95% intervals that cover the true AUC of frozen scores on new patients."""
    random = np.random.default_rng(seed)
    labels = make_labels(n, events)
    covered = {"delong": 0, "hanley_mcneil": 0}
    for _ in range(studies):
        scores = random.normal(size=n) + distance_of_auc(auc) * labels
        delong = compute_delong_interval(labels, scores)
        hanley_mcneil = compute_hanley_mcneil_interval(delong.value, events, n - events)
        covered["delong"] += delong.ci_low <= auc <= delong.ci_high
        covered["hanley_mcneil"] += hanley_mcneil.ci_low <= auc <= hanley_mcneil.ci_high
    return {method: count / studies for method, count in covered.items()}


def true_values_of_frozen_model(prevalence: float, auc: float) -> dict[str, float]:
    """What the statistics of `simulate_frozen_model` would be with unlimited patients."""
    distance = distance_of_auc(auc)
    score = np.linspace(-8, 8 + distance, 20_001)
    positive = prevalence * stats.norm.pdf(score - distance)
    density = positive + (1 - prevalence) * stats.norm.pdf(score)
    risk = positive / density
    precision = (
        prevalence
        * stats.norm.sf(score - distance)
        / (
            prevalence * stats.norm.sf(score - distance)
            + (1 - prevalence) * stats.norm.sf(score)
        )
    )
    treated = risk >= TREATMENT_THRESHOLD
    odds = TREATMENT_THRESHOLD / (1 - TREATMENT_THRESHOLD)

    def mean(values: np.ndarray) -> float:
        return float(integrate.trapezoid(values * density, score))

    brier = mean(risk * (1 - risk))
    return {
        "auc": auc,
        "pr_auc": float(
            integrate.trapezoid(precision * stats.norm.pdf(score - distance), score)
        ),
        "brier": brier,
        "scaled_brier": 1 - brier / (prevalence * (1 - prevalence)),
        "log_loss": -mean(risk * np.log(risk) + (1 - risk) * np.log(1 - risk)),
        "intercept": 0.0,
        "slope": 1.0,
        "observed_expected": 1.0,
        "net_benefit_difference": mean(treated * (risk - (1 - risk) * odds))
        - max(prevalence - (1 - prevalence) * odds, 0),
    }


def simulate_frozen_model(
    studies: int, n: int, events: int, auc: float, draws: int, seed: int
) -> dict[str, float]:
    """Coverage of every study-level interval, for a calibrated frozen model on new patients.

    The number of events is random, `events` being its mean. ``curve`` is the
    band of the calibration curve at its middle point.
    """
    random = np.random.default_rng(seed)
    truth = true_values_of_frozen_model(events / n, auc)
    covered = dict.fromkeys([*truth, "curve"], 0)
    for _ in range(studies):
        table = _new_patients(n, events / n, distance_of_auc(auc), random)
        for name, (low, high) in _intervals_of_frozen_model(table, draws, random).items():
            covered[name] += low <= truth[name] <= high
        middle = compute_calibration_curve(table["label"], table["probability"], points=3).loc[
            1
        ]
        covered["curve"] += middle["ci_low"] <= middle["predicted"] <= middle["ci_high"]
    return {name: count / studies for name, count in covered.items()}


def _new_patients(
    n: int, prevalence: float, distance: float, random: np.random.Generator
) -> pd.DataFrame:
    labels = (random.random(n) < prevalence).astype(int)
    scores = random.normal(size=n) + distance * labels
    names = [f"{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "split": 0,
            "model": "frozen",
            "sample": names,
            "patient": names,
            "part": "test",
            "label": labels,
            "score": scores,
            "probability": expit(logit(prevalence) + distance * scores - distance**2 / 2),
        }
    )


def _intervals_of_frozen_model(
    table: pd.DataFrame, draws: int, random: np.random.Generator
) -> dict[str, tuple[float, float]]:
    discrimination = compute_discrimination(table, random, draws).iloc[0]
    calibration = compute_calibration(table, random, draws).set_index("metric")
    utility = compute_net_benefit_differences(table, random, TREATMENT_THRESHOLD, draws).iloc[0]
    return {
        "auc": (discrimination["ci_low"], discrimination["ci_high"]),
        "pr_auc": (discrimination["pr_auc_ci_low"], discrimination["pr_auc_ci_high"]),
        "net_benefit_difference": (utility["ci_low"], utility["ci_high"]),
        **{
            metric: (calibration.loc[metric, "ci_low"], calibration.loc[metric, "ci_high"])
            for metric in calibration.index
        },
    }


def simulate_genes(
    label: np.ndarray, patient: np.ndarray, effect: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    shape = (len(label), len(effect))
    noise = random.normal(size=shape)
    if len(np.unique(patient)) < len(patient):
        of_patient = random.normal(size=(patient.max() + 1, len(effect)))
        noise = np.sqrt(0.5) * (noise + of_patient[patient])
    return noise + label[:, np.newaxis] * effect


def _mean_difference(X: np.ndarray, label: np.ndarray) -> np.ndarray:
    return X[label == 1].mean(axis=0) - X[label == 0].mean(axis=0)


def auc_of(label: np.ndarray, score: np.ndarray) -> float:
    return float(compute_weighted_auc(label, score, np.ones((1, len(label))))[0])


def simulate_corrected_t_test(
    studies: int,
    signal: float,
    seed: int,
    patients: int = 150,
    design: RepeatedSplits | NestedFolds = TEN_SPLITS,
) -> dict[str, float]:
    """Share of rejections between two models of equal worth, with and without the correction.

    Each model sees its own 20 genes, of which 5 differ between the classes by
    `signal`; a third of the patients have the event.
    """
    random = np.random.default_rng(seed)
    label = make_labels(patients, patients // 3)
    effect = np.tile(np.where(np.arange(20) < 5, signal, 0.0), 2)
    halves = (slice(0, 20), slice(20, 40))
    rejected = {"corrected": 0, "uncorrected": 0}
    for _ in range(studies):
        X = simulate_genes(label, np.arange(patients), effect, random)
        seeds = np.random.SeedSequence(int(random.integers(2**32)))
        differences, ratios = [], []
        for split in design.split(label, np.arange(patients), seeds):
            first, second = (
                auc_of(
                    label[split.test],
                    X[split.test, half]
                    @ _mean_difference(X[split.train, half], label[split.train]),
                )
                for half in halves
            )
            differences.append(first - second)
            ratios.append(len(split.test) / len(split.train))
        test = compute_corrected_t_test(differences, float(np.mean(ratios)))
        rejected["corrected"] += test.p_value <= LEVEL
        rejected["uncorrected"] += stats.ttest_1samp(differences, 0).pvalue <= LEVEL
    return {test: count / studies for test, count in rejected.items()}


def simulate_holm_correction(studies: int, tests: int, seed: int) -> float:
    """Share of studies with any false rejection among tests without effect."""
    p_values = np.random.default_rng(seed).random((studies, tests))
    return float(np.mean([compute_holm_correction(p).min() <= LEVEL for p in p_values]))


def simulate_repeated_rows(
    studies: int, patients: int, rows: int, seed: int
) -> dict[str, float]:
    """Coverage of the calibration slope where each patient has several equal rows."""
    random = np.random.default_rng(seed)
    covered = {"by_patient": 0, "as_if_independent": 0}
    for _ in range(studies):
        once = _new_patients(patients, 0.4, 1.0, random)
        table = pd.concat([once] * rows)
        for name, clusters in (("by_patient", table["patient"]), ("as_if_independent", None)):
            line = compute_calibration_line(table["label"], table["probability"], clusters)
            covered[name] += line.slope.ci_low <= 1 <= line.slope.ci_high
    return {name: count / studies for name, count in covered.items()}


def simulate_permutation_p_values(studies: int, permutations: int, seed: int) -> np.ndarray:
    """P-values of a whole pipeline, rerun with permuted labels, where genes hold no signal.

    40 patients, a third of them with two samples; the statistic is the mean
    test AUC of three splits by patient.
    """
    random = np.random.default_rng(seed)
    patient = np.concatenate([np.arange(40), np.arange(0, 40, 3)])
    label = (patient % 5 < 2).astype(int)
    p_values = []
    for _ in range(studies):
        X = simulate_genes(label, patient, np.zeros(10), random)
        split_seed = int(random.integers(2**32))
        observed = _mean_test_auc(X, label, patient, split_seed)
        null = [
            _mean_test_auc(
                X, BinaryOutcome(label).permute(patient, random).labels, patient, split_seed
            )
            for _ in range(permutations)
        ]
        p_values.append(compute_permutation_test(observed, null).p_value)
    return np.array(p_values)


def _mean_test_auc(
    X: np.ndarray, label: np.ndarray, patient: np.ndarray, split_seed: int
) -> float:
    splits = RepeatedSplits(3).split(label, patient, np.random.SeedSequence(split_seed))
    return float(
        np.mean(
            [
                auc_of(
                    label[split.test],
                    X[split.test] @ _mean_difference(X[split.train], label[split.train]),
                )
                for split in splits
            ]
        )
    )


def simulate_added_value(
    studies: int, gene_signal: float, seed: int, redundant: bool = False
) -> dict[str, float]:
    """How often genes are said to add to clinical columns, and the columns to be of use.

    150 patients, a third with the event; age differs between the classes by one
    standard deviation, stage is noise with gaps. Of ten genes five differ by
    `gene_signal`; `redundant` genes follow age instead and add nothing to it.
    The study is a real one: splits, gene model (`LR-tuned`, a few strengths), pre-validation.
    """
    random = np.random.default_rng(seed)
    labels = make_labels(150, 50)
    parameters = {"inverse_strengths": [1e-3, 1e-1]}
    study = make_study(
        {
            **BINARY_EXAMPLE,
            "models": [{"name": "LR-tuned", "parameters": parameters}],
            "clinical": {"columns": ["age", "stage"], "genes": "LR-tuned"},
        }
    )
    rows = []
    for _ in range(studies):
        age = 55 + 10 * (random.normal(size=150) + labels)
        genes = random.normal(size=(150, 10))
        genes[:, :5] += gene_signal * labels[:, np.newaxis]
        if redundant:
            genes[:, :5] += (age[:, np.newaxis] - 55) / 10
        stage = random.choice(["I", "II", "III", "unknown"], 150)
        cohort = Cohort.from_arrays(
            genes,
            labels,
            samples=[f"S{i}" for i in range(150)],
            genes=[f"gene{i}" for i in range(10)],
            clinical=pd.DataFrame({"age": age, "stage": stage}),
            endpoint="invented",
            scale="log2",
        )
        reseeded = study.model_copy(update={"seed": int(random.integers(2**32))})
        rows.append(_added_value(make_plan(reseeded, cohort)))
    table = pd.DataFrame(rows)
    gain = table["log_loss"].mean()
    return {
        "mean_gain": float(gain),
        "gain_in_interval": float(
            ((table["log_loss_low"] <= gain) & (gain <= table["log_loss_high"])).mean()
        ),
        "called_added": float((table["log_loss_low"] > 0).mean()),
        "benefit_added": float((table["benefit_low"] > 0).mean()),
        "auc_added": float((table["auc_low"] > 0).mean()),
        "clinical_auc": float(table["clinical"].mean()),
        "clinical_found": float((table["clinical_low"] > 0.5).mean()),
    }


def _added_value(plan: Plan) -> dict[str, float]:
    data = CohortArrays.of(plan.cohort)
    results = [(task, fit_task(data, task)) for task in plan.tasks]
    clinical = fit_clinical_models(plan, results).predictions
    predictions = pd.concat([compute_predictions(plan.cohort, results), clinical])
    added = compute_added_value(
        predictions, "clinical", "clinical + genes", [TREATMENT_THRESHOLD]
    ).set_index("measure")
    alone = compute_discrimination(
        clinical[clinical["model"] == "clinical"], np.random.default_rng(0), draws=200
    ).iloc[0]
    return {
        "log_loss": added.loc["log_loss", "difference"],
        "log_loss_low": added.loc["log_loss", "ci_low"],
        "log_loss_high": added.loc["log_loss", "ci_high"],
        "benefit_low": added.loc["net_benefit", "ci_low"],
        "auc_low": added.loc["auc", "ci_low"],
        "clinical": alone["auc"],
        "clinical_low": alone["ci_low"],
    }


def simulate_score_test(
    studies: int, permutations: int, seed: int, follows: bool = False
) -> np.ndarray:
    """P-values of the pre-validated gene score beside a clinical column that tells something.

    60 patients, 24 with the event; ten genes are noise, or half of them follow the column. The
    score is a difference of means, learned in five folds and anew in every permutation.
    """
    random = np.random.default_rng(seed)
    label = make_labels(60, 24)
    p_values = []
    for _ in range(studies):
        column = random.normal(size=60) + label
        genes = random.normal(size=(60, 10))
        genes[:, :5] += column[:, np.newaxis] if follows else 0.0
        seeds = np.random.SeedSequence(int(random.integers(2**32)))
        folds = list(NestedFolds(folds=5, repeats=1).split(label, np.arange(60), seeds))
        rows = [np.arange(60), *(random.permutation(60) for _ in range(permutations))]
        roots = [_signed_root(genes[permuted], column, label, folds) for permuted in rows]
        p_values.append(compute_permutation_test(roots[0], roots[1:]).p_value)
    return np.array(p_values)


def _signed_root(
    X: np.ndarray, column: np.ndarray, label: np.ndarray, folds: Sequence[Split]
) -> float:
    score = np.empty(len(label))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(label)), fold.test)
        score[fold.test] = X[fold.test] @ _mean_difference(X[rest], label[rest])
    design = np.column_stack([np.ones(len(label)), column, score])
    return compute_likelihood_ratio(design, label).signed_root
