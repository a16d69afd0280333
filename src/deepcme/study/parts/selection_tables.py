"""Results of a study's gene selection to its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.cohort import Cohort
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.predictions import with_strata
from deepcme.selection.clusters import describe_clusters
from deepcme.selection.panels.curve import ALL_GENES
from deepcme.selection.panels.tables import (
    PanelResults,
    choose_panels,
    compute_panel_curve,
    compute_panel_genes,
)
from deepcme.selection.scores import compute_score_agreement, describe_genes
from deepcme.selection.stability import StabilitySelection, count_first_genes
from deepcme.study.fit import Fit, Results, TaskResult
from deepcme.study.parts.selection_steps import Kind, SelectionStep
from deepcme.study.parts.survival_tables import compute_censoring_table
from deepcme.study.tasks import Arrays, Plan

SelectionResults = Sequence[tuple[SelectionStep, Arrays]]
PositionArray = NDArray[np.int64]

HELD_OUT_COLUMNS = (
    "model", "gene", "symbol", "first_layer", "integrated_gradients", "permutation", "splits",
    "prevalence", "largest_z", "driving_samples", "few_driving_samples",
)  # fmt: skip
AGREEMENT_COLUMNS = (
    "model", "score", "other", "spearman", "spearman_low", "spearman_high", "overlap",
    "expected_overlap", "k", "splits",
)  # fmt: skip


def compute_selection_tables(
    plan: Plan, steps: SelectionResults, fits: Sequence[tuple[Fit, TaskResult]]
) -> dict[str, pd.DataFrame]:
    """The tables of gene selection, by the names of their files, of its steps and the fits."""
    cohort = plan.cohort
    rankers: tuple[str, ...] = plan.study.selection.rankers
    halves = collect_stability(steps, "half", rankers[0])
    splits = {ranker: collect_stability(steps, "panel", ranker) for ranker in rankers}
    return {
        **compute_panel_tables(plan, steps),
        "selection_claims.csv": compute_claims(cohort, steps, halves.selection),
        "selection_genes.csv": compute_selected_genes(
            cohort, steps, halves, splits[rankers[0]]
        ),
        "selection_clusters.csv": compute_clusters(cohort, halves),
        "selection_blocks.csv": compute_blocks(cohort, steps),
        "selection_stability.csv": compute_indices({rankers[0]: halves}, splits),
        "held_out_gene_scores.csv": compute_held_out_scores(cohort, fits),
        "score_agreement.csv": compute_agreement(fits),
    }


def compute_panel_tables(plan: Plan, steps: SelectionResults) -> dict[str, pd.DataFrame]:
    """The tables of the panel curve, by the names of their files."""
    panels = collect_panels(plan, steps)
    branch = "auc" if plan.study.survival is None else "survival"
    curve = compute_panel_curve(panels, interval_generator(plan.study.seed, branch))
    chosen = choose_panels(curve)
    return {
        "panel_predictions.parquet": panels.predictions,
        "panel_curve.csv": curve,
        "panel_choice.csv": chosen,
        "panel_genes.csv": compute_panel_genes(plan.cohort, panels, chosen),
    }


def collect_panels(plan: Plan, steps: SelectionResults) -> PanelResults:
    """What the panel curve is made of."""
    cohort = plan.cohort
    panels = [(step, arrays) for step, arrays in steps if step.kind == "panel"]
    predictions = pd.concat(
        [_predictions(cohort, step, arrays) for step, arrays in panels], ignore_index=True
    )
    rankings = [_rankings(cohort, step, arrays) for step, arrays in panels]
    censoring = compute_censoring_table(plan)
    ratios = [len(step.split.test) / len(step.rows) for step, _ in panels if step.split_number]
    return PanelResults(
        with_strata(predictions, cohort.samples, plan.study.split.levels_of(cohort)),
        pd.concat(rankings, ignore_index=True),
        cohort.n_genes,
        float(np.mean(ratios)),
        plan.study.horizon,
        None if censoring is None else censoring.set_index("sample"),
    )


def _predictions(cohort: Cohort, step: SelectionStep, arrays: Arrays) -> pd.DataFrame:
    """One row for each panel and held-out sample."""
    rows = step.split.test
    tables = [
        pd.DataFrame(
            {
                "order": step.order.name,
                "n_genes": 0 if step.order == ALL_GENES else size,
                "split": step.split_number,
                "sample": cohort.samples[rows],
                "patient": cohort.patients[rows],
                **{name: values[rows] for name, values in cohort.outcome.values.items()},
                "score": score,
            }
        )
        for size, score in zip(arrays["sizes"].tolist(), arrays["scores"], strict=True)
    ]
    return pd.concat(tables) if tables else pd.DataFrame()


def _rankings(cohort: Cohort, step: SelectionStep, arrays: Arrays) -> pd.DataFrame:
    """The first genes of a ranker; none of an order that ranks nothing."""
    first = arrays["genes"] if step.order.kind == "ranker" else arrays["genes"][:0]
    return pd.DataFrame(
        {
            "ranker": step.order.name,
            "split": step.split_number,
            "gene": cohort.gene_ids[first],
            "rank": np.arange(1, len(first) + 1),
        }
    )


@dataclass(frozen=True)
class Stability:
    """Which genes came first each time, and the positions of those genes in the cohort."""

    genes: PositionArray
    selection: StabilitySelection


def collect_stability(results: SelectionResults, kind: Kind, ranker: str) -> Stability:
    """The first genes of a ranker over the splits (`panel`) or over the halves (`half`).

    How many come first is the choice of `count_first_genes`. A gene that the whole
    cohort hardly expresses, but a half of it does, is a cluster of its own.
    """
    clustered = next(arrays for task, arrays in results if task.kind == "clusters")
    n_first = count_first_genes(len(clustered["genes"]))
    orders = [
        arrays["genes"][:n_first]
        for task, arrays in results
        if task.kind == kind and task.order.name == ranker and task.split_number > 0
    ]
    genes = np.union1d(clustered["genes"], np.concatenate(orders))
    cluster = np.arange(len(genes)) + len(genes)
    cluster[np.searchsorted(genes, clustered["genes"])] = clustered["cluster"]
    _, cluster = np.unique(cluster, return_inverse=True)
    selected = np.array([np.isin(genes, order) for order in orders])
    return Stability(genes, StabilitySelection(selected, cluster.astype(np.int64)))


def _decoys(results: SelectionResults) -> tuple[Arrays, list[Arrays]]:
    """The competition with decoys on all patients, and that of each split."""
    decoys = [(task, arrays) for task, arrays in results if task.kind == "decoys"]
    whole = next(arrays for task, arrays in decoys if task.split_number == 0)
    return whole, [arrays for task, arrays in decoys if task.split_number > 0]


def compute_claims(
    cohort: Cohort, results: SelectionResults, halves: StabilitySelection
) -> pd.DataFrame:
    """What may be claimed on all patients: against decoys, and by stability selection.

    Returns
    -------
    DataFrame
        `method, level, n_claimed, estimate, n, events, n_patients, claim`; the
        estimate is the false-discovery proportion among the genes that beat
        their decoys, and the frequency that stability selection asks for.
    """
    whole, _ = _decoys(results)
    stable = halves.claims().rename(columns={"n_stable": "n_claimed", "threshold": "estimate"})
    decoys = {
        "method": "knockoffs",
        "level": "gene",
        "n_claimed": int(whole["selected"].sum()),
        "estimate": float(whole["estimate"]),
        "claim": str(whole["claim"]),
    }
    table = pd.concat(
        [pd.DataFrame([decoys]), stable.assign(method="stability selection")],
        ignore_index=True,
    )
    table = table.assign(
        n=cohort.n_samples, events=cohort.n_positives, n_patients=cohort.n_patients
    )
    return table[
        ["method", "level", "n_claimed", "estimate", "n", "events", "n_patients", "claim"]
    ]


def compute_selected_genes(
    cohort: Cohort, results: SelectionResults, halves: Stability, splits: Stability
) -> pd.DataFrame:
    """One row for each gene that was selected anywhere, the best founded first.

    Returns
    -------
    DataFrame
        `gene, symbol`; `beats_decoys` on all patients, `decoy_frequency` over
        the splits; `stable`, `half_frequency`, `split_frequency` (among the
        first); `cluster, cluster_frequency` over halves; and `describe_genes`.
    """
    whole, by_split = _decoys(results)
    table = describe_genes(cohort)
    table.insert(0, "gene", cohort.gene_ids)
    table.insert(1, "symbol", cohort.symbols)
    table.insert(2, "beats_decoys", np.isin(table.index, whole["genes"][whole["selected"]]))
    selected = np.concatenate([arrays["genes"][arrays["selected"]] for arrays in by_split])
    frequency = np.bincount(selected, minlength=cohort.n_genes) / len(by_split)
    table.insert(3, "decoy_frequency", frequency)
    of_halves = halves.selection.by_gene().set_index(halves.genes)
    of_splits = splits.selection.selected.mean(axis=0)
    table.insert(4, "stable", np.isin(table.index, halves.genes[of_halves["stable"]]))
    table.insert(5, "half_frequency", of_halves["frequency"].reindex(table.index).fillna(0.0))
    split_frequency = pd.Series(of_splits, index=splits.genes).reindex(table.index).fillna(0.0)
    table.insert(6, "split_frequency", split_frequency)
    table.insert(7, "cluster", of_halves["cluster"].reindex(table.index).astype("Int64"))
    table.insert(8, "cluster_frequency", of_halves["cluster_frequency"].reindex(table.index))
    order = ["beats_decoys", "stable", "half_frequency", "split_frequency", "decoy_frequency"]
    anywhere = table[(table[order] > 0).any(axis=1)]
    return anywhere.sort_values(order, ascending=False, kind="stable", ignore_index=True)


def compute_clusters(cohort: Cohort, halves: Stability) -> pd.DataFrame:
    """Clusters of which a gene was selected on some half, the most frequent first.

    Returns
    -------
    DataFrame
        `cluster, n_genes, frequency, stable, genes`.
    """
    named = describe_clusters(halves.selection.clusters, cohort.gene_names[halves.genes])
    table = halves.selection.by_cluster().merge(named[["cluster", "genes"]], on="cluster")
    table = table[table["frequency"] > 0]
    return table.sort_values("frequency", ascending=False, kind="stable", ignore_index=True)


def compute_blocks(cohort: Cohort, results: SelectionResults) -> pd.DataFrame:
    """Blocks of correlated genes with a gene that was selected against decoys.

    That one gene of a block matters is better founded than which.

    Returns
    -------
    DataFrame
        `block, n_genes, n_selected, genes`, the names of those selected.
    """
    whole, _ = _decoys(results)
    table = pd.DataFrame(
        {
            "block": whole["block"],
            "selected": whole["selected"],
            "gene": cohort.gene_names[whole["genes"]],
        }
    )
    n_genes = table["block"].value_counts()
    blocks = table[table["selected"]].groupby("block")["gene"]
    found = blocks.agg(n_selected="size", genes=" ".join).reset_index()
    found.insert(1, "n_genes", found["block"].map(n_genes))
    return found


def compute_indices(
    halves: Mapping[str, Stability], splits: Mapping[str, Stability]
) -> pd.DataFrame:
    """Nogueira's index by ranker, over halves and over splits, of genes and of clusters.

    Splits share most of their patients, so that they agree more than new
    patients would.
    """
    tables = [
        stability.selection.indices().assign(
            ranker=ranker, over=over, n_selected=stability.selection.n_selected
        )
        for over, by_ranker in (("halves", halves), ("splits", splits))
        for ranker, stability in by_ranker.items()
    ]
    columns = [
        "ranker", "over", "level", "value", "ci_low", "ci_high", "n_selected", "n_selections",
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)[columns]


def _scored(results: Results[Fit]) -> Iterator[tuple[str, PositionArray, pd.DataFrame]]:
    """Model, genes and scores of each network that was scored on held-out rows."""
    for task, result in results:
        if result.held_out_scores is not None and result.genes is not None:
            yield task.model.name, result.genes, result.held_out_scores


def compute_held_out_scores(cohort: Cohort, results: Results[Fit]) -> pd.DataFrame:
    """The scores of each gene beside each other, averaged over the splits it took part in.

    Returns
    -------
    DataFrame
        The columns of HELD_OUT_COLUMNS; highest equation 4 first.
    """
    tables = [
        scores.assign(model=model, position=genes) for model, genes, scores in _scored(results)
    ]
    if not tables:
        return pd.DataFrame(columns=list(HELD_OUT_COLUMNS))
    means = (
        pd.concat(tables)
        .groupby(["model", "position"], as_index=False)
        .agg(
            first_layer=("first_layer", "mean"),
            integrated_gradients=("integrated_gradients", "mean"),
            permutation=("permutation", "mean"),
            splits=("permutation", "size"),
        )
    )
    means["gene"] = cohort.gene_ids[means["position"]]
    means["symbol"] = cohort.symbols[means["position"]]
    ranked = means.sort_values("first_layer", ascending=False, kind="stable")
    described = ranked.join(describe_genes(cohort), on="position")
    return described[list(HELD_OUT_COLUMNS)].reset_index(drop=True)


def compute_agreement(results: Results[Fit]) -> pd.DataFrame:
    """How far the scores order genes alike: mean, lowest and highest of the splits."""
    tables = [
        compute_score_agreement(scores).assign(model=model)
        for model, _, scores in _scored(results)
    ]
    if not tables:
        return pd.DataFrame(columns=list(AGREEMENT_COLUMNS))
    pairs = pd.concat(tables).groupby(["model", "score", "other"], as_index=False, sort=False)
    return pairs.agg(
        spearman=("spearman", "mean"),
        spearman_low=("spearman", "min"),
        spearman_high=("spearman", "max"),
        overlap=("overlap", "mean"),
        expected_overlap=("expected_overlap", "mean"),
        k=("k", "max"),
        splits=("k", "size"),
    )
