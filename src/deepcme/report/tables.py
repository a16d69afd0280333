"""Tables that the report shows, computed from a study's predictions and gene scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from deepcme.evaluation.metrics import compute_metrics

FALSE_POSITIVE_RATES = np.linspace(0, 1, 101)


def compute_auc_by_split(predictions: pd.DataFrame) -> pd.DataFrame:
    """Table 1 of the paper: test AUC of each model (rows) in each split, mean and sd."""
    metrics = compute_test_metrics(predictions, "auc")
    table = metrics.pivot_table(index="model", columns="split", values="value", sort=False)
    table = table.reindex(metrics["model"].drop_duplicates())
    mean, deviation = table.mean(axis=1), table.std(axis=1, ddof=1)
    table.columns = pd.Index([f"CV-{split}" for split in table.columns])
    return table.assign(mean=mean, sd=deviation).reset_index()


def compute_summary(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean and sd of test AUC and PR-AUC by model, beside the prevalence of the test parts."""
    rows = []
    auc, pr_auc = (compute_test_metrics(predictions, name) for name in ("auc", "pr_auc"))
    for model in auc["model"].drop_duplicates():
        of_auc, of_pr = auc[auc["model"] == model], pr_auc[pr_auc["model"] == model]
        rows.append(
            {
                "model": model,
                "splits": len(of_auc),
                "test_samples": of_auc["n"].mean(),
                "test_events": of_auc["events"].mean(),
                "auc": of_auc["value"].mean(),
                "auc_sd": of_auc["value"].std(ddof=1),
                "pr_auc": of_pr["value"].mean(),
                "pr_auc_sd": of_pr["value"].std(ddof=1),
                "prevalence": of_pr["events"].sum() / of_pr["n"].sum(),
            }
        )
    return pd.DataFrame(rows)


def compute_mean_roc(predictions: pd.DataFrame) -> pd.DataFrame:
    """ROC curve of each model, averaged over the splits at fixed false-positive rates.

    Vertical averaging (Fawcett 2006): sensitivity is averaged, the
    false-positive rate is given. Columns: model, false_positive_rate, sensitivity.
    """
    test = predictions[predictions["part"] == "test"]
    tables = []
    for model, of_model in test.groupby("model", sort=False):
        curves = []
        for _, rows in of_model.groupby("split"):
            false_positive, sensitivity, _ = roc_curve(rows["label"], rows["score"])
            # Of several sensitivities at one rate the curve's upper end counts.
            last = np.r_[np.diff(false_positive) > 0, True]
            curve = np.interp(FALSE_POSITIVE_RATES, false_positive[last], sensitivity[last])
            curves.append(curve)
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


def compute_top_genes(gene_scores: pd.DataFrame, most: int = 30) -> pd.DataFrame:
    """The genes of highest mean score, model by model (paper, figure 8)."""
    top = gene_scores[gene_scores["rank"] <= most].copy()
    symbol = top["symbol"].fillna("")
    top["gene_name"] = np.where(
        (symbol == "") | (symbol == top["gene"]), top["gene"], symbol + " (" + top["gene"] + ")"
    )
    return top


def compute_test_metrics(predictions: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric of every model on the test part of every split."""
    metrics = compute_metrics(predictions[predictions["part"] == "test"])
    return metrics[metrics["metric"] == metric]
