"""Whole small studies of times: genes chosen in every training part, and outcomes permuted.

Everything learned is learned anew under each permutation: outcomes are permuted whole, splits
drawn, genes chosen and weighed in every training part, and once more in its folds, whose
held-out scores cut the thirds. The naive p-values take the same scores as if they were given.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from deepcme import Cohort
from deepcme.base.seeds import seed_for
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.outcome import Endpoint, Outcome
from deepcme.cohort.splits import draw_folds
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.nulls import LEVEL, compute_permutation_test
from deepcme.evaluation.survival.likelihood_ratio import compute_cox_likelihood_ratio
from deepcme.evaluation.survival.log_rank import compute_log_rank
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.evaluation.survival.tables.nulls import (
    PERMUTED_OUTCOMES,
    STATISTICS,
    compute_null_statistics,
    compute_survival_permutation_table,
)
from deepcme.evaluation.survival.tables.risk_groups import compute_risk_groups
from deepcme.evaluation.survival.tables.within_parts import measure_model
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.study.designs import FoldsDesign

HORIZON = 3.0
PATIENTS, GENES, CHOSEN = 80, 50, 5
INNER_FOLDS = 3
NAIVE_DRAWS = 200
MODEL = "genes of largest score"
DESIGN = FoldsDesign(by="patient", folds=4, repeats=1, strata="none")


def draw_cohort(random: np.random.Generator, signal: float = 0.0) -> Cohort:
    """About half have the event by the horizon or are censored before; `signal` is of gene 0."""
    X = random.normal(size=(PATIENTS, GENES))
    times = random.exponential(4 * np.exp(-signal * X[:, 0]))
    censoring = random.uniform(0.5, 8, PATIENTS)
    endpoint = Endpoint("invented", unit="years", horizon=HORIZON)
    return Cohort.from_arrays(
        X,
        SurvivalOutcome(np.minimum(times, censoring), times <= censoring, endpoint),
        samples=[f"S{i}" for i in range(PATIENTS)],
        genes=[f"gene{i}" for i in range(GENES)],
        endpoint=endpoint,
        scale="log2",
    )


def learn(X: np.ndarray, follow_up: FollowUp, scored: np.ndarray) -> np.ndarray:
    """Log hazards, but for a factor, by the genes that go most strongly with the hazard."""
    strength = compute_score_statistics(X, follow_up)
    chosen = np.argsort(-np.abs(strength))[:CHOSEN]
    return np.asarray(scored[:, chosen] @ strength[chosen])


def predict(cohort: Cohort, outcome: Outcome, seed: np.random.SeedSequence) -> pd.DataFrame:
    """Predictions of one run: test rows, and fitting rows by fits without them."""
    X, follow_up = cohort.X, outcome.follow_up
    tables = []
    for number, split in enumerate(DESIGN.draw(cohort, seed, outcome), start=1):
        fitting = split.fitting_rows
        held_out = np.empty(len(fitting))
        random = np.random.default_rng(seed.spawn(1)[0])
        strata, patients = outcome.take(fitting).strata, cohort.patients[fitting]
        for fold in draw_folds(strata, patients, INNER_FOLDS, random):
            rest = np.delete(fitting, fold)
            held_out[fold] = learn(X[rest], follow_up.rows(rest), X[fitting[fold]])
        of_test = learn(X[fitting], follow_up.rows(fitting), X[split.test])
        for part, rows, score in (
            ("validation", fitting, held_out),
            ("test", split.test, of_test),
        ):
            columns = {
                "split": number,
                "model": MODEL,
                "sample": cohort.samples[rows],
                "patient": cohort.patients[rows],
                "part": part,
                "time": outcome.values["time"][rows],
                "event": outcome.values["event"][rows],
                "score": score,
            }
            tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def judge(predictions: pd.DataFrame, draws: int = 0) -> Evaluation:
    random = np.random.default_rng(0)
    return Evaluation.draw(predictions, HORIZON, random, refitted=[MODEL], draws=draws)


def simulate_study(number: int, permutations: int, signal: float = 0.0) -> dict[str, float]:
    """p-values of one study, by permutation and naive ones."""
    cohort = draw_cohort(np.random.default_rng(seed_for(number, "cohort")), signal)
    runs = []
    for permutation in range(1, permutations + 1):
        random = np.random.default_rng(seed_for(number, "permutation", permutation))
        outcome = cohort.outcome.permute(cohort.patients, random)
        predictions = predict(cohort, outcome, seed_for(number, "splits", permutation))
        found = compute_null_statistics(judge(predictions), MODEL)
        runs.append((PERMUTED_OUTCOMES, found.uno_c, found.log_rank))
    predictions = predict(cohort, cohort.outcome, seed_for(number, "splits"))
    observed = compute_null_statistics(judge(predictions), MODEL)
    table = compute_survival_permutation_table(
        pd.DataFrame(runs, columns=["kind", *STATISTICS]), observed
    )
    p_values = table.set_index("statistic")["p_value"].to_dict()
    return {**p_values, **naive_p_values(predictions), **apparent_p_values(cohort)}


def naive_p_values(predictions: pd.DataFrame, name: str = "naive") -> dict[str, float]:
    """Of scores as if they were given: normal, of the C, one-sided; and the log-rank test's."""
    evaluation = judge(predictions, NAIVE_DRAWS)
    groups = compute_risk_groups(evaluation)
    follow_up = FollowUp(groups["time"].to_numpy(), groups["event"].to_numpy())
    tested = evaluation.tested[0]
    parts = measure_model(tested, MODEL, tested.rows, UNO)
    value, *drawn = parts.mean(parts.splits)
    return {
        f"{name} uno_c": float(stats.norm.sf((value - 0.5) / np.std(drawn))),
        f"{name} log_rank": compute_log_rank(follow_up, groups["group"]).p_value,
    }


