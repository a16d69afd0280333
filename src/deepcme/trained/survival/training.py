"""A model of times from what training found: slope, baseline, cut-offs, what to expect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.time_scale import TimeScale
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.strata import choose_strata, find_levels
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.evaluation.predictions import with_strata
from deepcme.evaluation.survival.baseline import Baseline
from deepcme.evaluation.survival.censoring import check_horizon
from deepcme.evaluation.survival.hazard_calibration import HazardCalibration
from deepcme.evaluation.survival.measured import SLOPE
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation, follow_patients
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from deepcme.trained.entries import Interval
from deepcme.trained.expected.survival import compute_expected_of_times
from deepcme.trained.learned.learned import Learned
from deepcme.trained.learning import Finished, as_interval
from deepcme.trained.model import GeneStatistics
from deepcme.trained.sketches import Sketches
from deepcme.trained.survival.manifest import (
    BRESLOW,
    MATCHED,
    Calibration,
    FollowUpTimes,
    Performance,
    RiskGroups,
    SurvivalManifest,
)
from deepcme.trained.survival.model import SurvivalModel

STEPS_TO_HORIZON = 60
"""Steps of the times that a model hands on: of a horizon of five years, months."""
_CUTS = (1 / 3, 2 / 3)


def require_followed(cohort: Cohort, horizon: float | None) -> None:
    """Refuse a cohort of times of whom too few are followed to the horizon.

    Raises
    ------
    DeepCMEError
        Naming the cohort and the horizon.
    """
    outcome = cohort.outcome
    if horizon is None or not isinstance(outcome, SurvivalOutcome):
        return
    rows = pd.DataFrame(
        {"sample": cohort.samples, "patient": cohort.patients, **outcome.values}
    )
    try:
        check_horizon(follow_patients(rows, pd.Index(rows["patient"].unique())), horizon)
    except AbsentError as error:
        reason = str(error).removesuffix("take an earlier horizon.")
        until = TimeScale.of(outcome.endpoint.unit, horizon).describe(horizon)
        raise DeepCMEError(
            f"{cohort.name}: no risk by {until} can be learned, as "
            f"{reason[0].lower()}{reason[1:]}train for an earlier time with --horizon."
        ) from error


def make_survival_model(
    finished: Finished,
    shared: Mapping[str, Any],
    learned: Learned,
    statistics: GeneStatistics,
    sketches: Sketches | None,
) -> SurvivalModel:
    """The model with what is its own beside what is `shared` by all manifests."""
    horizon, outcome = finished.settings.horizon, finished.cohort.outcome
    assert horizon is not None
    assert isinstance(outcome, SurvivalOutcome)
    test = finished.predictions[finished.predictions["part"] == "test"]
    test = test.assign(score=test["of_final_penalty"])
    calibration = HazardCalibration.fit(test)
    baseline = round_times(calibration.baseline, horizon)
    scale = TimeScale.of(outcome.endpoint.unit, horizon)
    evaluation = _evaluate(finished, test, horizon)
    note = (
        "Warning: out of fold the log hazards did not rise with the risk, so that every "
        f"sample gets the risk of the training cohort by {scale.describe(horizon)}; this model "
        "predicts nothing."
    )
    manifest = SurvivalManifest(
        **{**shared, "notes": [*shared["notes"], *([] if calibration.rises else [note])]},
        follow_up=FollowUpTimes(
            unit=outcome.endpoint.unit, horizon=horizon, last_time=baseline.last_time
        ),
        performance=_expected_performance(finished, evaluation, calibration),
        calibration=Calibration(
            method=MATCHED if calibration.is_matched else BRESLOW, slope=calibration.slope
        ),
        risk_groups=RiskGroups(cut_offs=_find_cut_offs(test, calibration, horizon)),
    )
    expected = compute_expected_of_times(finished, evaluation)
    return SurvivalModel(
        manifest, learned, statistics, sketches, baseline=baseline, expected=expected
    )


def round_times(baseline: Baseline, horizon: float) -> Baseline:
    """The baseline at sixtieths of the horizon, so that it tells nobody's time of the event.

    At these times, the horizon among them, it is what it was; between them it is that of the
    last. It ends at the last of them up to which anybody was followed.
    """

    def time_of(step: Any) -> Any:
        # The horizon itself is not left to rounding: events at it would count as later.
        return np.where(step == STEPS_TO_HORIZON, horizon, step * horizon / STEPS_TO_HORIZON)

    rounding = 1e-9
    steps = np.ceil(baseline.times / horizon * STEPS_TO_HORIZON - rounding)
    last = np.floor(baseline.last_time / horizon * STEPS_TO_HORIZON + rounding)
    is_last_of_step = np.append(np.diff(steps) > 0, True) & (steps <= last)
    return Baseline(
        np.asarray(time_of(steps[is_last_of_step]), dtype=np.float64),
        baseline.cumulative_hazards[is_last_of_step],
        float(time_of(last)),
    )


def _find_cut_offs(
    test: pd.DataFrame, calibration: HazardCalibration, horizon: float
) -> tuple[float, float] | None:
    """Thirds of the patients' out-of-fold risks, each patient once."""
    if not calibration.rises:
        return None
    risks = pd.Series(calibration.risks(test["score"], horizon)[:, 0])
    of_patients = risks.groupby(test["patient"].to_numpy()).median()
    low, high = np.quantile(of_patients, _CUTS)
    return float(low), float(high)


