"""How well the models of a study order test patients by the time of their event."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.over_splits import compute_monte_carlo_error
from deepcme.evaluation.survival.concordance import ComparablePairs, count_comparable_pairs
from deepcme.evaluation.survival.measured import UNO, HorizonMeasure
from deepcme.evaluation.survival.tables.evaluated import Evaluation, Tested
from deepcme.evaluation.survival.tables.within_parts import (
    RANKED,
    compute_mean_interval,
    count_events,
    measure_model,
)

INTERVAL = (
    "patient bootstrap, t on the logit scale, widened where test patients train other fits"
)


def compute_survival_discrimination(
    evaluation: Evaluation, measures: Sequence[HorizonMeasure] = RANKED
) -> pd.DataFrame:
    """Uno's C, Harrell's C and AUC(t) of every model, means over the test parts.

    Each is taken within a test part, where scores are those of one fit, and averaged over
    the splits in which it can be estimated. In every draw of patients the censoring
    distribution, of all evaluated patients, is estimated anew, and with it every part's
    value. The interval is that of the binary AUC (`compute_logit_interval`): the standard
    error of the draws, which take the fitted models as they are, widened for refitting by
    `compute_refit_inflation` and for the few events of a part.

    Parameters
    ----------
    evaluation : Evaluation
    measures : sequence of HorizonMeasure

    Returns
    -------
    DataFrame
        A row for each model and measure (``uno_c``, ``harrell_c``, ``auc``): `model, measure,
        value, ci_low, ci_high, interval, sd` (over splits), `monte_carlo_error, tau,
        pairs_used, pairs_dropped` (comparable pairs up to tau and after, of all patients; of
        Uno's C), `n, events` (up to tau; of Harrell's C all), `n_splits` (that it is the mean
        of), `n_not_estimable, absent` (why there is no value, or why not in some splits);
        and `left_out` first.
    """
    return evaluation.tabulate(partial(_discriminate, measures))


def _discriminate(measures: Sequence[HorizonMeasure], tested: Tested) -> pd.DataFrame:
    follow_up = tested.patients.follow_up
    pairs = count_comparable_pairs(follow_up, tested.patients.tau)
    return pd.DataFrame(
        [
            {"model": model, **_describe(tested, model, rows, measure, pairs)}
            for model, rows in tested.by_model()
            for measure in measures
        ]
    )


def _describe(
    tested: Tested,
    model: str,
    rows: pd.DataFrame,
    measure: HorizonMeasure,
    pairs: ComparablePairs,
) -> dict[str, Any]:
    follow_up, tau = tested.patients.follow_up, tested.patients.tau
    has_tau = measure is UNO
    return {
        "measure": measure.name,
        **_estimate(tested, model, rows, measure),
        "tau": tau,
        "pairs_used": pairs.used if has_tau else np.nan,
        "pairs_dropped": pairs.dropped if has_tau else np.nan,
        "n": rows["patient"].nunique(),
        "events": count_events(follow_up, tau, measure),
    }


def _estimate(
    tested: Tested, model: str, rows: pd.DataFrame, measure: HorizonMeasure
) -> dict[str, Any]:
    n_splits = rows["split"].nunique()
    nothing = dict.fromkeys(("value", "ci_low", "ci_high", "sd", "monte_carlo_error"), np.nan)
    found = {**nothing, "interval": INTERVAL, "n_splits": 0, "n_not_estimable": n_splits}
    at = tested.patients.at
    if at is None:
        return {**found, "absent": tested.patients.absent}
    parts = measure_model(tested, model, rows, measure)
    splits = parts.estimable
    if splits.empty:
        return {**found, "absent": parts.absent}
    means = parts.mean(splits)
    ends = compute_mean_interval(tested, model, rows, means, at)
    of_splits = parts.of_splits[splits]
    return {
        **found,
        "value": means[0],
        "ci_low": ends[0],
        "ci_high": ends[1],
        "sd": of_splits.std(),
        "monte_carlo_error": compute_monte_carlo_error(rows, of_splits),
        "n_splits": len(splits),
        "n_not_estimable": n_splits - len(splits),
        "absent": parts.absent,
    }
