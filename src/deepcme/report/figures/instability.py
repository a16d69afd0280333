"""Charts of a model that was developed again on bootstrap samples. Altair only draws."""

from __future__ import annotations

import altair as alt
import pandas as pd

from deepcme.evaluation.stability.refits import ORIGINAL
from deepcme.report.figures.styles import (
    NEUTRAL,
    PALETTE,
    Chart,
    faded_unless,
    named,
    pick_in_legend,
    plot_diagonal,
    point_encodings,
    tooltips,
)

_MOST_POINTS = 4000
_SIDE = 360
_RISKS = alt.Scale(domain=[0, 1])
_ORIGINAL_RISK = "Risk by the original model"


def plot_prediction_instability(instability: pd.DataFrame, refits: pd.DataFrame) -> Chart:
    """Risks by the refits against that by the original model.

    Parameters
    ----------
    instability : DataFrame
        Columns sample, risk, low, high, mape: the lines from low to high.
    refits : DataFrame
        Columns refit, sample, risk: the points, of as many of the first refits as can be told
        apart.
    """
    n_drawn = max(1, _MOST_POINTS // len(instability))
    shown = refits[refits["refit"].between(ORIGINAL + 1, ORIGINAL + n_drawn)]
    shown = shown[["sample", "risk"]].rename(columns={"risk": "refitted"})
    points = shown.merge(instability[["sample", "risk"]], on="sample").round(3)
    x = alt.X("risk:Q", title=_ORIGINAL_RISK, scale=_RISKS)
    y_title = "Risk by the refits"
    dots = (
        alt.Chart(points[["risk", "refitted"]])
        .mark_point(filled=True, size=8, opacity=0.35, color=NEUTRAL)
        .encode(x=x, y=alt.Y("refitted:Q", title=y_title, scale=_RISKS))
    )
    ranges = (
        alt.Chart(instability)
        .mark_rule(strokeWidth=1, opacity=0.2, color=PALETTE[0])
        .encode(
            x=x,
            y=alt.Y("low:Q", title=y_title, scale=_RISKS),
            y2="high:Q",
            tooltip=[*named("sample"), *tooltips(".2f", "risk", "low", "high")],
        )
    )
    ends = alt.Chart(instability).mark_point(filled=True, size=9, color=PALETTE[0])
    lows, highs = (
        ends.encode(x=x, y=alt.Y(f"{end}:Q", title=y_title)) for end in ("low", "high")
    )
    ideal = plot_diagonal("risk", "low")
    chart: alt.LayerChart = ranges + dots + lows + highs + ideal
    return chart.properties(
        width=_SIDE,
        height=_SIDE,
        description=f"Risks of {len(instability):,} patients by refits of the model against "
        "those by the original model.",
    )


def plot_mape(instability: pd.DataFrame) -> Chart:
    """Mean absolute prediction error of each patient against the original risk.

    Parameters
    ----------
    instability : DataFrame
        Columns sample, risk, mape.
    """
    chart: alt.Chart = (
        alt.Chart(instability)
        .mark_point(filled=True, size=18, opacity=0.6, color=PALETTE[0])
        .encode(
            x=alt.X("risk:Q", title=_ORIGINAL_RISK, scale=_RISKS),
            y=alt.Y("mape:Q", title="Mean absolute prediction error"),
            tooltip=[*named("sample"), *tooltips(".3f", "risk", "mape")],
        )
        .properties(
            width=_SIDE,
            height=_SIDE,
            description="Mean absolute difference between the risks of the refits and that of "
            f"the original model, of {len(instability):,} patients, by their risk.",
        )
    )
    return chart


def plot_calibration_instability(lines: pd.DataFrame) -> Chart:
    """Calibration line of every refit, and of the original model in colour.

    Parameters
    ----------
    lines : DataFrame
        Columns refit, predicted, observed.
    """
    x = alt.X("predicted:Q", title="Predicted risk", scale=_RISKS)
    y = alt.Y("observed:Q", title="Observed share", scale=_RISKS)
    lines = lines.round(3)
    is_original = lines["refit"] == ORIGINAL
    refits = (
        alt.Chart(lines[~is_original])
        .mark_line(strokeWidth=0.7, opacity=0.3, color=NEUTRAL)
        .encode(x=x, y=y, detail="refit:N")
    )
    original = (
        alt.Chart(lines[is_original])
        .mark_line(strokeWidth=2.5, color=PALETTE[0])
        .encode(x=x, y=y)
    )
    ideal = plot_diagonal("predicted", "observed")
    chart: alt.LayerChart = refits + ideal + original
    return chart.properties(
        width=_SIDE,
        height=_SIDE,
        description=f"Calibration lines of {lines['refit'].nunique() - 1:,} refits, and of the "
        "original model in colour.",
    )


def plot_classification_instability(classification: pd.DataFrame) -> Chart:
    """Share of refits that put each patient on the other side of a threshold.

    Parameters
    ----------
    classification : DataFrame
        Columns threshold, sample, risk, changed.
    """
    names = [f"{threshold:g}" for threshold in classification["threshold"].unique()]
    drawn = classification.assign(at=classification["threshold"].map("{:g}".format))
    picked = pick_in_legend("at")
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_point(filled=True, size=22)
        .encode(
            x=alt.X("risk:Q", title=_ORIGINAL_RISK, scale=_RISKS),
            y=alt.Y("changed:Q", title="Share of refits that change sides", scale=_RISKS),
            **point_encodings(names, "Threshold", "at"),
            opacity=faded_unless(picked, 0.6),
            tooltip=[
                *named("sample"),
                alt.Tooltip("at:N", title="threshold"),
                alt.Tooltip("risk:Q", title="risk", format=".2f"),
                alt.Tooltip("changed:Q", title="refits on the other side", format=".0%"),
            ],
        )
        .add_params(picked)
        .properties(
            width=_SIDE,
            height=_SIDE,
            description="Share of the refits that put a patient on the other side of a "
            f"threshold, by risk, at {', '.join(names)}.",
        )
    )
    return chart
