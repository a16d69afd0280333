"""A frozen model of times on new patients: ranks, risks, groups, and what acting on it does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.seeds import seed_for
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.outcome import NO_ENDPOINT
from deepcme.cohort.splits import draw_folds
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.probabilities.utility import DEFAULT_THRESHOLDS, choose_thresholds
from deepcme.evaluation.survival.censoring import check_horizon
from deepcme.evaluation.survival.log_rank import compute_log_rank
from deepcme.evaluation.survival.measured import LOGIT, UNO
from deepcme.evaluation.survival.recalibration import (
    fit_survival_recalibrations,
    recalibrate_survival_predictions,
)
from deepcme.evaluation.survival.tables.auc_over_time import compute_survival_auc_over_time
from deepcme.evaluation.survival.tables.calibration import compute_survival_calibration_groups
from deepcme.evaluation.survival.tables.calibration_words import describe_survival_calibration
from deepcme.evaluation.survival.tables.censoring_counts import compute_censoring_counts
from deepcme.evaluation.survival.tables.decisions import (
    compute_survival_classification,
    compute_survival_decision_curve,
    compute_survival_net_benefit,
)
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import (
    COLUMNS,
    Evaluation,
    follow_patients,
)
from deepcme.evaluation.survival.tables.performance import compute_survival_performance
from deepcme.evaluation.survival.tables.risk_groups import (
    GROUPS,
    compute_group_risks,
    compute_risk_curves,
)
from deepcme.trained.survival.model import SurvivalModel
from deepcme.trained.tested import (
    FOLDS,
    FROZEN,
    RECALIBRATED,
    SAMPLES,
    Findings,
    describe_agreement,
    note_left_out,
)


def in_unit_of(model: SurvivalModel, cohort: Cohort) -> SurvivalOutcome:
    """The times of a cohort in the model's unit.

    Raises
    ------
    DeepCMEError
        If one of the units is not known, or too few patients are followed to the horizon.
    """
    outcome = cohort.outcome
    assert isinstance(outcome, SurvivalOutcome)
    unit = model.manifest.follow_up.unit
    converted = outcome.in_unit(unit, cohort.name, "the model")
    rows = pd.DataFrame(
        {"sample": cohort.samples, "patient": cohort.patients, **converted.values}
    )
    try:
        check_horizon(follow_patients(rows, pd.Index(rows["patient"].unique())), model.horizon)
    except AbsentError as error:
        reason = str(error).removesuffix(": take an earlier horizon.")
        raise DeepCMEError(
            f"{cohort.name}: the model tells risks by {model.until}, which cannot be judged "
            f"here: {reason[0].lower()}{reason[1:]}; train one with an earlier --horizon."
        ) from error
    return converted


def note_conversions(model: SurvivalModel, cohort: Cohort) -> list[str]:
    """What was made of the cohort's unit and its own horizon, if they are not the model's."""
    notes, own = [], cohort.outcome.endpoint
    unit = model.manifest.follow_up.unit
    if own.unit != unit:
        notes.append(f"Times in {own.unit} were taken in {unit}, the model's unit.")
    there = in_unit_of(model, cohort).endpoint.horizon
    if there is not None and not np.isclose(there, model.horizon):
        notes.append(
            f"The horizon is the model's, {model.until}; that of {cohort.name}, "
            f"{model.in_words(there)}, counts for nothing here."
        )
    return notes


def examine_survival_model(model: SurvivalModel, table: pd.DataFrame, seed: int) -> Findings:
    """Every table and note of the model as it came, and recalibrated beside it.

    Tables are `predictions`, `external_discrimination`, `external_performance`,
    `external_classification`, `auc_over_time`, `calibration_groups`, `decision_curve`,
    `net_benefit`, `risk_groups`, `risk_curves`, `group_risks`, `group_test` and `censoring`,
    each where it can be made; the notes say why not. Of several samples of a patient the
    first counts. Groups are those of the model's own cut-offs; as it never saw these
    patients, the log-rank test of them is valid.

    Parameters
    ----------
    model : SurvivalModel
    table : DataFrame
        Predictions of every sample, with `patient`, and `time` and `event` in the model's unit.
    seed : int
    """
    frozen = _rows(table.dropna(subset=model.told))
    recalibrated, why_not = _recalibrate(
        frozen,
        model.horizon,
        np.random.default_rng(seed_for(seed, "folds")),
    )
    both = pd.concat([frozen, recalibrated], ignore_index=True)
    random = np.random.default_rng(seed_for(seed, "validation", "survival"))
    evaluation = Evaluation.draw(both, model.horizon, random)
    # Ranks are those of the model as it came, whatever a line of each tenth makes of them.
    ranked = evaluation.with_predictions(frozen)
    tables = {"predictions": table}
    notes = note_left_out(model, table, table["event"])
    notes += [why_not] if why_not else []

    def add(name: str, make: Callable[[], pd.DataFrame]) -> None:
        try:
            tables[name] = make()
        except AbsentError as absent:
            notes.append(str(absent))

    tables["external_discrimination"] = compute_survival_discrimination(ranked).assign(
        interval=LOGIT.words
    )
    tables["external_performance"] = compute_survival_performance(evaluation)
    cut_offs = model.manifest.risk_groups.cut_offs or ()
    thresholds = sorted({*cut_offs, *DEFAULT_THRESHOLDS})
    add("external_classification", lambda: compute_survival_classification(ranked, thresholds))
    add("auc_over_time", lambda: compute_survival_auc_over_time(ranked))
    add("calibration_groups", lambda: compute_survival_calibration_groups(evaluation))
    steps = choose_thresholds(DEFAULT_THRESHOLDS)
    add("decision_curve", lambda: compute_survival_decision_curve(evaluation, steps))
    add("net_benefit", lambda: compute_survival_net_benefit(evaluation, DEFAULT_THRESHOLDS))
    add("censoring", lambda: compute_censoring_counts(evaluation))
    if model.rises:
        groups = _group(model, frozen, evaluation)
        tables["risk_groups"] = groups
        tables["risk_curves"] = compute_risk_curves(groups)
        tables["group_risks"] = compute_group_risks(groups, model.horizon)
        add("group_test", lambda: _compare_groups(groups))
    named = tables["external_performance"].replace({"model": {FROZEN: "this model"}})
    notes.append(
        describe_survival_calibration(named, "this model", model.until, refitted=False)
    )
    discrimination = tables["external_discrimination"]
    ranked_by = discrimination[discrimination["measure"] == UNO.name].iloc[0]
    agreement = describe_agreement(ranked_by, model.manifest.performance.uno_c)
    return Findings(tables, notes, _describe(model, ranked_by), agreement)


def _rows(predicted: pd.DataFrame) -> pd.DataFrame:
    """The predictions table of the frozen model."""
    rows = predicted.assign(
        split=1, model=FROZEN, part="test",
        score=predicted["log_hazard"], probability=predicted["risk"],
    )  # fmt: skip
    return rows[[*COLUMNS, "probability"]].reset_index(drop=True)


def _recalibrate(
    rows: pd.DataFrame,
    horizon: float,
    random: np.random.Generator,
) -> tuple[pd.DataFrame, str]:
    """The rows with risks by a line fitted for each tenth of the patients on the others.

    None of them where a line cannot be fitted, and why.
    """
    n_patients = rows["patient"].nunique()
    strata = SurvivalOutcome.read(rows, NO_ENDPOINT).strata
    parts = []
    folds = draw_folds(strata, rows["patient"].to_numpy(), min(FOLDS, n_patients), random)
    for number, held_out in enumerate(folds):
        rest = np.setdiff1d(np.arange(len(rows)), held_out)
        parts += [
            rows.iloc[rest].assign(split=number, part="validation"),
            rows.iloc[held_out].assign(split=number),
        ]
    divided = pd.concat(parts)
    fits = fit_survival_recalibrations(divided, horizon)
    absent = fits.loc[fits["absent"] != "", "absent"]
    if len(absent):
        return rows.iloc[
            :0
        ], f"No recalibrated risks stand beside the model's: {absent.iloc[0]}"
    new = recalibrate_survival_predictions(divided, fits)
    new = new[new["part"] == "test"].sort_index()
    return new.assign(split=1, model=RECALIBRATED), ""


def _group(model: SurvivalModel, frozen: pd.DataFrame, evaluation: Evaluation) -> pd.DataFrame:
    """The third of each patient by the model's own cut-offs, one row each."""
    patients = evaluation.patients[0]
    rows = frozen.set_index("sample").loc[patients.samples]
    group = model.group(rows["probability"].to_numpy())
    return pd.DataFrame(
        {
            "model": FROZEN,
            "patient": patients.names,
            "risk": rows["probability"].to_numpy(),
            "group": pd.Categorical(group, list(GROUPS), ordered=True),
            "time": patients.follow_up.times,
            "event": patients.follow_up.events,
        }
    )


