"""Log-rank test: whether groups of patients fare alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import EVENT, FollowUp
from deepcme.evaluation.bootstrap import divide
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.risk_sets import count_risk_sets

_ROUNDING = 1e-9


@dataclass(frozen=True)
class LogRank:
    """A log-rank test.

    Attributes
    ----------
    statistic : float
    degrees_of_freedom : int
    p_value : float
        Of the chi-squared distribution.
    groups : DataFrame
        `group, n, events, expected`: the events there were, and those to be expected if
        all groups fared alike.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    groups: pd.DataFrame


def compute_log_rank(
    follow_up: FollowUp, groups: ArrayLike, *, strata: ArrayLike | None = None
) -> LogRank:
    """Test whether groups have the same hazard of the event at all times [1]_.

    A competing event counts as censored: the test is of the cause-specific hazard. The
    p-value holds for groups known beforehand, or made by a model that never saw these
    patients; of groups made from cross-validated predictions it is too small. It is that of
    many events: with 20 patients in each of three groups it is below .05 in 56 of 1,000
    studies in which groups fare alike.

    Parameters
    ----------
    follow_up : FollowUp
    groups : array
        Of each patient.
    strata : array, optional
        Patients are compared within a stratum only.

    Returns
    -------
    LogRank
        As R's survdiff gives it.

    Raises
    ------
    DeepCMEError
        If a patient has no group or stratum; `AbsentError` if no event happens while patients
        of two groups are at risk.

    References
    ----------
    .. [1] Mantel N (1966). Evaluation of survival data and two new rank order statistics
       arising in its consideration. Cancer Chemotherapy Reports 50:163-170.
    """
    members = pd.get_dummies(_one_each(groups, follow_up.n, "group"), dtype=np.float64)
    of_everybody = np.zeros(follow_up.n)
    stratum = _one_each(of_everybody if strata is None else strata, follow_up.n, "stratum")
    expected = np.zeros(members.shape[1])
    variance = np.zeros((members.shape[1], members.shape[1]))
    for rows in stratum.groupby(stratum, observed=True).indices.values():
        of_groups = members.to_numpy()[rows].T
        expected_here, variance_here = _compare(follow_up.rows(rows), of_groups)
        expected += expected_here
        variance += variance_here
    events = members.to_numpy().T @ (follow_up.events == EVENT)
    # Expected events add up to those observed, so that some direction never varies.
    spreads, directions = np.linalg.eigh(variance)
    varies = spreads > _ROUNDING
    if not varies.any():
        raise AbsentError(
            "There is no log-rank test: no event happens while patients of two groups are "
            "at risk."
        )
    excess = directions.T @ (events - expected)
    statistic, rank = float(np.sum(excess[varies] ** 2 / spreads[varies])), int(varies.sum())
    table = pd.DataFrame(
        {
            "group": members.columns,
            "n": members.sum().to_numpy(dtype=np.int64),
            "events": events.astype(np.int64),
            "expected": expected,
        }
    )
    return LogRank(statistic, rank, float(stats.chi2.sf(statistic, rank)), table)


def _one_each(values: ArrayLike, n: int, name: str) -> pd.Series[Any]:
    series = pd.Series(values)
    known = int(series.notna().sum())
    if (len(series), known) != (n, n):
        raise DeepCMEError(
            f"Every patient needs a {name}, but of {n} patients {known} have one: leave out "
            "those without."
        )
    return series


def _compare(follow_up: FollowUp, members: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Events to expect in each group (groups x patients), and their covariance."""
    sets = count_risk_sets(follow_up, members)
    at_risk, events = sets.at_risk.sum(axis=0), sets.events.sum(axis=0)
    share = sets.at_risk / at_risk
    # Given the number of events, the groups' share of them is hypergeometric; one patient
    # alone does not vary.
    spread = np.nan_to_num(divide(events * (at_risk - events), at_risk - 1))
    covariance = np.diag(share @ spread) - (share * spread) @ share.T
    return share @ events, covariance
