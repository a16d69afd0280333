"""Gene selection as a part of a study, and its panels alone.

Tables (see docs/reference/results-folder.md)
------------------------------
panel_predictions.parquet   order, n_genes, split, sample, patient, label, score; of times
                            time and event in place of the label
panel_curve.csv, panel_choice.csv, panel_genes.csv
selection_claims.csv        what may be claimed of genes, and of clusters
selection_genes.csv, selection_clusters.csv, selection_blocks.csv
selection_stability.csv     Nogueira's index over splits and over halves
held_out_gene_scores.csv, score_agreement.csv
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.base.workload import Piece
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.selection.panels.curve import ALL_GENES, GeneOrder
from deepcme.selection.rankers import default_rankers, find_ranker
from deepcme.selection.stability import draw_half_samples
from deepcme.selection.targets import TIMES, kind_of_outcome
from deepcme.study.fit import results_of
from deepcme.study.part import Kept, Part, TextColumns
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.selection_steps import Kind, SelectionStep
from deepcme.study.parts.selection_tables import compute_panel_tables, compute_selection_tables
from deepcme.study.resolved import Study
from deepcme.study.settings import SelectionSettings
from deepcme.study.tasks import Plan, common_content, content_key

FEWEST_PATIENTS = 4
"""Patients of each class, or with the event and without, so that either half holds two."""

_NANOSECONDS: dict[Kind, float] = {"panel": 200, "half": 300, "decoys": 750, "clusters": 350}
"""Roughly what a step takes for each value (sample x gene) that it learns from."""

Step = tuple[Kind, GeneOrder, int, Split]


class Selection(Part[SelectionStep]):
    """Gene selection on the study's own splits."""

    name = "selection"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = SelectionSettings
    results_version = 2
    noun = "steps of gene selection"
    tables: ClassVar[TextColumns] = {
        "panel_predictions.parquet": (),
        "panel_curve.csv": ("panel",),
        "panel_choice.csv": ("panel",),
        "panel_genes.csv": ("gene", "symbol"),
        "selection_claims.csv": (),
        "selection_genes.csv": ("gene", "symbol"),
        "selection_clusters.csv": ("genes",),
        "selection_blocks.csv": ("genes",),
        "selection_stability.csv": (),
        "held_out_gene_scores.csv": ("model", "gene", "symbol"),
        "score_agreement.csv": ("model",),
    }

    def fill_in(self, values: dict[str, Any]) -> dict[str, Any]:
        """Rankers of times, where the study is of these and names none."""
        given = values.get(self.name)
        of_times = isinstance(values.get("survival"), dict)
        if not (of_times and isinstance(given, dict) and given.get("run")):
            return values
        return {**values, self.name: {"rankers": default_rankers(TIMES), **given}}

    def check_settings(self, study: Study) -> None:
        """Refuse what would select on rows that it is judged by."""
        if not study.selection.run:
            return
        for ranker in study.selection.rankers:
            find_ranker(ranker, kind_of_outcome(study.outcome))
        if not (study.split.by == "patient" and study.preprocessing.fit_on == "train"):
            raise DeepCMEError(
                "gene selection takes splits by patient and preprocessing fitted on the "
                "training part: choose protocol honest."
            )
        if study.split.design == "leave-one-cohort-out":
            raise DeepCMEError(
                "gene selection is not made across left-out cohorts: select in each cohort, "
                "or over splits of all of them (split.design folds, repeated or nested)."
            )

    def tasks(self, plan: Plan) -> Iterator[SelectionStep]:
        """The steps that a study asks for.

        Raises
        ------
        DeepCMEError
            If a class has fewer than four patients, or fewer had the event, or there is one
            split.
        """
        study = plan.study
        if not study.selection.run:
            return
        common = common_content(plan, self.results_version)
        for kind, order, number, split in self.steps(plan):
            content = {**common, "kind": kind, "order": order.name, "number": number}
            yield SelectionStep(
                key=content_key(content),
                part=self.name,
                split_number=number,
                split=split,
                kind=kind,
                order=order,
                preprocessing=study.preprocessing,
                seed=study.seed,
            )

    def steps(self, plan: Plan) -> list[Step]:
        """Kind, order of the genes, number and rows of each step."""
        _check_patients(plan)
        first = GeneOrder("ranker", plan.study.selection.rankers[0])
        panels = _panel_steps(plan)
        return [
            ("clusters", first, 0, _everybody(plan)),
            *(
                ("decoys", order, number, split)
                for _, order, number, split in panels
                if order == first
            ),
            *(
                ("half", first, number, _of_rows(rows))
                for number, rows in enumerate(_draw_halves(plan), start=1)
            ),
            *panels,
        ]

    def expect(self, plan: Plan, task: SelectionStep) -> Piece:
        by_ranker = task.order.kind == "ranker"
        kind = task.kind, task.order.name if by_ranker else task.order.kind
        values = len(task.rows) * plan.cohort.n_genes
        return Piece(_NANOSECONDS[task.kind] * 1e-9 * values, kind, (self.name, task.kind))

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """What was found of its finished steps, and of the models' gene scores."""
        steps = list(kept.results(self.of(plan)))
        if not steps:
            return {}
        fits = list(results_of(kept, MODELS.of(plan)))
        return compute_selection_tables(plan, steps, fits)