def _compare_groups(groups: pd.DataFrame) -> pd.DataFrame:
    """Log-rank test of the groups: `statistic, degrees_of_freedom, p_value, n, events`."""
    follow_up = FollowUp(groups["time"].to_numpy(), groups["event"].to_numpy())
    if groups["group"].nunique() < 2:
        raise AbsentError("All patients are in one group of risk: there is nothing to compare.")
    test = compute_log_rank(follow_up, groups["group"].astype(str))
    return pd.DataFrame(
        {
            "test": ["log-rank"],
            "statistic": test.statistic,
            "degrees_of_freedom": test.degrees_of_freedom,
            "p_value": test.p_value,
            "n": follow_up.n,
            "events": follow_up.n_events,
        }
    )


def _describe(model: SurvivalModel, found: pd.Series) -> str:
    """Uno's C found beside the one expected."""
    expected = model.manifest.performance.uno_c
    expected_c = "no C" if expected is None else expected.in_brackets()
    value = (
        f"Uno's C cannot be estimated ({found['absent']})"
        if np.isnan(found["value"])
        else f"Uno's C {found['value']:.2f}"
    )
    ends = (
        f" (95% interval {found['ci_low']:.2f} to {found['ci_high']:.2f})"
        if np.isfinite(found["ci_low"])
        else ""
    )
    return (
        f"{value}{ends} on {found['n']:.0f} {SAMPLES} with {found['events']:.0f} events by "
        f"{model.until}; cross-validation on {model.manifest.cohort.name} expected "
        f"{expected_c}."
    )
