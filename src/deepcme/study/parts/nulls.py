"""Reruns where there is nothing special to find: permuted outcomes, random genes, signatures.

A permutation reruns the whole pipeline of the study's headline on permuted outcomes; of times
to an event, time and event go together. A gene set is that model refitted with the genes of the
set alone; a user's signature stands beside random sets of its size. Sizes count genes: one that
has several columns brings them all. All runs are fitted on the study's own splits, whose
balance the permutations keep (`BalancedPermutations`), so that what is prepared of a training
part, which knows no outcome, serves them all.

Tables
------
nulls.csv             one row per null run: kind, number, size, auc, n_splits, n, events,
                      signature, listed, missing; absent where none was asked for. Of times
                      uno_c and log_rank in place of auc: the C, and the signed chi-square of
                      the log-rank test of the thirds of predicted risk
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from deepcme.base.workload import Piece
from deepcme.cohort.honest import fit_seed
from deepcme.cohort.outcome import BinaryOutcome, labels_of
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.metrics import compute_auc_within
from deepcme.evaluation.predictions import STRATUM, with_strata
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.evaluation.survival.tables.nulls import compute_null_statistics
from deepcme.study.fit import Fit, Results, TaskResult, View, fitted_split, results_of
from deepcme.study.part import Kept, TextColumns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.null_runs import NullRun, describe_null_runs, make_null_runs
from deepcme.study.parts.survival_tables import compute_censoring_table
from deepcme.study.settings import NullSettings
from deepcme.study.tables import concatenate, predictions_of
from deepcme.study.tasks import Plan, common_content, content_key

NULL_RUNS = "nulls.csv"
_RUN, _COUNTS = ("kind", "number", "size"), ("n_splits", "n", "events")
_FINISHED_TOGETHER = 10
_OF_SIGNATURE = ("signature", "listed", "missing")
NULL_COLUMNS = (*_RUN, "auc", *_COUNTS, *_OF_SIGNATURE)
SURVIVAL_NULL_COLUMNS = (*_RUN, "uno_c", "log_rank", *_COUNTS, *_OF_SIGNATURE)


@dataclass(frozen=True, kw_only=True)
class NullFit(Fit):
    """A fit of a null run, whose labels and genes stand for the cohort's."""

    null: NullRun

    @property
    def title(self) -> str:
        return f"{self.model.name}, {self.null.title}, split {self.split_number}"


class Nulls(FitsPart[NullFit]):
    """Reruns of the study's headline."""

    name = "nulls"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = NullSettings
    results_version = 3
    comes_last = True
    prepared_share = 0.2  # ten permutations of a split, on two processes
    tables: ClassVar[TextColumns] = {NULL_RUNS: ("signature", "missing")}
    purpose = "for null runs"

    def tasks(self, plan: Plan) -> Iterator[NullFit]:
        """Fits of the headline for every null run.

        Those of times are scored out of fold too, as thirds of risk are cut by such scores.
        """
        study, model = plan.study, plan.study.headline
        common = common_content(plan, self.results_version)
        for run in make_null_runs(study, plan.cohort, plan.splits):
            for number, split in enumerate(plan.splits, start=1):
                null = {"title": run.title, "genes": run.genes}
                content = {**common, "model": model.model_dump(), "number": number}
                yield NullFit(
                    key=content_key({**content, "null": null}),
                    part=self.name,
                    split_number=number,
                    split=fitted_split(split, model),
                    model=model,
                    preprocessing=study.preprocessing,
                    random_state=fit_seed(study.seed, model.name, run.title, number),
                    view=View(run.outcome, run.genes, censoring=run.rows),
                    scores_only=True,
                    out_of_fold=study.survival is not None,
                    horizon=study.horizon,
                    null=run,
                )

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        results = self._finished(plan, kept)
        of_times = plan.study.survival is not None
        compute = compute_survival_null_runs if of_times else compute_null_runs
        return {NULL_RUNS: compute(plan, results)} if results else {}

    def _finished(self, plan: Plan, kept: Kept) -> list[tuple[NullFit, TaskResult]]:
        """Fits of the runs that are finished on every split."""
        results = list(results_of(kept, self.of(plan)))
        n_fitted = Counter(fit.null.title for fit, _ in results)
        return [of for of in results if n_fitted[of[0].null.title] == len(plan.splits)]

    def count_permutations(self, plan: Plan) -> int:
        return plan.study.nulls.permutations

    def count_finished(self, plan: Plan, kept: Kept) -> int:
        runs = {fit.null.title: fit.null for fit, _ in self._finished(plan, kept)}
        return sum(run.outcome is not None for run in runs.values())

    def expect(self, plan: Plan, task: NullFit) -> Piece:
        """Runs come by tens, so that the first ones are finished early.

        Of each ten a split comes after the other, as permutations share what is prepared of it.
        """
        stage = 1 + (task.null.number - 1) // _FINISHED_TOGETHER
        return replace(super().expect(plan, task), stage=stage)

    def announce(self, plan: Plan) -> str:
        runs = list({task.null.title: task.null for task in self.of(plan)}.values())
        return describe_null_runs(runs, plan.study.headline.name) if runs else ""


NULLS = Nulls()


def compute_null_runs(plan: Plan, results: Results[NullFit]) -> pd.DataFrame:
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
    aucs = [compute_auc_within(test["label"], test["score"], test[STRATUM]) for test in tests]
    return {
        "auc": np.nanmean(aucs),
        "n_splits": len(tests),
        "n": len(tested),
        "events": int(tested["label"].sum()),
        **_describe(run),
    }


def _describe(run: NullRun) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": run.kind, "number": run.number, "size": run.size}
    if run.signature is not None:
        described["signature"] = run.signature.name
        described["listed"] = run.signature.n_listed
        described["missing"] = ", ".join(run.signature.missing)
    return described


def compute_survival_null_runs(plan: Plan, results: Results[NullFit]) -> pd.DataFrame:
    """One row per null run of times: its size, statistics of its test rows, and the counts.

    The statistics are those of `compute_null_statistics`, by the run's own outcomes. `n`
    counts patients and `events` those with the event; the rest is as in `compute_null_runs`.
    """
    censoring = compute_censoring_table(plan)
    columns = None if censoring is None else censoring.set_index("sample")
    rows = []
    for _, of_run in groupby(results, key=lambda fitted: fitted[0].null.title):
        fitted = list(of_run)
        run = fitted[0][0].null
        statistics = compute_null_statistics(
            _evaluate(plan, run, fitted, columns), plan.study.headline.name
        )
        rows.append({**vars(statistics), **_describe(run)})
    return pd.DataFrame(rows, columns=list(SURVIVAL_NULL_COLUMNS))


def _evaluate(
    plan: Plan, run: NullRun, fitted: Results[NullFit], columns: pd.DataFrame | None
) -> Evaluation:
    """Predictions of a run, and its patients with its outcomes; without draws of them."""
    cohort, model = plan.cohort, plan.study.headline
    tables = [
        predictions_of(cohort, task, result, model.name, run.outcome).drop(
            columns="probability"
        )
        for task, result in fitted
    ]
    if columns is not None and run.rows is not None:
        columns = columns.iloc[list(run.rows)].set_axis(columns.index)
    return Evaluation.draw(
        with_strata(concatenate(tables), cohort.samples, plan.study.split.levels_of(cohort)),
        plan.study.horizon,
        np.random.default_rng(0),
        refitted=[model.name] if model.kind.refitted else [],
        draws=0,
        columns=columns,
    )
