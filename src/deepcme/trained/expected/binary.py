"""What to expect of a model of yes or no: calibration and groups of held-out patients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.audit.characteristics import take_characteristics
from deepcme.base.seeds import seed_for
from deepcme.cohort.strata import find_levels
from deepcme.evaluation.groups.between_levels import compute_interactions
from deepcme.evaluation.groups.levels import divide_by_columns
from deepcme.evaluation.groups.subgroups import RANK, SCALES, compute_subgroups
from deepcme.evaluation.predictions import FloatArray, count_rows, select_part, with_strata
from deepcme.evaluation.probabilities.calibration import compute_calibration
from deepcme.evaluation.probabilities.calibration_curves import (
    compute_risk_histogram,
    compute_study_calibration_curves,
    compute_study_calibration_groups,
    describe_missing_curves,
)
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration, are_log_odds
from deepcme.trained.expected.expected import (
    Bar,
    CurvePoint,
    Expected,
    Measured,
    RiskGroup,
    Subgroups,
    describe_subgroups,
    no_subgroups,
    rows_as,
)
from deepcme.trained.learning import Finished

METHOD = (
    "cross-validation by patient, in which every step was fitted anew; each fold's risks by "
    "Platt's line of the other folds of its repeat, so that nobody's own outcome is in his risk"
)


def compute_expected(finished: Finished) -> Expected:
    """Calibration and groups of the patients while they were held out.

    By the line of all folds, which is that of the model, their risks would be right by
    construction: so each fold has the line of the others (`cross_fit_probabilities`).

    Parameters
    ----------
    finished : Finished
    """
    n_folds, _ = finished.folds
    test = select_part(finished.predictions, "test")
    risks = test.assign(probability=cross_fit_probabilities(test, n_folds))

    def random(name: str) -> np.random.Generator:
        return np.random.default_rng(seed_for(finished.settings.seed, "expected", name))

    missing = describe_missing_curves(risks)
    counts = count_rows(risks)
    calibration = compute_calibration(risks, random("calibration"))
    calibration = calibration.rename(columns={"metric": "name"})
    has_curve = not missing
    return Expected(
        method=METHOD,
        rank=RANK,
        unit="samples",
        **counts,
        measures=rows_as(Measured, calibration),
        curve=rows_as(CurvePoint, compute_study_calibration_curves(risks)) if has_curve else [],
        groups=rows_as(RiskGroup, compute_study_calibration_groups(risks)) if has_curve else [],
        histogram=rows_as(Bar, compute_risk_histogram(risks)) if has_curve else [],
        notes=[missing] if missing else [],
        subgroups=_subgroups(finished, risks, random("subgroups")),
    )


def cross_fit_probabilities(test: pd.DataFrame, n_folds: int) -> FloatArray:
    """Risk of each test row by Platt's line of the other folds of its repeat.

    Parameters
    ----------
    test : DataFrame
        Test rows of one model: `split`, from 1 in the order of folds within repeats, `label,
        score`.
    n_folds : int
    """
    by_odds = are_log_odds(test)
    split = test["split"].to_numpy()
    repeat = (split - 1) // n_folds
    label, score = test["label"].to_numpy(), test["score"].to_numpy(np.float64)
    probability = np.empty(len(test))
    for number in np.unique(split):
        is_here = split == number
        others = (repeat == repeat[is_here][0]) & ~is_here
        line = PlattRecalibration.fit(label[others], score[others], are_log_odds=by_odds)
        probability[is_here] = line.apply(score[is_here])
    return probability


def _subgroups(
    finished: Finished, risks: pd.DataFrame, random: np.random.Generator
) -> Subgroups:
    cohort, settings = finished.cohort, finished.settings
    levels = divide_by_columns(take_characteristics(cohort))
    if levels.of_sample.columns.empty:
        return no_subgroups(levels)
    predictions = with_strata(finished.predictions, cohort.samples, find_levels(cohort))
    table = compute_subgroups(
        predictions,
        levels.of_sample,
        random,
        recalibrated=risks,
        refitted=[settings.name] if settings.kind.refitted else [],
    )
    return describe_subgroups(levels, table, compute_interactions(table, SCALES), RANK)
