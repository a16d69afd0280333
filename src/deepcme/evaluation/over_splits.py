"""Measures within each test part, and within strata where a table names them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.evaluation.bootstrap import (
    PatientDraws,
    WeightedStatistic,
    divide,
)
from deepcme.evaluation.measures import AUC, SplitMeasure
from deepcme.evaluation.metrics import compute_within_strata
from deepcme.evaluation.predictions import STRATUM, FloatArray, check_predictions


def compute_metrics(predictions: pd.DataFrame, measure: SplitMeasure = AUC) -> pd.DataFrame:
    """A measure, by default the AUC, of every split, model and part.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`; with a column
        `stratum` it is taken within strata (`compute_within_strata`).
    measure : SplitMeasure

    Returns
    -------
    DataFrame
        Columns `split, model, part, metric, value, n, events`; `metric` is the measure's
        name, `n` counts samples and `events` the positive ones. PR-AUCs of such small parts
        mislead: `compute_metrics_over_patients` takes all patients at once.

    Raises
    ------
    DeepCMEError
        If a column is missing or a part holds only one class.
    """
    check_predictions(predictions)
    keys = ["split", "model", "part"]
    rows = [
        (*key, measure.name, _value_of(group, measure), len(group), int(group["label"].sum()))
        for key, group in predictions.groupby(keys, sort=False, observed=True)
    ]
    return pd.DataFrame(rows, columns=[*keys, "metric", "value", "n", "events"])


def _value_of(rows: pd.DataFrame, measure: SplitMeasure) -> float:
    label, score = rows["label"], rows["score"]
    if STRATUM in rows.columns:
        return compute_within_strata(measure.compute, label, score, rows[STRATUM])
    return measure.compute(label, score)


def compute_mean_draws(
    rows: pd.DataFrame, draws: PatientDraws, measure: SplitMeasure = AUC
) -> FloatArray:
    """Mean over splits of a measure in every draw, within strata where the rows name them.

    A split whose test patients lack a class in a draw is left out of that draw's mean, and
    so is a stratum; a draw without any usable split is NaN.

    Parameters
    ----------
    rows : DataFrame
        Columns `split, patient, label, score`, of one model; perhaps `stratum`.
    draws : PatientDraws
    measure : SplitMeasure
    """
    of_split = _draws_within_strata if STRATUM in rows.columns else _draws_of_rows
    values = np.stack(
        [
            of_split(split, draws, measure.weighted)
            for _, split in rows.groupby("split", observed=True)
        ]
    )
    usable = ~np.isnan(values)
    return divide(np.where(usable, values, 0).sum(axis=0), usable.sum(axis=0).astype(float))


def _draws_of_rows(
    rows: pd.DataFrame, draws: PatientDraws, weighted: WeightedStatistic
) -> FloatArray:
    label, score = rows["label"].to_numpy(np.int64), rows["score"].to_numpy(np.float64)
    return weighted(label, score, draws.weights(rows["patient"]))


def _draws_within_strata(
    split: pd.DataFrame, draws: PatientDraws, weighted: WeightedStatistic
) -> FloatArray:
    total, cases = np.zeros(len(draws.counts)), np.zeros(len(draws.counts))
    for _, rows in split.groupby(STRATUM, observed=True):
        value = _draws_of_rows(rows, draws, weighted)
        of_stratum = draws.weights(rows["patient"])[:, (rows["label"] == 1).to_numpy()].sum(
            axis=1
        )
        usable = ~np.isnan(value)
        total += np.where(usable, value * of_stratum, 0)
        cases += np.where(usable, of_stratum, 0)
    return divide(total, cases)


def compute_monte_carlo_error(rows: pd.DataFrame, value_of_split: pd.Series[float]) -> float:
    """Standard error that the draws of the test parts leave in a mean over them [1]_.

    The deviation of the repeats' means over the root of their number: how far the mean
    would move if the same patients were divided anew. It says nothing of other patients.

    Parameters
    ----------
    rows : DataFrame
        Test rows of one model, columns `split` and `sample`. Folds are known by their
        samples: those that divide all samples between them are one repeat. Of any other
        design each split is a repeat of its own.
    value_of_split : Series
        A value for each split, by its number.

    Returns
    -------
    float
        NaN where there is one repeat only.

    References
    ----------
    .. [1] Koehler E, Brown E, Haneuse S (2009). On the assessment of Monte Carlo error
       in simulation-based statistical analyses. The American Statistician 63:155-162.
    """
    means = value_of_split.groupby(_repeat_of_split(rows)).mean()
    return float(means.std(ddof=1) / np.sqrt(len(means)))


def _repeat_of_split(rows: pd.DataFrame) -> pd.Series[int]:
    """Number of each split's repeat, by the split's number."""
    tested_before = rows.sort_values("split", kind="stable").groupby("sample").cumcount()
    earlier = tested_before.groupby(rows["split"]).agg(["min", "max"])
    divides_all = rows["sample"].value_counts().nunique() == 1
    if divides_all and (earlier["min"] == earlier["max"]).all():
        return earlier["min"]
    return pd.Series(earlier.index, index=earlier.index)
