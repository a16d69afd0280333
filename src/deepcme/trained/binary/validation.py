"""A frozen model of yes or no on new patients: discrimination, calibration, decisions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.seeds import seed_for
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
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.tested import (
    FOLDS,
    FROZEN,
    RECALIBRATED,
    SAMPLES,
    Findings,
    describe_agreement,
    note_left_out,
)

_THIS = "this model"


def examine_binary_model(model: BinaryModel, table: pd.DataFrame, seed: int) -> Findings:
    """Every table and note of the model as it came, and recalibrated beside it.

    Parameters
    ----------
    model : BinaryModel
    table : DataFrame
        Predictions of every sample, with `patient` and `label`.
    seed : int
    """
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
    named = compute_calibration_verdicts(calibration.replace({"model": {FROZEN: _THIS}}))
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
    if model.rises:
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
    notes = [
        *_notes_on_samples(model, table, frozen),
        str(named.loc[named["model"] == _THIS, "verdict"].item()),
        *([missing_curves] if missing_curves else []),
    ]
    auc = tables["external_auc"].iloc[0]
    agreement = describe_agreement(auc, model.manifest.performance.auc)
    return Findings(tables, notes, _describe(model, auc), agreement)


def _describe(model: BinaryModel, found: pd.Series) -> str:
    """AUC found beside the AUC expected."""
    expected = model.manifest.performance.auc
    return (
        f"AUC {found['value']:.2f} (95% interval {found['ci_low']:.2f} to "
        f"{found['ci_high']:.2f}) on {found['n']:.0f} {SAMPLES} with "
        f"{found['events']:.0f} events; cross-validation on {model.manifest.cohort.name} "
        f"expected {expected.in_brackets()}."
    )


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
    for held_out in draw_folds(rows["label"], rows["patient"], min(FOLDS, rarer), random):
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


def _notes_on_samples(
    model: BinaryModel, table: pd.DataFrame, frozen: pd.DataFrame
) -> list[str]:
    notes = note_left_out(model, table, table["label"])
    n_patients = frozen["patient"].nunique()
    if n_patients < len(frozen):
        notes.append(
            f"{len(frozen)} samples are of {n_patients} patients: DeLong's interval, which "
            "takes samples as independent, is left out, and Wilson's are too narrow."
        )
    return notes
