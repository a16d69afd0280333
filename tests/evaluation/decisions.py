"""Simulated studies whose risks one acts on: how often that is called useful, or covered."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from deepcme.cohort.folds import RepeatedFolds, choose_repeats
from deepcme.evaluation.classification import compute_study_classification
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.evaluation.probabilities.utility import (
    DEFAULT_THRESHOLDS,
    compute_net_benefit_differences,
)
from deepcme.evaluation.sensitivity import compute_sensitivities
from tests.evaluation.cross_validated import Simulated, spawn_seed
from tests.evaluation.simulations import simulate_genes

SPECIFICITIES = (0.8, 0.9)
STRENGTH = 0.05
AT = np.array(DEFAULT_THRESHOLDS)


def simulate_decisions(
    cohort: Simulated, studies: int, seed: int, draws: int = 500
) -> dict[str, float]:
    """How often models are called useful or harmful, and what the intervals hold.

    Logistic regression with an L2 penalty is fitted in folds and recalibrated on their
    validation parts. The truth is the mean over the fits on new patients. Of net benefit, all
    thresholds have to be held at once; of sensitivities and calls, the mean share is given.
    """
    random = np.random.default_rng(seed)
    found = [_one_study(cohort, draws, random) for _ in range(studies)]
    return pd.DataFrame(found).mean().to_dict()


def _one_study(cohort: Simulated, draws: int, random: np.random.Generator) -> dict[str, float]:
    prevalence, patients = cohort.events / cohort.patients, np.arange(cohort.patients)
    label = (random.random(cohort.patients) < prevalence).astype(int)
    X = simulate_genes(label, patients, cohort.effect, random)
    design = RepeatedFolds(repeats=choose_repeats(cohort.patients))
    tables, shares, distances = [], [], []
    for number, split in enumerate(design.split(label, patients, spawn_seed(random))):
        model = LogisticRegression(C=STRENGTH).fit(X[split.train], label[split.train])
        score = model.decision_function(X)
        line = PlattRecalibration.fit(label[split.validation], score[split.validation])
        columns = {"sample": patients.astype(str), "patient": patients.astype(str)}
        table = pd.DataFrame({**columns, "label": label, "score": score})
        table = table.assign(probability=line.apply(score), split=number, model="LR")
        tables += [table.iloc[rows].assign(part=part) for part, rows in split.parts()]
        shares.append(_shares_called(model, line, cohort.effect))
        distances.append(model.coef_[0] @ cohort.effect / np.linalg.norm(model.coef_[0]))
    predictions = pd.concat(tables, ignore_index=True)
    sensitivity, false_positives = np.mean(shares, axis=0)
    odds = AT / (1 - AT)
    net = prevalence * sensitivity - odds * (1 - prevalence) * false_positives
    truth = net - np.maximum(prevalence - odds * (1 - prevalence), 0)
    useful = compute_net_benefit_differences(predictions, random, AT, draws)
    calls = compute_study_classification(predictions, random, DEFAULT_THRESHOLDS, draws)
    ranks = compute_sensitivities(predictions, random, SPECIFICITIES, draws)
    at_specificity = [
        np.mean(stats.norm.sf(stats.norm.ppf(of) - np.array(distances))) for of in SPECIFICITIES
    ]
    return {
        "true gain": truth.max(),
        "called useful": (useful["ci_low"] > 0).any(),
        "useful in truth called harmful": ((useful["ci_high"] < 0) & (truth >= 0)).any(),
        "all held": _holds(useful, truth).all(),
        "sensitivity at specificity held": _holds(ranks, np.array(at_specificity)).mean(),
        "sensitivity at risk held": _holds(_only(calls, "sensitivity"), sensitivity).mean(),
        "specificity at risk held": _holds(
            _only(calls, "specificity"), 1 - false_positives
        ).mean(),
    }


def _shares_called(
    model: LogisticRegression, line: PlattRecalibration, effect: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of new patients with and without the event, who is called at each threshold."""
    if not line.rises:
        everyone = (expit(line.intercept) >= AT).astype(float)
        return everyone, everyone
    weights = model.coef_[0]
    cut = (logit(AT) - line.intercept) / line.slope - model.intercept_[0]
    spread = np.linalg.norm(weights)
    return stats.norm.sf((cut - weights @ effect) / spread), stats.norm.sf(cut / spread)


def _only(calls: pd.DataFrame, metric: str) -> pd.DataFrame:
    return calls[calls["metric"] == metric]


def _holds(table: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    low, high = table["ci_low"].to_numpy(), table["ci_high"].to_numpy()
    return (low <= truth + 1e-12) & (truth <= high + 1e-12)
