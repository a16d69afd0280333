"""What may be said of the calibration of risks by a horizon: words by rule."""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.intervals import Estimate
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.miscalibration import (
    EVENTS_TO_JUDGE,
    accuse,
    find_faults,
    is_wide,
    list_numbers,
)
from deepcme.evaluation.survival.measured import OBSERVED_EXPECTED, SLOPE

_KIND = "bootstrap"


def describe_survival_calibration(
    performance: pd.DataFrame, model: str, until: str, *, refitted: bool, brief: bool = False
) -> str:
    """What O/E and slope show of a model's risks, of each cohort left out by itself.

    The rules are those of `deepcme.evaluation.probabilities.miscalibration`.

    Parameters
    ----------
    performance : DataFrame
        As `compute_survival_performance` gives it.
    model : str
    until : str
        The horizon in words, such as ``5 years``.
    refitted : bool
        Whether patients who test one fit train another.
    brief : bool
        For a verdict: numbers of faults alone, and their intervals without a name.

    Returns
    -------
    str
        Empty without rows of the model.
    """
    rows = performance[performance["model"] == model]
    if LEFT_OUT not in rows.columns:
        if rows.empty:
            return ""
        return _describe(rows, model, until, 2, refitted=refitted, brief=brief)
    n_intervals = 2 * rows[LEFT_OUT].nunique()
    return " ".join(
        f"{cohort}: "
        f"{_describe(of_cohort, model, until, n_intervals, refitted=False, brief=brief)}"
        for cohort, of_cohort in rows.groupby(LEFT_OUT, sort=False, observed=True)
    )


def _describe(
    rows: pd.DataFrame,
    model: str,
    until: str,
    n_intervals: int,
    *,
    refitted: bool,
    brief: bool,
) -> str:
    of_measure = rows.set_index("measure")
    ratio, slope = (
        Estimate(*of_measure.loc[measure.name, ["value", "ci_low", "ci_high", "n", "events"]])
        for measure in (OBSERVED_EXPECTED, SLOPE)
    )
    if pd.isna(ratio.value):
        why = str(of_measure.loc[OBSERVED_EXPECTED.name, "absent"])
        reason = f"{why[:1].lower()}{why[1:].rstrip('.')}"
        return f"Whether the risks of {model} are right cannot be told: {reason}."
    faults = find_faults(
        ratio, slope, n_intervals, refitted=refitted, kind="" if brief else _KIND
    )
    if faults:
        return accuse(model, faults)
    numbers = "" if brief else f" ({list_numbers(ratio, slope, _KIND)})"
    events = f"{ratio.events:.0f} events by {until}"
    if ratio.events < EVENTS_TO_JUDGE:
        return f"{events} are too few to tell whether the risks of {model} are right{numbers}."
    if is_wide(ratio, slope):
        wide = "The intervals are too wide to tell whether the risks of"
        return f"{wide} {model} are right{numbers}."
    return f"No miscalibration of {model} is shown, and {events} are enough to judge{numbers}."
