"""Tables that the report shows, computed from a study's predictions and gene scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from deepcme.errors import DeepCMEError
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import LEFT_OUT, STRATUM
from deepcme.flow import read_flow

NET_BENEFIT_THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.5)
FALSE_POSITIVE_RATES = np.linspace(0, 1, 101)


def compute_patient_flow(cohort: Mapping[str, Any]) -> pd.DataFrame:
    """Who was read, joined, labelled, left out for what reason, and analysed.

    Parameters
    ----------
    cohort : mapping
        The cohort in numbers and words, as a study's folder holds it.

    Returns
    -------
    DataFrame
        Columns step, samples, patients, events, left_out; events are the positive
        samples, missing before the samples are labelled.

    Raises
    ------
    DeepCMEError
        If the flow was not counted when the cohort was made.
    """
    steps = read_flow(cohort.get("flow", []))
    if not steps:
        raise DeepCMEError(
            "The cohort's file does not say who was read and left out: prepare it again."
        )
    counts = [
        (s.step, s.samples, s.patients, s.positives, s.describe_left_out()) for s in steps
    ]
    analysed = ("analysed", cohort["samples"], cohort["patients"], cohort["positives"], "")
    table = pd.DataFrame(
        [*counts, analysed], columns=["step", "samples", "patients", "events", "left_out"]
    )
    return table.astype({"events": "Int64"})


def compute_auc_by_split(predictions: pd.DataFrame) -> pd.DataFrame:
    """Table 1 of the paper: test AUC of each model (rows) in each split, mean and sd.

    Splits are named CV-1, CV-2, ..., or by the cohort that was left out.
    """
    metrics = compute_metrics(predictions[predictions["part"] == "test"])
    table = metrics.pivot_table(index="model", columns="split", values="value", sort=False)
    table = table.reindex(metrics["model"].drop_duplicates())
    mean, deviation = table.mean(axis=1), table.std(axis=1, ddof=1)
    table.columns = pd.Index(_name_splits(predictions).loc[table.columns])
    return table.assign(mean=mean, sd=deviation).reset_index()


def _name_splits(predictions: pd.DataFrame) -> pd.Series[str]:
    """Name of each split, by its number."""
    splits = predictions.drop_duplicates("split").set_index("split").sort_index()
    if LEFT_OUT not in splits.columns:
        return pd.Series([f"CV-{number}" for number in splits.index], index=splits.index)
    draw = splits.groupby(LEFT_OUT).cumcount() + 1
    return splits[LEFT_OUT] + " (" + draw.astype(str) + ")"


def compute_mean_roc(predictions: pd.DataFrame) -> pd.DataFrame:
    """ROC curve of each model, averaged over the splits at fixed false-positive rates.

    Vertical averaging (Fawcett 2006): sensitivity is averaged, the
    false-positive rate is given. Within strata, where there are any, the curve is their mean
    weighted by positives, as their AUC is (Janes and Pepe 2009). Columns: model,
    false_positive_rate, sensitivity.
    """
    test = predictions[predictions["part"] == "test"]
    tables = []
    for model, of_model in test.groupby("model", sort=False):
        curves = []
        for _, rows in of_model.groupby("split"):
            strata = [of for _, of in rows.groupby(STRATUM)] if STRATUM in rows else [rows]
            both = [stratum for stratum in strata if stratum["label"].nunique() == 2]
            cases = [stratum["label"].sum() for stratum in both]
            if both:
                curves.append(np.average([*map(_roc, both)], axis=0, weights=cases))
        tables.append(
            pd.DataFrame(
                {
                    "model": model,
                    "false_positive_rate": np.r_[0.0, FALSE_POSITIVE_RATES],
                    "sensitivity": np.r_[0.0, np.mean(curves, axis=0)],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _roc(rows: pd.DataFrame) -> np.ndarray:
    """Sensitivity at the fixed false-positive rates."""
    false_positive, sensitivity, _ = roc_curve(rows["label"], rows["score"])
    # Of several sensitivities at one rate the curve's upper end counts.
    last = np.r_[np.diff(false_positive) > 0, True]
    curve: np.ndarray = np.interp(FALSE_POSITIVE_RATES, false_positive[last], sensitivity[last])
    return curve


def name_genes(gene_scores: pd.DataFrame) -> pd.DataFrame:
    """Add `gene_name`, the symbol with the id where both are known and differ."""
    symbol = gene_scores["symbol"].fillna("").astype(str)
    gene = gene_scores["gene"].astype(str)
    alone = (symbol == "") | (symbol == gene)
    return gene_scores.assign(gene_name=np.where(alone, gene, symbol + " (" + gene + ")"))


def compute_training_curves(history: pd.DataFrame) -> pd.DataFrame:
    """Mean losses and validation AUC over the splits, by model and epoch.

    Columns: model, epoch, train_loss, valid_loss, valid_auc, splits; an epoch
    that early stopping left to some splits averages those.

    Raises
    ------
    DeepCMEError
        If no network was trained.
    """
    if history.empty:
        raise DeepCMEError("No model of this study is trained in epochs.")
    return history.groupby(["model", "epoch"], as_index=False, sort=False).agg(
        train_loss=("train_loss", "mean"),
        valid_loss=("valid_loss", "mean"),
        valid_auc=("valid_auc", "mean"),
        splits=("split", "size"),
    )


def compute_net_benefit_table(curve: pd.DataFrame) -> pd.DataFrame:
    """Net benefit at a few thresholds of risk, as rows of a table side by side.

    Parameters
    ----------
    curve : DataFrame
        As `compute_decision_curve` gives it.

    Returns
    -------
    DataFrame
        Columns model, metric (such as ``at 0.20``), threshold, value, ci_low, ci_high,
        n, events, n_patients, n_splits; `model` is also treating all or none.
    """
    nearest = np.isclose(curve["threshold"].to_numpy()[:, None], NET_BENEFIT_THRESHOLDS)
    rows = curve[nearest.any(axis=1)].rename(
        columns={"strategy": "model", "net_benefit": "value"}
    )
    rows.insert(1, "metric", "at " + rows["threshold"].map("{:.2f}".format))
    table: pd.DataFrame = rows.reset_index(drop=True)
    return table
