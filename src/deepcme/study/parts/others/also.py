"""Models that learn from other cohorts' patients as well as from the study's own.

On every split of the study a model is fitted twice more at the genes that all cohorts have: on
the study's own patients, and with all patients of the other cohorts in whatever part it is
fitted on. Splits and seeds are those of the model itself. The study's own patients alone are in
validation and test parts and in folds that are scored, and teach the preprocessing; the others
are standardised within their cohort. A network ensemble deals all that it is fitted on to its
networks, so that each holds out others' patients too.

Tables
------
also.csv              cohort, samples, patients, events, genes, common_genes (with the study's
                      own cohort), own_genes, genes_in_all, own (whether it is that cohort),
                      scale, endpoint, warning
predictions.parquet   rows of the models "NAME, common genes" and "NAME + 2 cohorts"; the first
                      is left out where the genes are all that the study's own cohort has
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.words import counted, listed
from deepcme.base.workload import Piece
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.honest import fit_seed
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.fitting import prepare_others
from deepcme.study.fit import Fit, View, fit_task, fitted_split, results_of
from deepcme.study.others.arms import (
    models_with_others,
    name_at_common_genes,
    name_with_others,
    names_beside,
)
from deepcme.study.others.others import Others, read_others
from deepcme.study.part import PREDICTIONS, Kept, TextColumns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.models import MODELS
from deepcme.study.resolved import Study
from deepcme.study.settings import AlsoSettings, ModelSettings
from deepcme.study.tables import concatenate, predictions_of
from deepcme.study.tasks import Arrays, Plan, common_content, content_key

OTHER_COHORTS = "also.csv"


@dataclass(frozen=True, kw_only=True)
class FitWithOthers(Fit):
    """A fit at the genes that all cohorts have, on their patients or the study's own alone."""

    called: str
    with_others: bool

    @property
    def title(self) -> str:
        return f"{self.called}, split {self.split_number}"

    def run(self, data: CohortArrays) -> Arrays:
        kind = self.model.kind
        others = prepare_others(data, kind, self.horizon) if self.with_others else None
        return fit_task(data.at_common_genes(), self, others).to_arrays()


