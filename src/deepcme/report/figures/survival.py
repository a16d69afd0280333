"""Curves over time by group of risk, with how many are at risk below. Altair only draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import pandas as pd

from deepcme.report.figures.styles import INK, NEUTRAL, PALETTE, Chart, Style, tooltips

GROUPS = ("lowest", "middle", "highest")
_STYLES: tuple[Style, ...] = ((PALETTE[0], [1, 0]), (PALETTE[4], [2, 2]), (PALETTE[1], [8, 3]))
_WIDTH, _HEIGHT = 560, 320
_ROW = 17
_FIRST_ROW = 52
"""From the axis down, past its labels and title."""
_BESIDE = -16


def plot_risk_curves(
    curves: pd.DataFrame,
    at_risk: pd.DataFrame,
    censored: pd.DataFrame,
    *,
    title: str,
    unit: str,
    horizon: float | None = None,
    p_value: float | None = None,
) -> Chart:
    """Steps with their bands, a mark for each censored patient, and numbers at risk.

    Parameters
    ----------
    curves : DataFrame
        Columns group, time, value, ci_low, ci_high; times in the unit shown, a group's in
        ascending order.
    at_risk : DataFrame
        Columns group, time, at_risk; the times are the ticks of the axis.
    censored : DataFrame
        Columns group, time, value: where the curves are marked; may be empty.
    title : str
        What the curves are, along their axis.
    unit : str
        That of the times.
    horizon : float, optional
        Marked where there is one.
    p_value : float, optional
        That the groups do not differ, by permutation: a line within the chart.
    """
    drawn = curves[curves["value"].notna()]
    groups = [group for group in GROUPS if (drawn["group"] == group).any()]
    x = time_axis(at_risk, unit, float(drawn["time"].max()))
    base = alt.Chart(drawn).encode(x=x, color=_colour(groups))
    share = alt.Scale(domain=[0, 1])
    y_axis = alt.Axis(tickCount=5)
    band = (
        base.transform_filter(alt.FieldValidPredicate("ci_low", valid=True))
        .mark_area(interpolate="step-after", opacity=0.15, clip=True)
        .encode(y=alt.Y("ci_low:Q", title=title, scale=share, axis=y_axis), y2="ci_high:Q")
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2, clip=True).encode(
        y=alt.Y("value:Q", title=title, scale=share, axis=y_axis),
        strokeDash=_dash(groups),
        tooltip=[
            alt.Tooltip("group:N", title="third"),
            *tooltips(".3~f", "time"),
            alt.Tooltip("value:Q", title=title.lower(), format=".2f"),
            *tooltips(".2f", "ci_low", "ci_high"),
            *tooltips(",", "at_risk"),
        ],
    )
    layers = [band, line, *_censored(censored, x, share, groups)]
    if horizon is not None:
        layers += mark_horizon(horizon, x)
    if p_value is not None:
        starts_high = float(drawn["value"].iloc[0]) > 0.5
        layers.append(_tell(f"permutation p = {p_value:.3f}", at_bottom=starts_high))
    rows = {group: group.capitalize() for group in groups}
    layers += numbers_below(at_risk, "group", rows, x, _HEIGHT)
    chart: alt.LayerChart = alt.LayerChart(layer=layers, width=_WIDTH, height=_HEIGHT)
    return chart.properties(
        description=f"{title} over time in {len(groups)} groups of predicted risk, with 95% "
        "bands; below, how many patients are at risk."
    )


def time_axis(at_risk: pd.DataFrame, unit: str, longest: float) -> alt.X:
    """The axis of times, with a tick for each that is known how many are at risk."""
    ticks = at_risk["time"].drop_duplicates().tolist()
    return alt.X(
        "time:Q",
        title=unit.capitalize() or "Time",
        scale=alt.Scale(domain=[0, max(longest, *ticks)], nice=False),
        axis=alt.Axis(values=ticks, format=",~r", labelFlush=False, grid=False),
    )


def mark_horizon(horizon: float, x: alt.X) -> list[alt.Chart]:
    """A dashed line through a chart at the horizon, with its name above it."""
    base = alt.Chart(pd.DataFrame({"time": [horizon], "name": ["horizon"]})).encode(x=x)
    return [
        base.mark_rule(strokeDash=[4, 4], color=NEUTRAL),
        base.mark_text(y=-7, fontSize=11, color=INK).encode(text="name:N"),
    ]


def numbers_below(
    at_risk: pd.DataFrame, field: str, rows: Mapping[str, str], x: alt.X, height: int
) -> list[alt.Chart]:
    """Numbers at risk below the ticks of a time axis, in a row for each group.

    Parameters
    ----------
    at_risk : DataFrame
        Columns `field`, time, at_risk.
    field : str
    rows : mapping
        What stands beside the row of each value of the field, from the top down.
    x : alt.X
        The time axis.
    height : int
        Of the chart: its own signal is not known to one of several charts.
    """
    layers = [_beside(height + _FIRST_ROW, "At risk", "bold")]
    for place, (value, label) in enumerate(rows.items(), start=1):
        of_group = at_risk[at_risk[field] == value]
        y = height + _FIRST_ROW + place * _ROW
        numbers = alt.Chart(of_group).mark_text(y=y, fontSize=11, color=INK)
        layers += [
            numbers.encode(x=x, text=alt.Text("at_risk:Q", format=",")),
            _beside(y, label, "normal"),
        ]
    return layers


def _tell(words: str, *, at_bottom: bool) -> alt.Chart:
    """Words in the corner where curves do not start."""
    text: alt.Chart = alt.Chart(pd.DataFrame({"words": [words]})).mark_text(
        x=10,
        y=_HEIGHT - 12 if at_bottom else 12,
        align="left",
        fontSize=11,
        color=INK,
    )
    return text.encode(text="words:N")


def _beside(y: int, label: str, weight: Literal["bold", "normal"]) -> alt.Chart:
    text: alt.Chart = alt.Chart(pd.DataFrame({"label": [label]})).mark_text(
        x=_BESIDE, y=y, align="right", fontSize=11, fontWeight=weight, color=INK
    )
    return text.encode(text="label:N")


def _censored(
    censored: pd.DataFrame, x: alt.X, share: alt.Scale, groups: Sequence[str]
) -> list[alt.Chart]:
    if censored.empty:
        return []
    marks = alt.Chart(censored).mark_tick(
        orient="vertical", thickness=1, size=9, opacity=0.8, clip=True
    )
    return [marks.encode(x=x, y=alt.Y("value:Q", scale=share), color=_colour(groups))]


def _legend() -> alt.Legend:
    return alt.Legend(
        orient="top", direction="horizontal", columns=3, symbolType="stroke", symbolSize=400,
        symbolStrokeWidth=2, symbolOpacity=1, titleOrient="left",
    )  # fmt: skip


def _colour(groups: Sequence[str]) -> Any:
    return _of_group(alt.Color, groups, [colour for colour, _ in _STYLES])


def _dash(groups: Sequence[str]) -> Any:
    return _of_group(alt.StrokeDash, groups, [dash for _, dash in _STYLES])


def _of_group(channel: Any, groups: Sequence[str], styles: Sequence[Any]) -> Any:
    known = dict(zip(GROUPS, styles, strict=True))
    scale = alt.Scale(domain=list(groups), range=[known[group] for group in groups])
    return channel("group:N", title="Risk third", scale=scale, legend=_legend())
