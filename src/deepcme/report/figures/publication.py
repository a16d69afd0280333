"""Pictures as the publication has them: a table drawn, a line on how a chart was made."""

from __future__ import annotations

import textwrap

import altair as alt
import pandas as pd

from deepcme.report.figures.styles import NEUTRAL, Chart
from deepcme.report.formatting import Shown

_LINE = 84
_ROW = 20
_CHARACTER = 6.6
_GAP = 18


def titled(chart: Chart, title: str, subtitle: str) -> Chart:
    """The chart with a title and a smaller line under it."""
    with_title: Chart = chart.properties(
        title=alt.TitleParams(
            textwrap.wrap(title, _LINE),
            subtitle=textwrap.wrap(subtitle, _LINE),
            anchor="start",
            offset=12,
        )
    )
    return with_title


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
    rule = line.mark_rule(color=NEUTRAL).encode(x=x, x2="x2:Q", y=y)
    chart: alt.LayerChart = alt.LayerChart(layer=[*layers, rule])
    return chart.properties(width=width, height=height)


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
