"""Measures over patients, each by its mean out-of-fold prediction, and those of chance.

Within a test part of 38 samples the PR-AUC of any model is inflated, and that of chance is
far above the prevalence: a mean over such parts estimates nothing. Over all
patients at once the inflation is small, and the level of chance is known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve

from deepcme.evaluation.bootstrap import PatientDraws, compute_logit_interval
from deepcme.evaluation.measures import PatientMeasure
from deepcme.evaluation.predictions import compute_by_cohort, compute_rank_shares, select_part

_DECIMALS = 12
_CURVE = ("model", "recall", "precision", "prevalence", "n", "events")
_MOST_RECALLS = 200
_COLUMNS = ("model", "part", "metric", "value", "chance", "n", "events")


def average_over_splits(test: pd.DataFrame) -> pd.DataFrame:
    """Mean out-of-fold prediction of each patient, on a scale that all fits share.

    Scores of different fits are not on one scale: of some models they are margins,
    of others probabilities, sharper in one split than in the next. So every score is
    replaced by its rank within its test part, (rank - 0.5) / size, and these are
    averaged over all splits that tested the patient and all of its samples. In a table
    with strata the rank is that within the stratum, so that without a signal in any of
    them it has nothing to do with the label, however their prevalences differ.

    Parameters
    ----------
    test : DataFrame
        Columns `split, patient, label, score`, of one model; perhaps `stratum`.

    Returns
    -------
    DataFrame
        One row for each patient: `patient, label, score`; a patient is positive if
        any of its samples is.
    """
    patients = test.assign(score=compute_rank_shares(test)).groupby("patient", observed=True)
    table = patients.agg(label=("label", "max"), score=("score", "mean")).reset_index()
    # Means that differ by rounding alone are ties.
    return table.assign(score=table["score"].round(_DECIMALS))


def compute_over_patients(
    measure: PatientMeasure, rows: pd.DataFrame, draws: PatientDraws
) -> dict[str, float]:
    """A measure of one model over patients, with its interval and that of chance.

    Parameters
    ----------
    measure : PatientMeasure
    rows : DataFrame
        Its test rows: `split, patient, label, score`.
    draws : PatientDraws
        Not stratified: the measure may depend on the prevalence.

    Returns
    -------
    dict
        Such as `pr_auc, pr_auc_ci_low, pr_auc_ci_high, pr_auc_chance`; the interval is that
        of `compute_logit_interval`, the patients' mean predictions being taken as they are.
    """
    patients = average_over_splits(rows)
    label, score = patients["label"].to_numpy(np.int64), patients["score"].to_numpy(np.float64)
    drawn = measure.weighted(label, score, draws.weights(patients["patient"]))
    value = measure.compute(label, score)
    ends = compute_logit_interval(value, drawn, draws.n_rarer_class)
    return measure.in_columns(value, ends, measure.chance(label, score))


def compute_metrics_over_patients(
    predictions: pd.DataFrame, measure: PatientMeasure
) -> pd.DataFrame:
    """A measure of every model over all tested patients.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`.
    measure : PatientMeasure

    Returns
    -------
    DataFrame
        Columns `model, part, metric, value, chance, n, events`, counting patients;
        and `left_out`, where every cohort left out is judged by itself. There is no
        row where all patients are of one class.

    Raises
    ------
    DeepCMEError
        If there is no test row.
    """
    test = select_part(predictions, "test")
    return compute_by_cohort(test, lambda rows: _of_models(rows, measure))


def compute_precision_recall(predictions: pd.DataFrame) -> pd.DataFrame:
    """Precision-recall curve of each model over all tested patients, by mean predictions.

    It is the curve of `average_over_splits`, of which the PR-AUC is the area: between two
    recalls the precision is that at the higher one, without interpolation (Davis and Goadrich
    2006).

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`.

    Returns
    -------
    DataFrame
        Columns `model, recall, precision, prevalence, n, events`, counting patients, the
        recalls ascending from 0; and `left_out`, where every cohort left out is judged by
        itself. Of more than 200 recalls as many are kept. A model whose patients are all of
        one class has no row.

    Raises
    ------
    DeepCMEError
        If there is no test row.
    """
    return compute_by_cohort(select_part(predictions, "test"), _curves_of_models)


def _curves_of_models(test: pd.DataFrame) -> pd.DataFrame:
    curves = [pd.DataFrame(columns=[*_CURVE])]
    for model, of_model in test.groupby("model", sort=False, observed=True):
        patients = average_over_splits(of_model)
        label = patients["label"]
        if label.nunique() < 2:
            continue
        precision, recall, _ = precision_recall_curve(label, patients["score"])
        # From the highest threshold down; one that adds no event leaves the steps as they are.
        precision, recall = precision[-2::-1], recall[-2::-1]
        first = np.flatnonzero(np.diff(recall, prepend=0.0) > 0)
        places = np.linspace(0, len(first) - 1, min(len(first), _MOST_RECALLS))
        kept = first[places.round().astype(int)]
        points = {
            "recall": np.r_[0.0, recall[kept]],
            "precision": np.r_[precision[kept[0]], precision[kept]],
        }
        counts = {"prevalence": label.mean(), "n": len(label), "events": int(label.sum())}
        curves.append(pd.DataFrame({"model": model, **points, **counts}))
    return pd.concat(curves[1:] or curves, ignore_index=True)


def _of_models(test: pd.DataFrame, measure: PatientMeasure) -> pd.DataFrame:
    rows = []
    for model, of_model in test.groupby("model", sort=False, observed=True):
        patients = average_over_splits(of_model)
        label, score = patients["label"], patients["score"]
        if label.nunique() < 2:
            continue
        value, chance = measure.compute(label, score), measure.chance(label, score)
        counts = len(patients), int(label.sum())
        rows.append((model, "test", measure.name, value, chance, *counts))
    return pd.DataFrame(rows, columns=list(_COLUMNS))
