"""A model of yes or no from what training found: line, threshold and expected performance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from deepcme.cohort.strata import choose_strata, find_levels
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.measures import measures_beside_auc
from deepcme.evaluation.metrics import choose_threshold
from deepcme.evaluation.predictions import select_part, with_strata
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration, are_log_odds
from deepcme.trained.binary.manifest import (
    BinaryManifest,
    Calibration,
    Performance,
    Threshold,
)
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.expected.binary import compute_expected
from deepcme.trained.learned.learned import Learned
from deepcme.trained.learning import Finished, as_interval
from deepcme.trained.model import GeneStatistics
from deepcme.trained.sketches import Sketches


def make_binary_model(
    finished: Finished,
    shared: Mapping[str, Any],
    learned: Learned,
    statistics: GeneStatistics,
    sketches: Sketches | None,
) -> BinaryModel:
    """The model with what is its own beside what is `shared` by all manifests."""
    out_of_fold = hold_out_scores(finished)
    calibration, notes = calibrate(out_of_fold)
    score = out_of_fold["score"].to_numpy()
    probability = expit(calibration.intercept + calibration.slope * score)
    threshold = choose_threshold(out_of_fold["label"], probability)
    called = (probability >= threshold) & (calibration.slope > 0)
    manifest = BinaryManifest(
        **{**shared, "notes": [*shared["notes"], *notes]},
        performance=_expected_performance(finished, called, out_of_fold["label"] == 1),
        calibration=calibration,
        threshold=Threshold(probability=threshold),
    )
    expected = compute_expected(finished, out_of_fold)
    return BinaryModel(manifest, learned, statistics, sketches, expected=expected)


def hold_out_scores(finished: Finished) -> pd.DataFrame:
    """Scores that line and threshold are fitted on, on the scale of the final model.

    A fold may choose another strength of penalty, and log-odds many times as wide: a tuned
    model has scores out of fold by the strength that it was given itself, and a panel those
    of fits that rank anew and take the final one's size, strength and refit.
    """
    if finished.settings.is_panel:
        test = select_part(finished.predictions, "test")
        score = test["of_final_penalty"]
        return test.assign(score=score, probability=expit(score))
    if not finished.settings.kind.tuned_over_folds:
        return select_part(finished.predictions, "test")
    score, labels = finished.model.oof_decision_function_, finished.cohort.labels
    return pd.DataFrame({"label": labels, "score": score, "probability": expit(score)})


def calibrate(out_of_fold: pd.DataFrame) -> tuple[Calibration, list[str]]:
    """Platt's line; where the predictions do not rise with the risk, the prevalence for all."""
    platt = PlattRecalibration.fit(
        out_of_fold["label"],
        out_of_fold["score"],
        are_log_odds=are_log_odds(out_of_fold),
    )
    note = (
        "Warning: out of fold the predictions did not rise with the risk, so that every "
        "sample gets the prevalence of the training cohort; this model predicts nothing."
    )
    calibration = Calibration(intercept=platt.intercept, slope=platt.slope)
    return calibration, [] if platt.rises else [note]


def _expected_performance(
    finished: Finished, called: NDArray[np.bool_], positive: pd.Series[bool]
) -> Performance:
    cohort, settings = finished.cohort, finished.settings
    levels = find_levels(cohort)
    predictions = with_strata(finished.predictions, cohort.samples, levels)
    random = interval_generator(settings.seed, "auc")
    found = compute_discrimination(predictions, random).iloc[0]
    folds, repeats = finished.folds
    within = "" if levels is None else f", AUC within levels of {choose_strata(cohort)}"
    is_positive = positive.to_numpy()
    return Performance(
        method=f"cross-validation by patient{within}; 95% intervals by patient bootstrap",
        folds=folds,
        repeats=repeats,
        auc=as_interval(found["auc"], found["ci_low"], found["ci_high"]),
        **_beside_auc(found),
        prevalence=float(found["prevalence"]),
        sensitivity=float(called[is_positive].mean()),
        specificity=float((~called[~is_positive]).mean()),
    )


def _beside_auc(found: pd.Series[Any]) -> dict[str, Any]:
    """The other measures of scores, each with its level of chance."""
    expected: dict[str, Any] = {}
    for measure in measures_beside_auc():
        *estimate, chance = found[measure.columns]
        expected |= {measure.name: as_interval(*estimate), measure.columns[-1]: float(chance)}
    return expected
