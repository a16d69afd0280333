"""How often the event happens by the horizon at each predicted risk."""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.survival.calibration_groups import (
    compute_calibration_groups_at_horizon,
)
from deepcme.evaluation.survival.tables.decisions import find_all_risks
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested

EVENTS_A_GROUP = 10
_MOST_GROUPS = 10


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
