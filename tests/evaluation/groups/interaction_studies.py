"""Cross-validated studies whose groups of patients do, or do not, differ: what tests reject.

Genes are normal in each class, or the hazard is log-linear in them, and a model is learned in
every training part. Levels are drawn at random, or more often for those with the event: then
one level has a higher risk, though in all of them patients are ranked alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.groups import subgroups as of_labels
from deepcme.evaluation.groups.between_levels import compute_interactions
from deepcme.evaluation.groups.subgroups import compute_subgroups
from deepcme.evaluation.logistic import fit_logistic_regression
from deepcme.evaluation.over_patients import average_over_splits
from deepcme.evaluation.probabilities.recalibration import (
    fit_recalibrations,
    recalibrate_predictions,
)
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.evaluation.survival.tables import subgroups as of_times
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.evaluation.survival.tables.subgroups import compute_survival_subgroups
from tests.evaluation.cross_validated import predictions_of
from tests.evaluation.simulations import make_labels

PATIENTS, EVENTS, GENES, TELLING = 240, 72, 40, 10
FOLDS, REPEATS, HORIZON = 5, 2, 3.0
P_VALUES = "p_value"
LIKELIHOOD_RATIO = "score x level, likelihood ratio"


def draw_levels(has_event: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    """Two even levels, three uneven ones, and two of which one holds more events."""
    n = len(has_event)
    columns = {
        "two": np.where(random.random(n) < 0.5, "a", "b"),
        "three": random.choice(["a", "b", "c"], n, p=[0.25, 0.3, 0.45]),
        "of more risk": np.where(random.random(n) < np.where(has_event, 0.6, 0.4), "a", "b"),
    }
    return pd.DataFrame(columns, index=np.arange(n).astype(str))


def study_of_labels(
    signal: float,
    random: np.random.Generator,
    *,
    draws: int,
    lost: float = 0.0,
    only_ranks: bool = False,
) -> pd.DataFrame:
    """P-values of one study; level a of ``two`` lacks a share of the signal."""
    label, patient = make_labels(PATIENTS, EVENTS), np.arange(PATIENTS)
    levels = draw_levels(label == 1, random)
    share = np.where(levels["two"] == "a", 1 - lost, 1.0)
    effect = np.where(np.arange(GENES) < TELLING, signal, 0.0)
    X = random.normal(size=(PATIENTS, GENES)) + (label * share)[:, np.newaxis] * effect
    predictions = predictions_of(X, label, patient, random)
    predictions = predictions.assign(sample=predictions["sample"].astype(str))
    if only_ranks:
        table = compute_subgroups(predictions, levels, random, draws=draws)
        return compute_interactions(table, of_labels.SCALES)
    recalibrated = recalibrate_predictions(predictions, fit_recalibrations(predictions))
    table = compute_subgroups(
        predictions, levels, random, recalibrated=recalibrated, draws=draws
    )
    found = compute_interactions(table, of_labels.SCALES)
    test = predictions[predictions["part"] == "test"]
    extra = [
        {
            "column": name,
            "measure": LIKELIHOOD_RATIO,
            P_VALUES: _of_logistic(test, levels[name]),
        }
        for name in levels
    ]
    return pd.concat([found, pd.DataFrame(extra)], ignore_index=True)


def _of_logistic(test: pd.DataFrame, level: pd.Series) -> float:
    """The conventional test: does a column of score x level add to score and level?"""
    patients = average_over_splits(test)
    score = stats.norm.ppf(patients["score"].to_numpy())
    level_of = patients["patient"].astype(str).map(level)
    dummies = pd.get_dummies(level_of, drop_first=True).to_numpy(np.float64)
    y = patients["label"].to_numpy(np.float64)
    base = np.column_stack([np.ones(len(y)), score, dummies])
    whole = np.column_stack([base, dummies * score[:, np.newaxis]])
    log_likelihoods = []
    for design in (whole, base):
        odds = design @ fit_logistic_regression(design, y).coefficients
        log_likelihoods.append(np.sum(y * odds - np.logaddexp(0, odds)))
    statistic = 2 * (log_likelihoods[0] - log_likelihoods[1])
    return float(stats.chi2.sf(statistic, dummies.shape[1]))


def study_of_times(
    signal: float,
    random: np.random.Generator,
    *,
    draws: int,
    lost: float = 0.0,
    only_ranks: bool = False,
) -> pd.DataFrame:
    """The same of times to an event; level a is of patients who have it sooner."""
    beta = np.where(np.arange(GENES) < TELLING, signal, 0.0)
    X = random.normal(size=(PATIENTS, GENES))
    early = random.random(PATIENTS) < 0.5
    two = random.random(PATIENTS) < 0.5
    log_hazard = X @ beta * np.where(two, 1 - lost, 1.0)
    of_event = random.exponential(8 / np.exp(log_hazard + early * np.log(2)))
    censored = random.uniform(1, 9, PATIENTS)
    times, events = np.minimum(of_event, censored), (of_event <= censored).astype(int)
    levels = draw_levels(events == 1, random)
    levels["two"] = np.where(two, "a", "b")
    levels["of more risk"] = np.where(early, "a", "b")
    predictions = _predict_times(X, FollowUp(times, events), random)
    study = Evaluation.draw(predictions, HORIZON, random, draws=draws)
    table = compute_survival_subgroups(
        study, levels, recalibrated=None if only_ranks else study
    )
    return compute_interactions(table, of_times.SCALES)


def _predict_times(
    X: np.ndarray, follow_up: FollowUp, random: np.random.Generator
) -> pd.DataFrame:
    names, tables = np.arange(PATIENTS).astype(str), []
    for split in range(FOLDS * REPEATS):
        if split % FOLDS == 0:
            order = random.permutation(PATIENTS)
        is_test = np.isin(np.arange(PATIENTS), order[split % FOLDS :: FOLDS])
        training = follow_up.rows(~is_test)
        residuals = PartialLikelihood.of(training).gradient(np.zeros(training.n))
        columns = {
            "split": split,
            "model": "score test",
            "sample": names,
            "patient": names,
            "part": np.where(is_test, "test", "train"),
            "time": follow_up.times,
            "event": follow_up.events,
            "score": X @ (X[~is_test].T @ residuals),
            "probability": 0.3,
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


Study = Callable[..., pd.DataFrame]
STUDIES: Mapping[str, Study] = {"labels": study_of_labels, "times": study_of_times}


def count_rejections(
    of: str, signal: float, studies: int, seed: int, **settings: Any
) -> pd.DataFrame:
    """Share of studies in which each test rejects at 5%, and how many there were.

    Returns
    -------
    DataFrame
        Indexed by `column, measure`: `rejected, studies`.
    """
    random = np.random.default_rng(seed)
    found = pd.concat([STUDIES[of](signal, random, **settings) for _ in range(studies)])
    rejected = (found[P_VALUES] <= 0.05).groupby([found["column"], found["measure"]])
    return rejected.agg(rejected="mean", studies="size")


def claim_any(
    of: str, signal: float, studies: int, seed: int, columns: list[str], **settings: Any
) -> float:
    """Share of studies in which some column is said to matter, after Holm's correction."""
    random = np.random.default_rng(seed)
    claims = []
    for _ in range(studies):
        found = STUDIES[of](signal, random, **settings)
        known = found.dropna(subset=["p_holm"]) if "p_holm" in found else found
        claims.append((known.loc[known["column"].isin(columns), "p_holm"] <= 0.05).any())
    return float(np.mean(claims))
