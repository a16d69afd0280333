"""The chart of a study's null runs. Nothing is computed here; Altair only draws."""

from __future__ import annotations

import altair as alt
import pandas as pd

from deepcme.report.figures.styles import (
    NEUTRAL,
    PAPER,
    Chart,
    faded_unless,
    pick_in_legend,
    point_encodings,
    tooltips,
)


def plot_nulls(
    runs: pd.DataFrame, comparison: pd.DataFrame, measure: str = "auc", heading: str = "AUC"
) -> Chart:
    """Values of the null runs, a bar each, beside those that they are compared with.

    Parameters
    ----------
    runs : DataFrame
        One row per null run: kind, number, size, and the measure.
    comparison : DataFrame
        As `compute_null_comparison` gives it.
    measure, heading : str
    """
    null = runs[runs["kind"] != "signature"].assign(row=_null_names)[["row", "number", measure]]
    compared = comparison.assign(row=_null_names)
    names = compared["compared"].drop_duplicates().tolist()
    picked = pick_in_legend("compared")
    y = alt.Y("row:N", sort=compared["row"].tolist(), title=None, axis=alt.Axis(labelLimit=260))
    x = alt.X(
        f"{measure}:Q", title=f"Mean test {heading}", scale=alt.Scale(zero=False, padding=12)
    )
    each = alt.Tooltip(f"{measure}:Q", title=heading, format=".3f")
    bars = (
        alt.Chart(null)
        .mark_tick(thickness=2, size=22, color=NEUTRAL, opacity=0.6)
        .encode(x=x, y=y, tooltip=["row:N", "number:Q", each])
    )
    points = (
        alt.Chart(compared)
        .mark_point(filled=True, size=150, stroke=PAPER, strokeWidth=1)
        .encode(
            x=f"{measure}:Q",
            y=y,
            **_encode_compared(names, measure),
            opacity=faded_unless(picked),
            tooltip=["compared:N", each, *tooltips(".0%", "share_as_good")],
        )
        .add_params(picked)
    )
    chance = alt.Chart(pd.DataFrame({measure: [0.5]})).encode(x=f"{measure}:Q")
    line = chance.mark_rule(strokeDash=[4, 4], color=NEUTRAL)
    word = chance.mark_text(text="chance", dy=-8).encode(y=alt.value(0))
    chart: alt.LayerChart = line + word + bars + points
    return chart.properties(width=440, height=alt.Step(44))


def _encode_compared(names: list[str], measure: str) -> dict[str, alt.Color | alt.Shape]:
    encodings = point_encodings(names, "Real result", "compared")
    if measure == "auc":
        return encodings
    # The models of times have longer names than Vega's legends let stand.
    return {name: channel.legend(labelLimit=320) for name, channel in encodings.items()}


def _null_names(table: pd.DataFrame) -> pd.Series:
    random = table["kind"] == "random genes"
    named: pd.Series = table["kind"].where(~random, table["size"].astype(str) + " random genes")
    return named
