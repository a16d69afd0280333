"""Charts of predicted risks: usefulness, stability. Altair only draws."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.utility import TREAT_ALL, TREAT_NONE
from deepcme.report.figures.roles import Roles, styles_of
from deepcme.report.figures.styles import (
    INK,
    NEUTRAL,
    Chart,
    beside,
    colours,
    faded_unless,
    legend_of_lines,
    line_encodings,
    named,
    on_lines,
    pick_in_legend,
    tooltips,
)

_WIDE, _HIGH = 400, 360
_FIXED = {TREAT_ALL: (NEUTRAL, [4, 2]), TREAT_NONE: (INK, [1, 0])}
_BELOW, _ROOM = 0.25, 0.1
"""How far below 0 the axis goes at most, and at least, as shares of the highest net benefit."""


def plot_decision_curve(
    curve: pd.DataFrame,
    roles: Roles | None = None,
    differences: pd.DataFrame | None = None,
) -> Chart:
    """Net benefit against the threshold probability; a chart for each cohort left out.

    Parameters
    ----------
    curve : DataFrame
        Columns strategy, threshold, net_benefit; perhaps left_out.
    roles : Roles, optional
    differences : DataFrame, optional
        Of one model, as `compute_net_benefit_differences` gives them: its intervals are drawn
        upon the better of treating all and none.
    """
    models = curve.loc[~curve["strategy"].isin([*_FIXED]), "strategy"]
    styles = styles_of(models, roles)
    picked = pick_in_legend("strategy")
    bars = None if differences is None else _bars_upon_better(differences).dropna()
    legend = legend_of_lines(styles, orient="bottom")
    encodings = line_encodings({**styles, **_FIXED}, "Model", "strategy", legend)
    description = (
        f"Decision curves: net benefit of acting on the risks of {len(styles)} models, of "
        "treating all and of treating none, by threshold probability."
    )
    drawn = curve if roles is None else roles.on_top(curve, "strategy")
    if LEFT_OUT not in curve.columns:
        chart = _plot_net_benefit(drawn, bars, picked, encodings)
        return chart.properties(description=description)
    charts = []
    for cohort, rows in drawn.groupby(LEFT_OUT, sort=False):
        of_cohort = None if bars is None else bars[bars[LEFT_OUT] == cohort]
        chart = _plot_net_benefit(rows, of_cohort, picked, encodings)
        charts.append(chart.properties(title=str(cohort)))
    return beside(charts).properties(description=description)


def _plot_net_benefit(
    curve: pd.DataFrame,
    bars: pd.DataFrame | None,
    picked: alt.Parameter,
    encodings: dict[str, Any],
) -> alt.LayerChart:
    top = max(float(curve["net_benefit"].max()), 0.01)
    lowest = curve.loc[curve["strategy"] != TREAT_ALL, "net_benefit"].min()
    bottom = min(max(float(lowest), -_BELOW * top), -_ROOM * top)
    # Bars of nothing would be an image without a name to screen readers.
    bars = None if bars is None or bars.empty else bars
    if bars is not None:
        bottom = min(bottom, float(bars["low"].min()))
        top = max(top, float(bars["high"].max()))
    scale = alt.Scale(domain=[bottom, 1.05 * top], nice=False)
    ends = (float(curve["threshold"].min()), float(curve["threshold"].max()))
    x = alt.X(
        "threshold:Q",
        title="Threshold probability",
        scale=alt.Scale(domain=ends, nice=False),
        axis=alt.Axis(format="%", tickCount=7),
    )
    y = alt.Y("net_benefit:Q", title="Net benefit", scale=scale)
    base = alt.Chart(curve).encode(x=x, color=encodings["color"], opacity=faded_unless(picked))
    lines = base.mark_line(strokeWidth=2, clip=True).encode(
        y=y,
        strokeDash=encodings["strokeDash"],
        tooltip=[
            *named("strategy"),
            *tooltips(".0%", "threshold"),
            *tooltips(".3f", "net_benefit"),
        ],
    )
    layers: list[alt.Chart] = [lines.add_params(picked)]
    if bars is not None:
        of_bars = alt.Chart(bars).encode(x=x, color=encodings["color"])
        layers.append(
            of_bars.mark_rule(strokeWidth=1.5, clip=True).encode(
                y=alt.Y("low:Q", title="Net benefit", scale=scale),
                y2="high:Q",
                opacity=faded_unless(picked),
            )
        )
    layers += _name_fixed(curve, bottom, x, y)
    chart: alt.LayerChart = alt.LayerChart(layer=layers, width=_WIDE, height=_HIGH)
    return chart


def _name_fixed(curve: pd.DataFrame, bottom: float, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The names of treating all, where its curve leaves the chart, and of treating none."""
    treated = curve[curve["strategy"] == TREAT_ALL].sort_values("threshold")
    inside = treated[treated["net_benefit"] >= 0.8 * bottom]
    none = curve[curve["strategy"] == TREAT_NONE].sort_values("threshold")
    if inside.empty or none.empty:
        return []
    # Where all are worth treating up to the last threshold, its name stands to the left.
    at_end = len(inside) == len(treated)
    places: list[tuple[pd.DataFrame, Literal["left", "right"], int, int]] = [
        (inside.iloc[[-1]], "right" if at_end else "left", -4 if at_end else 7, 9),
        (none.iloc[[0]], "left", 5, 9),
    ]
    layers = []
    for row, align, dx, dy in places:
        told = row[["threshold", "net_benefit", "strategy"]]
        words = alt.Chart(told).mark_text(fontSize=11, align=align, dx=dx, dy=dy)
        layers += on_lines(words.encode(x=x, y=y, text="strategy:N"))
    return layers


