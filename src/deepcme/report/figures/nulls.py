"""The chart of a study's null runs. Nothing is computed here; Altair only draws."""

from __future__ import annotations

import altair as alt
import pandas as pd

from deepcme.report.figures.styles import (
    NEUTRAL,
    PAPER,
    Chart,
    faded_unless,
    legend_of_points,
    pick_in_legend,
    point_encodings,
)


def plot_nulls(
    runs: pd.DataFrame,
    comparison: pd.DataFrame,
    measure: str = "auc",
    heading: str = "AUC",
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
    picked = pick_in_legend("compared")
    y = alt.Y("row:N", sort=compared["row"].tolist(), title=None, axis=alt.Axis(labelLimit=260))
    x = alt.X(
        f"{measure}:Q", title=f"Mean test {heading}", scale=alt.Scale(zero=False, padding=12)
    )
    each = alt.Tooltip(f"{measure}:Q", title=heading, format=".3f")
    bars = (
        alt.Chart(null)
        .mark_tick(thickness=2, size=22, color=NEUTRAL, opacity=0.6)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("row:N", title="null"),
                alt.Tooltip("number:Q", title="run", format=","),
                each,
            ],
        )
    )
    points = (
        alt.Chart(compared)
        .mark_point(filled=True, size=150, stroke=PAPER, strokeWidth=1)
        .encode(
            x=f"{measure}:Q",
            y=y,
            **_encode_compared(compared, measure),
            opacity=faded_unless(picked),
            tooltip=[
                alt.Tooltip("compared:N", title="real result"),
                each,
                alt.Tooltip("share_as_good:Q", title="null runs as good", format=".0%"),
            ],
        )
        .add_params(picked)
    )
    chance = alt.Chart(pd.DataFrame({measure: [0.5]})).encode(x=f"{measure}:Q")
    line = chance.mark_rule(strokeDash=[4, 4], color=NEUTRAL)
    word = chance.mark_text(text="chance", dy=-8).encode(y=alt.value(0))
    chart: alt.LayerChart = line + word + bars + points
    return chart.properties(
        width=560,
        height=alt.Step(44),
        description=f"{heading} of {len(null):,} null runs, a bar each, beside that of "
        f"{', '.join(compared['compared'].drop_duplicates())}.",
    )


def _encode_compared(compared: pd.DataFrame, measure: str) -> dict[str, alt.Color | alt.Shape]:
    """Colour and shape of each result, with its value in the legend."""
    values = compared.drop_duplicates("compared").set_index("compared")[measure]
    names = [str(name) for name in values.index]
    labels = {name: f"{name}  {values[name]:.2f}" for name in names}
    legend = legend_of_points(names, labels)
    return point_encodings(names, "Real result", "compared", legend)


def _null_names(table: pd.DataFrame) -> pd.Series:
    random = table["kind"] == "random genes"
    named: pd.Series = table["kind"].where(~random, table["size"].astype(str) + " random genes")
    return named
