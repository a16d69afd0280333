"""Charts of predictions judged at times: the AUC over time, risks against Kaplan-Meier."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from deepcme.report.figures.styles import (
    INK,
    NEUTRAL,
    Chart,
    faded_unless,
    line_encodings,
    pick_in_legend,
    plot_diagonal,
    tooltips,
)
from deepcme.report.figures.survival import mark_horizon, numbers_below, time_axis

AS_GIVEN, RECALIBRATED = "as given", "recalibrated"
_VERSIONS = (AS_GIVEN, RECALIBRATED)
_ALL = "all"
_HEIGHT = 280
_SQUARE = 340
_BAND = 0.15


def plot_auc_over_time(
    table: pd.DataFrame,
    at_risk: pd.DataFrame,
    among: Sequence[str] = (),
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
    among : sequence of str
        Models of the report in one order, so that each keeps its colour.
    unit : str
        That of the times.
    horizon : float, optional
        Marked where there is one.
    """
    models = table["model"].drop_duplicates().tolist()
    picked = pick_in_legend(first=models[0])
    # A legend below would lie upon the numbers at risk.
    styles = line_encodings(models, among=among, on_top=True)
    x = time_axis(at_risk, unit, float(table["time"].max()))
    low = float(np.nanmin([*table["ci_low"], *table["value"], 0.5]))
    scale = alt.Scale(domain=[np.floor(low * 10) / 10, 1])
    base = alt.Chart(table.dropna(subset="value")).encode(x=x, color=styles["color"])
    band = (
        base.transform_filter(alt.FieldValidPredicate("ci_low", valid=True))
        .mark_area()
        .encode(
            y=alt.Y("ci_low:Q", title="AUC(t)", scale=scale),
            y2="ci_high:Q",
            opacity=alt.condition(picked, alt.value(_BAND), alt.value(0), empty=False),
        )
    )
    line = base.mark_line(strokeWidth=2).encode(
        y=alt.Y("value:Q", title="AUC(t)", scale=scale),
        strokeDash=styles["strokeDash"],
        opacity=faded_unless(picked, 0.9),
        tooltip=["model:N", *tooltips(".3~f", "time"), *_ends(".3f"), "events:Q"],
    )
    chance = alt.Chart(pd.DataFrame({"value": [0.5]})).mark_rule(
        strokeDash=[4, 4], color=NEUTRAL
    )
    layers = [chance.encode(y=alt.Y("value:Q", scale=scale)), band, line.add_params(picked)]
    if horizon is not None:
        layers += mark_horizon(horizon, x)
    layers += numbers_below(at_risk.assign(of=_ALL), "of", {_ALL: "All"}, x, _HEIGHT)
    chart: alt.LayerChart = alt.LayerChart(layer=layers, width=520, height=_HEIGHT)
    return chart


def plot_calibration_at_horizon(groups: pd.DataFrame, among: Sequence[str] = ()) -> Chart:
    """Observed against predicted risk in groups of one model, as given and recalibrated.

    Parameters
    ----------
    groups : DataFrame
        Columns model, risks (`AS_GIVEN` or `RECALIBRATED`), predicted, observed, ci_low,
        ci_high, n, events, followed. The first model is picked.
    among : sequence of str
        Models of the report in one order, so that each keeps its colour.
    """
    models = groups["model"].drop_duplicates().tolist()
    picked = pick_in_legend(first=models[0])
    known = groups.dropna(subset="observed")
    highest = float(np.nanmax(known[["predicted", "observed", "ci_high"]].to_numpy()))
    end = min(1.0, np.ceil(highest * 10) / 10)
    scale, axis = alt.Scale(domain=[0, end], nice=False), alt.Axis(tickCount=5)
    versions = [version for version in _VERSIONS if (known["risks"] == version).any()]
    shape = alt.Scale(domain=versions, range=["circle", "diamond"][: len(versions)])
    dash = alt.Scale(domain=versions, range=[[3, 2], [1, 0]][: len(versions)])
    colour = line_encodings(models, among=among)["color"]
    on_top = alt.Legend(
        orient="top", direction="horizontal", titleOrient="left",
        symbolFillColor=INK, symbolStrokeColor=INK,
    )  # fmt: skip
    base = alt.Chart(known).encode(
        x=alt.X("predicted:Q", title="Mean predicted risk", scale=scale, axis=axis),
        color=colour,
        opacity=alt.condition(picked, alt.value(1), alt.value(0), empty=False),
    )
    y = alt.Y("observed:Q", title="Observed risk", scale=scale, axis=axis)
    interval = base.transform_filter(alt.FieldValidPredicate("ci_low", valid=True)).mark_rule(
        strokeWidth=1
    )
    line = base.mark_line(strokeWidth=1.2).encode(
        y=y, strokeDash=alt.StrokeDash("risks:N", title="Risks", scale=dash, legend=on_top)
    )
    points = base.mark_point(filled=True, size=70).encode(
        y=y,
        shape=alt.Shape("risks:N", title="Risks", scale=shape, legend=on_top),
        tooltip=["model:N", "risks:N", *tooltips(".2f", "predicted", "observed"), *_COUNTS],
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
    return chart


_COUNTS = ("ci_low:Q", "ci_high:Q", "n:Q", "events:Q", "followed:Q")


def _ends(form: str) -> list[alt.Tooltip]:
    return tooltips(form, "value", "ci_low", "ci_high")
