"""Forest plots: a row for each group, with its numbers beside it. Altair only draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from deepcme.report.figures.styles import NEUTRAL, PALETTE, Chart

HEADING, ESTIMATE, POOLED, PREDICTION = "heading", "estimate", "pooled", "prediction"
"""What a row of a forest plot may be; a heading has words alone."""
HOLLOW = "hollow"
"""An estimate that is less sure than its interval says."""

_STEP = 24
_WIDTH = 300
_COUNTS, _NUMBERS = alt.ExprRef("width + 84"), alt.ExprRef("width + 102")
_HALF_DIAMOND = 0.3
_INK = "#222"


def forest_heading(label: str, numbers: str = "", counts: str = "n / events") -> dict[str, Any]:
    """A row of words, such as the headings of the columns."""
    nothing = dict.fromkeys(("value", "ci_low", "ci_high"), np.nan)
    return {"kind": HEADING, "label": label, "counts": counts, "numbers": numbers, **nothing}


def plot_forest(
    rows: pd.DataFrame, title: str, domain: tuple[float, float], reference: float
) -> Chart:
    """A square and a line for each estimate, a diamond for a pooled one, and their numbers.

    A hollow estimate has a square and a line too, that are not filled and thin.

    Parameters
    ----------
    rows : DataFrame
        In the order to draw: columns kind (one of the above), label, value, ci_low, ci_high,
        counts and numbers (as text). What a line would run beyond the domain is cut there.
    title : str
        What the values are.
    domain : tuple of float
        Lowest and highest value drawn.
    reference : float
        Where a dashed line is drawn.
    """
    low, high = domain
    drawn = rows.assign(
        place=range(1, len(rows) + 1),
        low=rows["ci_low"].clip(low, high),
        high=rows["ci_high"].clip(low, high),
    )
    x, scale = alt.Scale(domain=[low, high], nice=False), alt.Scale(domain=[len(rows) + 0.6, 0])
    base = alt.Chart(drawn).encode(y=alt.Y("place:Q", axis=None, scale=scale))
    axis = alt.X("value:Q", title=title, scale=x, axis=alt.Axis(tickCount=6))
    line = base.encode(x=alt.X("low:Q", scale=x, title=title), x2="high:Q")
    of_kind = "datum.kind === '{}'".format
    told = [
        alt.Tooltip("label:N", title="group"),
        alt.Tooltip("numbers:N", title=title),
        alt.Tooltip("counts:N", title="n / events"),
    ]
    estimates = line.transform_filter(of_kind(ESTIMATE)).mark_rule(
        strokeWidth=2, color=PALETTE[0]
    )
    squares = (
        base.transform_filter(of_kind(ESTIMATE))
        .mark_point(filled=True, shape="square", size=60, opacity=1, color=PALETTE[0])
        .encode(x=axis, tooltip=told)
    )
    hollow = [
        line.transform_filter(of_kind(HOLLOW)).mark_rule(strokeWidth=1, color=PALETTE[0]),
        base.transform_filter(of_kind(HOLLOW))
        .mark_point(
            filled=True,
            shape="square",
            size=55,
            opacity=1,
            fill="white",
            stroke=PALETTE[0],
            strokeWidth=1.5,
        )
        .encode(x=axis, tooltip=told),
    ]
    predictions = line.transform_filter(of_kind(PREDICTION)).mark_rule(
        strokeWidth=2, strokeDash=[5, 3], color=PALETTE[1]
    )
    layers = [
        _reference(reference, x),
        estimates,
        squares,
        *(hollow if (rows["kind"] == HOLLOW).any() else []),
        # A layer without a mark would be an image without a name to screen readers.
        *([predictions] if (rows["kind"] == PREDICTION).any() else []),
        *(_diamond(row, x, scale) for row in drawn[drawn["kind"] == POOLED].to_dict("records")),
        *_texts(base.transform_filter(of_kind(HEADING)), bold=True),
        *_texts(base.transform_filter(f"!({of_kind(HEADING)})")),
    ]
    chart: alt.LayerChart = alt.LayerChart(
        layer=layers, width=_WIDTH, height=_STEP * (len(rows) + 1)
    )
    return chart


def _reference(value: float, x: alt.Scale) -> alt.Chart:
    line: alt.Chart = alt.Chart(pd.DataFrame({"value": [value]})).mark_rule(
        strokeDash=[4, 4], color=NEUTRAL
    )
    return line.encode(x=alt.X("value:Q", scale=x))


def _diamond(row: Mapping[Any, Any], x: alt.Scale, y: alt.Scale) -> alt.Chart:
    """As wide as the interval, highest at the value."""
    place = row["place"]
    half = [0, _HALF_DIAMOND, 0]
    corners = pd.DataFrame(
        {
            "x": [row["low"], row["value"], row["high"]],
            "above": [place - part for part in half],
            "below": [place + part for part in half],
        }
    )
    area: alt.Chart = alt.Chart(corners).mark_area(color=PALETTE[1], opacity=1)
    return area.encode(
        x=alt.X("x:Q", scale=x), y=alt.Y("above:Q", axis=None, scale=y), y2="below:Q"
    )


def _texts(base: alt.Chart, *, bold: bool = False) -> list[alt.Chart]:
    """What stands beside each row: on the left its label, on the right counts and numbers."""
    weight: Literal["bold", "normal"] = "bold" if bold else "normal"
    style = base.mark_text
    marks = {
        "label": style(x=-14, align="right", fontSize=12, fontWeight=weight, color=_INK),
        "counts": style(x=_COUNTS, align="right", fontSize=12, fontWeight=weight, color=_INK),
        "numbers": style(x=_NUMBERS, align="left", fontSize=12, fontWeight=weight, color=_INK),
    }
    return [mark.encode(text=f"{column}:N") for column, mark in marks.items()]
