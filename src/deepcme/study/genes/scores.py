"""Scores of genes over the splits, and how the genes go with what the models predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.cohort import Cohort
from deepcme.selection.scores import describe_genes
from deepcme.selection.univariate.univariate import compute_univariate
from deepcme.selection.univariate.with_risk import ScoredPart, compute_risk_correlations
from deepcme.study.fit import Fit, Results, TaskResult
from deepcme.study.tables import concatenate

TOP_GENES = 30
"""Genes that a split's top are."""
OUTER = (0.1, 0.9)
"""Between these quantiles of the splits a column that ends in low or high tells of."""
CLEAR_SHARE = 0.8
"""Of so many splits the sign must be that of the mean, for a direction to be told."""
HIGHER, LOWER, UNCLEAR = "higher", "lower", "unclear"
"""How a gene is expressed where the model sees a higher risk."""

SCORE_COLUMNS = (
    "model", "rank", "gene", "symbol", "score", "sd", "splits", "top_share", "prevalence",
    "largest_z", "driving_samples", "few_driving_samples", "score_low", "score_high",
)  # fmt: skip


@dataclass
class ModelInSplits:
    """What the fits of one model left: scores of genes, and of the samples they test.

    Attributes
    ----------
    scores : list of array
        Of every gene of the cohort in a split; NaN where it did not take part.
    tests : list of ScoredPart
    """

    scores: list[NDArray[np.float64]] = field(default_factory=list)
    tests: list[ScoredPart] = field(default_factory=list)

    def add(self, cohort: Cohort, task: Fit, result: TaskResult) -> None:
        """Add what a fit left; it must have scores of genes."""
        row = np.full(cohort.n_genes, np.nan)
        row[result.genes] = result.gene_scores
        self.scores.append(row)
        n_tested = len(task.split.test)
        n_fitted = len(result.rows) - n_tested
        self.tests.append(ScoredPart(result.rows[n_fitted:], result.score[n_fitted:]))


def collect_by_model(cohort: Cohort, results: Results[Fit]) -> dict[str, ModelInSplits]:
    """What the fits of each model left, of models that score genes."""
    by_model: dict[str, ModelInSplits] = {}
    for task, result in results:
        if result.genes is not None and result.gene_scores is not None:
            by_model.setdefault(task.model.name, ModelInSplits()).add(cohort, task, result)
    return by_model


def compute_gene_scores(cohort: Cohort, by_model: dict[str, ModelInSplits]) -> pd.DataFrame:
    """Average equation 4 over the splits, highest first, model by model.

    A gene that a split's preprocessing left out counts 0 there; `splits` says
    in how many it took part, `top_share` in what share of the splits it was
    among the first 30; a tenth of the splits score it below `score_low`, and a tenth above
    `score_high`; `describe_genes` tells what the columns between are.
    """
    described = describe_genes(cohort) if by_model else pd.DataFrame()
    tables = [
        _ranked(cohort, described, model, np.vstack(of_model.scores))
        for model, of_model in by_model.items()
    ]
    return concatenate(tables, SCORE_COLUMNS)


def _ranked(
    cohort: Cohort, described: pd.DataFrame, model: str, by_split: NDArray[np.float64]
) -> pd.DataFrame:
    present = ~np.isnan(by_split)
    filled = np.where(present, by_split, 0.0)
    order = np.argsort(-filled, axis=1, kind="stable")
    in_top = np.zeros(filled.shape, dtype=bool)
    np.put_along_axis(in_top, order[:, :TOP_GENES], True, axis=1)
    low, high = _spread(filled)
    table = (
        pd.DataFrame(
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
        .join(described)
        .assign(score_low=low, score_high=high)
    )
    table = table[table["splits"] > 0]
    table = table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    return table


def _spread(by_split: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a tenth of the splits are below, and above; NaN of one split alone."""
    if len(by_split) < 2:
        nothing = np.full(by_split.shape[1], np.nan)
        return nothing, nothing
    low, high = np.quantile(by_split, OUTER, axis=0)
    return low, high


def compute_gene_table(
    cohort: Cohort, by_model: dict[str, ModelInSplits], strata: Sequence[str]
) -> pd.DataFrame:
    """The scores, how each gene goes with what the model predicts, and each gene alone.

    Parameters
    ----------
    cohort : Cohort
    by_model : dict of ModelInSplits
    strata : sequence of str
        Of each sample, within which patients are compared.

    Returns
    -------
    DataFrame
        The columns of `compute_gene_scores`; `risk_correlation`, the mean over the splits of
        `compute_risk_correlations`, with `risk_correlation_low` and `risk_correlation_high`;
        `same_sign`, in what share of the splits its sign is that of the mean; `direction`:
        `higher` or `lower` expression where the model sees a higher risk, `unclear` if fewer
        than `CLEAR_SHARE` of the splits agree; and those of `compute_univariate`, which know
        nothing of the models.
    """
    scores = compute_gene_scores(cohort, by_model)
    if scores.empty:
        return scores
    alone = compute_univariate(cohort.X, cohort.outcome, cohort.patients, strata)
    tables = [
        of_model.merge(
            compute_directions(cohort, by_model[str(model)].tests, strata)
            .join(alone)
            .assign(gene=cohort.gene_ids),
            on="gene",
            how="left",
        )
        for model, of_model in scores.groupby("model", sort=False)
    ]
    return concatenate(tables)


def compute_directions(
    cohort: Cohort, tests: Sequence[ScoredPart], strata: Sequence[str]
) -> pd.DataFrame:
    """How each gene of a cohort goes with a model's score; see `compute_gene_table`."""
    by_split = compute_risk_correlations(cohort.X, tests, strata)
    known = ~np.isnan(by_split)
    n_known = known.sum(axis=0)
    filled = np.where(known, by_split, 0.0)
    some = np.maximum(n_known, 1)
    mean = np.where(n_known, filled.sum(axis=0) / some, np.nan)
    agree = (np.sign(filled) == np.sign(mean)) & known
    same_sign = np.where(n_known, agree.sum(axis=0) / some, np.nan)
    low, high = (np.full(len(mean), np.nan) for _ in OUTER)
    told = n_known > 1
    if told.any():
        low[told], high[told] = np.nanquantile(by_split[:, told], OUTER, axis=0)
    is_clear = (same_sign >= CLEAR_SHARE) & (mean != 0)
    direction = np.where(is_clear, np.where(mean > 0, HIGHER, LOWER), UNCLEAR)
    return pd.DataFrame(
        {
            "risk_correlation": mean,
            "risk_correlation_low": low,
            "risk_correlation_high": high,
            "same_sign": same_sign,
            "direction": direction,
        }
    )
