"""Forest plots: a row for each group, with its numbers beside it. Altair only draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from deepcme.report.figures.styles import INK, NEUTRAL, PALETTE, PAPER, Chart

HEADING, ESTIMATE, POOLED, PREDICTION = "heading", "estimate", "pooled", "prediction"
"""What a row of a forest plot may be; a heading has words alone."""
HOLLOW = "hollow"
"""An estimate that is less sure than its interval says."""

_STEP = 24
_WIDTH = 300
_COUNTS, _NUMBERS, _CLOSE = 84, 102, 14
"""How far right of the panel counts end and numbers begin, beside counts or alone."""
_HALF_DIAMOND = 0.3
_RATIOS = [0.125, 0.25, 0.5, 1, 2, 4, 8]
_Place = float | alt.ExprRef


@dataclass(frozen=True)
class Axis:
    """What the values of a forest plot are, and between which ends they are drawn.

    Attributes
    ----------
    title : str
    domain : tuple of float
        Lowest and highest value drawn; what a line would run beyond is cut there.
    reference : float
        Where a dashed line is drawn.
    overall : float, optional
        Where a dotted one is.
    is_ratio : bool
        Whether the scale is logarithmic.
    """

    title: str
    domain: tuple[float, float]
    reference: float
    overall: float | None = None
    is_ratio: bool = False


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
    beside = alt.ExprRef(f"width + {_COUNTS}"), alt.ExprRef(f"width + {_NUMBERS}")
    return _draw(rows, Axis(title, domain, reference), _WIDTH, beside)


def plot_forests(
    panels: Sequence[tuple[pd.DataFrame, Axis]], widths: Sequence[float]
) -> alt.ConcatChart:
    """Forest plots of the same groups beside each other, or below where the page is narrow.

    Parameters
    ----------
    panels : sequence of (DataFrame, Axis)
        Rows as `plot_forest` takes them.
    widths : sequence of float
        Of each, without its words.
    """
    drawn = []
    for (rows, axis), width in zip(panels, widths, strict=False):
        # A chart of several has no width of its own that an expression could name.
        numbers = _NUMBERS if rows["counts"].astype(bool).any() else _CLOSE
        drawn.append(_draw(rows, axis, width, (width + _COUNTS, width + numbers)))
    return alt.concat(*drawn, columns=len(drawn))


def _draw(
    rows: pd.DataFrame, axis: Axis, width: float, beside: tuple[_Place, _Place]
) -> alt.LayerChart:
    (low, high), title = axis.domain, axis.title
    drawn = rows.assign(
        place=range(1, len(rows) + 1),
        low=rows["ci_low"].clip(low, high),
        high=rows["ci_high"].clip(low, high),
    )
    x = alt.Scale(
        domain=[low, high], nice=False, type="log" if axis.is_ratio else alt.Undefined
    )
    scale = alt.Scale(domain=[len(rows) + 0.6, 0])
    base = alt.Chart(drawn).encode(y=alt.Y("place:Q", axis=None, scale=scale))
    ticks = alt.Axis(values=_RATIOS) if axis.is_ratio else alt.Axis(tickCount=6)
    values = alt.X("value:Q", title=title, scale=x, axis=ticks)
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
        .encode(x=values, tooltip=told)
    )
    predictions = line.transform_filter(of_kind(PREDICTION)).mark_rule(
        strokeWidth=2, strokeDash=[5, 3], color=PALETTE[1]
    )
    layers = [
        _line(axis.reference, x, [4, 4]),
        *([] if axis.overall is None else [_line(axis.overall, x, [1, 3])]),
        estimates,
        squares,
        *(_hollow(base, line, values, told) if (rows["kind"] == HOLLOW).any() else []),
        # A layer without a mark would be an image without a name to screen readers.
        *([predictions] if (rows["kind"] == PREDICTION).any() else []),
        *(_diamond(row, x, scale) for row in drawn[drawn["kind"] == POOLED].to_dict("records")),
        *_texts(base.transform_filter(of_kind(HEADING)), beside, bold=True),
        *_texts(base.transform_filter(f"!({of_kind(HEADING)})"), beside),
    ]
    chart: alt.LayerChart = alt.LayerChart(
        layer=layers, width=width, height=_STEP * (len(rows) + 1)
    )
    return chart


def _hollow(
    base: alt.Chart, line: alt.Chart, values: alt.X, told: Sequence[alt.Tooltip]
) -> list[alt.Chart]:
    """Thin lines and squares that are not filled."""
    of_kind, colour = f"datum.kind === '{HOLLOW}'", PALETTE[0]
    squares = base.transform_filter(of_kind).mark_point(
        filled=True, shape="square", size=55, opacity=1, fill=PAPER, stroke=colour,
        strokeWidth=1.5,
    )  # fmt: skip
    return [
        line.transform_filter(of_kind).mark_rule(strokeWidth=1, color=colour),
        squares.encode(x=values, tooltip=told),
    ]


def _line(value: float, x: alt.Scale, dash: list[int]) -> alt.Chart:
    line: alt.Chart = alt.Chart(pd.DataFrame({"value": [value]})).mark_rule(
        strokeDash=dash, color=NEUTRAL
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


def _texts(
    base: alt.Chart, beside: tuple[_Place, _Place], *, bold: bool = False
) -> list[alt.Chart]:
    """What stands beside each row: on the left its label, on the right counts and numbers."""
    weight: Literal["bold", "normal"] = "bold" if bold else "normal"
    style, (counts, numbers) = base.mark_text, beside
    marks = {
        "label": style(x=-14, align="right", fontSize=12, fontWeight=weight, color=INK),
        "counts": style(x=counts, align="right", fontSize=12, fontWeight=weight, color=INK),
        "numbers": style(x=numbers, align="left", fontSize=12, fontWeight=weight, color=INK),
    }
    return [mark.encode(text=f"{column}:N") for column, mark in marks.items()]
