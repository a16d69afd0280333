"""The calibration chart: curve, groups of equal size, and how often which risk was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.styles import (
    NEUTRAL,
    Chart,
    beside,
    faded_unless,
    line_encodings,
    pick_in_legend,
    plot_diagonal,
    tooltips,
)

_WIDTH = 340
_SHARES = alt.Scale(domain=[0, 1])


def plot_calibration(
    curves: pd.DataFrame,
    groups: pd.DataFrame,
    histogram: pd.DataFrame,
    among: Sequence[str] = (),
) -> Chart:
    """Observed against predicted risk; the first model is picked, with band and groups.

    Parameters
    ----------
    curves : DataFrame
        Columns model, predicted, observed, ci_low, ci_high; with `left_out` each cohort
        has a chart of its own, which is named after it.
    groups : DataFrame
        The same columns, a row a group.
    histogram : DataFrame
        Columns model, low, high, events, non_events.
    among : sequence of str
        Models of the report in one order, so that each keeps its colour.
    """
    models = curves["model"].drop_duplicates().tolist()
    picked = pick_in_legend(first=models[0])
    styles = line_encodings(models, among=among)
    tables = (curves, groups, histogram)
    if LEFT_OUT not in curves.columns:
        return _plot_one(tables, picked, styles)
    charts = [
        _plot_one(
            [table[table[LEFT_OUT] == cohort] for table in tables], picked, styles
        ).properties(title=str(cohort))
        for cohort in curves[LEFT_OUT].drop_duplicates()
    ]
    return beside(charts)


def _plot_one(
    tables: Sequence[pd.DataFrame], picked: alt.Parameter, styles: dict[str, Any]
) -> alt.VConcatChart:
    """Curve and groups above the histogram."""
    curves, groups, histogram = tables
    ideal = plot_diagonal("predicted", "observed")
    curve = _plot_curves(curves, picked, styles)
    points = _plot_groups(groups, picked, styles)
    agreement = alt.layer(ideal, *curve, *points).properties(width=_WIDTH, height=_WIDTH)
    spread = _plot_histogram(histogram, picked, styles)
    chart: alt.VConcatChart = alt.vconcat(agreement, spread, spacing=6)
    return chart


def _plot_curves(
    curves: pd.DataFrame, picked: alt.Parameter, styles: dict[str, Any]
) -> list[alt.Chart]:
    base = alt.Chart(curves).encode(
        x=alt.X("predicted:Q", title=None, scale=_SHARES, axis=alt.Axis(labels=False)),
        color=styles["color"],
    )
    band = base.mark_area().encode(
        y=alt.Y("ci_low:Q", title="Observed share", scale=_SHARES),
        y2="ci_high:Q",
        opacity=_hidden_unless(picked, 0.18),
    )
    line = base.mark_line(strokeWidth=2).encode(
        y="observed:Q",
        strokeDash=styles["strokeDash"],
        opacity=faded_unless(picked),
        tooltip=["model:N", *tooltips(".2f", "predicted", "observed")],
    )
    return [band, line.add_params(picked)]


def _plot_groups(
    groups: pd.DataFrame, picked: alt.Parameter, styles: dict[str, Any]
) -> list[alt.Chart]:
    base = alt.Chart(groups).encode(
        x="predicted:Q", color=styles["color"], opacity=_hidden_unless(picked, 1)
    )
    interval = base.mark_rule(strokeWidth=1).encode(y="ci_low:Q", y2="ci_high:Q")
    numbers = tooltips(".2f", "predicted", "observed", "ci_low", "ci_high")
    point = base.mark_point(filled=True, size=40).encode(
        y="observed:Q",
        tooltip=["model:N", *numbers, "n:Q", "events:Q"],
    )
    return [interval, point]


def _plot_histogram(
    histogram: pd.DataFrame, picked: alt.Parameter, styles: dict[str, Any]
) -> alt.LayerChart:
    """Shares of the events above the line, of the others below, the largest at full height."""
    model = histogram["model"].astype(str)
    counts = histogram[["events", "non_events"]]
    shares = counts / counts.groupby(model).transform("sum")
    largest = shares.max(axis=1).groupby(model).transform("max")
    height = shares.div(largest, axis=0)
    drawn = histogram.assign(above=height["events"], below=-height["non_events"])
    axis = alt.Axis(
        values=[-0.5, 0.5], labelExpr="datum.value > 0 ? 'event' : 'no event'", grid=False
    )
    base = alt.Chart(drawn).encode(
        x=alt.X("low:Q", title="Predicted probability", scale=_SHARES),
        x2="high:Q",
        y2=alt.datum(0),
        color=styles["color"],
        tooltip=[
            "model:N",
            *tooltips(".2f", "low", "high"),
            "events:Q",
            "non_events:Q",
        ],
    )
    above, below = (
        base.mark_rect().encode(
            y=alt.Y(f"{column}:Q", title=None, scale=alt.Scale(domain=[-1, 1]), axis=axis),
            opacity=_hidden_unless(picked, opacity),
        )
        for column, opacity in (("above", 0.9), ("below", 0.4))
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=NEUTRAL).encode(y="zero:Q")
    bars: alt.LayerChart = above + below + zero
    return bars.properties(width=_WIDTH, height=90)


def _hidden_unless(picked: alt.Parameter, opacity: float) -> Any:
    return alt.condition(picked, alt.value(opacity), alt.value(0), empty=False)
