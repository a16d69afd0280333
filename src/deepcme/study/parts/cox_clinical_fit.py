"""The task of one split: Cox regression of clinical columns alone, and beside the genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from deepcme.base.errors import AbsentError
from deepcme.base.processes.threads import single_thread
from deepcme.base.seeds import seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.splits import draw_folds
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.clinical import ClinicalEncoder
from deepcme.models.fitting import fit_preprocessor
from deepcme.models.preprocessing import transform_rows
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.survival.cox_regression import CoxRegression
from deepcme.models.survival.cox_ridge import CoxRidge
from deepcme.models.survival.target import make_target
from deepcme.study.fit import Fit, TaskResult
from deepcme.study.parts.added_value import CLINICAL_AND_GENES
from deepcme.study.tasks import Arrays, are_rows

ALONE, BESIDE = "alone", "beside"
"""In the arrays of a result: the columns alone, and beside the genes."""
N_FOLDS = 5
_KINDS = ("score", "risk", "oof_score", "oof_risk")

FloatArray = NDArray[np.float64]
Predictions = dict[str, tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ClinicalCoxFit(Fit):
    """Both models on one split; `model` is what stands for the genes.

    Attributes
    ----------
    clinical : DataFrame
        The columns of all samples, as `take_clinical` gives them.
    missing : {"fill", "indicator"}
    """

    clinical: pd.DataFrame
    missing: str

    @property
    def title(self) -> str:
        return f"{CLINICAL_AND_GENES}, split {self.split_number}"

    def run(self, data: CohortArrays) -> Arrays:
        """Scores, out-of-fold scores and risks of both models, and which columns failed."""
        fitting, test = self.split.fitting_rows, self.split.test
        with single_thread():
            fit = _Fit.on(data, self, fitting)
            arrays: Arrays = {"rows": np.concatenate([fitting, test])}
            found = fit.predict(data, self, arrays["rows"])
            out_of_fold = self._predict_out_of_fold(data, fit)
        for name in (ALONE, BESIDE):
            scores, risks = found[name]
            oof_scores, oof_risks = out_of_fold[name]
            arrays |= {f"{name}_score": scores, f"{name}_risk": risks}
            arrays |= {f"{name}_oof_score": oof_scores, f"{name}_oof_risk": oof_risks}
        arrays[f"{ALONE}_penalty"] = np.zeros(1)
        arrays[f"{BESIDE}_penalty"] = np.array([fit.beside.penalty_])
        monotone, left_out = fit.find_failing_columns(self.clinical)
        return arrays | {"monotone": monotone, "left_out": left_out}

    def result_of(self, arrays: Arrays, model: str) -> TaskResult:
        """What `run` gave of one of the models."""
        of_model = {kind: arrays[f"{model}_{kind}"] for kind in _KINDS}
        return TaskResult(
            rows=arrays["rows"],
            score=of_model["score"],
            probability=of_model["risk"],
            oof_score=of_model["oof_score"],
            oof_probability=of_model["oof_risk"],
            penalty=arrays[f"{model}_penalty"],
        )

    def _predict_out_of_fold(self, data: CohortArrays, whole: _Fit) -> Predictions:
        """Of each fitting row by fits without its patient, with the penalty that was chosen."""
        rows = self.split.fitting_rows
        random = np.random.default_rng(seed_for(self.random_state, "out of fold"))
        strata, patients = data.outcome.take(rows).strata, data.patients[rows]
        found = {name: (np.empty(len(rows)), np.empty(len(rows))) for name in (ALONE, BESIDE)}
        for held_out in draw_folds(strata, patients, N_FOLDS, random):
            fold = _Fit.on(data, self, np.delete(rows, held_out), whole.beside.penalty_)
            for name, predicted in fold.predict(data, self, rows[held_out]).items():
                for into, values in zip(found[name], predicted, strict=True):
                    into[held_out] = values
        return found

    def is_result(self, arrays: Arrays) -> bool:
        """Whether arrays are those of `run` of this fit, whatever their values."""
        fitting = self.split.fitting_rows
        rows = np.concatenate([fitting, self.split.test])
        scores, of_fits, out_of_fold = (
            [f"{model}_{kind}" for model in (ALONE, BESIDE) for kind in kinds]
            for kinds in (_KINDS[:2], ["penalty"], _KINDS[2:])
        )
        n_columns = self.clinical.shape[1]
        return (
            np.array_equal(arrays.get("rows", ()), rows)
            and are_rows(arrays, "f", *scores, length=len(rows))
            and are_rows(arrays, "f", *out_of_fold, length=len(fitting))
            and are_rows(arrays, "f", *of_fits, length=1)
            and are_rows(arrays, "b", "monotone", "left_out", length=n_columns)
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """Both models, and all that was learned for them, on some rows."""

    encoder: ClinicalEncoder
    preprocessor: Pipeline
    alone: CoxRegression
    beside: CoxRidge

    @classmethod
    def on(
        cls,
        data: CohortArrays,
        task: ClinicalCoxFit,
        rows: NDArray[np.int64],
        penalty: float | None = None,
    ) -> _Fit:
        clinical = task.clinical.iloc[rows]
        encoder = ClinicalEncoder(task.missing).fit(clinical)
        columns, target = encode(encoder, clinical), make_target(follow_up_of(data, rows))
        preprocessor = fit_preprocessor(data, rows, task.preprocessing)
        X = transform_rows(preprocessor, data.X, rows)
        beside = task.model.kind.make(task.model.parameters, task.random_state)
        if penalty is not None:
            beside.set_params(penalties=(penalty,))
        beside.fit(X, target, clinical=columns.to_numpy(), groups=data.patients[rows])
        return cls(encoder, preprocessor, CoxRegression().fit(columns, target), beside)

    def predict(
        self, data: CohortArrays, task: ClinicalCoxFit, rows: NDArray[np.int64]
    ) -> Predictions:
        """Log hazard and risk of each row, by both models."""
        columns = encode(self.encoder, task.clinical.iloc[rows])
        X = transform_rows(self.preprocessor, data.X, rows)
        alone, beside = (
            self.alone.predict(columns),
            self.beside.predict(X, clinical=columns.to_numpy()),
        )
        return {
            ALONE: (alone, _risks(self.alone, alone, task.horizon)),
            BESIDE: (beside, _risks(self.beside, beside, task.horizon)),
        }

    def find_failing_columns(
        self, clinical: pd.DataFrame
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Columns without a finite hazard ratio, and those left out in part or whole."""
        terms = self.encoder.terms_
        entering = {term.column for term in terms}
        # Terms are named by their numbers.
        monotone, repeating = (
            {term.column for number, term in enumerate(terms) if str(number) in names}
            for names in (self.alone.monotone_columns_, self.alone.left_out_columns_)
        )
        is_left_out = clinical.columns.isin(repeating) | ~clinical.columns.isin(entering)
        return clinical.columns.isin(monotone), is_left_out


def encode(encoder: ClinicalEncoder, clinical: pd.DataFrame) -> pd.DataFrame:
    """The terms as numbers, each called by its number; one of zeros if there is none."""
    terms = encoder.transform(clinical) if encoder.terms_ else np.zeros((len(clinical), 1))
    return pd.DataFrame(terms).rename(columns=str)


def follow_up_of(data: CohortArrays | Cohort, rows: NDArray[np.int64]) -> FollowUp:
    """Follow-up of some samples."""
    assert isinstance(data.outcome, SurvivalOutcome)
    return data.outcome.follow_up.rows(rows)


def _risks(model: CoxModel, log_hazards: FloatArray, horizon: float | None) -> FloatArray:
    """Risk of the event by the horizon; NaN without one, or beyond those fitted on."""
    try:
        if horizon is not None:
            return model.baseline_.risk(log_hazards, horizon)
    except AbsentError:
        pass
    return np.full(len(log_hazards), np.nan)