def _bars_upon_better(differences: pd.DataFrame) -> pd.DataFrame:
    """Ends of the intervals, added to the net benefit of the better strategy."""
    better = differences["net_benefit"] - differences["difference"]
    columns = ["threshold", *({LEFT_OUT} & {*differences.columns})]
    return differences[columns].assign(
        strategy=differences["model"],
        low=better + differences["ci_low"],
        high=better + differences["ci_high"],
    )


def plot_prediction_stability(spread: pd.DataFrame) -> Chart:
    """Mean risk of each sample, and its lowest and highest over the splits.

    Parameters
    ----------
    spread : DataFrame
        Of one model, in the order to draw: columns sample, label, mean, low, high, n_splits.
    """
    drawn = spread.assign(
        outcome=spread["label"].map({1: "event", 0: "no event"}),
        # By place: Vega cannot sort by a list of some thousand names.
        place=range(1, len(spread) + 1),
    )
    picked = pick_in_legend("outcome")
    scale = alt.Scale(domain=["event", "no event"], range=colours(2)[::-1])
    base = alt.Chart(drawn).encode(
        x=alt.X(
            "place:Q",
            title="Samples, by mean risk",
            scale=alt.Scale(domain=[0, len(spread) + 1], nice=False),
            axis=alt.Axis(labels=False, ticks=False, grid=False),
        ),
        color=alt.Color("outcome:N", title="Outcome", scale=scale),
        opacity=faded_unless(picked),
    )
    ranges = base.mark_rule(strokeWidth=1).encode(
        y=alt.Y("low:Q", title="Predicted risk", scale=alt.Scale(domain=[0, 1])), y2="high:Q"
    )
    means = base.mark_point(filled=True, size=22).encode(
        y="mean:Q",
        shape=alt.Shape(
            "outcome:N",
            title="Outcome",
            scale=alt.Scale(domain=["event", "no event"], range=["diamond", "circle"]),
        ),
        tooltip=[
            *named("sample", "outcome"),
            alt.Tooltip("mean:Q", title="mean risk", format=".2f"),
            alt.Tooltip("low:Q", title="lowest", format=".2f"),
            alt.Tooltip("high:Q", title="highest", format=".2f"),
            alt.Tooltip("n_splits:Q", title="times tested", format=","),
        ],
    )
    chart: alt.LayerChart = ranges + means.add_params(picked)
    return chart.properties(
        width=560,
        height=260,
        description=f"Predicted risk of {len(spread)} samples, by their mean: mean, lowest and "
        "highest over the splits, by outcome.",
    )
