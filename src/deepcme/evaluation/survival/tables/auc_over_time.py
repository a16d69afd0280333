"""How well models tell who has the event from who has not, at each time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.measured import AUC_AT_HORIZON
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested
from deepcme.evaluation.survival.tables.within_parts import (
    compute_mean_interval,
    measure_model,
    measure_within_parts,
)

POINTS = 10
FEWEST_EVENTS = 5
"""Before so many events no curve over time begins."""


def choose_times(follow_up: FollowUp, tau: float, points: int = POINTS) -> FloatArray:
    """Times of a curve, in even steps from the fifth event to tau.

    Raises
    ------
    AbsentError
        If there are fewer than five events before tau.
    """
    times = np.sort(follow_up.times[follow_up.events == EVENT])
    if (times < tau).sum() < FEWEST_EVENTS:
        raise AbsentError(
            f"There is no curve over time: in time there are {(times < tau).sum()} events, "
            f"fewer than {FEWEST_EVENTS}."
        )
    return np.linspace(times[FEWEST_EVENTS - 1], tau, points, dtype=np.float64)


def compute_survival_auc_over_time(
    evaluation: Evaluation, points: int = POINTS
) -> pd.DataFrame:
    """AUC(t) of every model at times up to tau, each the mean over the test parts.

    As in `compute_survival_discrimination`, whose AUC stands at tau; of early times there are
    few events, and parts without any are left out. An interval holds for its time alone.

    Parameters
    ----------
    evaluation : Evaluation
    points : int
        Times from the fifth event on, in even steps.

    Returns
    -------
    DataFrame
        `model, time, value, ci_low, ci_high, n, events` (up to the time), `n_splits,
        n_not_estimable`; and `left_out` first.

    Raises
    ------
    AbsentError
        If there are fewer than five events before tau.
    """

    def of_tested(tested: Tested) -> pd.DataFrame:
        at_tau = tested.patients.require()
        times = choose_times(at_tau.follow_up, at_tau.horizon, points)
        rows = [
            row
            for time in times
            for row in _at_time(tested, None if time == at_tau.horizon else float(time))
        ]
        table = pd.DataFrame(rows)
        order = {model: place for place, (model, _) in enumerate(tested.by_model())}
        return table.sort_values(
            "model", key=lambda model: model.map(order), kind="stable", ignore_index=True
        )

    return evaluation.tabulate(of_tested)


def _at_time(tested: Tested, time: float | None) -> list[dict[str, object]]:
    """A row for each model, none at a time that is refused; None is tau."""
    try:
        at = tested.at_time(time)
    except AbsentError:
        return []
    rows: list[dict[str, object]] = []
    for model, of_model in tested.by_model():
        parts = (
            measure_model(tested, model, of_model, AUC_AT_HORIZON)
            if time is None
            else measure_within_parts(tested, of_model, AUC_AT_HORIZON, time)
        )
        means, ends = np.full(1, np.nan), (np.nan, np.nan)
        if not parts.estimable.empty:
            means = parts.mean(parts.estimable)
            ends = compute_mean_interval(tested, model, of_model, means, at)
        rows.append(
            {
                "model": model,
                "time": at.horizon,
                "value": means[0],
                "ci_low": ends[0],
                "ci_high": ends[1],
                "n": at.follow_up.n,
                "events": at.n_cases,
                "n_splits": len(parts.estimable),
                "n_not_estimable": len(parts.splits) - len(parts.estimable),
            }
        )
    return rows
