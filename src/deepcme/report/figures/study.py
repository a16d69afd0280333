"""Charts of the report's tables. Nothing is computed here; Altair only draws."""

from __future__ import annotations

import altair as alt
import pandas as pd

from deepcme.report.figures.styles import (
    BAND,
    NEUTRAL,
    PALETTE,
    Chart,
    faded_unless,
    line_encodings,
    named,
    palette_styles,
    pick_in_legend,
    point_encodings,
    tooltips,
)
from deepcme.selection.panels.tables import measure_in


def _names(table: pd.DataFrame) -> list[str]:
    names: list[str] = table["model"].drop_duplicates().tolist()
    return names


def plot_training_curves(history: pd.DataFrame) -> Chart:
    """Mean training and validation loss by epoch of one network.

    Parameters
    ----------
    history : DataFrame
        Columns epoch, train_loss, valid_loss.
    """
    long = history.melt("epoch", ["train_loss", "valid_loss"], "part", "loss")
    long["part"] = long["part"].map({"train_loss": "training", "valid_loss": "validation"})
    picked = pick_in_legend("part")
    chart: alt.Chart = (
        alt.Chart(long)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickCount=8)),
            y=alt.Y("loss:Q", title="Cross-entropy", scale=alt.Scale(zero=False)),
            **line_encodings(palette_styles(["training", "validation"]), "Part", "part"),
            opacity=faded_unless(picked),
            tooltip=[*named("part"), *tooltips(",", "epoch"), *tooltips(".3f", "loss")],
        )
        .add_params(picked)
        .properties(
            width=560,
            height=260,
            description="Cross-entropy of the training and of the validation part by epoch.",
        )
    )
    return chart


def plot_training_of_times(history: pd.DataFrame) -> Chart:
    """Mean validation loss of one network of times by epoch, and below it Harrell's C.

    Parameters
    ----------
    history : DataFrame
        Columns epoch, valid_loss, valid_c.
    """

    def draw(column: str, title: str, height: int) -> alt.Chart:
        chart: alt.Chart = (
            alt.Chart(history)
            .mark_line(strokeWidth=2, color=PALETTE[0])
            .encode(
                x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickCount=8)),
                y=alt.Y(f"{column}:Q", title=title, scale=alt.Scale(zero=False)),
                tooltip=[
                    *tooltips(",", "epoch"),
                    alt.Tooltip(f"{column}:Q", title=title, format=".3f"),
                ],
            )
            .properties(width=560, height=height)
        )
        return chart

    both: alt.VConcatChart = alt.vconcat(
        draw("valid_loss", "Loss of each event", 200), draw("valid_c", "Harrell's C", 120)
    )
    return both.properties(
        description="Loss of each event, and below it Harrell's C, of the validation part by "
        "epoch."
    )


def plot_grid(
    summary: pd.DataFrame, measure: str = "auc", heading: str = "AUC", beside: str = "valid_auc"
) -> Chart:
    """Mean of a measure on test data over lambda, by batch size (paper, figure 7), at width 64.

    Parameters
    ----------
    summary : DataFrame
        Columns width, batch_size, penalty_strength, that of `beside`, and the measure's, as
        test_auc.
    measure, heading : str
    beside : str
        What is told of validation data.
    """
    rows = summary[summary["width"] == 64].assign(
        model=lambda table: "batch " + table["batch_size"].astype(str)
    )
    picked = pick_in_legend()
    base = alt.Chart(rows).encode(
        x=alt.X("penalty_strength:Q", title="lambda", scale=alt.Scale(type="log")),
        y=alt.Y(f"test_{measure}:Q", title=f"Mean test {heading}", scale=alt.Scale(zero=False)),
        **line_encodings(palette_styles(_names(rows)), "Batch size"),
        opacity=faded_unless(picked),
        tooltip=[
            alt.Tooltip("batch_size:Q", title="batch size", format=","),
            alt.Tooltip("penalty_strength:Q", title="lambda", format="~g"),
            alt.Tooltip(f"test_{measure}:Q", title=f"mean test {heading}", format=".3f"),
            alt.Tooltip(f"{beside}:Q", title="validation", format=".3f"),
        ],
    )
    chart: alt.LayerChart = base.mark_line() + base.mark_point(
        filled=True, size=60, strokeDash=[1, 0]
    ).add_params(picked)
    return chart.properties(
        width=560,
        height=280,
        description=f"Mean test {heading} over lambda, by batch size, at width 64.",
    )


def plot_panel_curve(curve: pd.DataFrame) -> Chart:
    """AUC, or Uno's C of times, against the number of genes, beside random panels.

    Parameters
    ----------
    curve : DataFrame
        Columns ranker, panel, auc, ci_low, ci_high, random_auc, random_low, random_high (or
        uno_c and random_uno_c), in the order of the panels' sizes.
    """
    measure = measure_in(curve.columns)
    name, by_chance = measure.name, f"random_{measure.name}"
    rankers = curve["ranker"].drop_duplicates().tolist()
    panels = curve["panel"].drop_duplicates().tolist()
    x = alt.X("panel:N", sort=panels, title="Genes in the panel", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(zero=False, padding=10)
    styles = point_encodings(rankers, "Ranked by", "ranker")
    picked = pick_in_legend("ranker")
    base = alt.Chart(curve).encode(x=x)
    at_random = base.transform_filter(f"isValid(datum.{by_chance})")
    band = at_random.mark_area(color=BAND, opacity=0.6).encode(
        y=alt.Y("random_low:Q", title=f"{measure.words} on held-out patients", scale=scale),
        y2="random_high:Q",
    )
    middle = at_random.mark_line(color=NEUTRAL, strokeDash=[4, 4]).encode(y=f"{by_chance}:Q")
    offset = alt.XOffset("ranker:N", sort=rankers)
    intervals = base.mark_rule().encode(
        y="ci_low:Q",
        y2="ci_high:Q",
        color=styles["color"],
        xOffset=offset,
        opacity=faded_unless(picked, 0.6),
    )
    points = base.mark_point(filled=True, size=50).encode(
        y=f"{name}:Q",
        **styles,
        opacity=faded_unless(picked),
        xOffset=offset,
        tooltip=[
            alt.Tooltip("ranker:N", title="ranked by"),
            alt.Tooltip("panel:N", title="genes"),
            alt.Tooltip(f"{name}:Q", title=measure.words, format=".3f"),
            *tooltips(".3f", "ci_low", "ci_high"),
            alt.Tooltip(
                f"{by_chance}:Q", title=f"{measure.words} of random panels", format=".3f"
            ),
        ],
    )
    chart: alt.LayerChart = band + middle + intervals + points.add_params(picked)
    return chart.properties(
        width=560,
        height=300,
        description=f"{measure.words} against the number of genes, by ranking, with 95% "
        "intervals, beside random panels.",
    )
