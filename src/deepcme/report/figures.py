"""Charts of the report's tables. Nothing is computed here; Altair only draws."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

# Okabe and Ito's palette tells models apart under every kind of colour blindness.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#8C6D31",
    "#7F7F7F",
)
DASHES = ([1, 0], [6, 2], [2, 2], [8, 3, 2, 3], [4, 4], [10, 2], [1, 3], [5, 1], [3, 1])

Chart = alt.Chart | alt.LayerChart


def _colour(models: list[str]) -> Any:
    return alt.Color(
        "model:N",
        title="Model",
        scale=alt.Scale(domain=models, range=list(PALETTE[: len(models)])),
    )


def plot_auc_by_split(metrics: pd.DataFrame) -> Chart:
    """Box plot with one point per split (paper, figure 5).

    Parameters
    ----------
    metrics : DataFrame
        Columns split, model, value: test AUCs.
    """
    models = metrics["model"].drop_duplicates().tolist()
    base = alt.Chart(metrics).encode(
        x=alt.X("model:N", sort=models, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title="Test AUC", scale=alt.Scale(zero=False, padding=10)),
    )
    boxes = base.mark_boxplot(size=34, opacity=0.35, outliers=False, median={"stroke": "#222"})
    boxes = boxes.encode(color=_colour(models).legend(None))
    points = base.mark_circle(size=36, opacity=0.9).encode(
        color=_colour(models).legend(None),
        xOffset=alt.XOffset("split:N", title=None),
        tooltip=["model:N", "split:N", alt.Tooltip("value:Q", title="AUC", format=".3f")],
    )
    chance = alt.Chart(pd.DataFrame({"auc": [0.5]})).mark_rule(strokeDash=[4, 4], color="#777")
    chart: alt.LayerChart = chance.encode(y="auc:Q") + boxes + points
    return chart.properties(width=560, height=300)


def plot_roc(curves: pd.DataFrame) -> Chart:
    """ROC curves by model (paper, figure 6).

    Parameters
    ----------
    curves : DataFrame
        Columns model, false_positive_rate, sensitivity.
    """
    models = curves["model"].drop_duplicates().tolist()
    lines = (
        alt.Chart(curves)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X(
                "false_positive_rate:Q",
                title="False-positive rate (1 - specificity)",
                scale=alt.Scale(domain=[0, 1]),
            ),
            y=alt.Y("sensitivity:Q", title="Sensitivity", scale=alt.Scale(domain=[0, 1])),
            color=_colour(models),
            strokeDash=alt.StrokeDash(
                "model:N", scale=alt.Scale(domain=models, range=list(DASHES[: len(models)]))
            ),
            order="false_positive_rate:Q",
            tooltip=[
                "model:N",
                alt.Tooltip("false_positive_rate:Q", format=".2f"),
                alt.Tooltip("sensitivity:Q", format=".2f"),
            ],
        )
    )
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
        .mark_line(strokeDash=[4, 4], color="#777", strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
    chart: alt.LayerChart = diagonal + lines
    return chart.properties(width=380, height=380)


def plot_top_genes(genes: pd.DataFrame) -> Chart:
    """Bars of the highest gene scores of one model (paper, figure 8).

    Parameters
    ----------
    genes : DataFrame
        Columns gene_name, score, top_share; highest score first.
    """
    order = genes["gene_name"].tolist()
    chart: alt.Chart = (
        alt.Chart(genes)
        .mark_bar(color=PALETTE[0])
        .encode(
            x=alt.X("score:Q", title="Gene score (mean over splits)"),
            y=alt.Y("gene_name:N", sort=order, title=None, axis=alt.Axis(labelLimit=260)),
            tooltip=[
                alt.Tooltip("gene_name:N", title="gene"),
                alt.Tooltip("score:Q", format=".3f"),
                alt.Tooltip("top_share:Q", title="share of splits in the top 30", format=".0%"),
            ],
        )
        .properties(width=440, height=alt.Step(15))
    )
    return chart


def plot_panel_curve(curve: pd.DataFrame) -> Chart:
    """AUC against the number of genes, beside random panels.

    Parameters
    ----------
    curve : DataFrame
        Columns ranker, panel, auc, ci_low, ci_high, random_auc, random_low, random_high, in the
        order of the panels' sizes.
    """
    rankers = curve["ranker"].drop_duplicates().tolist()
    panels = curve["panel"].drop_duplicates().tolist()
    x = alt.X("panel:N", sort=panels, title="Genes in the panel", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(zero=False, padding=10)
    colour = alt.Color(
        "ranker:N",
        title="Ranked by",
        scale=alt.Scale(domain=rankers, range=list(PALETTE[: len(rankers)])),
    )
    base = alt.Chart(curve).encode(x=x)
    at_random = base.transform_filter("isValid(datum.random_auc)")
    band = at_random.mark_area(color="#999", opacity=0.25).encode(
        y=alt.Y("random_low:Q", title="AUC on held-out patients", scale=scale),
        y2="random_high:Q",
    )
    middle = at_random.mark_line(color="#777", strokeDash=[4, 4]).encode(y="random_auc:Q")
    offset = alt.XOffset("ranker:N", sort=rankers)
    intervals = base.mark_rule(opacity=0.6).encode(
        y="ci_low:Q", y2="ci_high:Q", color=colour, xOffset=offset
    )
    points = base.mark_point(filled=True, size=50, opacity=1).encode(
        y="auc:Q",
        color=colour,
        xOffset=offset,
        tooltip=[
            "ranker:N",
            alt.Tooltip("panel:N", title="genes"),
            alt.Tooltip("auc:Q", title="AUC", format=".3f"),
            alt.Tooltip("random_auc:Q", title="AUC of random panels", format=".3f"),
        ],
    )
    chart: alt.LayerChart = band + middle + intervals + points
    return chart.properties(width=560, height=300)
