"""How much better one model orders patients in time than others do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from deepcme.base.errors import AbsentError
from deepcme.evaluation.comparison import compute_holm_correction
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, compute_two_sided_p_value
from deepcme.evaluation.predictions import FloatArray, select_model
from deepcme.evaluation.survival.measured import UNO, HorizonMeasure
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested
from deepcme.evaluation.survival.tables.within_parts import (
    RANKED,
    compute_widening,
    count_events,
    measure_model,
)

INTERVAL = "paired patient bootstrap, t, widened where test patients train other fits"
_NOTHING = ("difference", "ci_low", "ci_high", "p_value", "p_holm")


def compute_survival_differences(
    evaluation: Evaluation,
    model: str,
    baselines: Sequence[str],
    *,
    comparator: str | None = None,
    measures: Sequence[HorizonMeasure] = RANKED,
) -> pd.DataFrame:
    """C and AUC(t) of one model less those of each baseline, on the same patients and draws.

    The means are over the splits in which both models can be measured. Interval and p-value
    are of one Student's t: the standard error of the paired draws, widened for refitting by
    the larger factor of the two models, as between two studies (`compute_paired_difference`).

    Parameters
    ----------
    evaluation : Evaluation
    model : str
    baselines : sequence of str
    comparator : str, optional
        The baseline that was named before anything was fitted: its p-value alone may be read
        without a correction for the others.
    measures : sequence of HorizonMeasure

    Returns
    -------
    DataFrame
        A row for each baseline and measure: `model, baseline, comparator, measure, difference,
        ci_low, ci_high, interval, p_value, p_holm` (over the baselines), `n, events, n_splits,
        absent`; and `left_out` first.

    Raises
    ------
    AbsentError
        If there is no baseline.
    """
    if not baselines:
        raise AbsentError("There is no other model to compare with.")

    def compare(tested: Tested) -> pd.DataFrame:
        rows = [
            {
                "model": model,
                "baseline": baseline,
                "comparator": baseline == comparator,
                "measure": measure.name,
                **_compare(tested, model, baseline, measure),
            }
            for baseline in baselines
            for measure in measures
        ]
        table = pd.DataFrame(rows)
        for _, of_measure in table.groupby("measure"):
            p_values = of_measure["p_value"].dropna()
            table.loc[p_values.index, "p_holm"] = compute_holm_correction(p_values)
        return table

    return evaluation.tabulate(compare)


def compute_difference_to_study(
    evaluation: Evaluation, other: Evaluation, model: str
) -> pd.DataFrame:
    """Uno's C of one model in a study less that of the same model in another.

    Each mean is over the splits of its own study; interval and p-value are as in
    `compute_survival_differences`.

    Parameters
    ----------
    evaluation, other : Evaluation
        Of the same patients in the same draws, as `Evaluation.with_predictions` gives them;
        both studies tested all of them.
    model : str

    Returns
    -------
    DataFrame
        One row: `difference, ci_low, ci_high, interval, p_value, p_holm, n, events, n_splits,
        absent`; and `left_out` first, of each cohort one.
    """
    others = iter(other.tested)

    def compare(tested: Tested) -> pd.DataFrame:
        pair = [(tested, model), (next(others), model)]
        return pd.DataFrame([_difference(pair, UNO, in_common=False)])

    return evaluation.tabulate(compare)


def _compare(
    tested: Tested, model: str, baseline: str, measure: HorizonMeasure
) -> dict[str, Any]:
    return _difference([(tested, model), (tested, baseline)], measure, in_common=True)


def _difference(
    pair: Sequence[tuple[Tested, str]], measure: HorizonMeasure, *, in_common: bool
) -> dict[str, Any]:
    """Of the first less the second, over the splits in common or each over its own."""
    tested = pair[0][0]
    both = [(of, name, select_model(of.rows, name)) for of, name in pair]
    at = tested.patients.at
    found: dict[str, Any] = {
        **dict.fromkeys(_NOTHING[:3], np.nan),
        "interval": INTERVAL,
        **dict.fromkeys(_NOTHING[3:], np.nan),
        "n": both[0][2]["patient"].nunique(),
        "events": count_events(tested.patients.follow_up, tested.patients.tau, measure),
        "n_splits": 0,
    }
    if at is None:
        return {**found, "absent": tested.patients.absent}
    parts = [measure_model(of, name, rows, measure) for of, name, rows in both]
    splits = [of.estimable for of in parts]
    if in_common:
        splits = [splits[0].intersection(splits[1], sort=False)] * 2
    if any(own.empty for own in splits):
        absent = parts[0].absent or parts[1].absent or "no split tests both models"
        return {**found, "absent": absent}
    means = [of.mean(own) for of, own in zip(parts, splits, strict=True)]
    values = [float(of[0]) for of in means]
    error, freedom = _compute_error(both, values, means[0][1:] - means[1][1:])
    difference = values[0] - values[1]
    half_width = float(stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, freedom)) * error
    return {
        **found,
        "difference": difference,
        "ci_low": max(difference - half_width, -1.0),
        "ci_high": min(difference + half_width, 1.0),
        "p_value": (
            np.nan if np.isnan(error) else compute_two_sided_p_value(difference, error, freedom)
        ),
        "n_splits": len(splits[0]),
        "absent": parts[0].absent or parts[1].absent,
    }


def _compute_error(
    both: list[tuple[Tested, str, pd.DataFrame]],
    values: list[float],
    drawn: FloatArray,
) -> tuple[float, int]:
    """Standard error and its degrees of freedom; NaN where the data give none."""
    at = both[0][0].patients.require()
    n_rarer = min(at.n_cases, at.n_controls)
    if n_rarer < 2 or not drawn.size or np.isnan(drawn).all():
        return float("nan"), 1
    widenings = [
        compute_widening(tested, name, rows, value, at)
        for (tested, name, rows), value in zip(both, values, strict=True)
    ]
    inflation = max(of.inflation for of in widenings)
    k = max(min(of.n_rarer_in_part for of in widenings), 2.0)
    return float(np.sqrt(inflation * k / (k - 1)) * np.nanstd(drawn)), n_rarer - 1