def apparent_p_values(cohort: Cohort) -> dict[str, float]:
    """Of a model that is judged by the patients whom it was fitted on."""
    score = learn(cohort.X, cohort.outcome.follow_up, cohort.X)
    columns = {
        "split": 1,
        "model": MODEL,
        "sample": cohort.samples,
        "patient": cohort.patients,
        **cohort.outcome.values,
        "score": score,
    }
    table = pd.DataFrame(columns)
    both = [table.assign(part=part) for part in ("validation", "test")]
    return naive_p_values(pd.concat(both, ignore_index=True), "apparent")


def simulate_score_test(number: int, permutations: int) -> float:
    """p of what the pre-validated score of noise adds to a clinical column that tells.

    The patients' expression is dealt out anew, outcomes and column stay together.
    """
    random = np.random.default_rng(seed_for(number, "score"))
    cohort, column = draw_cohort(random), random.normal(size=PATIENTS)
    times, censoring = random.exponential(4 * np.exp(-column)), random.uniform(0.5, 8, PATIENTS)
    endpoint = cohort.outcome.endpoint
    ends = (times <= censoring).astype(np.int8)
    outcome = SurvivalOutcome(np.minimum(times, censoring), ends, endpoint)
    follow_up = outcome.follow_up
    splits = DESIGN.draw(cohort, seed_for(number, "splits"), outcome)
    roots = []
    for permutation in range(permutations + 1):
        order = random.permutation(PATIENTS) if permutation else np.arange(PATIENTS)
        X, score = cohort.X[order], np.empty(PATIENTS)
        for split in splits:
            fitting = split.fitting_rows
            score[split.test] = learn(X[fitting], follow_up.rows(fitting), X[split.test])
        design = np.column_stack([column, score])
        roots.append(compute_cox_likelihood_ratio(design, follow_up).signed_root)
    return compute_permutation_test(roots[0], roots[1:]).p_value


def count_rejections(studies: int, permutations: int, signal: float = 0.0) -> pd.DataFrame:
    """How often each p-value is at most 5%, of all studies."""
    found = pd.DataFrame(
        [simulate_study(number, permutations, signal) for number in range(studies)]
    )
    return pd.DataFrame({"rejections": (found <= LEVEL).sum(), "rate": (found <= LEVEL).mean()})
