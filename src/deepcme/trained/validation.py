"""A frozen model on new patients whose endpoint is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.seeds import seed_for
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import require_binary
from deepcme.cohort.splits import draw_folds
from deepcme.evaluation.classification import compute_classification
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.intervals import compute_delong_interval
from deepcme.evaluation.measures import AUC, measures_beside_auc
from deepcme.evaluation.predictions import COLUMNS
from deepcme.evaluation.probabilities.calibration import compute_calibration, compute_log_odds
from deepcme.evaluation.probabilities.calibration_curves import (
    compute_risk_histogram,
    compute_study_calibration_curves,
    compute_study_calibration_groups,
    describe_missing_curves,
)
from deepcme.evaluation.probabilities.miscalibration import compute_calibration_verdicts
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration
from deepcme.evaluation.probabilities.utility import (
    DEFAULT_THRESHOLDS,
    choose_thresholds,
    compute_decision_curve,
    compute_net_benefit_differences,
)
from deepcme.trained.manifest import Manifest
from deepcme.trained.model import Model
from deepcme.trained.new_samples import Normalisation, expression_of, match_genes
from deepcme.trained.prediction import predict
from deepcme.trained.recognition import recognise
from deepcme.trained.strangers import Strangers, find_strangers

FROZEN = "as it came"
RECALIBRATED = "recalibrated on these patients"
_FOLDS = 10


@dataclass(frozen=True)
class Validation:
    """What a frozen model is worth on new patients.

    Attributes
    ----------
    manifest : Manifest
        Of the model.
    cohort : str
        Name of the new cohort.
    endpoint : str
        Of the new cohort, in words.
    normalise : str
    tables : dict of DataFrame
        predictions, external_auc, external_classification, external_calibration,
        calibration_verdicts, calibration_curves, calibration_groups, risk_histogram,
        decision_curve, net_benefit; no external_classification of a model that makes no
        calls, no curves, groups and histogram with fewer than 50 events or non-events.
    notes : list of str
        Coverage, conversions, warnings, and what is shown of the model's calibration.
    brand : str
        What stands on every result if the model learned from these patients; else empty.
    """

    manifest: Manifest
    cohort: str
    endpoint: str
    normalise: Normalisation
    tables: dict[str, pd.DataFrame]
    notes: list[str]
    brand: str = ""

    def describe(self) -> str:
        """AUC found beside the AUC expected, in a sentence."""
        found = self.tables["external_auc"].iloc[0]
        expected = self.manifest.performance.auc
        samples = "samples" if self.brand else "new samples"
        sentence = (
            f"{self.cohort}: AUC {found['value']:.2f} (95% interval {found['ci_low']:.2f} to "
            f"{found['ci_high']:.2f}) on {found['n']:.0f} {samples} with "
            f"{found['events']:.0f} events; cross-validation on {self.manifest.cohort.name} "
            f"promised {expected.value:.2f}."
        )
        return f"{self.brand} {sentence}" if self.brand else sentence


def validate_model(
    model: Model,
    cohort: Cohort,
    *,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
    allow_training_samples: bool = False,
    seed: int = 1,
) -> Validation:
    """Apply a model as it is to new patients and compare with what happened to them.

    What is not a primary tumour is left out, as in training
    (`Cohort.keep_primary_tumours`), and so are a sample that cannot be predicted and
    patients that the model learned from, unless they are allowed: then every table says
    so. Nothing of the model is fitted anew; beside it stands a recalibrated copy, whose
    line is fitted on nine tenths of the new patients and applied to the last.

    Raises
    ------
    DeepCMEError
        As `predict`, for the cohort that the model learned from, for an outcome that is not
        binary, and with fewer than two patients of a class.
    """
    require_binary(type(cohort.outcome), cohort.name)
    cohort = cohort.keep_primary_tumours()
    strangers = _find_strangers(model, cohort, normalise, allow_training_samples)
    if strangers.left_out:
        cohort = cohort.select(strangers.keep, f"Training patients: {strangers.left_out}.")
    predictions = predict(
        model,
        expression_of(cohort),
        normalise=normalise,
        allow_missing=allow_missing,
        allow_training_samples=True,
    )
    table = predictions.table.assign(label=cohort.labels, patient=cohort.patients)
    frozen = _rows(table.dropna(subset="probability"))
    recalibrated = frozen.assign(
        model=RECALIBRATED,
        probability=_recalibrate(frozen, np.random.default_rng(seed_for(seed, "folds"))),
    )
    both = pd.concat([frozen, recalibrated], ignore_index=True)

    def random(name: str) -> np.random.Generator:
        return np.random.default_rng(seed_for(seed, "validation", name))

    calibration = compute_calibration(both, random("calibration"))
    verdicts = compute_calibration_verdicts(calibration)
    missing_curves = describe_missing_curves(both)
    tables = {
        "predictions": table,
        "external_auc": _discrimination(frozen, random("auc")),
        "external_calibration": calibration,
        "calibration_verdicts": verdicts,
        "decision_curve": compute_decision_curve(both, choose_thresholds(DEFAULT_THRESHOLDS)),
        "net_benefit": compute_net_benefit_differences(
            both, random("utility"), DEFAULT_THRESHOLDS
        ),
    }
    if not missing_curves:
        tables["calibration_curves"] = compute_study_calibration_curves(both)
        tables["calibration_groups"] = compute_study_calibration_groups(both)
        tables["risk_histogram"] = compute_risk_histogram(both)
    if model.makes_calls:
        brought = model.manifest.threshold.probability
        tables["external_classification"] = pd.concat(
            [
                compute_classification(
                    frozen["label"], frozen["probability"], threshold
                ).assign(threshold=threshold)
                for threshold in (brought, *DEFAULT_THRESHOLDS)
            ],
            ignore_index=True,
        )
    if strangers.n_training_patients:
        for name in tables.keys() - {"predictions"}:
            tables[name]["training_patients"] = strangers.n_training_patients
    notes = [
        *predictions.notes,
        *strangers.warnings,
        *_notes_on_samples(table, frozen),
        str(verdicts.loc[verdicts["model"] == FROZEN, "verdict"].item()),
        *([missing_curves] if missing_curves else []),
    ]
    return Validation(
        model.manifest,
        cohort.name,
        cohort.endpoint,
        normalise,
        tables,
        notes,
        strangers.brand,
    )


def _find_strangers(
    model: Model, cohort: Cohort, normalise: Normalisation, allow: bool
) -> Strangers:
    """The patients that the model did not learn from; an equal file is the same cohort."""
    expression = expression_of(cohort)
    columns = match_genes(expression, model.manifest.genes).column
    same = cohort.fingerprint == model.manifest.cohort.fingerprint
    known = recognise(model, expression, columns, normalise)
    return find_strangers(cohort.name, cohort, known, same=same, allow=allow)


def _rows(predicted: pd.DataFrame) -> pd.DataFrame:
    """The predictions table of the frozen model."""
    score = compute_log_odds(predicted["probability"].to_numpy())
    rows = predicted.assign(split=1, model=FROZEN, part="test", score=score)
    return rows[[*COLUMNS, "probability"]].reset_index(drop=True)


def _recalibrate(rows: pd.DataFrame, random: np.random.Generator) -> NDArray[np.float64]:
    """Probabilities by Platt's line, fitted for each tenth of the patients on the others."""
    label_of_patient = rows.groupby("patient")["label"].max()
    rarer = int(min((label_of_patient == 1).sum(), (label_of_patient == 0).sum()))
    if rarer < 2:
        raise DeepCMEError(
            "Validation needs at least two patients with and two without the event."
        )
    probability = np.empty(len(rows))
    for held_out in draw_folds(rows["label"], rows["patient"], min(_FOLDS, rarer), random):
        rest = np.setdiff1d(np.arange(len(rows)), held_out)
        fitted = PlattRecalibration.fit(rows["label"].iloc[rest], rows["score"].iloc[rest])
        probability[held_out] = fitted.apply(rows["score"].iloc[held_out])
    return probability


