"""The calibration chart: curve, groups of equal size, and how often which risk was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.roles import Roles, styles_of
from deepcme.report.figures.styles import (
    BEHIND,
    Chart,
    beside,
    faded_unless,
    hidden_unless,
    legend_of_lines,
    line_encodings,
    named,
    pick_in_legend,
    plot_diagonal,
    tooltips,
)

_SIDE = 360
_X, _Y = "Predicted risk", "Observed share"
_FLOOR, _MIDDLE, _REACH = -0.28, -0.15, 0.11
"""Shares of the axis below 0: how far it goes, where bars start, how high the highest is."""


def plot_calibration(
    curves: pd.DataFrame,
    groups: pd.DataFrame,
    histogram: pd.DataFrame,
    roles: Roles | None = None,
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
    roles : Roles, optional
    """
    styles = styles_of(curves["model"], roles)
    first = next(iter(styles))
    picked = pick_in_legend(first=first)
    tables = (curves if roles is None else roles.on_top(curves), groups, histogram)
    description = (
        f"Calibration: observed share against predicted risk of {len(styles)} models; "
        f"{first} with its 95% band, groups of patients, and how often which risk was given."
    )
    encodings = line_encodings(styles, legend=legend_of_lines(styles, orient="bottom"))
    if LEFT_OUT not in curves.columns:
        return _plot_one(tables, picked, encodings).properties(description=description)
    charts = [
        _plot_one(
            [table[table[LEFT_OUT] == cohort] for table in tables], picked, encodings
        ).properties(title=str(cohort))
        for cohort in curves[LEFT_OUT].drop_duplicates()
    ]
    return beside(charts).properties(description=description)


def _plot_one(
    tables: Sequence[pd.DataFrame], picked: alt.Parameter, encodings: dict[str, Any]
) -> alt.LayerChart:
    """Curve and groups, and below 0 how often which risk was given."""
    curves, groups, histogram = tables
    ends = ["predicted", "observed", "ci_high"]
    highest = max(float(np.nanmax(table[ends].to_numpy())) for table in (curves, groups))
    end = min(1.0, float(np.ceil(10 * highest) / 10))
    x = alt.Scale(domain=[0, end], nice=False)
    y = alt.Scale(domain=[_FLOOR * end, end], nice=False)
    layers = [
        *_draw_histogram(histogram, picked, encodings, end),
        plot_diagonal("predicted", "observed", end),
        *_draw_curves(curves, picked, encodings),
        *_draw_groups(groups, picked, encodings),
    ]
    both = alt.LayerChart(layer=layers, width=_SIDE, height=_SIDE)
    chart: alt.LayerChart = both.encode(
        x=alt.X(title=_X, scale=x, axis=alt.Axis(tickCount=5)),
        y=alt.Y(title=_Y, scale=y, axis=_label_both(end)),
    )
    return chart


def _label_both(end: float) -> alt.Axis:
    """Shares from 0 up, and below them whose bars are whose."""
    event, none = (end * (_MIDDLE + sign * _REACH / 2) for sign in (1, -1))
    shares = [round(share, 9) for share in np.linspace(0, end, 6)]
    words = f"datum.value > {_MIDDLE * end} ? 'event' : 'no event'"
    return alt.Axis(
        values=[none, event, *shares],
        labelExpr=f"datum.value < 0 ? ({words}) : format(datum.value, '.2~f')",
        gridOpacity=alt.condition("datum.value < 0", alt.value(0), alt.value(1)),
        tickOpacity=alt.condition("datum.value < 0", alt.value(0), alt.value(1)),
    )


def _draw_curves(
    curves: pd.DataFrame, picked: alt.Parameter, encodings: dict[str, Any]
) -> list[alt.Chart]:
    base = alt.Chart(curves).encode(x="predicted:Q", color=encodings["color"])
    band = base.mark_area().encode(
        y="ci_low:Q", y2="ci_high:Q", opacity=hidden_unless(picked, 0.18)
    )
    line = base.mark_line(strokeWidth=2).encode(
        y="observed:Q",
        strokeDash=encodings["strokeDash"],
        opacity=faded_unless(picked, faded=BEHIND),
        tooltip=[*named("model"), *tooltips(".2f", "predicted", "observed")],
    )
    return [band, line.add_params(picked)]


def _draw_groups(
    groups: pd.DataFrame, picked: alt.Parameter, encodings: dict[str, Any]
) -> list[alt.Chart]:
    base = alt.Chart(groups).encode(
        x="predicted:Q", color=encodings["color"], opacity=hidden_unless(picked)
    )
    interval = base.mark_rule(strokeWidth=1).encode(y="ci_low:Q", y2="ci_high:Q")
    numbers = tooltips(".2f", "predicted", "observed", "ci_low", "ci_high")
    point = base.mark_point(filled=True, size=40).encode(
        y="observed:Q",
        tooltip=[*named("model"), *numbers, *tooltips(",", "n", "events")],
    )
    return [interval, point]


def _draw_histogram(
    histogram: pd.DataFrame, picked: alt.Parameter, encodings: dict[str, Any], end: float
) -> list[alt.Chart]:
    """Shares of the events up, of the others down, the largest at full height."""
    model = histogram["model"].astype(str)
    counts = histogram[["events", "non_events"]]
    shares = counts / counts.groupby(model).transform("sum")
    largest = shares.max(axis=1).groupby(model).transform("max")
    height = end * _REACH * shares.div(largest, axis=0)
    drawn = histogram.assign(
        middle=end * _MIDDLE,
        above=end * _MIDDLE + height["events"],
        below=end * _MIDDLE - height["non_events"],
    )
    told = [
        *named("model"),
        alt.Tooltip("low:Q", title="risk from", format=".2f"),
        alt.Tooltip("high:Q", title="risk to", format=".2f"),
        *tooltips(",", "events", "non_events"),
    ]
    base = alt.Chart(drawn[drawn["low"] < end]).encode(
        x="low:Q", x2="high:Q", y2="middle:Q", color=encodings["color"], tooltip=told
    )
    return [
        base.mark_rect(clip=True).encode(
            y=f"{column}:Q", opacity=hidden_unless(picked, opacity)
        )
        for column, opacity in (("above", 0.9), ("below", 0.45))
    ]
