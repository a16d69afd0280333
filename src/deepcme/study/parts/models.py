"""The models of a study: each is fitted on every split.

Tables
------
predictions.parquet   split, model, sample, patient, part, label, score, probability,
                      left_out where cohorts are left out, and stratum where patients are
                      ranked within batches or cohorts; grid and clinical columns add to it
metrics.csv           split (none for the PR-AUC), model, part, metric, value, chance, n,
                      events, and left_out where cohorts are left out
gene_scores.csv       model, rank, gene, symbol, score, sd, splits, top_share, prevalence,
                      largest_z, driving_samples, few_driving_samples, score_low, score_high;
                      how the gene goes with what the model predicts: risk_correlation,
                      risk_correlation_low, risk_correlation_high, same_sign, direction; the
                      gene alone: univariate_auc (univariate_c of times), ci_low, ci_high, p,
                      fdr, n, events
gene_heat_map.parquet rank, gene, symbol, column, outcome, n_patients, risk, value; of the
                      genes of highest score, patients by number or some together
members.parquet       split, model, member, sample, patient, part, label, score; of committees,
                      what each member says of validation and test part, standardised
history.parquet       split, model, epoch, train_loss, valid_loss, valid_auc; of networks of
                      times valid_c (Harrell's C) in its place
patients.parquet      sample, and what else is known of it, such as age and grade

Of a study of times to an event, whose predictions have time and event in place of the label
and the log hazard, or logit, as score:

cox_fits.csv          split, model, penalty (infinite, where no gene entered), n, events,
                      selects_nothing
censoring.parquet     sample, and columns of numbers that censoring depends on, if on any
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pandas as pd

from deepcme.audit.characteristics import take_characteristics
from deepcme.base.processes.threads import single_thread
from deepcme.cohort.honest import fit_seed
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.fit import Fit, Results, fitted_split, results_of
from deepcme.study.genes.heat_map import HEAT_MAP, compute_heat_map
from deepcme.study.genes.scores import TOP_GENES, collect_by_model, compute_gene_table
from deepcme.study.part import MEMBERS, PREDICTIONS, Kept, TextColumns
from deepcme.study.parts.characteristics import PATIENTS, require_subgroups
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.survival_tables import (
    CENSORING,
    COX_FITS,
    compute_censoring_table,
    compute_cox_fits,
)
from deepcme.study.resolved import Study
from deepcme.study.settings import ModelSettings
from deepcme.study.tables import METRICS, compute_predictions, concatenate, members_of
from deepcme.study.tasks import Plan, common_content, content_key
from deepcme.study.trial import try_models

GENE_SCORES = "gene_scores.csv"
HISTORY_COLUMNS = ("split", "model", "epoch", "train_loss", "valid_loss", "valid_auc")


class Models(FitsPart[Fit]):
    """The models, fitted on every split; their gene scores and their course of training."""

    name = "models"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = ModelSettings
    results_version = 3
    stands_beside = False
    tables: ClassVar[TextColumns] = {
        PREDICTIONS: (),
        METRICS: ("model", "left_out"),
        MEMBERS: (),
        GENE_SCORES: ("model", "gene", "symbol", "direction"),
        HEAT_MAP: (),
        "history.parquet": (),
        PATIENTS: (),
        COX_FITS: ("model",),
        CENSORING: (),
    }

    def tasks(self, plan: Plan) -> Iterator[Fit]:
        study, common = plan.study, common_content(plan, self.results_version)
        scored = _find_scored(study) if study.selection.run else None
        for model in study.models:
            score_genes = model == scored
            asked = {"score_genes": True} if score_genes else {}
            for number, split in enumerate(plan.splits, start=1):
                content = {**common, "model": model.model_dump(), "number": [number]}
                yield Fit(
                    key=content_key(content | asked),
                    part=self.name,
                    split_number=number,
                    split=fitted_split(split, model),
                    model=model,
                    preprocessing=study.preprocessing,
                    random_state=fit_seed(study.seed, model.name, number),
                    score_genes=score_genes,
                    horizon=study.horizon,
                )

    def check(self, plan: Plan) -> None:
        require_subgroups(plan.cohort, plan.study.subgroups.named)
        try_models(plan)

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        results = list(results_of(kept, self.of(plan)))
        tables = {
            PREDICTIONS: compute_predictions(plan.cohort, results),
            **_tables_of_genes(plan, results),
            "history.parquet": compute_history(results),
            PATIENTS: take_characteristics(plan.cohort),
        }
        members = [
            members_of(plan.cohort, task, result)
            for task, result in results
            if result.member_scores is not None
        ]
        if members:
            tables[MEMBERS] = concatenate(members)
        if plan.study.survival is not None:
            tables[COX_FITS] = compute_cox_fits(plan.cohort, results)
            if (columns := compute_censoring_table(plan)) is not None:
                tables[CENSORING] = columns
        return tables


MODELS = Models()


def _find_scored(study: Study) -> ModelSettings | None:
    """The network of the study's outcome whose gene scores stand beside gene selection."""
    model = study.gene_model
    if study.survival is None and study.headline.kind.is_baseline:
        return None  # a study older than comparators, whose tasks stay as they are
    return model if model is not None and study.outcome in model.kind.outcomes else None


def _tables_of_genes(plan: Plan, results: Results[Fit]) -> dict[str, pd.DataFrame]:
    cohort, of_study = plan.cohort, plan.study.gene_model
    strata = plan.study.split.strata_of(cohort) or [""] * cohort.n_samples
    by_model = collect_by_model(cohort, results)
    with single_thread():
        scores = compute_gene_table(cohort, by_model, strata)
        tables = {GENE_SCORES: scores}
        if of_study is not None and of_study.name in by_model:
            top = scores[scores["model"] == of_study.name].head(TOP_GENES)
            tests = by_model[of_study.name].tests
            tables[HEAT_MAP] = compute_heat_map(cohort, top, tests, strata, plan.study.horizon)
    return tables


def compute_history(results: Results[Fit]) -> pd.DataFrame:
    """Losses and validation AUC, or C of times, of every network by split and epoch."""
    tables = []
    for task, result in results:
        if result.history is not None:
            table = result.history.copy()
            table.insert(0, "model", task.model.name)
            table.insert(0, "split", task.split_number)
            tables.append(table)
    return concatenate(tables, HISTORY_COLUMNS)