def _discrimination(rows: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """AUC with DeLong's interval (one sample per patient only) and by bootstrap; PR-AUC."""
    found = compute_discrimination(rows, random).iloc[0]
    counts = {"n": int(found["n"]), "events": int(found["events"])}
    drawn = "patient bootstrap"
    table = [(AUC.heading, drawn, *found[["auc", "ci_low", "ci_high"]], AUC.chance)]
    table += [
        (measure.heading, drawn, *found[measure.columns]) for measure in measures_beside_auc()
    ]
    if not rows["patient"].duplicated().any():
        delong = compute_delong_interval(rows["label"], rows["score"])
        ends = delong.ci_low, delong.ci_high
        table.insert(0, (AUC.heading, "DeLong", delong.value, *ends, AUC.chance))
    columns = ["metric", "method", "value", "ci_low", "ci_high", "chance"]
    return pd.DataFrame(table, columns=columns).assign(**counts)


def _notes_on_samples(table: pd.DataFrame, frozen: pd.DataFrame) -> list[str]:
    notes = []
    left_out = table.loc[table["probability"].isna(), "label"]
    if len(left_out):
        notes.append(
            f"{WARNING}{counted(len(left_out), 'sample')} without a prediction, "
            f"{int(left_out.sum())} of them positive, left out of all that follows."
        )
    n_patients = frozen["patient"].nunique()
    if n_patients < len(frozen):
        notes.append(
            f"{len(frozen)} samples are of {n_patients} patients: DeLong's interval, which "
            "takes samples as independent, is left out, and Wilson's are too narrow."
        )
    return notes
