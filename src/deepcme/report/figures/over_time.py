"""Charts of predictions judged at times: the AUC over time, risks against Kaplan-Meier."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from deepcme.report.figures.roles import Roles, label_estimates, styles_of
from deepcme.report.figures.styles import (
    BEHIND,
    INK,
    NEUTRAL,
    Chart,
    faded_unless,
    hidden_unless,
    legend_of_lines,
    line_encodings,
    named,
    pick_in_legend,
    plot_diagonal,
    tooltips,
)
from deepcme.report.figures.survival import mark_horizon, numbers_below, time_axis

AS_GIVEN, RECALIBRATED = "as given", "recalibrated"
_VERSIONS = (AS_GIVEN, RECALIBRATED)
_ALL = "all"
_HEIGHT = 300
_SQUARE = 360
_BAND = 0.15


def plot_auc_over_time(
    table: pd.DataFrame,
    at_risk: pd.DataFrame,
    roles: Roles | None = None,
    estimates: pd.DataFrame | None = None,
    *,
    unit: str,
    horizon: float | None = None,
) -> Chart:
    """A line for each model; the first is picked, with its band.

    Parameters
    ----------
    table : DataFrame
        Columns model, time, value, ci_low, ci_high; times in the unit shown.
    at_risk : DataFrame
        Columns time, at_risk: of all patients, at the ticks of the axis.
    roles : Roles, optional
    estimates : DataFrame, optional
        Columns model, value, ci_low, ci_high: Uno's C, which stands in the legend.
    unit : str
        That of the times.
    horizon : float, optional
        Marked where there is one.
    """
    styles = styles_of(table["model"], roles)
    first = next(iter(styles))
    picked = pick_in_legend(first=first)
    # A legend below would lie upon the numbers at risk.
    labels = label_estimates(estimates)
    legend = legend_of_lines(styles, labels, orient="top")
    title = "Model: Uno's C (95% interval)" if labels else "Model"
    encodings = line_encodings(styles, title, legend=legend)
    x = time_axis(at_risk, unit, float(table["time"].max()))
    low = float(np.nanmin([*table["ci_low"], *table["value"], 0.5]))
    scale = alt.Scale(domain=[np.floor(low * 10) / 10, 1])
    known = table.dropna(subset="value")
    drawn = known if roles is None else roles.on_top(known)
    base = alt.Chart(drawn).encode(x=x, color=encodings["color"])
    band = (
        base.transform_filter(alt.FieldValidPredicate("ci_low", valid=True))
        .mark_area()
        .encode(
            y=alt.Y("ci_low:Q", title="AUC(t)", scale=scale),
            y2="ci_high:Q",
            opacity=hidden_unless(picked, _BAND),
        )
    )
    line = base.mark_line(strokeWidth=2).encode(
        y=alt.Y("value:Q", title="AUC(t)", scale=scale),
        strokeDash=encodings["strokeDash"],
        opacity=faded_unless(picked, faded=BEHIND),
        tooltip=[
            *named("model"),
            *tooltips(".3~f", "time"),
            alt.Tooltip("value:Q", title="AUC(t)", format=".3f"),
            *tooltips(".3f", "ci_low", "ci_high"),
            *tooltips(",", "events"),
        ],
    )
    chance = alt.Chart(pd.DataFrame({"value": [0.5]})).mark_rule(
        strokeDash=[4, 4], color=NEUTRAL
    )
    layers = [chance.encode(y=alt.Y("value:Q", scale=scale)), band, line.add_params(picked)]
    if horizon is not None:
        layers += mark_horizon(horizon, x)
    layers += numbers_below(at_risk.assign(of=_ALL), "of", {_ALL: "All"}, x, _HEIGHT)
    chart: alt.LayerChart = alt.LayerChart(layer=layers, width=560, height=_HEIGHT)
    return chart.properties(
        description=f"AUC over time of {len(styles)} models, {first} with its 95% band; below, "
        "how many patients are at risk."
    )


def plot_calibration_at_horizon(groups: pd.DataFrame, roles: Roles | None = None) -> Chart:
    """Observed against predicted risk in groups of one model, as given and recalibrated.

    Parameters
    ----------
    groups : DataFrame
        Columns model, risks (`AS_GIVEN` or `RECALIBRATED`), predicted, observed, ci_low,
        ci_high, n, events, followed. The first model is picked.
    roles : Roles, optional
    """
    styles = styles_of(groups["model"], roles)
    first = next(iter(styles))
    picked = pick_in_legend(first=first)
    known = groups.dropna(subset="observed")
    highest = float(np.nanmax(known[["predicted", "observed", "ci_high"]].to_numpy()))
    end = min(1.0, np.ceil(highest * 10) / 10)
    scale, axis = alt.Scale(domain=[0, end], nice=False), alt.Axis(tickCount=5)
    versions = [version for version in _VERSIONS if (known["risks"] == version).any()]
    shape = alt.Scale(domain=versions, range=["circle", "diamond"][: len(versions)])
    dash = alt.Scale(domain=versions, range=[[3, 2], [1, 0]][: len(versions)])
    legend = legend_of_lines(styles, orient="bottom")
    colour = line_encodings(styles, legend=legend)["color"]
    on_top = alt.Legend(
        orient="top", direction="horizontal", titleOrient="left",
        symbolFillColor=INK, symbolStrokeColor=INK,
    )  # fmt: skip
    base = alt.Chart(known).encode(
        x=alt.X("predicted:Q", title="Mean predicted risk", scale=scale, axis=axis),
        color=colour,
        opacity=hidden_unless(picked),
    )
    y = alt.Y("observed:Q", title="Observed risk", scale=scale, axis=axis)
    interval = base.transform_filter(alt.FieldValidPredicate("ci_low", valid=True)).mark_rule(
        strokeWidth=1
    )
    line = base.mark_line(strokeWidth=1.2).encode(
        y=y,
        strokeDash=alt.StrokeDash("risks:N", title="Risks", scale=dash, legend=on_top),
        opacity=alt.condition(picked, alt.value(1), alt.value(_BAND), empty=False),
    )
    points = base.mark_point(filled=True, size=70).encode(
        y=y,
        shape=alt.Shape("risks:N", title="Risks", scale=shape, legend=on_top),
        tooltip=[
            *named("model", "risks"),
            *tooltips(".2f", "predicted", "observed", "ci_low", "ci_high"),
            *tooltips(",", "n", "events", "followed"),
        ],
    )
    layers = [
        plot_diagonal("predicted", "observed", end),
        interval.encode(
            y=alt.Y("ci_low:Q", title="Observed risk", scale=scale, axis=axis), y2="ci_high:Q"
        ),
        line,
        points.add_params(picked),
    ]
    chart: alt.LayerChart = alt.LayerChart(layer=layers, width=_SQUARE, height=_SQUARE)
    return chart.properties(
        description=f"Calibration: observed against predicted risk of {first} in groups of "
        f"patients, {' and '.join(versions)}, with 95% intervals."
    )
