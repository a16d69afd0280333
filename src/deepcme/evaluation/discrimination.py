"""How well the models of a study tell positive from negative test patients."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.bootstrap import (
    DEFAULT_DRAWS,
    PatientDraws,
    compute_logit_interval,
    draw_patients,
)
from deepcme.evaluation.measures import (
    AUC,
    PatientMeasure,
    SplitMeasure,
    measures_beside_auc,
)
from deepcme.evaluation.over_patients import compute_over_patients
from deepcme.evaluation.over_splits import (
    compute_mean_draws,
    compute_metrics,
    compute_monte_carlo_error,
)
from deepcme.evaluation.predictions import (
    STRATUM,
    compute_by_cohort,
    count_rows,
    select_part,
)
from deepcme.evaluation.refitting import (
    compute_refit_inflation,
    count_rarer_in_part,
    select_training_rows,
)

MEASURED_COVERAGE = (0.95, 0.98)
"""Lowest and highest share of simulated studies of a kind whose AUC interval held the truth."""


def compute_discrimination(
    predictions: pd.DataFrame,
    random: np.random.Generator,
    draws: int = DEFAULT_DRAWS,
    refitted: Collection[str] = (),
) -> pd.DataFrame:
    """Mean within-split test AUC of every model, and its PR-AUC over patients, with intervals.

    Every draw of patients recomputes the AUC of every split and their mean
    [1]_; `compute_logit_interval` makes the interval. Draws are stratified by
    label for the AUC and not for the PR-AUC, which depends on the prevalence and is
    that of the patients' mean out-of-fold predictions (`compute_patient_pr_auc`).
    The draws take the fitted models as they are; that patients who train one split
    test another widens the interval of the AUC by `compute_refit_inflation`, so that it
    covers the mean true AUC of the fitted models: what one fit on a training part of this
    size gives, on average over the splits. How often it does was simulated:
    `MEASURED_COVERAGE` and the page "Validation of the statistics".

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`. With a column
        `left_out` every cohort that it names is judged by itself; with a column `stratum`
        patients are ranked within it (`compute_auc_within`). Without training rows, whom a
        split does not test is taken to have trained its model.
    random : numpy.random.Generator
        All models share the same draws.
    draws : int
        Number of bootstrap draws.
    refitted : collection of str
        Models that are fitted on the validation part as well.

    Returns
    -------
    DataFrame
        One row for each model, and for each cohort `left_out`: `model, auc, ci_low,
        ci_high, sd` (of the AUC over splits), `monte_carlo_error` (of the mean, from the
        draws of the splits, as in `compute_monte_carlo_error`), `pr_auc, pr_auc_ci_low,
        pr_auc_ci_high, pr_auc_chance, prevalence, n, events, n_patients, n_splits`; with
        strata also `pooled_auc, pooled_ci_low, pooled_ci_high`, of ranks across them. `n`
        and `events` count samples tested at least once; `pr_auc_chance` is the PR-AUC
        to expect of a model without discrimination.

    Raises
    ------
    DeepCMEError
        If a column is missing, there is no test row, or a split has one class only.

    References
    ----------
    .. [1] Jiang W, Varma S, Simon R (2008). Calculating confidence intervals for
       prediction error in microarray classification using resampling.
       Statistical Applications in Genetics and Molecular Biology 7:8.
    """
    tested = select_part(predictions, "test")
    training = select_training_rows(predictions, refitted)[["model", "split", "patient"]]
    return compute_by_cohort(
        tested, lambda test: _discrimination_of_test(test, training, random, draws)
    )


def _discrimination_of_test(
    test: pd.DataFrame, training: pd.DataFrame, random: np.random.Generator, draws: int
) -> pd.DataFrame:
    stratified = draw_patients(test, draws, random, stratified=True)
    unstratified = draw_patients(test, draws, random, stratified=False)
    return pd.DataFrame(
        [
            {
                "model": model,
                **_discrimination_of_model(
                    rows, training[training["model"] == model], stratified, unstratified
                ),
            }
            for model, rows in test.groupby("model", sort=False, observed=True)
        ]
    )


def _discrimination_of_model(
    rows: pd.DataFrame,
    training: pd.DataFrame,
    stratified: PatientDraws,
    unstratified: PatientDraws,
) -> dict[str, Any]:
    auc = compute_metrics(rows).set_index("split")["value"]
    inflation = compute_refit_inflation(rows, training, auc.mean())
    ci_low, ci_high = compute_split_interval(AUC, auc.mean(), rows, stratified, inflation)
    beside: dict[str, float] = {}
    for measure in measures_beside_auc():
        if isinstance(measure, PatientMeasure):
            beside |= compute_over_patients(measure, rows, unstratified)
        else:
            value = float(compute_metrics(rows, measure)["value"].mean())
            ends = compute_split_interval(measure, value, rows, stratified, inflation)
            beside |= measure.in_columns(value, ends, measure.chance)
    return {
        "auc": auc.mean(),
        "ci_low": ci_low,
        "ci_high": ci_high,
        "sd": auc.std(),
        "monte_carlo_error": compute_monte_carlo_error(rows, auc),
        **_pooled_auc(rows, training, stratified),
        **beside,
        "prevalence": rows.groupby("split", observed=True)["label"].mean().mean(),
        **count_rows(rows),
    }


def _pooled_auc(
    rows: pd.DataFrame, training: pd.DataFrame, stratified: PatientDraws
) -> dict[str, float]:
    """The AUC that ranks patients across strata, of a table that has any."""
    if STRATUM not in rows.columns:
        return {}
    rows = rows.drop(columns=STRATUM)
    auc = float(compute_metrics(rows)["value"].mean())
    ci_low, ci_high = compute_auc_interval(rows, training, auc, stratified)
    return {"pooled_auc": auc, "pooled_ci_low": ci_low, "pooled_ci_high": ci_high}


def compute_auc_interval(
    test: pd.DataFrame, training: pd.DataFrame, auc: float, draws: PatientDraws
) -> tuple[float, float]:
    """95% interval of a mean within-split test AUC, widened for refitting.

    Parameters
    ----------
    test : DataFrame
        Test rows of one model: `split, sample, patient, label, score`; perhaps `stratum`.
    training : DataFrame
        The rows that its models were fitted on, as `compute_refit_inflation` takes them.
    auc : float
        The mean.
    draws : PatientDraws
        Stratified by label.
    """
    inflation = compute_refit_inflation(test, training, auc)
    return compute_split_interval(AUC, auc, test, draws, inflation)


def compute_split_interval(
    measure: SplitMeasure,
    value: float,
    test: pd.DataFrame,
    draws: PatientDraws,
    inflation: float,
) -> tuple[float, float]:
    """95% interval of a mean within-split measure, its variance taken `inflation` times."""
    return compute_logit_interval(
        value,
        compute_mean_draws(test, draws, measure),
        draws.n_rarer_class,
        n_rarer_in_part=count_rarer_in_part(test),
        inflation=inflation,
    )
