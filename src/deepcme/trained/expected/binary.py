"""What to expect of a model of yes or no: calibration and groups of held-out patients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.audit.characteristics import take_characteristics
from deepcme.base.seeds import seed_for
from deepcme.cohort.splits import draw_folds
from deepcme.cohort.strata import find_levels
from deepcme.evaluation.groups.between_levels import compute_interactions
from deepcme.evaluation.groups.levels import divide_by_columns
from deepcme.evaluation.groups.subgroups import RANK, SCALES, compute_subgroups
from deepcme.evaluation.predictions import (
    FloatArray,
    IntegerArray,
    count_rows,
    with_strata,
)
from deepcme.evaluation.probabilities.calibration import compute_calibration
from deepcme.evaluation.probabilities.calibration_curves import (
    compute_risk_histogram,
    compute_study_calibration_curves,
    compute_study_calibration_groups,
    describe_missing_curves,
)
from deepcme.evaluation.probabilities.recalibration import PlattRecalibration, are_log_odds
from deepcme.trained.expected.expected import (
    RANKED_ANEW,
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

_ANEW = "cross-validation by patient"
_LINE = "Platt's line of the others alone, so that nobody's own outcome is in his risk"
_OF_FOLDS = f"{_ANEW}; the risks of each fold by {_LINE}"
_OF_PANELS = (
    f"{_ANEW}, {RANKED_ANEW}; the risks of each fold by Platt's line of the others alone"
)
_OF_TENTHS = (
    f"{_ANEW}, by the strength of penalty that the model was given; the risks of each tenth of "
    f"the patients by {_LINE}"
)
_FOLDS = 10


def compute_expected(finished: Finished, out_of_fold: pd.DataFrame) -> Expected:
    """Calibration and groups of the patients while they were held out.

    By the line of all folds, which is that of the model, their risks would be right by
    construction: so the risks of each fold are by the line of the others.

    Parameters
    ----------
    finished : Finished
    out_of_fold : DataFrame
        The rows that the line was fitted on.
    """

    def random(name: str) -> np.random.Generator:
        return np.random.default_rng(seed_for(finished.settings.seed, "expected", name))

    risks, method = cross_fit_risks(finished, out_of_fold, random("folds"))
    missing = describe_missing_curves(risks)
    calibration = compute_calibration(risks, random("calibration"))
    counts = count_rows(risks)
    return Expected(
        method=method,
        rank="auc",
        unit="samples",
        n=counts["n"],
        events=counts["events"],
        n_patients=counts["n_patients"],
        n_splits=counts["n_splits"],
        measures=rows_as(Measured, calibration.rename(columns={"metric": "name"})),
        curve=[] if missing else rows_as(CurvePoint, compute_study_calibration_curves(risks)),
        groups=[] if missing else rows_as(RiskGroup, compute_study_calibration_groups(risks)),
        histogram=[] if missing else rows_as(Bar, compute_risk_histogram(risks)),
        notes=[missing] if missing else [],
        subgroups=_subgroups(finished, risks, random("subgroups")),
    )


def cross_fit_risks(
    finished: Finished, out_of_fold: pd.DataFrame, random: np.random.Generator
) -> tuple[pd.DataFrame, str]:
    """Test rows with a `probability` that nobody's own outcome is in, and how it was made.

    Parameters
    ----------
    finished : Finished
    out_of_fold : DataFrame
        The rows that the model's line was fitted on: test rows by split, or one a sample where
        the model has them by folds of its own.
    random : numpy.random.Generator
        Draws tenths of the patients in place of such folds.
    """
    n_folds, _ = finished.folds
    if "split" in out_of_fold.columns:
        repeat = (out_of_fold["split"].to_numpy() - 1) // n_folds
        risks = out_of_fold.assign(probability=_cross_fit(out_of_fold, repeat))
        return risks, _OF_PANELS if finished.settings.is_panel else _OF_FOLDS
    cohort = finished.cohort
    rarer = min(cohort.n_positive_patients, cohort.n_patients - cohort.n_positive_patients)
    tenths = draw_folds(cohort.labels, cohort.patients, min(_FOLDS, rarer), random)
    split = np.empty(cohort.n_samples, dtype=np.int64)
    for number, rows in enumerate(tenths, start=1):
        split[rows] = number
    rows_of_all = out_of_fold.assign(
        split=split,
        model=finished.settings.name,
        sample=cohort.samples,
        patient=cohort.patients,
        part="test",
    )
    probability = _cross_fit(rows_of_all, np.zeros_like(split))
    return rows_of_all.assign(probability=probability), _OF_TENTHS


def _cross_fit(test: pd.DataFrame, repeat: IntegerArray) -> FloatArray:
    """Risk of each row by Platt's line of the other splits of its repeat."""
    by_odds = are_log_odds(test)
    split, score = test["split"].to_numpy(), test["score"].to_numpy(np.float64)
    label, probability = test["label"].to_numpy(), np.empty(len(test))
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
