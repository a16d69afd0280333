"""Kaplan-Meier: how many patients stay without the event, and how long they are followed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.intervals import NORMAL_QUANTILE, Estimate
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.risk_sets import (
    check_followed,
    compute_product_limit,
    count_risk_sets,
)

__all__ = ["compute_kaplan_meier"]

COLUMNS = ("time", "at_risk", "events", "censored", "survival", "ci_low", "ci_high")

# Rounding does not keep a curve from reaching one half.
_ROUNDING = 1e-8


def compute_kaplan_meier(follow_up: FollowUp) -> pd.DataFrame:
    """Survival: the probability of no event up to and at each time [1]_.

    The 95% interval is Wald's of log survival at that time, with Greenwood's variance: the
    `log` interval of R's survfit. It holds for each time alone, not for the whole curve.

    Parameters
    ----------
    follow_up : FollowUp
        Without competing events.

    Returns
    -------
    DataFrame
        The start, then a row for each distinct time: `time, at_risk` (just before it),
        `events, censored` (at it), `survival, ci_low, ci_high`; no interval, NaN, where
        survival is 1 or 0 and has no variance.

    Raises
    ------
    DeepCMEError
        If there are competing events.

    References
    ----------
    .. [1] Kaplan EL, Meier P (1958). Nonparametric estimation from incomplete
       observations. Journal of the American Statistical Association 53:457-481.

    Examples
    --------
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.evaluation.survival.kaplan_meier import compute_kaplan_meier
    >>> curve = compute_kaplan_meier(FollowUp([2, 5, 8, 9], [1, 0, 1, 0]))
    >>> curve[["time", "at_risk", "survival"]].values.tolist()
    [[0.0, 4.0, 1.0], [2.0, 4.0, 0.75], [5.0, 3.0, 0.75], [8.0, 2.0, 0.375], [9.0, 1.0, 0.375]]
    """
    _refuse_competing(follow_up)
    sets = count_risk_sets(follow_up)
    return _tabulate(follow_up.n, sets.times, sets.at_risk[0], sets.events[0], sets.censored[0])


def compute_survival(follow_up: FollowUp, horizon: float) -> Estimate:
    """Kaplan-Meier survival at the horizon; interval and refusals of `compute_kaplan_meier`.

    Returns
    -------
    Estimate
        `events` are those up to and at the horizon.

    Raises
    ------
    AbsentError
        If nobody is followed to the horizon.
    """
    return read_at(compute_kaplan_meier(follow_up), "survival", follow_up, horizon)


def read_at(curve: pd.DataFrame, column: str, follow_up: FollowUp, horizon: float) -> Estimate:
    """What a curve of the follow-up is at the horizon, with the events up to and at it.

    Raises
    ------
    AbsentError
        If nobody is followed to the horizon.
    """
    check_followed(follow_up, horizon)
    until = curve.loc[curve["time"] <= horizon]
    value, low, high = until[[column, "ci_low", "ci_high"]].iloc[-1]
    return Estimate(
        float(value), float(low), float(high), follow_up.n, int(until["events"].sum())
    )


def compute_numbers_at_risk(follow_up: FollowUp, times: ArrayLike) -> pd.DataFrame:
    """How many patients are at risk just before each of these times: `time, at_risk`."""
    time = np.atleast_1d(np.asarray(times, dtype=np.float64))
    at_risk = np.sum(follow_up.times >= time[:, np.newaxis], axis=1)
    return pd.DataFrame({"time": time, "at_risk": at_risk})


def compute_median_survival(follow_up: FollowUp) -> Estimate:
    """Time by which half the patients have the event, by Kaplan-Meier.

    The ends of the 95% interval are where the ends of the curve's interval pass one
    half [1]_, as in R; NaN where one never does.

    Raises
    ------
    AbsentError
        If the curve does not fall to one half.

    References
    ----------
    .. [1] Brookmeyer R, Crowley J (1982). A confidence interval for the median survival
       time. Biometrics 38:29-41.
    """
    return _median(compute_kaplan_meier(follow_up), follow_up, "the event")


def compute_median_follow_up(follow_up: FollowUp) -> Estimate:
    """Median time that patients were or, without their event, would have been followed.

    Reverse Kaplan-Meier [1]_: being censored is the event, and an event of any kind ends a
    follow-up that would have gone on. Interval and refusals of `compute_median_survival`.

    References
    ----------
    .. [1] Schemper M, Smith TL (1996). A note on quantifying follow-up in studies of failure
       time. Controlled Clinical Trials 17:343-346.
    """
    sets = count_risk_sets(follow_up)
    ended = sets.events[0] + sets.competing[0]
    # Who has the event at a time is not at risk of being censored at it.
    curve = _tabulate(
        follow_up.n, sets.times, sets.at_risk_of_censoring[0], sets.censored[0], ended
    )
    return _median(curve, follow_up, "an end of follow-up")


def _tabulate(
    n: int, times: FloatArray, at_risk: FloatArray, events: FloatArray, censored: FloatArray
) -> pd.DataFrame:
    survival = compute_product_limit(events[np.newaxis], at_risk[np.newaxis])[0]
    greenwood = np.nan_to_num(divide(events, at_risk * (at_risk - events)))
    half_width = NORMAL_QUANTILE * np.sqrt(np.cumsum(greenwood))
    half_width[(survival == 0) | (survival == 1)] = np.nan
    rows = pd.DataFrame(
        {
            "time": times,
            "at_risk": at_risk,
            "events": events,
            "censored": censored,
            "survival": survival,
            "ci_low": survival * np.exp(-half_width),
            "ci_high": np.minimum(survival * np.exp(half_width), 1.0),
        }
    )
    start = pd.DataFrame([(0.0, n, 0, 0, 1.0, np.nan, np.nan)], columns=list(COLUMNS))
    counts = dict.fromkeys(("at_risk", "events", "censored"), np.int64)
    return pd.concat([start, rows], ignore_index=True).astype(counts)


def _median(curve: pd.DataFrame, follow_up: FollowUp, event: str) -> Estimate:
    value = _time_of_half(curve, "survival")
    if np.isnan(value):
        raise AbsentError(
            f"The median is not reached: half the patients or more are without {event} when "
            "follow-up ends."
        )
    low, high = _time_of_half(curve, "ci_low"), _time_of_half(curve, "ci_high")
    return Estimate(value, low, high, follow_up.n, int(curve["events"].sum()))


def _time_of_half(curve: pd.DataFrame, column: str) -> float:
    """The first time at which a column is one half, the middle of all where it stays there."""
    happens = curve.loc[curve["events"] > 0]
    reached = happens.loc[happens[column] < 0.5 + _ROUNDING]
    if reached.empty:
        return np.nan
    first = float(reached["time"].iloc[0])
    below = reached.loc[reached[column] < reached[column].iloc[0], "time"]
    if abs(reached[column].iloc[0] - 0.5) > _ROUNDING or below.empty:
        return first
    return (first + float(below.iloc[0])) / 2


def _refuse_competing(follow_up: FollowUp) -> None:
    if follow_up.has_competing:
        raise DeepCMEError(
            "Kaplan-Meier would take competing events for censorings and overstate the risk: "
            "use compute_cumulative_incidence, or follow_up.of_cause(1) where that is meant."
        )
