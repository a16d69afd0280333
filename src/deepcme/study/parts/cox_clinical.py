"""Clinical columns in a study of times: by Cox regression alone, and beside the genes.

The columns stay without penalty beside the genes, whose Cox regression is ridge. Both are
fitted in every split on training and validation part together; out-of-fold scores come from
fits on the other patients of the two parts.

Tables
------
clinical_hazard_ratios.csv  column, value, hazard_ratio, ci_low, ci_high, interval, n, events,
                            missing, monotone_splits, left_out_splits, n_fitted,
                            events_fitted: of one fit of the columns alone on all patients
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.base.words import listed
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import EVENT
from deepcme.cohort.honest import fit_seed
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.clinical import ClinicalEncoder
from deepcme.models.survival.cox_regression import CoxRegression
from deepcme.models.survival.target import make_target
from deepcme.study.part import PREDICTIONS, Kept, Part, TextColumns
from deepcme.study.parts.added_value import (
    CLINICAL,
    CLINICAL_AND_GENES,
    describe_missing_columns,
    take_clinical,
)
from deepcme.study.parts.cox_clinical_fit import (
    ALONE,
    BESIDE,
    ClinicalCoxFit,
    encode,
    follow_up_of,
)
from deepcme.study.parts.models import MODELS
from deepcme.study.parts.survival_tables import COX_FITS, compute_cox_fits
from deepcme.study.resolved import Study
from deepcme.study.tables import concatenate, predictions_of
from deepcme.study.tasks import Plan, common_content, content_key

HAZARD_RATIOS = "clinical_hazard_ratios.csv"
HAZARD_RATIO_COLUMNS = (
    "column", "value", "hazard_ratio", "ci_low", "ci_high", "interval", "n", "events",
    "missing", "n_fitted", "events_fitted",
)  # fmt: skip
GENES = ("Cox-ridge", "Cox-top-200")
"""What may stand for the genes, the first unless told otherwise."""
MOST_LIKE_TIME = 0.99
"""A column of a larger rank correlation with the time of follow-up is refused."""
_WALD, _FIRTH = "Wald", "Wald of Firth's fit"
_MODELS = {CLINICAL: ALONE, CLINICAL_AND_GENES: BESIDE}


class CoxClinical(Part[ClinicalCoxFit]):
    """Cox regressions of the clinical columns that `[clinical]` names."""

    name = "cox_clinical"
    outcomes = (SurvivalOutcome.kind,)
    settings = None
    stands_beside = False
    tables: ClassVar[TextColumns] = {HAZARD_RATIOS: ("column", "value")}
    noun = "Cox regressions with clinical columns"

    def fill_in(self, values: dict[str, Any]) -> dict[str, Any]:
        """Name the model that stands for the genes, and add it to the models."""
        models, clinical = values["models"], values.get(CLINICAL)
        if not isinstance(models, list | tuple) or not isinstance(clinical, dict):
            return values
        genes = clinical.get("genes", GENES[0])
        names = [model.get("name") if isinstance(model, dict) else model for model in models]
        added = [genes] if genes in GENES and genes not in names else []
        return {**values, CLINICAL: {**clinical, "genes": genes}, "models": [*models, *added]}

    def check_settings(self, study: Study) -> None:
        """Refuse models that take a name of ours, or what is not made for times."""
        if study.clinical is None:
            return
        by_name = {model.name: model for model in study.models}
        for name in _MODELS.keys() & by_name.keys():
            raise DeepCMEError(f"a model must not be called {name!r}, as [clinical] adds one.")
        genes = by_name.get(study.clinical.genes)
        if genes is None or genes.estimator not in GENES:
            raise DeepCMEError(
                f"clinical.genes: {study.clinical.genes!r} cannot stand for the genes in a "
                "study of times to an event; name a model of the study whose estimator is "
                f"{' or '.join(GENES)}."
            )

    def check(self, plan: Plan) -> None:
        if plan.study.clinical is not None:
            take_columns(plan.cohort, plan.study.clinical.columns)

    def tasks(self, plan: Plan) -> Iterator[ClinicalCoxFit]:
        study, settings = plan.study, plan.study.clinical
        if settings is None or study.survival is None:
            return
        model = next(model for model in study.models if model.name == settings.genes)
        clinical = take_columns(plan.cohort, settings.columns)
        common = {
            **common_content(plan, MODELS.results_version),
            "part": self.name,
            "model": model.model_dump(),
            "horizon": study.survival.horizon,
            "clinical": clinical.to_dict("list"),
            "missing": settings.missing,
        }
        for number, split in enumerate(plan.splits, start=1):
            yield ClinicalCoxFit(
                key=content_key({**common, "number": number}),
                part=self.name,
                split_number=number,
                split=split,
                clinical=clinical,
                missing=settings.missing,
                model=model,
                preprocessing=study.preprocessing,
                horizon=study.survival.horizon,
                random_state=fit_seed(study.seed, CLINICAL_AND_GENES, number),
            )

    def announce(self, plan: Plan) -> str:
        """Which columns stand beside which model, and which lack many values."""
        clinical = plan.study.clinical
        if clinical is None:
            return ""
        columns = take_columns(plan.cohort, clinical.columns)
        return " ".join(
            (
                f"Cox regression of {listed(clinical.columns)}, alone and beside the genes of "
                f"{clinical.genes}.",
                describe_missing_columns(plan.cohort, columns, clinical.missing),
            )
        ).rstrip()

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """Predictions of both models, and the hazard ratios of the columns alone."""
        settings = plan.study.clinical
        if settings is None:
            return {}
        results = list(kept.results(self.of(plan)))
        fits = {
            name: [(task, task.result_of(arrays, of_arrays)) for task, arrays in results]
            for name, of_arrays in _MODELS.items()
        }
        predictions = [
            predictions_of(plan.cohort, task, result, name)
            for name, of_model in fits.items()
            for task, result in of_model
        ]
        penalties = compute_cox_fits(plan.cohort, fits[CLINICAL_AND_GENES])
        clinical = take_columns(plan.cohort, settings.columns)
        ratios = compute_hazard_ratios(plan.cohort, clinical, settings.missing)
        for kind in ("monotone", "left_out"):
            counts = np.sum([arrays[kind] for _, arrays in results], axis=0)
            of_column = dict(zip(settings.columns, counts.tolist(), strict=True))
            ratios[f"{kind}_splits"] = ratios["column"].map(of_column)
        return {
            PREDICTIONS: concatenate(predictions),
            COX_FITS: penalties.assign(model=CLINICAL_AND_GENES),
            HAZARD_RATIOS: ratios,
        }


COX_CLINICAL = CoxClinical()


def take_columns(cohort: Cohort, columns: Sequence[str]) -> pd.DataFrame:
    """Clinical columns as `take_clinical` gives them, if none is a time of follow-up."""
    clinical = take_clinical(cohort, columns)
    times = cohort.outcome.values["time"]
    for column in clinical.select_dtypes("number"):
        agreement = clinical[column].corr(pd.Series(times), method="spearman")
        if abs(agreement) > MOST_LIKE_TIME:
            raise DeepCMEError(
                f"The clinical column {column!r} gives the time of follow-up away (its rank "
                f"correlation is {agreement:.3f}): leave it out of clinical.columns."
            )
    return clinical


def compute_hazard_ratios(cohort: Cohort, clinical: pd.DataFrame, missing: str) -> pd.DataFrame:
    """Hazard ratio of each term of the columns, in one fit of them on all patients.

    A patient with several samples is there once, by the first of them.

    Returns
    -------
    DataFrame
        Of the columns `HAZARD_RATIO_COLUMNS`. `n` and `events` count the patients with a known
        number, with the word, or without a value. A term that repeats others has no ratio.
    """
    first = np.sort(np.unique(cohort.patients.astype(str), return_index=True)[1])
    patients = clinical.iloc[first].reset_index(drop=True)
    follow_up = follow_up_of(cohort, first)
    encoder = ClinicalEncoder(missing).fit(patients)
    with single_thread():
        model = CoxRegression().fit(encode(encoder, patients), make_target(follow_up))
    ratios = model.hazard_ratios_.set_index("column").drop(columns=["p_value", "n", "events"])
    table = pd.DataFrame(
        {
            "column": [term.column for term in encoder.terms_],
            "value": [term.value for term in encoder.terms_],
        }
    ).join(ratios.set_axis(ratios.index.astype(int)))
    interval = _FIRTH if model.monotone_columns_ else _WALD
    table["interval"] = np.where(table["hazard_ratio"].notna(), interval, "")
    held = [term.held_by(patients[term.column]) for term in encoder.terms_]
    has_event = follow_up.events == EVENT
    table["n"] = [int(of_term.sum()) for of_term in held]
    table["events"] = [int(has_event[of_term].sum()) for of_term in held]
    table["missing"] = table["column"].map(patients.isna().sum())
    table["n_fitted"], table["events_fitted"] = follow_up.n, follow_up.n_events
    return table[list(HAZARD_RATIO_COLUMNS)]