class Also(FitsPart[FitWithOthers]):
    """Fits with the patients of other cohorts."""

    name = "also"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = AlsoSettings
    stands_beside = False
    tables: ClassVar[TextColumns] = {OTHER_COHORTS: ("cohort", "scale", "endpoint", "warning")}
    purpose = "with other cohorts' patients"
    inputs = "other cohorts"

    def check_settings(self, study: Study) -> None:
        """Refuse models that are not there, or that take a name of ours."""
        names = [model.name for model in study.models]
        for name in study.also.models:
            if name not in names:
                raise DeepCMEError(
                    f"also.models: there is no {name!r} among the models of the study; name "
                    f"some of {', '.join(names)}."
                )
        for model in models_with_others(study):
            for name in {*names_beside(model.name, study)} & {*names}:
                raise DeepCMEError(f"a model must not be called {name!r}, as [also] adds one.")

    def bring(self, plan: Plan) -> Plan:
        if not plan.study.also.cohorts:
            return plan
        return replace(plan, others=read_others(plan.study, plan.cohort))

    def check(self, plan: Plan) -> None:
        """Refuse a cohort that cannot tell who had the event by the study's horizon."""
        if plan.others is None:
            return
        horizon = plan.study.horizon
        data = CohortArrays.of(plan.cohort, others=plan.others.arrays)
        for model in models_with_others(plan.study):
            try:
                prepare_others(data, model.kind, horizon)
            except AbsentError as error:
                raise DeepCMEError(
                    f"model {model.name} cannot learn from the patients of "
                    f"{listed(of.name for of in plan.others.cohorts)} who had the event by the "
                    f"horizon: {error}"
                ) from error

    def tasks(self, plan: Plan) -> Iterator[FitWithOthers]:
        others = plan.others
        if others is None:
            return
        study, common = plan.study, common_content(plan, MODELS.results_version)
        genes = content_key({"genes": [*map(str, plan.cohort.gene_ids[others.genes])]})
        for model in models_with_others(study):
            for called, with_others in _arms(model, study, others):
                added = [(of.fingerprint, of.unit) for of in others.cohorts]
                also = {"genes": genes, "cohorts": added if with_others else []}
                if with_others and study.survival is not None:
                    also["unit"] = plan.cohort.outcome.endpoint.unit
                for number, split in enumerate(plan.splits, start=1):
                    content = {**common, "model": model.model_dump(), "number": [number]}
                    yield FitWithOthers(
                        key=content_key({**content, "also": also}),
                        part=self.name,
                        split_number=number,
                        split=fitted_split(split, model),
                        model=model,
                        preprocessing=study.preprocessing,
                        random_state=fit_seed(study.seed, model.name, number),
                        horizon=study.horizon,
                        called=called,
                        with_others=with_others,
                    )

    def announce(self, plan: Plan) -> str:
        """Who is fitted with whom, and what is warned of."""
        others = plan.others
        if others is None:
            return ""
        models = listed(model.name for model in models_with_others(plan.study))
        cohorts = ", ".join(
            f"{of.name} ({counted(of.samples, 'sample')}, {of.events:,} with the event)"
            for of in others.cohorts
        )
        warnings = [f"Warning: {said}" for said in others.all_warnings]
        return " ".join(
            [
                f"{models} also with the patients of {cohorts}, at the "
                f"{len(others.genes):,} genes that all have.",
                *warnings,
            ]
        )

    def read_inputs(self, plan: Plan) -> dict[str, str]:
        cohorts = () if plan.others is None else plan.others.cohorts
        return {of.fingerprint: of.name for of in cohorts}

    def expect(self, plan: Plan, task: FitWithOthers) -> Piece:
        return super().expect(plan, _as_large(plan, task))

    def time_epochs(self, plan: Plan, task: FitWithOthers) -> float | None:
        return super().time_epochs(plan, _as_large(plan, task))

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        if plan.others is None:
            return {}
        predictions = [
            predictions_of(plan.cohort, task, result, task.called)
            for task, result in results_of(kept, self.of(plan))
        ]
        return {
            PREDICTIONS: concatenate(predictions),
            OTHER_COHORTS: describe_cohorts(plan, plan.others),
        }


ALSO = Also()


def _arms(model: ModelSettings, study: Study, others: Others) -> list[tuple[str, bool]]:
    """What each fit of a model is called, and whether others' patients are in it.

    At all genes the study's own fit is already there.
    """
    alone = [] if others.has_all_genes else [(name_at_common_genes(model.name), False)]
    return [*alone, (name_with_others(model.name, study), True)]


def _as_large(plan: Plan, task: FitWithOthers) -> FitWithOthers:
    """A task of the cohort's own rows that is as large."""
    assert plan.others is not None
    n_others = plan.others.n_samples if task.with_others else 0
    train = np.resize(task.split.train, len(task.split.train) + n_others)
    return replace(
        task,
        split=replace(task.split, train=train),
        view=View(genes=tuple(plan.others.genes.tolist())),
    )


def describe_cohorts(plan: Plan, others: Others) -> pd.DataFrame:
    """A row for the study's own cohort and for each other: patients, events, genes."""
    own = plan.cohort
    of_own = {
        "cohort": own.name,
        "samples": own.n_samples,
        "patients": own.n_patients,
        "events": own.n_positives,
        "genes": own.n_genes,
        "common_genes": own.n_genes,
        "scale": own.scale,
        "endpoint": own.endpoint,
        "warning": " ".join(others.warnings),
    }
    rows = [{**of_own, "own": True}]
    for of in others.cohorts:
        values = {name: value for name, value in asdict(of).items() if name in of_own}
        told = {"cohort": of.name, "warning": " ".join(of.warnings), "own": False}
        rows.append({**values, **told})
    return pd.DataFrame(rows).assign(genes_in_all=len(others.genes))
