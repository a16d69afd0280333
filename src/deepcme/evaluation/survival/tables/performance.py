"""What the risks by the horizon are worth: measures of each patient's mean out-of-fold risk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import EVENT
from deepcme.evaluation.survival.at_horizon import compute_observed_risk
from deepcme.evaluation.survival.measured import (
    BRIER,
    OBSERVED_EXPECTED,
    SCALED_BRIER,
    SLOPE,
    HorizonMeasure,
)
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested, find_risks

OF_RISKS = (OBSERVED_EXPECTED, SLOPE, BRIER, SCALED_BRIER)
"""In the order of tables."""


def compute_survival_performance(evaluation: Evaluation) -> pd.DataFrame:
    """O/E, slope and Brier scores at the horizon of every model, each with its interval.

    A patient's risk is the mean of those of the fits that were not fitted on him: what a
    mean of fits is worth, not one fit. Intervals draw patients and their censoring anew and
    take the fitted models as they are.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    DataFrame
        A row for each model and measure (``observed_expected``, ``slope``, ``brier``,
        ``scaled_brier``): `model, measure, value, ci_low, ci_high, interval, observed` (the
        risk by the horizon, of Kaplan-Meier or Aalen-Johansen), `predicted` (the mean risk),
        `n, events` (by the horizon), `n_splits` (that give risks), `absent` (why there is no
        value); and `left_out` first.

    Raises
    ------
    AbsentError
        If there is no horizon.
    """
    evaluation.require_horizon()
    return evaluation.tabulate(_measure)


def _measure(tested: Tested) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"model": model, "measure": measure.name, **_estimate(tested, rows, measure)}
            for model, rows in tested.by_model()
            for measure in OF_RISKS
        ]
    )


def _estimate(tested: Tested, rows: pd.DataFrame, measure: HorizonMeasure) -> dict[str, Any]:
    follow_up = tested.patients.follow_up
    cases = (follow_up.events == EVENT) & (follow_up.times <= tested.patients.tau)
    found: dict[str, Any] = {
        **dict.fromkeys(("value", "ci_low", "ci_high"), np.nan),
        "interval": measure.kind.words,
        **dict.fromkeys(("observed", "predicted"), np.nan),
        "n": follow_up.n,
        "events": int(cases.sum()),
        "n_splits": 0,
    }
    try:
        positions, risks = find_risks(rows)
        at = tested.patients.require().rows(positions)
        found |= {
            "observed": float(compute_observed_risk(at)[0]),
            "predicted": float(risks.mean()),
            "n": at.follow_up.n,
            "events": at.n_cases,
            "n_splits": rows.loc[rows["probability"].notna(), "split"].nunique(),
        }
        estimate = measure.of(at, risks).interval()
    except AbsentError as absent:
        return {**found, "absent": str(absent)}
    ends = {"ci_low": estimate.ci_low, "ci_high": estimate.ci_high}
    return {**found, "value": estimate.value, **ends, "absent": ""}
