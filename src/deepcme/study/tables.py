"""Task results to the study's tidy tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from deepcme.cohort import Cohort
from deepcme.evaluation.measures import PatientMeasure, SplitMeasure, measures_of
from deepcme.evaluation.metrics import compute_auc, compute_auc_within
from deepcme.evaluation.over_patients import compute_metrics_over_patients
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import LEFT_OUT, STRATUM
from deepcme.log_odds import log_odds
from deepcme.outcome import labels_of
from deepcme.selection.scores import describe_genes
from deepcme.splits import PARTS
from deepcme.study.fit import TaskResult
from deepcme.study.grid import TUNED, choose_points
from deepcme.study.nulls import NullRun
from deepcme.study.plan import Plan, Task

TOP_GENES = 30
GENE_SCORE_COLUMNS = (
    "model", "rank", "gene", "symbol", "score", "sd", "splits", "top_share", "prevalence",
    "largest_z", "driving_samples", "few_driving_samples",
)  # fmt: skip
NULL_COLUMNS = (
    "kind", "number", "size", "auc", "n_splits", "n", "events", "signature", "listed", "missing"
)  # fmt: skip
METRIC_COLUMNS = ("split", "model", "part", "metric", "value", "chance", "n", "events")
HISTORY_COLUMNS = ("split", "model", "epoch", "train_loss", "valid_loss", "valid_auc")

Results = Iterable[tuple[Task, TaskResult]]


def compute_predictions(cohort: Cohort, results: Results) -> pd.DataFrame:
    """One row per split, model and sample; a model without probabilities has none.

    Where cohorts are left out, `left_out` names the one that is the test part. A model
    fitted on training and validation part alike has two rows of each of their samples:
    `train` by the final fit, `validation` by a fit that did not see the patient.
    """
    return concatenate(
        [predictions_of(cohort, task, result, task.model.name) for task, result in results]
    )


def compute_tuned_predictions(plan: Plan, results: Results, grid: pd.DataFrame) -> pd.DataFrame:
    """Predictions, in each split, of the network that validation data chose from the grid.

    In a nested design they are the mean of the chosen point's networks, one for each
    inner fold; nothing is refitted.
    """
    chosen = choose_points(grid)
    fits: dict[int, list[pd.DataFrame]] = {number: [] for number in sorted(chosen)}
    for task, result in results:
        if task.grid_point is not None and chosen[task.split_number] == task.grid_point:
            fits[task.split_number].append(predictions_of(plan.cohort, task, result, TUNED))
    return concatenate(
        [
            of_split[0] if len(of_split) == 1 else _average(of_split)
            for of_split in fits.values()
        ]
    )


def _average(fits: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean probability of each part's rows over the fits that have the row in that part."""
    rows = pd.concat(fits)
    keys = ["split", "model", "sample", "patient", "part", "label"]
    mean = rows.groupby(keys, sort=False, as_index=False)["probability"].mean()
    mean = mean.assign(score=log_odds(mean["probability"].to_numpy()))[[*rows.columns]]
    averaged: pd.DataFrame = mean.sort_values(
        "part", key=lambda part: part.map(PARTS.index), kind="stable"
    )
    return averaged


def predictions_of(cohort: Cohort, task: Task, result: TaskResult, model: str) -> pd.DataFrame:
    """One row per sample of each part of a task's split, as `compute_predictions` has them."""
    parts, rows, score, probability = _by_part(task, result)
    table = pd.DataFrame(
        {
            "split": task.split_number,
            "model": model,
            "sample": cohort.samples[rows],
            "patient": cohort.patients[rows],
            "part": parts,
            "label": cohort.labels[rows],
            "score": score,
            "probability": np.nan if probability is None else probability,
        }
    )
    return (
        table
        if task.split.left_out is None
        else table.assign(**{LEFT_OUT: task.split.left_out})
    )


