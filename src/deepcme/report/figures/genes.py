"""Charts of the genes of highest score. Nothing is computed here; Altair only draws."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from deepcme.report.figures.styles import (
    BAND,
    DIVERGING,
    INK,
    NEUTRAL,
    OTHER,
    PALETTE,
    PAPER,
    Chart,
)
from deepcme.study.genes.heat_map import CENSORED, HAD_EVENT, NO_EVENT, RULED_OUT
from deepcme.study.genes.scores import HIGHER, LOWER, UNCLEAR

_BLUE, _VERMILION = PALETTE[0], PALETTE[1]
DIRECTIONS = {
    HIGHER: ("higher at high risk", _VERMILION),
    LOWER: ("lower", _BLUE),
    UNCLEAR: ("unclear", OTHER),
}
"""Words and colour of how a gene is expressed where the model sees a higher risk."""
_OUTCOMES = {
    NO_EVENT: BAND,
    CENSORED: OTHER,
    RULED_OUT: PALETTE[4],
    HAD_EVENT: INK,
}
_WITH_EVENT = {"higher with the event": _VERMILION, "lower": _BLUE}
CLAIMED_FDR = 0.05
_ROW = 17
_STEPS = (-1.75, -1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75)
"""Standard deviations at which the colours of the heat map change."""
_OUTCOME_ROW = "Outcome"


def _rows(genes: pd.DataFrame) -> alt.Y:
    return alt.Y(
        "label:N",
        sort=genes["label"].tolist(),
        title=None,
        axis=alt.Axis(labelLimit=170, ticks=False, domain=False),
    )


def _colour(genes: pd.DataFrame, colours: dict[str, str]) -> alt.Color:
    known = [words for words in colours if (genes["told"] == words).any()]
    return alt.Color(
        "told:N",
        title="Expression",
        scale=alt.Scale(domain=known, range=[colours[words] for words in known]),
        legend=alt.Legend(orient="top", title=None, columns=3, symbolType="circle"),
    )


def plot_top_genes(genes: pd.DataFrame) -> Chart:
    """Scores of genes with their spread over the splits, coloured by direction.

    Parameters
    ----------
    genes : DataFrame
        Columns label, score, score_low, score_high, top_share, direction, risk_correlation;
        highest score first.
    """
    words = {name: told for name, (told, _) in DIRECTIONS.items()}
    has_directions = bool(genes["direction"].notna().any())
    table = genes[["label", "score", "score_low", "score_high", "risk_correlation"]].assign(
        told=[words.get(name, "") for name in genes["direction"]],
        share=[f"{share:.0%}" for share in genes["top_share"]],
    )
    colour: Any = (
        _colour(table, dict(DIRECTIONS.values())) if has_directions else alt.value(_BLUE)
    )
    told = [
        alt.Tooltip("told:N", title="Expression"),
        alt.Tooltip(
            "risk_correlation:Q", title="Correlation with predicted risk", format="+.2f"
        ),
    ]
    base = alt.Chart(table).encode(y=_rows(table))
    x = alt.X(
        "score:Q",
        title="Score (line: middle 80% of splits)",
        scale=alt.Scale(zero=False, padding=12),
        axis=alt.Axis(tickCount=6),
    )
    spread = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("score_low:Q"), x2="score_high:Q", color=colour
    )
    dots = base.mark_circle(size=70, opacity=1).encode(
        x=x,
        color=colour,
        tooltip=[
            alt.Tooltip("label:N", title="Gene"),
            alt.Tooltip("score:Q", title="Score", format=".3f"),
            alt.Tooltip("score_low:Q", title="A tenth of splits below", format=".3f"),
            alt.Tooltip("score_high:Q", title="A tenth of splits above", format=".3f"),
            alt.Tooltip("share:N", title="Splits with it in the top 30"),
            *(told if has_directions else []),
        ],
    )
    shares = base.mark_text(align="right", dx=42, color=INK, fontSize=11).encode(
        x=alt.value("width"), text="share:N"
    )
    heading = (
        alt.Chart(table.head(1))
        .mark_text(align="right", dx=42, dy=-6, color=INK, fontSize=11)
        .encode(x=alt.value("width"), y=alt.value(0), text=alt.value("in top 30"))
    )
    chart: alt.LayerChart = spread + dots + shares + heading
    return chart.properties(
        width=440,
        height=alt.Step(_ROW),
        description=f"The {len(genes)} highest gene scores with their spread over the splits.",
    )


def plot_genes_alone(genes: pd.DataFrame, measure: str, words: str) -> Chart:
    """How well each of the genes tells the outcome by itself, with its interval.

    Parameters
    ----------
    genes : DataFrame
        Columns label, the measure, ci_low, ci_high, fdr, n, events.
    measure : str
        Column of the AUC or of Harrell's C.
    words : str
        What it is called.
    """
    table = genes[["label", measure, "ci_low", "ci_high", "fdr", "n", "events"]].assign(
        told=np.where(genes[measure] > 0.5, *_WITH_EVENT),
        claimed=genes["fdr"] <= CLAIMED_FDR,
        value=[f"{value:.2f}" if value == value else "" for value in genes[measure]],
    )
    colour = _colour(table, _WITH_EVENT)
    base = alt.Chart(table).encode(y=_rows(table))
    chance = (
        alt.Chart(pd.DataFrame({"x": [0.5]}))
        .mark_rule(color=NEUTRAL, strokeDash=[4, 4])
        .encode(x="x:Q")
    )
    intervals = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("ci_low:Q"), x2="ci_high:Q", color=colour
    )
    points = base.mark_point(size=60, opacity=1, strokeWidth=2).encode(
        x=alt.X(
            f"{measure}:Q",
            title=f"{words} alone (95% interval)",
            scale=alt.Scale(zero=False, padding=12),
            axis=alt.Axis(tickCount=6),
        ),
        stroke=colour,
        fill=alt.condition(alt.datum.claimed, colour, alt.value(PAPER)),
        tooltip=[
            alt.Tooltip("label:N", title="Gene"),
            alt.Tooltip(f"{measure}:Q", title=words, format=".3f"),
            alt.Tooltip("ci_low:Q", title="95% interval from", format=".3f"),
            alt.Tooltip("ci_high:Q", title="to", format=".3f"),
            alt.Tooltip("fdr:Q", title="False-discovery rate", format=".2g"),
            alt.Tooltip("n:Q", title="Patients", format=",.0f"),
            alt.Tooltip("events:Q", title="Events", format=",.0f"),
        ],
    )
    values = base.mark_text(align="right", dx=34, color=INK, fontSize=11).encode(
        x=alt.value("width"), text="value:N"
    )
    chart: alt.LayerChart = chance + intervals + points + values
    return chart.properties(
        width=440,
        height=alt.Step(_ROW),
        description=f"{words} of {len(genes)} genes, each by itself, with 95% intervals.",
    )


def plot_gene_heat_map(cells: pd.DataFrame) -> Chart:
    """Expression of genes, patient by patient, beside the outcome.

    Parameters
    ----------
    cells : DataFrame
        Columns rank, label, risk_correlation, column, outcome, n_patients, risk, value. Genes
        are in the order of `risk_correlation`, patients in that of their columns.
    """
    columns = _place_columns(cells)
    genes = cells.drop_duplicates("rank").sort_values(
        ["risk_correlation", "rank"], ascending=[False, True]
    )
    told = [
        alt.Tooltip("outcome:N", title="Outcome"),
        alt.Tooltip("risk:Q", title="Predicted risk, rank", format=".0%"),
        alt.Tooltip("n_patients:Q", title="Patients in the column", format=",.0f"),
    ]
    base = _across(columns, [_OUTCOME_ROW, *genes["label"]])
    # A list of values a column, in the order of the genes, keeps the page smaller than a row a
    # cell does.
    of_columns = cells.pivot(index="column", columns="rank", values="value").round(2)
    of_genes = of_columns[genes["rank"].tolist()].astype(object)
    listed = of_genes.where(of_genes.notna(), None).to_numpy().tolist()
    values = columns.assign(value=pd.Series(listed, dtype=object))
    labels = pd.DataFrame({"place": range(1, len(genes) + 1), "label": genes["label"].tolist()})
    expression = (
        base.properties(data=values)
        .transform_flatten(["value"])
        .transform_window(place="row_number()", groupby=["at"])
        .transform_lookup("place", from_=alt.LookupData(labels, "place", ["label"]))
        .encode(
            color=alt.Color(
                "value:Q",
                title="Expression (SD from the mean)",
                scale=alt.Scale(type="threshold", domain=list(_STEPS), range=list(DIVERGING)),
                legend=alt.Legend(
                    orient="bottom",
                    gradientLength=200,
                    titleLimit=400,
                ),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="Gene"),
                alt.Tooltip("value:Q", title="Expression", format="+.1f"),
                *told,
            ],
        )
    )
    known = [name for name in _OUTCOMES if (columns["outcome"] == name).any()]
    strip = base.properties(data=columns.assign(label=_OUTCOME_ROW)).encode(
        color=alt.Color(
            "outcome:N",
            scale=alt.Scale(domain=known, range=[_OUTCOMES[name] for name in known]),
            legend=alt.Legend(orient="top", title=None, columns=4, symbolType="square"),
        ),
        tooltip=told,
    )
    chart: alt.LayerChart = (expression + strip).resolve_scale(color="independent")
    return chart.properties(
        width=600,
        height=alt.Step(_ROW),
        description=f"Heat map of {len(genes)} genes by outcome and predicted risk.",
    )


def _place_columns(cells: pd.DataFrame) -> pd.DataFrame:
    """Where each column begins and ends, with a gap between two outcomes."""
    columns = cells.drop_duplicates("column")[["column", "outcome", "n_patients", "risk"]]
    columns = columns.sort_values("column").reset_index(drop=True)
    n_before = (columns["outcome"] != columns["outcome"].shift()).cumsum() - 1
    at = columns.pop("column") + max(1.0, len(columns) / 80) * n_before
    return columns.assign(risk=columns["risk"].round(2), at=at.round(2), end=(at + 1).round(2))


def _across(columns: pd.DataFrame, rows: list[str]) -> alt.Chart:
    """Cells in rows, each as wide as its column."""
    ends = [columns["at"].min(), columns["end"].max()]
    # Thousands of cells are not read out one by one: the figure's label and caption are.
    chart: alt.Chart = (
        alt.Chart()
        .mark_rect(strokeWidth=0, aria=False)
        .encode(
            x=alt.X("at:Q", scale=alt.Scale(domain=ends, nice=False, zero=False), axis=None),
            x2="end:Q",
            y=alt.Y(
                "label:N",
                scale=alt.Scale(domain=rows, paddingInner=0.06, paddingOuter=0),
                title=None,
                axis=alt.Axis(labelLimit=170, ticks=False, domain=False),
            ),
        )
    )
    return chart
