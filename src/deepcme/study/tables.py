"""Task results to the study's tidy tables."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from deepcme.cohort import Cohort
from deepcme.study.fit import TaskResult
from deepcme.study.plan import Plan, Task

TOP_GENES = 30

Results = Iterable[tuple[Task, TaskResult]]


def compute_predictions(plan: Plan, results: Results) -> pd.DataFrame:
    """One row per split, model and sample; a model without probabilities has none."""
    cohort = plan.cohort
    tables = []
    for task, result in results:
        parts = [np.full(len(rows), part, dtype=object) for part, rows in task.split.parts()]
        tables.append(
            pd.DataFrame(
                {
                    "split": task.split_number,
                    "model": task.model.name,
                    "sample": cohort.samples[result.rows],
                    "patient": cohort.patients[result.rows],
                    "part": np.concatenate(parts),
                    "label": cohort.labels[result.rows],
                    "score": result.score,
                    "probability": np.nan if result.probability is None else result.probability,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def compute_gene_scores(cohort: Cohort, results: Results) -> pd.DataFrame:
    """Average equation 4 over the splits, highest first, model by model.

    A gene that a split's preprocessing left out counts 0 there; `splits` says
    in how many it took part, `top_share` in what share of the splits it was
    among the first 30.
    """
    position = {gene: index for index, gene in enumerate(cohort.gene_ids)}
    scores: dict[str, list[np.ndarray]] = {}
    for task, result in results:
        if result.genes is None or result.gene_scores is None:
            continue
        row = np.full(cohort.n_genes, np.nan)
        row[[position[gene] for gene in result.genes]] = result.gene_scores
        scores.setdefault(task.model.name, []).append(row)
    tables = [_ranked(cohort, model, np.vstack(rows)) for model, rows in scores.items()]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _ranked(cohort: Cohort, model: str, by_split: np.ndarray) -> pd.DataFrame:
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
    )
    table = table[table["splits"] > 0]
    table = table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    return table


def compute_history(results: Results) -> pd.DataFrame:
    """Losses and validation AUC of every network by split and epoch."""
    tables = []
    for task, result in results:
        if result.history is not None:
            table = result.history.copy()
            table.insert(0, "model", task.model.name)
            table.insert(0, "split", task.split_number)
            tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
