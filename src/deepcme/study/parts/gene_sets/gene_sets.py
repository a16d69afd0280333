"""Which sets of genes go with the outcome, and where the model ranks them.

All samples of the study are taken, whose outcomes every part but the test part of a split
learns from: this describes the cohort and the ranking, and holds nothing out. It is quick
enough to be made with the tables and has no tasks.

Tables (see docs/reference/results-folder.md)
------------------------------
gene_sets.csv          set, file, n_listed, n_found, n_genes, standing, shift, ci_low, ci_high,
                       statistic, p, fdr, claimed, correlation, variance_inflation, es, nes,
                       p_gene_permutation, leading_edge, n_leading; the last five again as
                       model_... of the gene scores of `model`; n, events, n_patients,
                       n_background, n_permutations
gene_set_members.csv   set, gene, symbol, leading_edge
gene_ranking.csv       gene, symbol, statistic, rank, model_score, model_rank
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.base.words import counted, few
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.selection.enrichment.enrichment import compute_enrichment
from deepcme.selection.enrichment.measured import (
    TESTED,
    TOO_FEW,
    TOO_MANY,
    MeasuredGenes,
    MeasuredSet,
    find_sets,
)
from deepcme.selection.enrichment.running_sums import require_gseapy
from deepcme.sources.gene_sets import read_gene_sets
from deepcme.study.fit import Fit, results_of
from deepcme.study.genes.scores import collect_by_model, compute_gene_scores
from deepcme.study.part import Kept, Part, TextColumns
from deepcme.study.parts.models import MODELS
from deepcme.study.settings import GeneSetSettings
from deepcme.study.tasks import Plan

SETS, MEMBERS, RANKING = "gene_sets.csv", "gene_set_members.csv", "gene_ranking.csv"


class GeneSets(Part[Any]):
    """Sets of genes that stand beside the models, whose fits they leave as they are."""

    name = "gene_sets"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = GeneSetSettings
    tables: ClassVar[TextColumns] = {
        SETS: ("set", "file", "standing", "leading_edge", "model", "model_leading_edge"),
        MEMBERS: ("set", "gene", "symbol"),
        RANKING: ("gene", "symbol"),
    }

    def check(self, plan: Plan) -> None:
        """Refuse files that are no sets, and sets of which none is measured well enough."""
        settings = plan.study.gene_sets
        if not settings.files:
            return
        require_gseapy()
        found = _measure(plan)[1]
        if any(one.standing == TESTED for one in found):
            return
        closest = max(found, key=lambda one: (len(one.genes) <= settings.most, len(one.genes)))
        raise DeepCMEError(
            f"{', '.join(map(str, settings.files))}: none of {counted(len(found), 'gene set')} "
            f"has {settings.fewest} to {settings.most:,} genes that are measured "
            f"({closest.gene_set.name} has {len(closest.genes):,} of "
            f"{len(closest.gene_set.genes):,}; the cohort's are "
            f"{few(np.unique(plan.cohort.gene_names))}): translate one of them, the cohort "
            "with `deepcme genes map`, or change fewest and most under [gene_sets]."
        )

    def announce(self, plan: Plan) -> str:
        if not plan.study.gene_sets.files:
            return ""
        return describe_sets(_measure(plan)[1])

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        if not plan.study.gene_sets.files:
            return {}
        measured, found = _measure(plan)
        model, scores = _take_scores(plan, kept, measured)
        with single_thread():
            enrichment = compute_enrichment(
                plan.cohort, measured, found, _strata(plan), plan.study.seed, scores
            )
        sets = enrichment.sets if scores is None else enrichment.sets.assign(model=model)
        return {SETS: sets, MEMBERS: enrichment.members, RANKING: enrichment.ranking}


GENE_SETS = GeneSets()


def _strata(plan: Plan) -> list[str]:
    """Stratum of each sample, within which outcomes are exchangeable."""
    return plan.study.split.strata_of(plan.cohort) or [""] * plan.cohort.n_samples


def _measure(plan: Plan) -> tuple[MeasuredGenes, list[MeasuredSet]]:
    settings = plan.study.gene_sets
    gene_sets = read_gene_sets(settings.files)
    measured = MeasuredGenes.of(plan.cohort, plan.study.preprocessing, _strata(plan))
    return measured, find_sets(gene_sets, measured, settings.fewest, settings.most)


def describe_sets(found: Sequence[MeasuredSet]) -> str:
    """How many sets are tested, and which are not and why, in a sentence."""
    by_standing: dict[str, list[str]] = {}
    for one in found:
        name = f"{one.gene_set.name} ({len(one.genes):,} of {len(one.gene_set.genes):,})"
        by_standing.setdefault(one.standing, []).append(name)
    n_tested = len(by_standing.get(TESTED, ()))
    left_out = [
        f"with {standing} measured genes: {few(names)}"
        for standing in (TOO_FEW, TOO_MANY)
        if (names := by_standing.get(standing))
    ]
    return "; ".join([f"Gene sets: {n_tested:,} of {len(found):,} are tested", *left_out]) + "."


def _take_scores(
    plan: Plan, kept: Kept, measured: MeasuredGenes
) -> tuple[str, NDArray[np.float64] | None]:
    """The model that ranks genes, and its mean score of each; none where no model does."""
    model = plan.study.gene_model
    if model is None:
        return "", None
    chosen: list[Fit] = [task for task in MODELS.of(plan) if task.model == model]
    by_model = collect_by_model(plan.cohort, results_of(kept, chosen))
    table = compute_gene_scores(plan.cohort, by_model).set_index("gene")
    ids = plan.cohort.gene_ids[measured.columns]
    return model.name, table["score"].reindex(ids).to_numpy(dtype=np.float64)
