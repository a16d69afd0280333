"""Forest plots: a row for each group, with its numbers beside it. Altair only draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import BAND, NEUTRAL, PALETTE, PAPER, Chart
from deepcme.report.layouts.numbers import choose_decimals, show_estimate, show_p_value

HEADING, ESTIMATE, POOLED, PREDICTION = "heading", "estimate", "pooled", "prediction"
"""What a row of a forest plot may be; a heading has words alone."""
HOLLOW = "hollow"
"""An estimate that is less sure than its interval says."""

_STEP = 24
_WIDTH = 300
_COUNTS, _NUMBERS, _CLOSE = 84, 102, 14
"""How far right of the panel counts end and numbers begin, beside counts or alone."""
_LABELS = -14
_IS_NARROW = "width < 200"
"""Of a panel that stands alone; one of several has no width of its own in an expression."""
_HALF_DIAMOND = 0.3
_RATIOS = [0.125, 0.25, 0.5, 1, 2, 4, 8]


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
    equivalent : float, optional
        Differences up to this one matter to nobody: a band.
    """

    title: str
    domain: tuple[float, float]
    reference: float
    overall: float | None = None
    is_ratio: bool = False
    equivalent: float | None = None


def forest_row(
    label: str,
    ends: Sequence[float],
    numbers: str,
    *,
    counts: str = "",
    kind: str = ESTIMATE,
    colour: str = PALETTE[0],
) -> dict[str, Any]:
    """A row of a value with the low and the high end of its interval, and what it says."""
    value, low, high = ends
    return {
        "kind": kind,
        "label": label,
        "counts": counts,
        "numbers": numbers,
        "value": value,
        "ci_low": low,
        "ci_high": high,
        "colour": colour,
    }


def forest_heading(label: str, numbers: str = "", counts: str = "n / events") -> dict[str, Any]:
    """A row of words, such as the headings of the columns."""
    return forest_row(label, [np.nan] * 3, numbers, counts=counts, kind=HEADING)


def plot_forest(rows: pd.DataFrame, axis: Axis, description: str) -> Chart:
    """A square and a line for each estimate, a diamond for a pooled one, and their numbers.

    A hollow estimate has a square and a line too, that are not filled and thin.

    Parameters
    ----------
    rows : DataFrame
        In the order to draw: columns kind (one of the above), label, value, ci_low, ci_high,
        counts and numbers (as text), and colour. What a line would run beyond the domain
        is cut there.
    axis : Axis
    description : str
        What the chart shows, for who does not see it.
    """
    chart: alt.LayerChart = _draw(rows, axis, _WIDTH).properties(description=description)
    return chart


def plot_comparison(comparison: pd.DataFrame, roles: Roles | None = None) -> Chart:
    """AUC difference to each baseline with its interval; the band is practical equivalence.

    Parameters
    ----------
    comparison : DataFrame
        Columns model, baseline, difference, ci_low, ci_high, margin, p_holm. P-values are
        shown where they are not all 1.
    roles : Roles, optional
        Whose colours the baselines have.
    """
    decimals = choose_decimals(comparison["ci_low"], comparison["ci_high"])
    shows_p = bool((comparison["p_holm"] < 1).any())
    rows = [forest_heading("", "Difference (95%)", "p (Holm)" if shows_p else "")]
    for row in comparison.to_dict("records"):
        ends = [row[name] for name in ("difference", "ci_low", "ci_high")]
        rows.append(
            forest_row(
                str(row["baseline"]),
                ends,
                show_estimate(*ends, decimals=decimals, signed=True),
                counts=show_p_value(row["p_holm"]) if shows_p else "",
                colour=PALETTE[0] if roles is None else roles.colour(row["baseline"]),
            )
        )
    margin, model = float(comparison["margin"].iloc[0]), comparison["model"].iloc[0]
    drawn = comparison[["ci_low", "ci_high", "difference"]].to_numpy(np.float64)
    farthest = float(np.ceil(10 * np.nanmax(np.abs([0.1, *drawn.ravel()]))) / 10)
    title = f"AUC of {model} minus that of the other"
    axis = Axis(title, (-farthest, farthest), 0.0, equivalent=margin)
    description = f"Forest plot: {title}, with 95% intervals, for {len(comparison)} models."
    return plot_forest(pd.DataFrame(rows), axis, description)


def plot_forests(
    panels: Sequence[tuple[pd.DataFrame, Axis]], widths: Sequence[float], description: str
) -> Chart:
    """Forest plots of the same groups beside each other, or below where the page is narrow.

    Parameters
    ----------
    panels : sequence of (DataFrame, Axis)
        Rows as `plot_forest` takes them.
    widths : sequence of float
        Of each, without its words.
    description : str
    """
    drawn = [
        _draw(*panel, width, is_alone=len(panels) == 1)
        for panel, width in zip(panels, widths, strict=False)
    ]
    if len(drawn) == 1:
        alone: alt.LayerChart = drawn[0].properties(description=description)
        return alone
    chart: alt.ConcatChart = alt.concat(*drawn, columns=len(drawn))
    return chart.properties(description=description)


