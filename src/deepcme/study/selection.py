"""Gene selection as tasks of a study: panels, decoys, halves of the patients, clusters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from deepcme.arrays import CohortArrays
from deepcme.errors import DeepCMEError
from deepcme.models.fitting import prepare_rows
from deepcme.network.engines import one_thread_a_task
from deepcme.preprocessing import kept_genes
from deepcme.seeds import seed_for
from deepcme.selection.clusters import TWIN_CUT
from deepcme.selection.knockoffs import find_blocks, select_against_decoys
from deepcme.selection.panel import (
    PanelSettings,
    PanelTask,
    make_tasks,
    run_task,
)
from deepcme.selection.rankers import RankerName
from deepcme.selection.stability import draw_half_samples
from deepcme.study.plan import Plan, common_content, content_key

Arrays = dict[str, NDArray[Any]]
Kind = Literal["panel", "decoys", "half", "clusters"]

SELECTION_TABLES = (
    "panel_predictions.parquet", "panel_curve.csv", "panel_choice.csv", "panel_genes.csv",
    "selection_claims.csv", "selection_genes.csv", "selection_clusters.csv",
    "selection_blocks.csv", "selection_stability.csv", "held_out_gene_scores.csv",
    "score_agreement.csv",
)  # fmt: skip

FEWEST_PATIENTS = 4
"""Patients of each class, so that either half of them holds two."""


@dataclass(frozen=True)
class SelectionTask:
    """One step of gene selection, on the training rows of `panel` alone.

    `kind` says what is done there: genes are ordered and panels refitted; or
    genes compete with decoys; or they are ordered on a half of the patients; or
    clustered. Split 0 is all patients.
    """

    key: str
    kind: Kind
    panel: PanelTask
    settings: PanelSettings

    @property
    def title(self) -> str:
        """The task in words."""
        return f"{self.kind} of gene selection, {self.panel.order}, {self.panel.split_number}"


def make_selection_tasks(plan: Plan) -> list[SelectionTask]:
    """The steps of gene selection that a study asks for.

    Raises
    ------
    DeepCMEError
        If a class has fewer than four patients, or there is one split.
    """
    if not plan.study.selection.run:
        return []
    _check_patients(plan)
    settings = _panel_settings(plan)
    panels = make_tasks(plan.cohort, plan.splits, settings)
    ranker, everybody = settings.rankers[0], np.arange(plan.cohort.n_samples)
    ranked = [task for task in panels if task.order == ranker]
    whole = PanelTask(ranker, 0, everybody, everybody[:0])
    steps: list[tuple[Kind, PanelTask]] = [
        ("clusters", replace(whole, stage="clusters")),
        *(("decoys", replace(task, stage="decoys")) for task in ranked),
        *(
            ("half", PanelTask(ranker, number, rows, everybody[:0], "half"))
            for number, rows in enumerate(_draw_halves(plan), start=1)
        ),
        *(("panel", task) for task in panels),
    ]
    common = common_content(plan.study, plan.cohort, "selection")
    return [
        SelectionTask(
            content_key(
                {**common, "kind": kind, "order": task.order, "number": task.split_number}
            ),
            kind,
            task,
            settings,
        )
        for kind, task in steps
    ]


def _check_patients(plan: Plan) -> None:
    cohort = plan.cohort
    n_positive = cohort.n_positive_patients
    n_negative = cohort.n_patients - n_positive
    if min(n_positive, n_negative) < FEWEST_PATIENTS:
        raise DeepCMEError(
            f"Gene selection needs {FEWEST_PATIENTS} positive and {FEWEST_PATIENTS} negative "
            f"patients or more, but there are {n_positive} and {n_negative}: run the study "
            "without it."
        )
    if len(plan.splits) < 2:
        raise DeepCMEError("Gene selection needs 2 splits or more: raise repeats in [split].")


def _panel_settings(plan: Plan) -> PanelSettings:
    study = plan.study
    return PanelSettings(
        rankers=study.selection.rankers,
        random_panels=study.selection.random_panels,
        min_prevalence=study.preprocessing.min_prevalence,
        clip=study.preprocessing.clip,
        seed=study.seed,
    )


def _draw_halves(plan: Plan) -> list[NDArray[np.int64]]:
    random = np.random.default_rng(seed_for(plan.study.seed, "halves of the patients"))
    cohort = plan.cohort
    return draw_half_samples(cohort.labels, cohort.patients, plan.study.selection.pairs, random)


def run_selection_task(data: CohortArrays, task: SelectionTask) -> Arrays:
    """Run one step; positions of genes are those in the cohort.

    Returns
    -------
    dict of arrays
        `genes` (the first of them, best first), `sizes` and `scores` (sizes x
        held-out rows) of panels and halves; `genes, block, statistic, selected,
        estimate, claim` of decoys; `genes, cluster` of clusters.
    """
    if task.kind == "decoys":
        return _compete(data, task)
    if task.kind == "clusters":
        return _cluster(data, task)
    outcome = run_task(data, task.panel, task.settings)
    return {
        "genes": outcome.genes[: max(task.settings.sizes)],
        "sizes": np.array(list(outcome.scores), dtype=np.int64),
        "scores": np.array(list(outcome.scores.values()), dtype=np.float64),
    }


def _compete(data: CohortArrays, task: SelectionTask) -> Arrays:
    """Genes against their knockoffs."""
    step = task.panel
    seed = seed_for(task.settings.seed, step.stage, step.order, step.split_number)
    with one_thread_a_task():
        rows, preprocessor = prepare_rows(data, step.train_rows, task.settings)
        found = select_against_decoys(
            rows.X,
            rows.labels.astype(np.int64),
            rows.patients,
            np.random.default_rng(seed),
            ranker=cast(RankerName, step.order),
        )
    columns = {name: found.table[name].to_numpy() for name in found.table.columns}
    return {
        **columns,
        "genes": kept_genes(preprocessor),
        "estimate": np.array(found.estimate),
        "claim": np.array(found.claim),
    }


def _cluster(data: CohortArrays, task: SelectionTask) -> Arrays:
    """Clusters of genes so alike that a vote would be split between them."""
    with one_thread_a_task():
        rows, preprocessor = prepare_rows(data, task.panel.train_rows, task.settings)
        return {"genes": kept_genes(preprocessor), "cluster": find_blocks(rows.X, TWIN_CUT)}