SELECTION = Selection()


class Panels(Selection):
    """The panels alone, as `deepcme panel` makes them."""

    tables: ClassVar[TextColumns] = {
        "panel_curve.csv": ("panel",),
        "panel_choice.csv": ("panel",),
        "panel_genes.csv": ("gene", "symbol"),
        "panel_predictions.csv": ("sample", "patient"),
    }

    def steps(self, plan: Plan) -> list[Step]:
        return _panel_steps(plan)

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        tables = compute_panel_tables(plan, list(kept.results(self.of(plan))))
        tables["panel_predictions.csv"] = tables.pop("panel_predictions.parquet")
        return tables


PANELS = Panels()


def _panel_steps(plan: Plan) -> list[Step]:
    """Rankers on all patients, then every order on every split."""
    settings = plan.study.selection
    rankers = [GeneOrder("ranker", ranker) for ranker in settings.rankers]
    at_random = [
        GeneOrder("random", f"random {number}")
        for number in range(1, settings.random_panels + 1)
    ]
    return [
        *(("panel", ranker, 0, _everybody(plan)) for ranker in rankers),
        *(
            ("panel", order, number, split)
            for order in (*rankers, ALL_GENES, *at_random)
            for number, split in enumerate(plan.splits, start=1)
        ),
    ]


def _everybody(plan: Plan) -> Split:
    return _of_rows(np.arange(plan.cohort.n_samples))


def _of_rows(rows: NDArray[np.int64]) -> Split:
    """A split that trains on some rows and tests nobody."""
    return Split(rows, rows[:0], rows[:0])


def _check_patients(plan: Plan) -> None:
    outcome = plan.cohort.outcome
    n_events = plan.cohort.n_positive_patients
    n_others = plan.cohort.n_patients - n_events
    if min(n_events, n_others) < FEWEST_PATIENTS:
        raise DeepCMEError(
            f"Gene selection needs {FEWEST_PATIENTS} {outcome.called(1, '')} and "
            f"{FEWEST_PATIENTS} {outcome.called(0, 'patients')} or more, but there are "
            f"{n_events} and {n_others}: run the study without it."
        )
    if len(plan.splits) < 2:
        raise DeepCMEError("Gene selection needs 2 splits or more: raise repeats in [split].")


def _draw_halves(plan: Plan) -> list[NDArray[np.int64]]:
    random = np.random.default_rng(seed_for(plan.study.seed, "halves of the patients"))
    cohort = plan.cohort
    strata = cohort.outcome.strata
    return draw_half_samples(strata, cohort.patients, plan.study.selection.pairs, random)
