"""How often the event happens by the horizon at each predicted risk, in groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.predictions import FloatArray
from deepcme.evaluation.survival.cumulative_incidence import compute_risk

COLUMNS = ("predicted", "observed", "ci_low", "ci_high", "n", "events", "followed")


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
    return pd.DataFrame(rows, columns=list(COLUMNS))
