"""Whether deciding by a model's risk does more good than treating all or none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.bootstrap import (
    DEFAULT_DRAWS,
    PatientDraws,
    compute_percentile_interval,
    draw_patients,
)
from deepcme.evaluation.predictions import (
    FloatArray,
    as_labels_and_probabilities,
    count_rows,
    select_part,
    select_probabilities,
)

TREAT_ALL = "treat all"
TREAT_NONE = "treat none"
DEFAULT_THRESHOLDS = np.arange(1, 100) / 100


def compute_decision_curve(
    predictions: pd.DataFrame,
    random: np.random.Generator,
    thresholds: ArrayLike = DEFAULT_THRESHOLDS,
    draws: int = DEFAULT_DRAWS,
) -> pd.DataFrame:
    """Net benefit [1]_ of every model, of treating all and of treating none.

    It is true positives minus false positives, the latter weighted by the odds of the
    threshold, per patient: at most the prevalence, and 0 for treating nobody. The test
    rows of all splits are pooled; intervals come from the patient bootstrap.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score, probability`;
        models without probabilities are left out.
    random : numpy.random.Generator
    thresholds : array
        Above 0 and below 1.
    draws : int

    Returns
    -------
    DataFrame
        `strategy` (a model, ``treat all`` or ``treat none``), `threshold,
        net_benefit, ci_low, ci_high, n, events, n_patients, n_splits`.

    Raises
    ------
    DeepCMEError
        If a column is missing, no model has probabilities, or a threshold is
        not between 0 and 1.

    References
    ----------
    .. [1] Vickers AJ, Elkin EB (2006). Decision curve analysis: a novel method for
       evaluating prediction models. Medical Decision Making 26:565-574.
    """
    at = _check_thresholds(thresholds)
    test = select_probabilities(select_part(predictions, "test"))
    patient_draws = draw_patients(test, draws, random, stratified=False)
    rows_of_all = test.drop_duplicates(["split", "sample"])
    strategies = {
        **{
            str(model): rows for model, rows in test.groupby("model", sort=False, observed=True)
        },
        TREAT_ALL: rows_of_all.assign(probability=1.0),
        TREAT_NONE: rows_of_all.assign(probability=0.0),
    }
    return pd.concat(
        [
            _curve_of_strategy(rows, at, patient_draws).assign(strategy=strategy)
            for strategy, rows in strategies.items()
        ],
        ignore_index=True,
    )[["strategy", "threshold", "net_benefit", "ci_low", "ci_high", *count_rows(test)]]


def _curve_of_strategy(
    rows: pd.DataFrame, thresholds: FloatArray, draws: PatientDraws
) -> pd.DataFrame:
    label, probability = as_labels_and_probabilities(rows["label"], rows["probability"])
    benefit = compute_benefits(label, probability, thresholds)
    drawn = draws.sum_rows(rows["patient"], np.column_stack([benefit, np.ones(label.size)]))
    ci_low, ci_high = compute_percentile_interval(drawn[:, :-1] / drawn[:, -1:])
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "net_benefit": benefit.mean(axis=0),
            "ci_low": ci_low,
            "ci_high": ci_high,
            **count_rows(rows),
        }
    )


def compute_benefits(
    label: ArrayLike, probability: FloatArray, thresholds: FloatArray
) -> FloatArray:
    """What each row adds to the net benefit at each threshold (rows x thresholds)."""
    treated = probability[:, np.newaxis] >= thresholds
    odds = thresholds / (1 - thresholds)
    positive = (np.asarray(label) == 1)[:, np.newaxis]
    return np.where(treated, np.where(positive, 1.0, -odds), 0.0)


def _check_thresholds(thresholds: ArrayLike) -> FloatArray:
    at = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    if not ((at > 0) & (at < 1)).all():
        raise DeepCMEError("Thresholds of risk must lie above 0 and below 1.")
    return at
