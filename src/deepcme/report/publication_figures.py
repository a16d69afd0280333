"""The publication's tables and figures as pictures, each with a line on how it was made."""

from __future__ import annotations

import textwrap

import altair as alt
import pandas as pd

from deepcme.report import figures
from deepcme.report.contents import Contents
from deepcme.report.formatting import Shown, show
from deepcme.report.methods import describe_replay
from deepcme.report.styles import Chart

TABLES = ("table_1", "table_2", "table_3")
_LINE = 84
_ROW = 20
_CHARACTER = 6.6
_GAP = 18


def make_publication_charts(contents: Contents) -> dict[str, Chart]:
    """Draw figures 5 to 8 and tables 1 to 3, for a study that follows the paper's protocol."""
    tables = contents.tables
    if "claims" not in tables:
        return {}
    made = describe_replay(contents.identity["study"])
    plots = {
        "figure_5": ("Figure 5. Test AUC by model", figures.plot_auc_by_split),
        "figure_6": ("Figure 6. ROC curves on the test part of one split", figures.plot_roc),
        "figure_7": ("Figure 7. Mean test AUC over lambda, by batch size", figures.plot_grid),
        "figure_8": ("Figure 8. The genes of highest score", figures.plot_top_genes),
    }
    charts: dict[str, Chart] = {
        name: _titled(plot(tables[name]), title, made)
        for name, (title, plot) in plots.items()
        if name in tables
    }
    for name in TABLES:
        if name in tables and len(tables[name]):
            shown = show(name, tables[name])
            charts[name] = _titled(plot_table(shown), shown.caption, made)
    return charts


def _titled(chart: Chart, title: str, subtitle: str) -> Chart:
    titled: Chart = chart.properties(
        title=alt.TitleParams(
            textwrap.wrap(title, _LINE),
            subtitle=textwrap.wrap(subtitle, _LINE),
            anchor="start",
            subtitleColor="#565e66",
            offset=12,
        )
    )
    return titled


def plot_table(shown: Shown) -> Chart:
    """Draw a table as it is shown: numbers to the right, text to the left.

    Parameters
    ----------
    shown : Shown
    """
    cells, width = _place_cells(shown)
    height = _ROW * (len(shown.rows) + 1)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0]))
    base = alt.Chart(cells).encode(x=x, y=y, text="text:N")
    layers = [
        base.transform_filter((alt.datum.align == align) & (alt.datum.head == head)).mark_text(
            align=align, fontSize=11, fontWeight="bold" if head else "normal"
        )
        for align in ("left", "right")
        for head in (True, False)
    ]
    line = alt.Chart(pd.DataFrame({"x": [0], "x2": [width], "y": [_ROW]}))
    rule = line.mark_rule(color="#999").encode(x=x, x2="x2:Q", y=y)
    chart: Chart = alt.LayerChart(layer=[*layers, rule]).properties(width=width, height=height)
    frameless: Chart = chart.configure_view(stroke=None)
    return frameless


def _place_cells(shown: Shown) -> tuple[pd.DataFrame, float]:
    """Place of each cell in pixels, and the width of the table."""
    placed: list[dict[str, object]] = []
    left = 0.0
    for column, (heading, numeric) in enumerate(
        zip(shown.headings, shown.numeric, strict=True)
    ):
        texts = [heading, *(row[column] for row in shown.rows)]
        width = _CHARACTER * max(map(len, texts))
        placed += [
            {
                "text": text,
                "x": left + width if numeric else left,
                "y": _ROW * (number + 0.5),
                "align": "right" if numeric else "left",
                "head": number == 0,
            }
            for number, text in enumerate(texts)
        ]
        left += width + _GAP
    return pd.DataFrame(placed), left - _GAP
