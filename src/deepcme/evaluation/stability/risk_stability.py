"""How far the risk given to one patient depends on which patients trained the model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.bootstrap import (
    DEFAULT_DRAWS,
    compute_percentile_interval,
    draw_patients,
)
from deepcme.evaluation.predictions import count_rows, select_part, select_probabilities


def compute_prediction_stability(predictions: pd.DataFrame) -> pd.DataFrame:
    """Spread of the test risks that each sample was given over the splits.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score, probability`;
        models without probabilities are left out.

    Returns
    -------
    DataFrame
        One row for each model and sample: `model, patient, sample, label, mean,
        sd, low, high, n_splits`; `low` and `high` are the extremes, `sd` is NaN
        for a sample that was tested once.

    Raises
    ------
    DeepCMEError
        If a column is missing, no model has probabilities, or one has them only
        for some rows.
    """
    test = select_probabilities(select_part(predictions, "test"))
    by_sample = test.groupby(["model", "patient", "sample", "label"], sort=False, observed=True)
    return (
        by_sample["probability"]
        .agg(mean="mean", sd="std", low="min", high="max", n_splits="count")
        .reset_index()
    )


def compute_instability(
    predictions: pd.DataFrame, random: np.random.Generator, draws: int = DEFAULT_DRAWS
) -> pd.DataFrame:
    """Within-patient standard deviation of the risk over the splits [1]_.

    The root of the mean, over samples, of the variance of a sample's risks. A variance of
    n - 1 is right on average for any number of risks; a mean of standard deviations would
    not be: of two normal risks each the expected one is 0.798 of the true one. Only samples
    tested at least twice have a variance. The interval is the percentile interval of a
    bootstrap of patients: it is about who is in the cohort, for splits drawn like these.

    Parameters
    ----------
    predictions : DataFrame
        As in `compute_prediction_stability`.
    random : numpy.random.Generator
    draws : int

    Returns
    -------
    DataFrame
        One row for each model: `model, within_sd, ci_low, ci_high, n, events,
        n_patients, n_splits`; the counts are of the samples used, `n_splits`
        the largest number of risks that one sample has.

    Raises
    ------
    DeepCMEError
        As in `compute_prediction_stability`, and if no sample was tested twice
        or those that were are all of one class.

    References
    ----------
    .. [1] Bland JM, Altman DG (1996). Measurement error. BMJ 313:744.
    """
    spread = compute_prediction_stability(predictions).dropna(subset="sd")
    if spread.empty:
        raise AbsentError("No sample was tested in two splits: its risk has no spread.")
    patient_draws = draw_patients(spread, draws, random, stratified=False)
    table = []
    for model, rows in spread.groupby("model", sort=False, observed=True):
        variance = rows["sd"].to_numpy() ** 2
        terms = np.column_stack([variance, np.ones(len(rows))])
        drawn = patient_draws.sum_rows(rows["patient"], terms)
        ci_low, ci_high = compute_percentile_interval(np.sqrt(drawn[:, 0] / drawn[:, 1]))
        counts = count_rows(rows.assign(split=rows["n_splits"]))
        table.append(
            {
                "model": model,
                "within_sd": np.sqrt(variance.mean()),
                "ci_low": ci_low,
                "ci_high": ci_high,
                **counts,
                "n_splits": int(rows["n_splits"].max()),
            }
        )
    return pd.DataFrame(table)