def _evaluate(finished: Finished, test: pd.DataFrame, horizon: float) -> Evaluation:
    """The predictions with risks that nobody's own outcome is in, and draws of the patients."""
    cohort, settings = finished.cohort, finished.settings
    risks = _cross_fit_risks(test, finished.folds[0], horizon)
    predictions = finished.predictions.assign(probability=risks)
    return Evaluation.draw(
        with_strata(predictions, cohort.samples, find_levels(cohort)),
        horizon,
        interval_generator(settings.seed, "survival"),
        refitted=[settings.name] if settings.kind.refitted else [],
    )


def _expected_performance(
    finished: Finished, evaluation: Evaluation, calibration: HazardCalibration
) -> Performance:
    cohort = finished.cohort
    folds, repeats = finished.folds
    of_risks = compute_survival_performance(evaluation)
    tables = compute_survival_discrimination(evaluation), of_risks
    measures = {
        row["measure"]: _interval_of(row)
        for table in tables
        for row in table.to_dict("records")
    }
    if not calibration.rises:  # risks that are all the same have no slope
        measures[SLOPE.name] = None
    within = (
        ""
        if find_levels(cohort) is None
        else f", C and AUC within levels of {choose_strata(cohort)}"
    )
    counted = of_risks.iloc[0]
    return Performance(
        method=f"cross-validation by patient{within}; 95% intervals by patient bootstrap",
        folds=folds,
        repeats=repeats,
        n=int(counted["n"]),
        events=int(counted["events"]),
        observed_risk=float(counted["observed"]),
        **measures,
    )


def _interval_of(row: Mapping[Any, Any]) -> Interval | None:
    if np.isnan(row["value"]):
        return None
    return as_interval(row["value"], row["ci_low"], row["ci_high"])


def _cross_fit_risks(test: pd.DataFrame, n_folds: int, horizon: float) -> pd.Series[float]:
    """Risk of each test row by slope and baseline of the other folds of its repeat.

    By those of all folds, whom they were fitted on, the risks would be right by construction.
    """
    risks = pd.Series(np.nan, index=test.index)
    repeat = (test["split"] - 1) // n_folds
    for split in test["split"].unique():
        is_here = test["split"] == split
        others = test[(repeat == repeat[is_here].iloc[0]) & ~is_here]
        try:
            calibration = HazardCalibration.fit(others)
            risks[is_here] = calibration.risks(test.loc[is_here, "score"], horizon)[:, 0]
        except AbsentError:  # no event, or nobody so long, in the other folds
            continue
    return risks
