"""How the models of a study of times do in each cohort that was left out, to be pooled."""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.groups.cohorts_left_out import compute_pooled_error, compute_t_quantile
from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import OBSERVED_EXPECTED, SLOPE
from deepcme.evaluation.survival.tables.evaluated import EvaluatedPatients, Evaluation
from deepcme.evaluation.survival.tables.within_parts import RANKED

_COLUMNS = [
    "model", "measure", LEFT_OUT, "value", "ci_low", "ci_high", "standard_error", "n", "events",
    "interval",
]  # fmt: skip


def compute_survival_cohort_estimates(
    evaluation: Evaluation, discrimination: pd.DataFrame, performance: pd.DataFrame | None
) -> pd.DataFrame:
    """C, AUC(t), O/E and slope of every model in every cohort that was left out.

    Each is that of the study's tables, and its standard error what its interval stands for
    [1]_: C and AUC(t) on the logit scale, O/E on that of the logarithm, both by the quantile
    of Student's t that made the interval; the slope by half the width of its percentile
    interval and the normal quantile. The models are taken as they are.

    Parameters
    ----------
    evaluation : Evaluation
    discrimination : DataFrame
        As `compute_survival_discrimination` gives it.
    performance : DataFrame or None
        As `compute_survival_performance` gives it; None without a horizon.

    Returns
    -------
    DataFrame
        `model, measure, left_out, value, ci_low, ci_high, standard_error, n, events,
        interval`, as `compute_cohort_estimates` gives them; without a value or an interval
        there is no standard error.

    Raises
    ------
    AbsentError
        If no cohort was left out.

    References
    ----------
    .. [1] Debray TPA et al. (2019). A framework for meta-analysis of prediction model studies
       with binary and time-to-event outcomes. Statistical Methods in Medical Research
       28:2768-2786.
    """
    if LEFT_OUT not in discrimination.columns:
        raise AbsentError("No cohort was left out, so there are none to pool.")
    tables = [discrimination] if performance is None else [discrimination, performance]
    pooled = {measure.name for measure in (*RANKED, OBSERVED_EXPECTED, SLOPE)}
    rows = pd.concat(tables, ignore_index=True)
    order = {name: place for place, name in enumerate(rows["model"].unique())}
    rows = rows[rows["measure"].isin(pooled)]
    rows = rows.sort_values("model", key=lambda of: of.map(order), kind="stable")
    rarer = {patients.cohort: _count_rarer(patients) for patients in evaluation.patients}
    errors = [
        compute_pooled_error(
            row["measure"],
            (row["ci_low"], row["ci_high"]),
            NORMAL_QUANTILE
            if row["measure"] == SLOPE.name
            else compute_t_quantile(rarer[row[LEFT_OUT]]),
        )
        for row in rows.to_dict("records")
    ]
    return rows.assign(standard_error=errors)[_COLUMNS].reset_index(drop=True)


def _count_rarer(patients: EvaluatedPatients) -> int:
    """Patients with the event in time, or those known to be without it, if these are fewer."""
    return 0 if patients.at is None else min(patients.at.n_cases, patients.at.n_controls)
