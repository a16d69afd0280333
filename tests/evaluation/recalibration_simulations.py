"""Simulated models whose true risks are known, to see what recalibration makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from deepcme import Cohort
from deepcme.cohort.arrays import CohortArrays
from deepcme.evaluation.probabilities.calibration import compute_calibration_line
from deepcme.evaluation.probabilities.recalibration import (
    PlattRecalibration,
    recalibrate_predictions,
)
from deepcme.study.fit import fit_task
from deepcme.study.plan import make_plan
from deepcme.study.spec import make_study
from deepcme.study.tables import compute_predictions
from tests.evaluation.simulations import distance_of_auc, make_labels


def simulate_recalibration(
    studies: int,
    n: int,
    events: int,
    true_slope: float,
    seed: int,
    auc: float = 0.75,
    are_log_odds: bool = True,
) -> dict[str, float]:
    """Calibration on new patients of scores recalibrated on `n` rows of `events` events.

    The score is the true log-odds divided by `true_slope`: above 1 the model is not
    sure enough, below it is too sure. New patients of log-odds s have, once recalibrated,
    log-odds a + b * s: a calibration slope of true_slope / b, which is averaged over
    the studies whose line is not refused. Log losses are expected ones of 5,000 patients.
    """
    random = np.random.default_rng(seed)
    distance, prevalence = distance_of_auc(auc), events / n
    labels = make_labels(n, events)
    found = []
    for _ in range(studies):
        rows, new = (
            _true_log_odds(random.normal(size=len(label)) + distance * label, label, distance)
            for label in (labels, make_labels(5000, round(5000 * prevalence)))
        )
        line = PlattRecalibration.fit(labels, rows / true_slope, are_log_odds=are_log_odds)
        found.append(
            {
                "refused": float(not line.rises),
                "slope": true_slope / line.slope if line.rises else np.nan,
                "log_loss": _expected_log_loss(new, line.apply(new / true_slope)),
                "log_loss_before": _expected_log_loss(new, expit(new / true_slope)),
                "log_loss_of_prevalence": _expected_log_loss(new, np.full(5000, prevalence)),
            }
        )
    return {str(name): float(mean) for name, mean in pd.DataFrame(found).mean().items()}


def _expected_log_loss(true_log_odds: np.ndarray, probability: np.ndarray) -> float:
    risk = expit(true_log_odds)
    return float(-np.mean(risk * np.log(probability) + (1 - risk) * np.log1p(-probability)))


def _true_log_odds(score: np.ndarray, label: np.ndarray, distance: float) -> np.ndarray:
    return np.asarray(logit(label.mean()) + distance * score - distance**2 / 2)


FITTED, NEW = 150, 2000


def simulate_recalibrated_study(
    studies: int, model: dict[str, Any], signal: float, seed: int
) -> dict[str, float]:
    """Recalibration of a study's model, fitted on 150 patients, on 2,000 new ones.

    Three of ten factors behind 200 correlated genes raise the log-odds of the event by
    `signal` for each standard deviation; about a quarter have it. Slopes are medians over
    the studies, of those after recalibration where the line is not refused.
    """
    random = np.random.default_rng(seed)
    settings = {
        "cohort": {"path": "unused.h5ad"},
        "split": {
            "design": "repeated",
            "repeats": 1,
            "train": 0.05,
            "validation": 0.02,
            "test": 0.93,
        },
        "models": [model],
    }
    found = []
    for _ in range(studies):
        study = make_study(settings | {"seed": int(random.integers(2**32))})
        plan = make_plan(study, _patients(signal, random))
        (task,) = plan.tasks
        result = fit_task(CohortArrays.of(plan.cohort), task)
        before = compute_predictions(plan.cohort, [(task, result)])
        after = recalibrate_predictions(before)
        row = {"refused": float(after["probability"].nunique() == 1)}
        for name, table in (("before", before), ("after", after)):
            test = table[table["part"] == "test"]
            line = compute_calibration_line(test["label"], test["probability"])
            row[f"slope_{name}"] = line.slope.value
            row[f"brier_{name}"] = float(np.mean((test["probability"] - test["label"]) ** 2))
        found.append(row)
    table = pd.DataFrame(found)
    slopes = table.filter(like="slope").median()
    return {str(name): float(value) for name, value in {**table.mean(), **slopes}.items()}


def _patients(signal: float, random: np.random.Generator) -> Cohort:
    n = round(FITTED / 0.07)
    factors = random.normal(size=(n, 10))
    genes = factors @ random.normal(scale=0.5, size=(10, 200)) + random.normal(size=(n, 200))
    labels = random.random(n) < expit(signal * factors[:, :3].sum(axis=1) - 1.3)
    return Cohort.from_arrays(
        genes,
        labels.astype(int),
        samples=[f"S{i}" for i in range(n)],
        genes=[f"gene{i}" for i in range(200)],
        endpoint="invented",
        scale="log2",
    )
