"""Charts of one patient's prediction: the genes that push it, and the risk over time."""

from __future__ import annotations

import altair as alt
import pandas as pd

from deepcme.report.figures.styles import NEUTRAL, PALETTE, Chart

RAISES, LOWERS = "raises the risk", "lowers the risk"


def plot_pushes(pushes: pd.DataFrame, scale: str) -> Chart:
    """Bars of the genes that push a prediction most, to the right those that raise it.

    Parameters
    ----------
    pushes : DataFrame
        Columns gene and share.
    scale : str
        What the shares are parts of.
    """
    drawn = pushes.assign(way=[RAISES if share > 0 else LOWERS for share in pushes["share"]])
    colours = alt.Scale(domain=[RAISES, LOWERS], range=[PALETTE[1], PALETTE[0]])
    base = alt.Chart(drawn).encode(
        y=alt.Y("gene:N", sort=None, title=None),
        x=alt.X("share:Q", title=f"Share in the {scale}", axis=alt.Axis(tickCount=6)),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("way:N", title=None, scale=colours),
        tooltip=[
            alt.Tooltip("gene:N", title="gene"),
            alt.Tooltip("share:Q", title=f"share in the {scale}", format="+.3f"),
            alt.Tooltip("way:N", title="direction"),
        ],
    )
    zero = (
        alt.Chart(pd.DataFrame({"share": [0.0]})).mark_rule(color=NEUTRAL).encode(x="share:Q")
    )
    chart: alt.LayerChart = bars + zero
    return chart.properties(
        width=460,
        height=alt.Step(24, **{"for": "position"}),
        description=f"Bars: the {len(drawn)} genes that push the prediction most.",
    )


def plot_patient_risk(curve: pd.DataFrame, unit: str, horizon: float) -> Chart:
    """Predicted risk of the event by each time, up to the horizon, with any interval.

    Parameters
    ----------
    curve : DataFrame
        Columns time and risk, and where the model is a panel ci_low and ci_high.
    unit : str
    horizon : float
    """
    highest = curve[[name for name in ("risk", "ci_high") if name in curve]].max().max()
    top = max(0.1, float(highest) * 1.1)
    base = alt.Chart(curve).encode(
        x=alt.X(
            "time:Q",
            title=unit.capitalize(),
            scale=alt.Scale(domain=[0, horizon]),
            axis=alt.Axis(tickCount=5),
        )
    )
    says = [
        alt.Tooltip("time:Q", title=unit, format=".2f"),
        alt.Tooltip("risk:Q", title="risk by then", format=".1%"),
    ]
    if "ci_low" in curve:
        says += [
            alt.Tooltip("ci_low:Q", title="95% interval from", format=".1%"),
            alt.Tooltip("ci_high:Q", title="to", format=".1%"),
        ]
    line: alt.Chart = base.mark_line(
        interpolate="step-after", strokeWidth=2, color=PALETTE[0]
    ).encode(
        y=alt.Y(
            "risk:Q",
            title="Predicted risk of the event",
            scale=alt.Scale(domain=[0, min(top, 1.0)]),
            axis=alt.Axis(format="%"),
        ),
        tooltip=says,
    )
    size = {"width": 460, "height": 200}
    described = "Predicted risk of the event by each time."
    if "ci_low" not in curve:
        return line.properties(**size, description=described)
    band = base.mark_area(interpolate="step-after", color=PALETTE[0], opacity=0.2).encode(
        y="ci_low:Q", y2="ci_high:Q"
    )
    both: alt.LayerChart = band + line
    return both.properties(**size, description=f"{described} The band is its 95% interval.")
