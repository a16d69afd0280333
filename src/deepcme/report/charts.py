"""Which charts a report has, each drawn of its tables."""

from __future__ import annotations

import pandas as pd

from deepcme.report import figures, risk_figures
from deepcme.report.contents import Contents
from deepcme.report.null_figure import plot_nulls
from deepcme.report.publication_figures import make_publication_charts
from deepcme.report.styles import Chart

TOP_GENES = 30


def make_charts(contents: Contents) -> dict[str, Chart]:
    """Draw every chart whose tables there are, by name."""
    tables, headline = contents.tables, contents.headline
    charts: dict[str, Chart] = {}
    by_split = tables["auc_by_split"].drop(columns=["mean", "sd"])
    models = by_split["model"].tolist()
    long = by_split.melt("model", var_name="split", value_name="value")
    charts["auc_by_split"] = figures.plot_auc_by_split(long)
    charts["roc"] = figures.plot_roc(tables["roc"])
    if "comparison" in tables:
        charts["comparison"] = figures.plot_comparison(tables["comparison"])
    if "added_value" in tables:
        charts["added_value"] = figures.plot_comparison(tables["added_value"])
    if "calibration_curves" in tables:
        curves = tables["calibration_curves"]
        first = curves["model"] == headline
        charts["calibration"] = risk_figures.plot_calibration(
            pd.concat([curves[first], curves[~first]], ignore_index=True), models
        )
    if "decision_curve" in tables:
        charts["decision_curve"] = risk_figures.plot_decision_curve(
            tables["decision_curve"], models
        )
    if "prediction_stability" in tables:
        spread = tables["prediction_stability"]
        of_headline = spread[spread["model"] == headline]
        if of_headline["sd"].notna().any():
            charts["prediction_stability"] = risk_figures.plot_prediction_stability(of_headline)
    if "nulls" in tables and len(tables["nulls"]):
        charts["nulls"] = plot_nulls(tables["null_runs"], tables["nulls"])
    if "genes" in tables:
        charts["top_genes"] = figures.plot_top_genes(tables["genes"].head(TOP_GENES))
    if "history" in tables:
        history = tables["history"]
        first = history[history["model"] == history["model"].iloc[0]]
        charts["training_curves"] = figures.plot_training_curves(first)
    if "panel_curve" in tables:
        charts["panel_curve"] = figures.plot_panel_curve(tables["panel_curve"])
    return charts | make_publication_charts(contents)
