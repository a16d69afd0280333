"""What acting on the risks by the horizon gives: who is found, and whether it does good."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError
from deepcme.evaluation.classification import compute_wilson_of_draws
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL
from deepcme.evaluation.predictions import FloatArray, IntegerArray
from deepcme.evaluation.probabilities.utility import (
    TREAT_ALL,
    TREAT_NONE,
    check_thresholds,
    compare_with_defaults,
    odds,
)
from deepcme.evaluation.survival.at_horizon import (
    AtHorizon,
    compute_net_benefit_at_horizon,
    compute_sensitivity_at_horizon,
    compute_specificity_at_horizon,
)
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested, find_risks

_PROPORTIONS = {
    "sensitivity": compute_sensitivity_at_horizon,
    "specificity": compute_specificity_at_horizon,
}


def compute_survival_classification(
    evaluation: Evaluation, thresholds: Sequence[float]
) -> pd.DataFrame:
    """Sensitivity and specificity at the horizon of calling positive at fixed risks.

    Of each patient's mean out-of-fold risk, weighted for censoring. The interval is Wilson's
    with the number of patients that the variance of the bootstrap stands for, at most that
    of the cases, or of those known to be without the event.

    Parameters
    ----------
    evaluation : Evaluation
    thresholds : sequence of float

    Returns
    -------
    DataFrame
        `model, threshold, measure` (``sensitivity``, ``specificity``), `value, ci_low,
        ci_high, n, events, absent`; and `left_out` first.

    Raises
    ------
    AbsentError
        If there is no horizon, or there are no risks.
    """
    evaluation.require_horizon()

    def of_tested(tested: Tested) -> pd.DataFrame:
        tables = [
            _classify(model, tested.patients.require().rows(positions), risks, thresholds)
            for model, positions, risks in find_all_risks(tested)
        ]
        return pd.concat(tables, ignore_index=True)

    return evaluation.tabulate(of_tested)


def find_all_risks(tested: Tested) -> list[tuple[str, IntegerArray, FloatArray]]:
    """The models that give risks, with `find_risks` of each.

    Raises
    ------
    AbsentError
        If none does.
    """
    found = []
    for model, rows in tested.by_model():
        try:
            found.append((model, *find_risks(rows)))
        except AbsentError:
            continue
    if not found:
        raise AbsentError("No model gives every patient a risk by the horizon.")
    return found


def _classify(
    model: str, at: AtHorizon, risks: FloatArray, thresholds: Sequence[float]
) -> pd.DataFrame:
    counted = {"sensitivity": at.n_cases, "specificity": at.n_controls}
    lacking = {
        "sensitivity": "no patient has the event by the horizon",
        "specificity": "no patient is known to be without the event at the horizon",
    }
    rows = []
    for threshold in thresholds:
        for name, compute in _PROPORTIONS.items():
            value, *drawn = compute(at, risks, threshold)
            ends = (np.nan, np.nan)
            if np.isfinite(value) and np.isfinite(drawn).any():
                ends = compute_wilson_of_draws(value, np.array(drawn), counted[name])
            absent = "" if np.isfinite(value) else lacking[name]
            rows.append(
                (model, threshold, name, value, *ends, at.follow_up.n, at.n_cases, absent)
            )
    estimated = ["model", "threshold", "measure", "value", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=[*estimated, "n", "events", "absent"])


def compute_survival_decision_curve(
    evaluation: Evaluation, thresholds: ArrayLike
) -> pd.DataFrame:
    """Net benefit at the horizon of every model, of treating all and of treating none.

    Parameters
    ----------
    evaluation : Evaluation
        Of recalibrated risks.
    thresholds : array
        Above 0 and below 1.

    Returns
    -------
    DataFrame
        `strategy` (a model, ``treat all`` or ``treat none``), `threshold, net_benefit, n,
        events`; and `left_out` first.

    Raises
    ------
    AbsentError
        If there is no horizon, or there are no risks.
    """
    evaluation.require_horizon()
    steps = check_thresholds(thresholds)

    def of_tested(tested: Tested) -> pd.DataFrame:
        everybody = tested.patients.require()
        position = np.arange(everybody.follow_up.n)
        strategies = [
            *find_all_risks(tested),
            (TREAT_ALL, position, np.ones(len(position))),
            (TREAT_NONE, position, np.zeros(len(position))),
        ]
        tables = []
        for strategy, positions, risks in strategies:
            at = everybody.rows(positions)
            benefit = [compute_net_benefit_at_horizon(at, risks, step)[0] for step in steps]
            counts = {"n": at.follow_up.n, "events": at.n_cases}
            table = pd.DataFrame({"threshold": steps, "net_benefit": benefit, **counts})
            table.insert(0, "strategy", strategy)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    return evaluation.tabulate(of_tested)


def compute_survival_net_benefit(evaluation: Evaluation, thresholds: ArrayLike) -> pd.DataFrame:
    """Net benefit of every model less that of the better of treating all and none.

    As `compute_net_benefit_differences`, weighted for censoring: the intervals of a model
    hold at all thresholds at once, and a standard error is at least that of the score test
    of no difference, to which each patient adds the square of his weight.

    Parameters
    ----------
    evaluation : Evaluation
        Of recalibrated risks.
    thresholds : array
        Above 0 and below 1.

    Returns
    -------
    DataFrame
        `model, threshold, net_benefit, better, difference, ci_low, ci_high, n, events`; and
        `left_out` first.

    Raises
    ------
    AbsentError
        If there is no horizon, or there are no risks.
    """
    evaluation.require_horizon()
    steps = check_thresholds(thresholds)
    level = 1 - (1 - CONFIDENCE_LEVEL) / len(evaluation.patients)

    def of_tested(tested: Tested) -> pd.DataFrame:
        tables = []
        for model, positions, risks in find_all_risks(tested):
            at = tested.patients.require().rows(positions)
            table = compare_at_horizon(at, risks, steps, level)
            table.insert(0, "model", model)
            tables.append(table.assign(n=at.follow_up.n, events=at.n_cases))
        return pd.concat(tables, ignore_index=True)

    return evaluation.tabulate(of_tested)


def compare_at_horizon(
    at: AtHorizon,
    risks: FloatArray,
    thresholds: FloatArray,
    level: float = CONFIDENCE_LEVEL,
) -> pd.DataFrame:
    """Net benefit of one model's risks, as `compare_with_defaults` has it.

    Raises
    ------
    AbsentError
        If there is no draw of patients.
    """
    worth = np.where(at.is_case[:, np.newaxis], 1.0, -odds(thresholds))
    treated = risks[:, np.newaxis] >= thresholds
    # Beside treating all, those count who are not treated; beside treating none, the others.
    apart = np.hstack([~treated, treated])
    gains = np.where(apart, np.hstack([-worth, worth]), 0.0)
    values = at.weights @ gains / at.weights.sum(axis=1, keepdims=True)
    drawn = values[1:][np.isfinite(values[1:]).all(axis=1)]
    if not len(drawn):
        raise AbsentError("Net benefit has no interval: there is no draw of patients.")
    weights = at.weights[0]
    one_more = weights[weights > 0].mean() ** 2
    spread = np.tile(odds(thresholds), 2) * (weights**2 @ apart + one_more)
    return compare_with_defaults(
        thresholds, values[0], drawn, np.sqrt(spread) / weights.sum(), level
    )
