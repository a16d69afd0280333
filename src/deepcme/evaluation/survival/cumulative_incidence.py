"""Cumulative incidence: the risk of the event in time, where another event may rule it out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.intervals import NORMAL_QUANTILE, Estimate
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.kaplan_meier import compute_survival, read_at
from deepcme.evaluation.survival.risk_sets import (
    RiskSets,
    compute_hazards,
    compute_product_limit,
    count_risk_sets,
)

__all__ = ["compute_cumulative_incidence"]

COLUMNS = ("time", "at_risk", "events", "competing", "risk", "ci_low", "ci_high")


def compute_cumulative_incidence(follow_up: FollowUp) -> pd.DataFrame:
    """Risk of the event up to and at each time, by Aalen and Johansen's estimator [1]_.

    Without competing events it is one minus Kaplan-Meier. The 95% interval is Wald's of the
    log risk at that time, with the variance of the infinitesimal jackknife [2]_: the `log`
    interval of R's multi-state survfit, cut at 1.

    Parameters
    ----------
    follow_up : FollowUp

    Returns
    -------
    DataFrame
        The start, then a row for each distinct time: `time, at_risk` (just before it),
        `events, competing` (at it), `risk, ci_low, ci_high`; no interval, NaN, where the
        risk is 0 and has no variance.

    References
    ----------
    .. [1] Aalen OO, Johansen S (1978). An empirical transition matrix for non-homogeneous
       Markov chains based on censored observations. Scandinavian Journal of Statistics
       5:141-150.
    .. [2] Therneau T, Crowson C, Atkinson E (2024). Multi-state models and competing risks.
       Vignette of the R package survival.

    Examples
    --------
    >>> from deepcme.cohort.follow_up import FollowUp
    >>> from deepcme.evaluation.survival.cumulative_incidence import (
    ...     compute_cumulative_incidence,
    ... )
    >>> curve = compute_cumulative_incidence(FollowUp([2, 5, 8, 9], [1, 2, 1, 0]))
    >>> curve[["time", "at_risk", "risk"]].values.tolist()
    [[0.0, 4.0, 0.0], [2.0, 4.0, 0.25], [5.0, 3.0, 0.25], [8.0, 2.0, 0.5], [9.0, 1.0, 0.5]]
    """
    sets = count_risk_sets(follow_up)
    risk = _compute_risks(sets)[0]
    error = np.sqrt(_compute_variance(sets, risk))
    half_width = NORMAL_QUANTILE * divide(error, risk)
    rows = pd.DataFrame(
        {
            "time": sets.times,
            "at_risk": sets.at_risk[0],
            "events": sets.events[0],
            "competing": sets.competing[0],
            "risk": risk,
            "ci_low": risk * np.exp(-half_width),
            "ci_high": np.minimum(risk * np.exp(half_width), 1.0),
        }
    )
    start = pd.DataFrame([(0.0, follow_up.n, 0, 0, 0.0, np.nan, np.nan)], columns=list(COLUMNS))
    counts = dict.fromkeys(("at_risk", "events", "competing"), np.int64)
    return pd.concat([start, rows], ignore_index=True).astype(counts)


def compute_risk(follow_up: FollowUp, horizon: float) -> Estimate:
    """Risk of the event up to and at the horizon.

    One minus Kaplan-Meier, with that curve's interval; with competing events Aalen-Johansen's
    estimate and interval.

    Returns
    -------
    Estimate
        `events` are those up to and at the horizon.

    Raises
    ------
    AbsentError
        If nobody is followed to the horizon.
    """
    if not follow_up.has_competing:
        survival = compute_survival(follow_up, horizon)
        ends = 1 - survival.ci_high, 1 - survival.ci_low
        return Estimate(1 - survival.value, *ends, survival.n, survival.events)
    return read_at(compute_cumulative_incidence(follow_up), "risk", follow_up, horizon)


def _compute_risks(sets: RiskSets) -> FloatArray:
    steps = _free_before(sets) * compute_hazards(sets.events, sets.at_risk)
    return np.asarray(np.cumsum(steps, axis=1), dtype=np.float64)


def _free_before(sets: RiskSets) -> FloatArray:
    """Probability of neither event before each time, draws x times."""
    free = compute_product_limit(sets.events + sets.competing, sets.at_risk)
    return np.concatenate([np.ones((len(free), 1)), free[:, :-1]], axis=1)


def _compute_variance(sets: RiskSets, risk: FloatArray) -> FloatArray:
    """Variance of the risk at each time, of the first draw.

    At an earlier time u a patient with the event raises the risk at t by what is free before
    u, and with either event takes away the share of the risk that was to come between u and
    t. The hazards of the two events vary at u as a multinomial share of those at risk, and
    independently over the times: a quadratic in the risk at t, summed over u.
    """
    at_risk, free = sets.at_risk[0], _free_before(sets)[0]
    hazard = sets.events[0] / at_risk
    either = (sets.events[0] + sets.competing[0]) / at_risk
    own = free**2 * hazard * (1 - hazard) / at_risk
    shared = free * hazard / at_risk
    # Where nobody stays free, nothing is to come.
    taken = np.nan_to_num(divide(either, (1 - either) * at_risk))
    variance = (
        np.cumsum(own)
        - 2 * (risk * np.cumsum(shared) - np.cumsum(shared * risk))
        + risk**2 * np.cumsum(taken)
        - 2 * risk * np.cumsum(taken * risk)
        + np.cumsum(taken * risk**2)
    )
    return np.asarray(np.maximum(variance, 0.0), dtype=np.float64)
