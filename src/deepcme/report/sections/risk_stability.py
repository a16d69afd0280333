"""How much a patient's predicted risk changes from split to split."""

from __future__ import annotations

from deepcme.evaluation.stability.risk_stability import (
    compute_instability,
    compute_prediction_stability,
)
from deepcme.report.blocks import Blocks, Figure, Subheading, Text
from deepcme.report.figures.risk import plot_prediction_stability
from deepcme.report.formatting import N_AND_EVENTS, TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.report.section import Contents, Section

_INSTABILITY = TableLayout(
    "How much one sample's predicted risk changes from split to split: the within-patient "
    "standard deviation.",
    ("model", "Model", ""), Estimate("within_sd", "Within-patient sd of risk"), *N_AND_EVENTS,
    note="Root of the mean variance (Bland and Altman 1996), which few splits do not make too "
    "small. 95% intervals: bootstrap of patients, percentile.",
)  # fmt: skip


def _compute(contents: Contents) -> None:
    predictions, random = contents.results.trained, contents.random("stability")
    contents.add(
        "prediction_stability",
        lambda: compute_prediction_stability(predictions).sort_values(
            ["model", "mean"], kind="stable", ignore_index=True
        ),
    )
    contents.add("instability", lambda: compute_instability(predictions, random), _INSTABILITY)
    if "prediction_stability" in contents.tables:
        spread = contents.tables["prediction_stability"]
        of_headline = spread[spread["model"] == contents.headline]
        if of_headline["sd"].notna().any():
            chart = plot_prediction_stability(of_headline)
            contents.charts["prediction_stability"] = chart


def _write(contents: Contents) -> Blocks:
    is_told = "instability" in contents.tables
    if not is_told and "prediction_stability" not in contents.charts:
        return []
    return [
        Subheading("Stability of the predictions"),
        Figure(
            "prediction_stability",
            "Predicted risk of each sample over the splits",
            f"Test risk of each sample by {contents.headline}: mean, lowest and highest over "
            "the splits that tested it, by mean risk; more splits have wider ranges. "
            "All models are in tables/prediction_stability.csv.",
        ),
        contents.show("instability", contents.in_order(contents.tables["instability"]))
        if is_told
        else Text(contents.notes["instability"], only="html"),
    ]


SECTION = Section(_write, _compute)
