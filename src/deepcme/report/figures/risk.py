"""Charts of predicted risks: usefulness, stability. Altair only draws."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.probabilities.utility import TREAT_ALL, TREAT_NONE
from deepcme.report.figures.styles import (
    INK,
    NEUTRAL,
    Chart,
    colours,
    faded_unless,
    line_encodings,
    pick_in_legend,
    tooltips,
)

_FIXED = {TREAT_ALL: (NEUTRAL, [4, 2]), TREAT_NONE: (INK, [1, 0])}


def plot_decision_curve(
    curve: pd.DataFrame, among: Sequence[str] = (), differences: pd.DataFrame | None = None
) -> Chart:
    """Net benefit against the threshold probability; a chart for each cohort left out.

    Parameters
    ----------
    curve : DataFrame
        Columns strategy, threshold, net_benefit; perhaps left_out.
    among : sequence of str
        Models of the report in one order, so that each keeps its colour.
    differences : DataFrame, optional
        Of one model, as `compute_net_benefit_differences` gives them: its intervals are drawn
        upon the better of treating all and none.
    """
    strategies = curve["strategy"].drop_duplicates().tolist()
    picked = pick_in_legend("strategy")
    top = max(float(curve["net_benefit"].max()), 0.01)
    ends = (float(curve["threshold"].min()), float(curve["threshold"].max()))
    styles = line_encodings(strategies, "Strategy", "strategy", among, _FIXED)
    bars = None if differences is None else _bars_upon_better(differences).dropna()
    # Bars of nothing would be an image without a name to screen readers.
    bars = None if bars is None or bars.empty else bars
    drawn = curve if bars is None else pd.concat([curve, bars], ignore_index=True)
    base = alt.Chart(drawn).encode(
        x=alt.X(
            "threshold:Q",
            title="Threshold probability",
            scale=alt.Scale(domain=ends, nice=False),
            axis=alt.Axis(format="%"),
        ),
        color=styles["color"],
        opacity=faded_unless(picked),
    )
    bottom = -0.35 * top if bars is None else min(-0.35 * top, float(bars["low"].min()))
    height = alt.Scale(domain=[bottom, 1.1 * top], nice=True)
    lines = (
        base.transform_filter(alt.FieldValidPredicate("net_benefit", valid=True))
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            y=alt.Y("net_benefit:Q", title="Net benefit", scale=height),
            strokeDash=styles["strokeDash"],
            tooltip=[
                "strategy:N",
                *tooltips(".2f", "threshold"),
                *tooltips(".3f", "net_benefit"),
            ],
        )
        .add_params(picked)
    )
    chart: alt.Chart | alt.LayerChart = lines
    if bars is not None:
        upon = base.transform_filter(alt.FieldValidPredicate("low", valid=True))
        chart = lines + upon.mark_errorbar(ticks=True, thickness=1.5, clip=True).encode(
            y=alt.Y("low:Q", title="Net benefit"), y2="high:Q"
        )
    if LEFT_OUT not in curve.columns:
        return chart.properties(width=440, height=300)
    of_cohort = alt.Facet(f"{LEFT_OUT}:N", title=None)
    return chart.properties(width=300, height=220).facet(of_cohort, columns=2)


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
            "sample:N",
            "outcome:N",
            alt.Tooltip("mean:Q", title="mean risk", format=".2f"),
            alt.Tooltip("low:Q", title="lowest", format=".2f"),
            alt.Tooltip("high:Q", title="highest", format=".2f"),
            alt.Tooltip("n_splits:Q", title="times tested"),
        ],
    )
    chart: alt.LayerChart = ranges + means.add_params(picked)
    return chart.properties(width=560, height=260)
