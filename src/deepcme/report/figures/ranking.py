"""Charts of how models rank patients: AUC by split, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.roles import Roles, label_estimates, styles_of
from deepcme.report.figures.styles import (
    INK,
    NEUTRAL,
    Chart,
    beside,
    faded_unless,
    legend_of_lines,
    line_encodings,
    named,
    on_lines,
    pick_in_legend,
    plot_diagonal,
    tooltips,
)

_SHARES = alt.Scale(domain=[0, 1])
_SQUARE = 360


def plot_auc_by_split(auc: pd.DataFrame, roles: Roles | None = None) -> Chart:
    """Box plot with one point per split (paper, figure 5).

    Parameters
    ----------
    auc : DataFrame
        Columns split, model, value: test AUCs.
    roles : Roles, optional
    """
    styles = styles_of(auc["model"], roles)
    models = [*styles]
    colour = alt.Color(
        "model:N",
        scale=alt.Scale(domain=models, range=[colour for colour, _ in styles.values()]),
        legend=None,
    )
    base = alt.Chart(auc).encode(
        y=alt.Y(
            "model:N",
            sort=models,
            title=None,
            axis=alt.Axis(labelLimit=260),
            scale=alt.Scale(paddingInner=0.3, paddingOuter=0.2),
        ),
        x=alt.X(
            "value:Q",
            title="Test AUC",
            scale=alt.Scale(zero=False, padding=10),
            axis=alt.Axis(tickCount=8),
        ),
        color=colour,
    )
    boxes = base.mark_boxplot(size=20, opacity=0.3, outliers=False, median={"stroke": INK})
    points = base.mark_circle(size=32, opacity=0.9).encode(
        yOffset=alt.YOffset("split:N", title=None),
        tooltip=[*named("model", "split"), alt.Tooltip("value:Q", title="AUC", format=".3f")],
    )
    chance = alt.Chart(pd.DataFrame({"auc": [0.5]})).mark_rule(strokeDash=[4, 4], color=NEUTRAL)
    chart: alt.LayerChart = chance.encode(x="auc:Q") + boxes + points
    return chart.properties(
        width=560,
        height=alt.Step(30, **{"for": "position"}),
        description=f"Box plot: test AUC of {len(models)} models, a point for each of "
        f"{auc['split'].nunique()} splits.",
    )


@dataclass(frozen=True)
class _Curves:
    """What the curves of one kind are along which axes."""

    x: str
    y: str
    titles: tuple[str, str]
    measure: str
    description: str
    interpolate: Literal["linear", "step-before"] = "linear"


_ROC = _Curves(
    "false_positive_rate",
    "sensitivity",
    ("False-positive rate (1 - specificity)", "Sensitivity"),
    "AUC",
    "ROC curves: sensitivity against the false-positive rate of {} models.",
)
_PRECISION_RECALL = _Curves(
    "recall",
    "precision",
    ("Recall (sensitivity)", "Precision"),
    "PR-AUC",
    "Precision-recall curves: precision against recall of {} models.",
    "step-before",
)
_Reference = Callable[[pd.DataFrame], list[alt.Chart]]


def plot_roc(
    curves: pd.DataFrame,
    roles: Roles | None = None,
    estimates: pd.DataFrame | None = None,
) -> Chart:
    """ROC curves by model (paper, figure 6); a click on the legend singles one out.

    Parameters
    ----------
    curves : DataFrame
        Columns model, false_positive_rate, sensitivity; with `left_out` each cohort has a
        chart of its own.
    roles : Roles, optional
    estimates : DataFrame, optional
        Columns model, value, ci_low, ci_high, and left_out where the curves have it: the AUC,
        which stands in the legend, or above the chart of a cohort.
    """
    return _plot(curves, _ROC, lambda _: [plot_diagonal(_ROC.x, _ROC.y)], roles, estimates)


def plot_precision_recall(
    curves: pd.DataFrame,
    roles: Roles | None = None,
    estimates: pd.DataFrame | None = None,
) -> Chart:
    """Precision against recall by model; the dashed line is the prevalence, that of chance.

    Parameters
    ----------
    curves : DataFrame
        Columns model, recall, precision, prevalence; with `left_out` each cohort has a chart
        of its own.
    roles : Roles, optional
    estimates : DataFrame, optional
        As for `plot_roc`: the PR-AUC.
    """
    return _plot(curves, _PRECISION_RECALL, _prevalence, roles, estimates)


def _prevalence(curves: pd.DataFrame) -> list[alt.Chart]:
    share = float(curves["prevalence"].mean())
    table = pd.DataFrame({"precision": [share], "words": [f"prevalence {share:.2f}"]})
    base = alt.Chart(table).encode(y="precision:Q")
    words = base.mark_text(align="left", dx=5, dy=10, fontSize=11)
    words = words.encode(x=alt.value(0), text="words:N")
    return [base.mark_rule(strokeDash=[4, 4]), *on_lines(words)]


def _plot(
    curves: pd.DataFrame,
    kind: _Curves,
    reference: _Reference,
    roles: Roles | None,
    estimates: pd.DataFrame | None,
) -> Chart:
    """The curves of one kind in a chart, or one for each cohort, that share their legend."""
    styles, picked = styles_of(curves["model"], roles), pick_in_legend()
    description = kind.description.format(len(styles))
    if LEFT_OUT not in curves.columns:
        labels = label_estimates(estimates)
        legend = legend_of_lines(styles, labels, orient="bottom")
        title = f"Model: {kind.measure} (95% interval)" if labels else "Model"
        encodings = line_encodings(styles, title, legend=legend)
        chart = _plot_one(curves, kind, reference(curves), encodings, picked, roles)
        return chart.properties(description=description)
    legend = legend_of_lines(styles, orient="bottom")
    encodings = line_encodings(styles, legend=legend)
    charts = []
    for cohort, rows in curves.groupby(LEFT_OUT, sort=False):
        chart = _plot_one(rows, kind, reference(rows), encodings, picked, roles)
        of_cohort = None if estimates is None else estimates[estimates[LEFT_OUT] == cohort]
        told = label_estimates(of_cohort).get(next(iter(styles)), "")
        subtitle = f"{kind.measure} of {told}" if told else ""
        charts.append(chart.properties(title=alt.TitleParams(str(cohort), subtitle=subtitle)))
    return beside(charts).properties(description=description)


def _plot_one(
    curves: pd.DataFrame,
    kind: _Curves,
    reference: Sequence[alt.Chart],
    encodings: dict[str, Any],
    picked: alt.Parameter,
    roles: Roles | None,
) -> alt.LayerChart:
    x, y = (
        channel(f"{name}:Q", title=title, scale=_SHARES, axis=alt.Axis(tickCount=5))
        for channel, name, title in zip(
            (alt.X, alt.Y), (kind.x, kind.y), kind.titles, strict=True
        )
    )
    drawn = curves if roles is None else roles.on_top(curves)
    line = alt.Chart(drawn[["model", kind.x, kind.y]]).mark_line(
        strokeWidth=2, interpolate=kind.interpolate
    )
    lines = line.encode(
        x=x,
        y=y,
        **encodings,
        opacity=faded_unless(picked),
        order=f"{kind.x}:Q",
        tooltip=[*named("model"), *tooltips(".2f", kind.x, kind.y)],
    )
    line_of_chance, *words = reference
    layers = [line_of_chance, lines.add_params(picked), *words]
    chart: alt.LayerChart = alt.LayerChart(layer=layers, width=_SQUARE, height=_SQUARE)
    return chart
