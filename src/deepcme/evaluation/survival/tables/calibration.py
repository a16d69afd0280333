"""How often the event happens by the horizon at each predicted risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.tables.decisions import find_all_risks
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested

EVENTS_A_GROUP = 10
_MOST_GROUPS = 10
_COLUMNS = ("predicted", "observed", "ci_low", "ci_high", "n", "events", "followed")


def compute_survival_calibration_groups(evaluation: Evaluation) -> pd.DataFrame:
    """Observed risk by the horizon in groups by predicted risk, of some ten events each.

    Of each patient's mean out-of-fold risk; as `compute_calibration_groups_at_horizon`.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    DataFrame
        `model, predicted, observed, ci_low, ci_high, n, events, followed`; and `left_out`
        first.

    Raises
    ------
    AbsentError
        If there is no horizon, there are no risks, or fewer than twenty patients have the
        event by the horizon, or are known to be without it then.
    """
    horizon = evaluation.require_horizon()

    def of_tested(tested: Tested) -> pd.DataFrame:
        everybody = tested.patients.require()
        fewest = min(everybody.n_cases, everybody.n_controls)
        if fewest < 2 * EVENTS_A_GROUP:
            raise AbsentError(
                f"With {everybody.n_cases} patients who have the event by the horizon and "
                f"{everybody.n_controls} who are known to be without it then, there are no "
                f"groups by predicted risk: each needs some {EVENTS_A_GROUP} of both."
            )
        n_groups = min(fewest // EVENTS_A_GROUP, _MOST_GROUPS)
        tables = []
        for model, positions, risks in find_all_risks(tested):
            follow_up = everybody.follow_up.rows(positions)
            groups = compute_calibration_groups_at_horizon(follow_up, risks, horizon, n_groups)
            groups.insert(0, "model", model)
            tables.append(groups)
        return pd.concat(tables, ignore_index=True)

    return evaluation.tabulate(of_tested)


def compute_calibration_groups_at_horizon(
    follow_up: FollowUp, risks: FloatArray, horizon: float, groups: int = 5
) -> pd.DataFrame:
    """Observed risk by the horizon in groups of equal size by predicted risk.

    It is that of Kaplan-Meier within the group, or of Aalen and Johansen where there is a
    competing event, with the interval of `compute_risk`: that censoring goes with the
    predicted risk does no harm.

    Parameters
    ----------
    follow_up : FollowUp
    risks : array, 0 to 1
        Of the event by the horizon; equal ones stay in one group.
    horizon : float
    groups : int

    Returns
    -------
    DataFrame
        `predicted, observed, ci_low, ci_high, n, events, followed` of each group that has
        any patient; `predicted` is the mean risk, `events` those by the horizon, `followed`
        how many are known to be without it then. NaN where nobody of the group is followed
        to the horizon, and no interval where the observed risk is 0.
    """
    group = np.ceil(stats.rankdata(risks) / follow_up.n * groups)
    rows = []
    for number in np.unique(group):
        inside = group == number
        of_group = follow_up.rows(inside)
        events = int(((of_group.events == 1) & (of_group.times <= horizon)).sum())
        followed = int((of_group.times > horizon).sum())
        try:
            observed = compute_risk(of_group, horizon)
            estimate = observed.value, observed.ci_low, observed.ci_high
        except AbsentError:
            estimate = np.nan, np.nan, np.nan
        rows.append((float(risks[inside].mean()), *estimate, of_group.n, events, followed))
    return pd.DataFrame(rows, columns=list(_COLUMNS))
