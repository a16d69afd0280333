"""What all charts share: colours, dashes and legends."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

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
DIVERGING = (
    "#00507D", "#0072B2", "#5FA8D3", "#B5D6EA", "#F4F4F4", "#F7CFAE", "#EA9B62", "#D55E00",
    "#8F3F00",
)  # fmt: skip
"""From far below the mean to far above it: blue and vermilion, told apart by everyone."""
COLOURS = (*PALETTE, INK, NEUTRAL, OTHER, BAND, GRID, PAPER, *DIVERGING)
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
        "gradientStrokeColor": BAND,
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
BEHIND = 0.45
"""How much fainter lines are that stand behind a picked one, and are still read on paper."""
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
    return list(zip(colours(number), map(_dash, range(number)), strict=True))


def _dash(position: int) -> list[int]:
    """The dash of a line; when the listed ones are used up, a stroke and ever more dots."""
    if position < len(DASHES):
        return DASHES[position]
    return [12, 2, *[2, 2] * (position - len(DASHES) + 1)]


def line_encodings(
    styles: Mapping[str, Style],
    title: str = "Model",
    field: str = "model",
    legend: alt.Legend | None = None,
) -> dict[str, Any]:
    """Colour and dash by name in one legend, which stands beside the chart if nothing is said.

    Parameters
    ----------
    styles : mapping
        Colour and dash by name, in the order of the legend.
    title, field : str
    legend : Legend, optional
        As `legend_of_lines` gives it.
    """
    names, legend = [*styles], legend or legend_of_lines(styles)
    colour = alt.Scale(domain=names, range=[colour for colour, _ in styles.values()])
    dash = alt.Scale(domain=names, range=[dash for _, dash in styles.values()])
    return {
        "color": alt.Color(f"{field}:N", title=title, scale=colour, legend=legend),
        "strokeDash": alt.StrokeDash(f"{field}:N", title=title, scale=dash, legend=legend),
    }


def legend_of_lines(
    names: Iterable[str],
    labels: Mapping[str, str] | None = None,
    *,
    orient: Literal["top", "bottom"] | None = None,
    columns: int | None = None,
) -> alt.Legend:
    """A legend of strokes.

    Parameters
    ----------
    names : sequence of str
        Those that stand there; others may be told in the chart.
    labels : mapping, optional
        What stands there in place of a name, such as the name with an estimate.
    orient : {"top", "bottom"}, optional
        Beside the chart, or below on a narrow page, if nothing is said.
    columns : int, optional
        Of one above or below several charts; above or below one chart, as many as fit.
    """
    names, labels = [*names], labels or {}
    fitting = columns or _columns_that_fit([labels.get(name, name) for name in names])
    return alt.Legend(
        symbolType="stroke",
        symbolSize=400,
        symbolStrokeWidth=2.5,
        symbolOpacity=1,
        labelLimit=340,
        orient=orient or alt.Undefined,
        columns=fitting if orient else alt.Undefined,
        values=names,
        labelExpr=_label_by_name(labels) if labels else alt.Undefined,
        titlePadding=6,
    )


def legend_of_points(
    names: Iterable[str], labels: Mapping[str, str] | None = None
) -> alt.Legend:
    """A legend of points on top of a chart, likewise."""
    labels = labels or {}
    return alt.Legend(
        orient="top",
        columns=_columns_that_fit([labels.get(name, name) for name in names]),
        labelLimit=340,
        symbolOpacity=1,
        labelExpr=_label_by_name(labels) if labels else alt.Undefined,
    )


def _label_by_name(labels: Mapping[str, str]) -> str:
    """An expression of Vega that gives the label of a name."""
    return f"{json.dumps(dict(labels))}[datum.label] || datum.label"


def _columns_that_fit(texts: Sequence[str]) -> alt.ExprRef:
    """By the width of a chart that stands alone; one of several has none in an expression."""
    needed = _AROUND_LABEL + _CHARACTER * max(map(len, texts), default=0)
    return alt.ExprRef(f"clamp(floor(width / {needed:.0f}), 1, {_MOST_COLUMNS})")


_AROUND_LABEL, _CHARACTER, _MOST_COLUMNS = 45, 6.8, 4
"""Pixels around a label and of one of its characters; no more columns than so many."""


def palette_styles(
    names: Iterable[str],
    among: Iterable[str] = (),
    fixed: Mapping[str, Style] | None = None,
) -> dict[str, Style]:
    """Colour and dash of each name, where nobody has a role.

    A name keeps its style in every chart that is drawn `among` the same names; those of
    `fixed` names are given.
    """
    names, fixed = [*names], fixed or {}
    free = [name for name in dict.fromkeys([*among, *names]) if name not in fixed]
    known = {**dict(zip(free, line_styles(len(free)), strict=True)), **fixed}
    return {name: known[name] for name in names}


def point_encodings(
    names: Sequence[str],
    title: str,
    field: str,
    palette: Sequence[str] | None = None,
    legend: alt.Legend | None = None,
) -> dict[str, Any]:
    """Colour and shape by name in one legend; colours in their order if none are given."""
    legend = legend or legend_of_points(names)
    colour = alt.Scale(domain=[*names], range=[*(palette or colours(len(names)))])
    shape = alt.Scale(domain=[*names], range=shapes(len(names)))
    return {
        "color": alt.Color(f"{field}:N", title=title, scale=colour, legend=legend),
        "shape": alt.Shape(f"{field}:N", title=title, scale=shape, legend=legend),
    }


WORDS = {
    "ci_low": "95% low",
    "ci_high": "95% high",
    "false_positive_rate": "false-positive rate",
    "non_events": "without the event",
    "low": "lowest",
    "high": "highest",
    "mape": "mean absolute error",
    "fdr": "FDR",
    "nes": "normalised enrichment score",
    "value": "estimate",
}
"""What pointing at a mark calls a column; others by their names, without underscores."""


def tooltips(form: str, *columns: str) -> list[alt.Tooltip]:
    """What pointing at a mark tells of columns of numbers, in one format."""
    return [alt.Tooltip(f"{column}:Q", title=_word(column), format=form) for column in columns]


def named(*columns: str) -> list[alt.Tooltip]:
    """What pointing at a mark tells of columns of words."""
    return [alt.Tooltip(f"{column}:N", title=_word(column)) for column in columns]


def _word(column: str) -> str:
    return WORDS.get(column, column.replace("_", " "))


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


def faded_unless(picked: alt.Parameter, opacity: float = 1.0, *, faded: float = _FADED) -> Any:
    """Opacity of marks: faint where another name is picked."""
    return alt.condition(picked, alt.value(opacity), alt.value(faded * opacity))


def hidden_unless(picked: alt.Parameter, opacity: float = 1.0) -> Any:
    """Opacity of marks that are seen of picked names alone, and of none where none is."""
    return alt.condition(picked, alt.value(opacity), alt.value(0), empty=False)


def on_lines(words: alt.Chart) -> list[alt.Chart]:
    """Words that lie upon lines, with a rim in the colour of the paper around them.

    Parameters
    ----------
    words : Chart
        Of the mark text, encoded.
    """
    rim = words.copy()
    rim.mark.stroke, rim.mark.strokeWidth, rim.mark.strokeJoin = PAPER, 4, "round"
    rim.mark.color = PAPER
    return [rim, words]


def has_panels(chart: Chart) -> bool:
    """Whether it is several charts beside or below each other."""
    return not isinstance(chart, alt.Chart | alt.LayerChart)


def beside(charts: Sequence[Chart], columns: int = 2) -> Chart:
    """Charts of the same kind, two in a row, that share one choice of model."""
    if len(charts) == 1:
        return charts[0]
    with warnings.catch_warnings():
        # That the charts share one choice of model is what is wanted.
        warnings.filterwarnings("ignore", "Automatically deduplicated selection", UserWarning)
        both: Chart = alt.concat(*charts, columns=columns)
    return both
