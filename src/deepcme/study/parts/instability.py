"""Instability: a model developed again on bootstrap samples of the patients.

The model is fitted on all patients as `deepcme train` would hand it on, then on samples of
as many patients drawn with replacement, each with all its samples: preprocessing, tuning and
random numbers anew. Each of these models gives every patient of the cohort a risk, that of the
model itself without any recalibration (Riley and Collins 2023, Biom J 65:2200302); of times
to an event it is the risk by the horizon.

Tables
------
instability.parquet   refit, 0 for the fit on all patients; sample, patient, label; drawn, how
                      often the refit's bootstrap sample holds it; risk. Of times time and
                      event in place of label
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import final_seed, fit_seed
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import RowIndex, Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.censoring import FEWEST_BEYOND
from deepcme.models.fitting import prepare_and_fit, scores_of
from deepcme.models.preprocessing import transform_rows
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.targets import make_targets
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.study.fit import Fit
from deepcme.study.part import Kept, TextColumns
from deepcme.study.parts.fits import FitsPart
from deepcme.study.parts.models import MODELS
from deepcme.study.resolved import Study
from deepcme.study.settings import InstabilitySettings, ModelSettings
from deepcme.study.tasks import Arrays, Plan, are_rows, common_content, content_key

REFITS = "instability.parquet"
FEWEST_PATIENTS = 3
"""Of each class in every bootstrap sample, so that models can hold some of them out."""


@dataclass(frozen=True, kw_only=True)
class Refit(Fit):
    """The model on a bootstrap sample, or on all patients; the test part is everyone."""

    number: int

    @property
    def title(self) -> str:
        sample = f"bootstrap sample {self.number}" if self.number else "all patients"
        return f"{self.model.name}, {sample}"

    def run(self, data: CohortArrays) -> Arrays:
        """Fit the model; `risk` of every row of the cohort is what is kept."""
        with one_thread_a_task():
            model, prepared, preprocessor = prepare_and_fit(
                data,
                self.split.train,
                self.preprocessing,
                self.model.kind,
                self.model.parameters,
                self.random_state,
                targets=make_targets(data, self.model.kind, self.split.train, self.horizon),
            )
            del prepared
            everyone = transform_rows(preprocessor, data.X, self.split.test)
            _, risk = scores_of(model, everyone, self.horizon)
        assert risk is not None
        return {"risk": np.asarray(risk, dtype=np.float64)}

    def is_result(self, arrays: Arrays) -> bool:
        return are_rows(arrays, "f", "risk", length=len(self.split.test))


class Instability(FitsPart[Refit]):
    """Refits of one model on bootstrap samples of the patients."""

    name = "instability"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = InstabilitySettings
    tables: ClassVar[TextColumns] = {REFITS: ("sample", "patient")}
    purpose = "for instability"

    def check_settings(self, study: Study) -> None:
        """Refuse a model that is not there, or that gives no probabilities."""
        if not study.instability.refits:
            return
        name, names = refitted_name(study), [model.name for model in study.models]
        if name not in names:
            raise DeepCMEError(
                f"instability.model: there is no {name!r} among the models of the study; name "
                f"one of {', '.join(names)}."
            )
        model = refitted_model(study)
        made = model.kind.make(model.parameters, None)
        if not (isinstance(made, CoxModel) or hasattr(made, "predict_proba")):
            raise DeepCMEError(
                f"instability.model: {name} gives no probabilities, whose instability could be "
                "seen; name another model of the study."
            )

    def tasks(self, plan: Plan) -> Iterator[Refit]:
        """The fit on all patients, and one on each bootstrap sample."""
        study = plan.study
        if not study.instability.refits:
            return
        model = refitted_model(study)
        patients = Patients.of(plan.cohort, study.horizon)
        _require_patients(plan.cohort, patients)
        common = common_content(plan, MODELS.results_version)
        everyone, nobody = np.arange(plan.cohort.n_samples), np.empty(0, dtype=np.int64)
        for number in range(study.instability.refits + 1):
            rows, seed = everyone, final_seed(study.seed)
            if number:
                rows = draw_bootstrap_rows(patients, study.seed, number)
                seed = fit_seed(study.seed, model.name, "bootstrap", number)
            content = {**common, "model": model.model_dump(), "bootstrap": number}
            yield Refit(
                key=content_key(content),
                part=self.name,
                split_number=0,
                split=Split(rows, nobody, everyone),
                model=model,
                preprocessing=study.preprocessing,
                random_state=seed,
                scores_only=True,
                horizon=study.horizon,
                number=number,
            )

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        refits = self.of(plan)
        if not refits:
            return {}
        cohort = plan.cohort
        tables = [
            pd.DataFrame(
                {
                    "refit": task.number,
                    "sample": cohort.samples,
                    "patient": cohort.patients,
                    **cohort.outcome.values,
                    "drawn": np.bincount(task.split.train, minlength=cohort.n_samples),
                    "risk": arrays["risk"],
                }
            )
            for task, arrays in kept.results(refits)
        ]
        return {REFITS: pd.concat(tables, ignore_index=True)}

    def announce(self, plan: Plan) -> str:
        refits = plan.study.instability.refits
        if not refits:
            return ""
        name = refitted_model(plan.study).name
        return f"Refits of {name} on {refits:,} bootstrap samples of the patients."


INSTABILITY = Instability()


def refitted_name(study: Study) -> str:
    """Name of the model that is refitted.

    Unless one is named, it is what the study is about; its comparator if that is a network or
    a committee, of which hundreds of refits take long.
    """
    headline = study.headline
    quick = None if headline.kind.is_baseline else study.comparator.model
    return study.instability.model or quick or headline.name


def refitted_model(study: Study) -> ModelSettings:
    """The model that is refitted."""
    return next(model for model in study.models if model.name == refitted_name(study))


@dataclass(frozen=True)
class Patients:
    """Of whom bootstrap samples are drawn.

    Attributes
    ----------
    of_row : array of int
        Number of each row's patient.
    is_case : array of bool
        Who has the event; of times by the horizon.
    is_control : array of bool
        Who does not; of times who is followed beyond it without any event.
    fewest_controls : int
        How often a sample must draw one of these.
    """

    of_row: NDArray[np.int64]
    is_case: NDArray[np.bool_]
    is_control: NDArray[np.bool_]
    fewest_controls: int = FEWEST_PATIENTS

    @classmethod
    def of(cls, cohort: Cohort, horizon: float | None) -> Patients:
        """Those of a cohort; a patient with several samples is a case if any is."""
        names, of_row = np.unique(cohort.patients.astype(str), return_inverse=True)
        outcome = cohort.outcome
        is_case, followed = np.zeros((2, len(names)), dtype=bool)
        if not isinstance(outcome, SurvivalOutcome):
            np.logical_or.at(is_case, of_row, outcome.events == 1)
            return cls(of_row, is_case, ~is_case)
        if horizon is None:
            raise DeepCMEError(
                f"{cohort.name}: instability is that of risks by a horizon, and there is none: "
                "name one with horizon under [survival], or set refits = 0 under [instability]."
            )
        np.logical_or.at(is_case, of_row, outcome.cases_at(horizon) == 1)
        np.logical_or.at(followed, of_row, outcome.times > horizon)
        return cls(of_row, is_case, followed & ~is_case, FEWEST_BEYOND)

    def suffice(self, times: NDArray[np.int64]) -> bool:
        """Whether models can be fitted where each patient was drawn so often."""
        drawn = times > 0
        n_cases, n_controls = (
            int((drawn & of_class).sum()) for of_class in (self.is_case, self.is_control)
        )
        often_enough = int(times[self.is_control].sum()) >= self.fewest_controls
        return min(n_cases, n_controls) >= FEWEST_PATIENTS and often_enough


def draw_bootstrap_rows(patients: Patients, seed: int, number: int) -> RowIndex:
    """Rows of as many patients as the cohort has, drawn with replacement, with their repeats.

    A sample with fewer than three different patients of a class, in which nothing could be
    held out, is drawn again; of times also one of whom fewer than ten are followed beyond the
    horizon, which would have no weights for it.
    """
    random = np.random.default_rng(seed_for(seed, "bootstrap of patients", number))
    n_patients = len(patients.is_case)
    while True:
        times = np.bincount(random.integers(n_patients, size=n_patients), minlength=n_patients)
        if patients.suffice(times):
            return np.repeat(np.arange(len(patients.of_row)), times[patients.of_row])


def _require_patients(cohort: Cohort, patients: Patients) -> None:
    if patients.suffice(np.ones(len(patients.is_case), dtype=np.int64)):
        return
    which = f"{FEWEST_PATIENTS} patients with and {FEWEST_PATIENTS} without the event"
    if patients.fewest_controls > FEWEST_PATIENTS:
        which = (
            f"{FEWEST_PATIENTS} patients with the event by the horizon and "
            f"{patients.fewest_controls} followed beyond it without"
        )
    raise DeepCMEError(
        f"{cohort.name}: bootstrap samples need at least {which}; set refits = 0 under "
        "[instability]."
    )