def _draw(
    rows: pd.DataFrame, axis: Axis, width: float, *, is_alone: bool = True
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
    line = base.encode(x=alt.X("low:Q", scale=x, title=title, axis=ticks), x2="high:Q")
    of_kind = "datum.kind === '{}'".format
    told = _tell(rows, title)
    own = alt.Color("colour:N", scale=None, legend=None)
    estimates = line.transform_filter(of_kind(ESTIMATE)).mark_rule(strokeWidth=2)
    squares = base.transform_filter(of_kind(ESTIMATE)).mark_point(
        filled=True, shape="square", size=60, opacity=1
    )
    predictions = line.transform_filter(of_kind(PREDICTION)).mark_rule(
        strokeWidth=2, strokeDash=[5, 3], color=PALETTE[0]
    )
    has_counts = bool(rows["counts"].astype(bool).any())
    layers = [
        *([] if axis.equivalent is None else [_band(axis.equivalent, x)]),
        _line(axis.reference, x, [4, 4]),
        *([] if axis.overall is None else [_line(axis.overall, x, [1, 3])]),
        estimates.encode(color=own),
        squares.encode(x=values, color=own, tooltip=told),
        *(_hollow(base, line, values, told) if (rows["kind"] == HOLLOW).any() else []),
        # A layer without a mark would be an image without a name to screen readers.
        *([predictions] if (rows["kind"] == PREDICTION).any() else []),
        *(_diamond(row, x, scale) for row in drawn[drawn["kind"] == POOLED].to_dict("records")),
        *_texts(base.transform_filter(of_kind(HEADING)), has_counts, is_alone, bold=True),
        *_texts(base.transform_filter(f"!({of_kind(HEADING)})"), has_counts, is_alone),
    ]
    chart: alt.LayerChart = alt.LayerChart(
        layer=layers, width=width, height=_STEP * (len(rows) + 1)
    )
    return chart


def _tell(rows: pd.DataFrame, title: str) -> list[alt.Tooltip]:
    """What pointing at an estimate tells; counts by what the heading above them says."""
    headings = rows.loc[(rows["kind"] == HEADING) & (rows["counts"] != ""), "counts"]
    counts = [alt.Tooltip("counts:N", title=str(headings.iloc[0]))] if len(headings) else []
    return [
        alt.Tooltip("label:N", title="row"),
        alt.Tooltip("numbers:N", title=title),
        *counts,
    ]


def _hollow(
    base: alt.Chart, line: alt.Chart, values: alt.X, told: Sequence[alt.Tooltip]
) -> list[alt.Chart]:
    """Thin lines and squares that are not filled."""
    of_kind = f"datum.kind === '{HOLLOW}'"
    squares = base.transform_filter(of_kind).mark_point(
        filled=True, shape="square", size=55, opacity=1, fill=PAPER, strokeWidth=1.5
    )
    return [
        line.transform_filter(of_kind)
        .mark_rule(strokeWidth=1)
        .encode(color=alt.Color("colour:N", scale=None, legend=None)),
        squares.encode(
            x=values, stroke=alt.Stroke("colour:N", scale=None, legend=None), tooltip=told
        ),
    ]


def _band(half: float, x: alt.Scale) -> alt.Chart:
    """From as far below no difference to as far above it."""
    band: alt.Chart = alt.Chart(pd.DataFrame({"low": [-half], "high": [half]})).mark_rect(
        color=BAND, opacity=0.6
    )
    return band.encode(x=alt.X("low:Q", scale=x), x2="high:Q")


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
    area: alt.Chart = alt.Chart(corners).mark_area(color=PALETTE[0], opacity=1)
    return area.encode(
        x=alt.X("x:Q", scale=x), y=alt.Y("above:Q", axis=None, scale=y), y2="below:Q"
    )


def _texts(
    base: alt.Chart, has_counts: bool, is_alone: bool, *, bold: bool = False
) -> list[alt.Chart]:
    """What stands beside each row: on the left its label, on the right counts and numbers."""
    weight: Literal["bold", "normal"] = "bold" if bold else "normal"
    right = alt.value("width")  # of the panel, however wide it is drawn
    numbers: float | alt.ExprRef = _NUMBERS if has_counts else _CLOSE
    if has_counts and is_alone:
        # A narrow page has no room for them: pointing at an estimate tells them there.
        numbers = alt.ExprRef(f"{_IS_NARROW} ? {_CLOSE} : {_NUMBERS}")
        base = base.transform_calculate(counts=f"{_IS_NARROW} ? '' : datum.counts")
    style = base.mark_text
    marks = {
        "label": style(dx=_LABELS, align="right", fontWeight=weight).encode(x=alt.value(0)),
        "counts": style(dx=_COUNTS, align="right", fontWeight=weight).encode(x=right),
        "numbers": style(dx=numbers, align="left", fontWeight=weight).encode(x=right),
    }
    if not has_counts:
        del marks["counts"]
    return [mark.encode(text=f"{column}:N") for column, mark in marks.items()]