def _by_part(
    task: Task, result: TaskResult
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Part, cohort's row, score and probability of each row of the predictions table."""
    if result.oof_score is None:
        sizes = [len(rows) for _, rows in task.split.parts()]
        parts = np.repeat(np.array(PARTS, dtype=object), sizes)
        return parts, result.rows, result.score, result.probability
    n_fitted, n_test = len(result.oof_score), len(task.split.test)
    parts = np.repeat(np.array(PARTS, dtype=object), [n_fitted, n_fitted, n_test])
    rows = np.concatenate([result.rows[:n_fitted], result.rows])
    score = np.concatenate([result.score[:n_fitted], result.oof_score, result.score[n_fitted:]])
    return parts, rows, score, expit(score)


def concatenate(tables: Sequence[pd.DataFrame], columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Tables under each other; none give an empty table of these columns."""
    if not tables:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(tables, ignore_index=True)


def compute_metrics_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Measures of the scores of every model, each beside the level of chance.

    Such as the AUC has a row for each split and part; such as the PR-AUC has one, over the
    tested patients by their mean out-of-fold prediction, and no split. `left_out` is there
    where cohorts are left out.
    """
    of_splits = [
        compute_metrics(predictions, measure).assign(chance=measure.chance)
        for measure in measures_of(SplitMeasure)
    ]
    if LEFT_OUT in predictions.columns:
        cohort = predictions.drop_duplicates("split").set_index("split")[LEFT_OUT]
        of_splits = [of.assign(**{LEFT_OUT: of["split"].map(cohort)}) for of in of_splits]
    over_patients = [
        compute_metrics_over_patients(predictions, measure)
        for measure in measures_of(PatientMeasure)
    ]
    table = pd.concat([*of_splits, *over_patients], ignore_index=True)
    columns = [*METRIC_COLUMNS, *table.columns.intersection([LEFT_OUT])]
    return table.astype({"split": "Int64"})[columns]


def compute_gene_scores(cohort: Cohort, results: Results) -> pd.DataFrame:
    """Average equation 4 over the splits, highest first, model by model.

    A gene that a split's preprocessing left out counts 0 there; `splits` says
    in how many it took part, `top_share` in what share of the splits it was
    among the first 30; `describe_genes` tells what the last columns are.
    """
    scores: dict[str, list[np.ndarray]] = {}
    for task, result in results:
        if result.genes is None or result.gene_scores is None:
            continue
        row = np.full(cohort.n_genes, np.nan)
        row[result.genes] = result.gene_scores
        scores.setdefault(task.model.name, []).append(row)
    described = describe_genes(cohort) if scores else pd.DataFrame()
    tables = [
        _ranked(cohort, described, model, np.vstack(rows)) for model, rows in scores.items()
    ]
    return concatenate(tables, GENE_SCORE_COLUMNS)


def _ranked(
    cohort: Cohort, described: pd.DataFrame, model: str, by_split: np.ndarray
) -> pd.DataFrame:
    present = ~np.isnan(by_split)
    filled = np.where(present, by_split, 0.0)
    order = np.argsort(-filled, axis=1, kind="stable")
    in_top = np.zeros(filled.shape, dtype=bool)
    np.put_along_axis(in_top, order[:, :TOP_GENES], True, axis=1)
    table = pd.DataFrame(
        {
            "model": model,
            "gene": cohort.gene_ids,
            "symbol": cohort.symbols,
            "score": filled.mean(axis=0),
            "sd": filled.std(axis=0, ddof=1) if len(filled) > 1 else np.nan,
            "splits": present.sum(axis=0),
            "top_share": (in_top & present).mean(axis=0),
        }
    ).join(described)
    table = table[table["splits"] > 0]
    table = table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    return table


def compute_grid(cohort: Cohort, results: Results) -> pd.DataFrame:
    """One row per split (and inner fold) and point: the kept epoch's losses and AUCs."""
    rows = []
    for task, result in results:
        if task.grid_point is None:
            continue
        assert result.history is not None
        kept = result.history.iloc[int(result.history["valid_loss"].argmin())]
        n_test = len(task.split.test)
        test = cohort.labels[result.rows[-n_test:]]
        inner = {} if task.inner_fold is None else {"inner_fold": task.inner_fold}
        rows.append(
            {
                "split": task.split_number,
                **inner,
                "width": task.grid_point.width,
                "batch_size": task.grid_point.batch_size,
                "penalty_strength": task.grid_point.penalty_strength,
                "epoch": int(kept["epoch"]),
                "valid_loss": kept["valid_loss"],
                "valid_auc": kept["valid_auc"],
                "test_auc": compute_auc(test, result.score[-n_test:]),
                "n": n_test,
                "events": int(test.sum()),
            }
        )
    return pd.DataFrame(rows)


def compute_null_runs(plan: Plan, results: Results) -> pd.DataFrame:
    """One row per null run: its size, its test AUC averaged over the splits, and the counts.

    The AUC is that within strata where the study has any. `n` and `events` count samples
    tested at least once, events by the run's own labels; `listed` and `missing` say what
    the cohort lacks of a signature.
    """
    cohort = plan.cohort
    levels = plan.study.split.levels_of(cohort)
    strata = np.zeros(cohort.n_samples) if levels is None else np.array(levels)
    runs: dict[str, NullRun] = {}
    tests: dict[str, list[pd.DataFrame]] = {}
    for task, result in results:
        if task.null is None:
            continue
        n_test = len(task.split.test)
        rows = result.rows[-n_test:]
        label = labels_of(task.null.outcome or cohort.outcome)[rows]
        test = pd.DataFrame({"row": rows, "label": label, "score": result.score[-n_test:]})
        test[STRATUM] = strata[rows]
        runs[task.null.title] = task.null
        tests.setdefault(task.null.title, []).append(test)
    rows_of_table = [_null_row(run, tests[title]) for title, run in runs.items()]
    return pd.DataFrame(rows_of_table, columns=list(NULL_COLUMNS))


def _null_row(run: NullRun, tests: list[pd.DataFrame]) -> dict[str, Any]:
    tested = pd.concat(tests).drop_duplicates("row")
    row: dict[str, Any] = {
        "kind": run.kind,
        "number": run.number,
        "size": run.size,
        "auc": np.nanmean(
            [compute_auc_within(test["label"], test["score"], test[STRATUM]) for test in tests]
        ),
        "n_splits": len(tests),
        "n": len(tested),
        "events": int(tested["label"].sum()),
    }
    if run.signature is not None:
        row["signature"] = run.signature.name
        row["listed"] = run.signature.n_listed
        row["missing"] = ", ".join(run.signature.missing)
    return row


def compute_history(results: Results) -> pd.DataFrame:
    """Losses and validation AUC of every network by split and epoch."""
    tables = []
    for task, result in results:
        if result.history is not None:
            table = result.history.copy()
            table.insert(0, "model", task.model.name)
            table.insert(0, "split", task.split_number)
            tables.append(table)
    return concatenate(tables, HISTORY_COLUMNS)
