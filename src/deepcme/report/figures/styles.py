"""What all charts share: colours, dashes and legends."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

# Okabe and Ito's colours come first: they are told apart under every kind of colour
# blindness. Grey and black are kept for what is no model, such as chance.
PALETTE = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#6A3D9A",
    "#B8255F", "#7A9A01",
)  # fmt: skip
INK = "#222222"
"""Words and numbers."""
NEUTRAL = "#777777"
"""Lines to compare with: chance, no difference, the horizon."""
OTHER = "#8f8f8f"
"""Models that are not highlighted."""
BAND = "#dddddd"
"""Areas that are no model's interval: practical equivalence, random panels."""
GRID = "#e6e6e6"
PAPER = "#ffffff"
"""What hollow marks are filled with, and rims of marks that lie upon each other."""
COLOURS = (*PALETTE, INK, NEUTRAL, OTHER, BAND, GRID, PAPER)
"""All that a chart may use: the page's style knows each of them, as it is written here."""
CONFIG: dict[str, Any] = {
    "view": {"continuousWidth": 300, "continuousHeight": 300, "stroke": None},
    "axis": {
        "domainColor": NEUTRAL,
        "tickColor": NEUTRAL,
        "gridColor": GRID,
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "symbolBaseStrokeColor": INK,
    },
    "title": {
        "color": INK,
        "subtitleColor": INK,
        "fontSize": 13,
        "fontWeight": "bold",
        "anchor": "start",
    },
    "header": {"labelColor": INK, "titleColor": INK, "labelFontSize": 13},
    "text": {"color": INK, "fontSize": 12},
    "rule": {"color": NEUTRAL},
    "mark": {"color": PALETTE[0]},
    "range": {"category": list(PALETTE)},
}
"""Of every chart of a page or file; in a notebook the user's own theme of Altair counts."""
DASHES = (
    [1, 0], [6, 2], [2, 2], [8, 3, 2, 3], [4, 4], [10, 2], [1, 3], [5, 1], [3, 1], [12, 4],
    [2, 6], [7, 7],
)  # fmt: skip
SHAPES = (
    "diamond", "triangle-up", "square", "circle", "cross", "triangle-down", "triangle-left",
    "triangle-right",
)  # fmt: skip
_FADED = 0.12
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version Altair writes for."""

Chart = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart | alt.ConcatChart
Spec = dict[str, Any]
"""A chart as Vega-Lite."""
Style = tuple[str, list[int]]
"""Colour and dash of a line."""


def specify(chart: Chart | Spec) -> Spec:
    """The chart as Vega-Lite, in the style of all pages and files; a finished one as it is.

    Checking it against Vega-Lite's schema, which takes longer than all the rest, is left to
    the tests.
    """
    if isinstance(chart, dict):
        return chart
    spec: Spec = chart.to_dict(validate=False)
    # In place of Altair's default theme, which comes along with every chart.
    spec["config"] = CONFIG
    return spec


def colours(number: int) -> list[str]:
    """Colours of so many models; from the eleventh on they come again."""
    return [PALETTE[i % len(PALETTE)] for i in range(number)]


def shapes(number: int) -> list[str]:
    """Shapes of so many points; with `colours`, the first forty are all different."""
    return [SHAPES[i % len(SHAPES)] for i in range(number)]


def line_styles(number: int) -> list[Style]:
    """Colour and dash of each of so many lines: the dash alone tells them apart."""
    return list(zip(colours(number), map(dash_of, range(number)), strict=True))


def dash_of(position: int) -> list[int]:
    """The dash of a line; when the listed ones are used up, a stroke and ever more dots."""
    if position < len(DASHES):
        return DASHES[position]
    return [12, 2, *[2, 2] * (position - len(DASHES) + 1)]


def line_encodings(
    names: Sequence[str],
    title: str = "Model",
    field: str = "model",
    among: Sequence[str] = (),
    fixed: Mapping[str, Style] | None = None,
    *,
    on_top: bool = False,
) -> dict[str, Any]:
    """Colour and dash by name in one legend; those of `fixed` names are given.

    A name keeps its style in every chart that is drawn `among` the same names. The legend
    stands beside the chart, or on top of it.
    """
    fixed = fixed or {}
    free = [name for name in dict.fromkeys([*among, *names]) if name not in fixed]
    known = {**dict(zip(free, line_styles(len(free)), strict=True)), **fixed}
    styles = [known[name] for name in names]
    colour = alt.Scale(domain=list(names), range=[style[0] for style in styles])
    dash = alt.Scale(domain=list(names), range=[style[1] for style in styles])
    legend = alt.Legend(
        symbolType="stroke",
        symbolSize=400,
        symbolStrokeWidth=2,
        symbolOpacity=1,
        labelLimit=260,
        orient="top" if on_top else alt.Undefined,
        columns=2 if on_top else alt.Undefined,
    )
    return {
        "color": alt.Color(f"{field}:N", title=title, scale=colour, legend=legend),
        "strokeDash": alt.StrokeDash(f"{field}:N", title=title, scale=dash, legend=legend),
    }


def point_encodings(names: Sequence[str], title: str, field: str) -> dict[str, Any]:
    """Colour and shape by name in one legend."""
    colour = alt.Scale(domain=list(names), range=colours(len(names)))
    shape = alt.Scale(domain=list(names), range=shapes(len(names)))
    return {
        "color": alt.Color(f"{field}:N", title=title, scale=colour),
        "shape": alt.Shape(f"{field}:N", title=title, scale=shape),
    }


def tooltips(form: str, *columns: str) -> list[alt.Tooltip]:
    """What pointing at a mark tells of columns of numbers, in one format."""
    return [alt.Tooltip(f"{column}:Q", format=form) for column in columns]


def plot_diagonal(x: str, y: str, end: float = 1) -> alt.Chart:
    """The dashed line of equal values from 0 to the end."""
    line: alt.Chart = alt.Chart(pd.DataFrame({x: [0, end], y: [0, end]})).mark_line(
        strokeDash=[4, 4], color=NEUTRAL, strokeWidth=1
    )
    return line.encode(x=f"{x}:Q", y=f"{y}:Q")


def pick_in_legend(field: str = "model", first: str | None = None) -> alt.Parameter:
    """A click on the legend singles one out, a double click shows all; `first` is picked."""
    if first is None:
        return alt.selection_point(fields=[field], bind="legend")
    return alt.selection_point(fields=[field], bind="legend", value=[{field: first}])


def faded_unless(picked: alt.Parameter, opacity: float = 1.0) -> Any:
    """Opacity of marks: faint where another name is picked."""
    return alt.condition(picked, alt.value(opacity), alt.value(_FADED * opacity))


def beside(charts: Sequence[Chart], columns: int = 2) -> Chart:
    """Charts of the same kind, two in a row, that share one choice of model."""
    if len(charts) == 1:
        return charts[0]
    with warnings.catch_warnings():
        # That the charts share one choice of model is what is wanted.
        warnings.filterwarnings("ignore", "Automatically deduplicated selection", UserWarning)
        both: Chart = alt.concat(*charts, columns=columns)
    return both
