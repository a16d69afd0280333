"""Charts of the report's tables. Nothing is computed here; Altair only draws."""

from __future__ import annotations

import altair as alt
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.styles import (
    BAND,
    INK,
    NEUTRAL,
    PALETTE,
    Chart,
    colours,
    faded_unless,
    line_encodings,
    pick_in_legend,
    plot_diagonal,
    point_encodings,
    tooltips,
)
from deepcme.selection.panel_tables import measure_in


def _names(table: pd.DataFrame) -> list[str]:
    names: list[str] = table["model"].drop_duplicates().tolist()
    return names


def plot_auc_by_split(auc: pd.DataFrame) -> Chart:
    """Box plot with one point per split (paper, figure 5).

    Parameters
    ----------
    auc : DataFrame
        Columns split, model, value: test AUCs.
    """
    models = _names(auc)
    colour = alt.Color(
        "model:N", scale=alt.Scale(domain=models, range=colours(len(models))), legend=None
    )
    base = alt.Chart(auc).encode(
        x=alt.X(
            "model:N",
            sort=models,
            title=None,
            axis=alt.Axis(labelAngle=-30),
            scale=alt.Scale(paddingInner=0.5, paddingOuter=0.25),
        ),
        y=alt.Y("value:Q", title="Test AUC", scale=alt.Scale(zero=False, padding=10)),
        color=colour,
    )
    boxes = base.mark_boxplot(size=30, opacity=0.35, outliers=False, median={"stroke": INK})
    points = base.mark_circle(size=36, opacity=0.9).encode(
        xOffset=alt.XOffset("split:N", title=None),
        tooltip=["model:N", "split:N", alt.Tooltip("value:Q", title="AUC", format=".3f")],
    )
    chance = alt.Chart(pd.DataFrame({"auc": [0.5]})).mark_rule(strokeDash=[4, 4], color=NEUTRAL)
    chart: alt.LayerChart = chance.encode(y="auc:Q") + boxes + points
    return chart.properties(width=max(420, 75 * len(models)), height=300)


def plot_roc(curves: pd.DataFrame) -> Chart:
    """ROC curves by model (paper, figure 6); a click on the legend singles one out.

    Parameters
    ----------
    curves : DataFrame
        Columns model, false_positive_rate, sensitivity; with `left_out` each cohort has a
        curve of its own, told apart by pointing at it.
    """
    models = _names(curves)
    cohort = [f"{LEFT_OUT}:N"] if LEFT_OUT in curves.columns else []
    picked = pick_in_legend()
    rate = alt.X(
        "false_positive_rate:Q",
        title="False-positive rate (1 - specificity)",
        scale=alt.Scale(domain=[0, 1]),
    )
    lines = (
        alt.Chart(curves)
        .mark_line(strokeWidth=2)
        .encode(
            x=rate,
            y=alt.Y("sensitivity:Q", title="Sensitivity", scale=alt.Scale(domain=[0, 1])),
            **line_encodings(models),
            opacity=faded_unless(picked),
            order="false_positive_rate:Q",
            detail=cohort,
            tooltip=[
                "model:N",
                *cohort,
                *tooltips(".2f", "false_positive_rate", "sensitivity"),
            ],
        )
        .add_params(picked)
    )
    chart: alt.LayerChart = plot_diagonal("false_positive_rate", "sensitivity") + lines
    return chart.properties(width=380, height=380)


def plot_comparison(comparison: pd.DataFrame) -> Chart:
    """AUC difference to each baseline with its interval; the band is practical equivalence.

    Parameters
    ----------
    comparison : DataFrame
        Columns baseline, difference, ci_low, ci_high, margin.
    """
    margin = float(comparison["margin"].iloc[0])
    title = f"AUC of {comparison['model'].iloc[0]} minus AUC of the baseline"
    rows = alt.Y("baseline:N", sort=comparison["baseline"].tolist(), title=None)
    base = alt.Chart(comparison).encode(y=rows)
    intervals = base.mark_rule(strokeWidth=2, color=PALETTE[0]).encode(
        x=alt.X("ci_low:Q", title=title, axis=alt.Axis(tickCount=6)), x2="ci_high:Q"
    )
    points = base.mark_point(filled=True, size=70, color=PALETTE[0], opacity=1).encode(
        x="difference:Q",
        tooltip=["baseline:N", *tooltips("+.3f", "difference", "ci_low", "ci_high")],
    )
    band = (
        alt.Chart(pd.DataFrame({"low": [-margin], "high": [margin]}))
        .mark_rect(color=BAND, opacity=0.6)
        .encode(x="low:Q", x2="high:Q")
    )
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=NEUTRAL).encode(x="x:Q")
    chart: alt.LayerChart = band + zero + intervals + points
    return chart.properties(width=440, height=alt.Step(26))


def plot_top_genes(genes: pd.DataFrame) -> Chart:
    """Bars of the highest gene scores of one model (paper, figure 8).

    Parameters
    ----------
    genes : DataFrame
        Columns gene_name, score, top_share, driving_samples; highest score first.
    """
    chart: alt.Chart = (
        alt.Chart(genes)
        .mark_bar(color=PALETTE[0])
        .encode(
            x=alt.X("score:Q", title="Gene score (mean over splits)"),
            y=alt.Y(
                "gene_name:N",
                sort=genes["gene_name"].tolist(),
                title=None,
                axis=alt.Axis(labelLimit=260),
            ),
            tooltip=[
                alt.Tooltip("gene_name:N", title="gene"),
                alt.Tooltip("score:Q", format=".3f"),
                alt.Tooltip("top_share:Q", title="share of splits in the top 30", format=".0%"),
                alt.Tooltip("driving_samples:Q", title="effective samples", format=".1f"),
            ],
        )
        .properties(width=440, height=alt.Step(15))
    )
    return chart


def plot_training_curves(history: pd.DataFrame) -> Chart:
    """Mean training and validation loss by epoch of one network.

    Parameters
    ----------
    history : DataFrame
        Columns epoch, train_loss, valid_loss.
    """
    long = history.melt("epoch", ["train_loss", "valid_loss"], "part", "loss")
    long["part"] = long["part"].map({"train_loss": "training", "valid_loss": "validation"})
    picked = pick_in_legend("part")
    chart: alt.Chart = (
        alt.Chart(long)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("epoch:Q", title="Epoch"),
            y=alt.Y("loss:Q", title="Cross-entropy", scale=alt.Scale(zero=False)),
            **line_encodings(["training", "validation"], "Part", "part"),
            opacity=faded_unless(picked),
            tooltip=["part:N", "epoch:Q", *tooltips(".3f", "loss")],
        )
        .add_params(picked)
        .properties(width=440, height=260)
    )
    return chart


def plot_training_of_times(history: pd.DataFrame) -> Chart:
    """Mean validation loss of one network of times by epoch, and below it Harrell's C.

    Parameters
    ----------
    history : DataFrame
        Columns epoch, valid_loss, valid_c.
    """

    def draw(column: str, title: str, height: int) -> alt.Chart:
        chart: alt.Chart = (
            alt.Chart(history)
            .mark_line(strokeWidth=2, color=PALETTE[0])
            .encode(
                x=alt.X("epoch:Q", title="Epoch"),
                y=alt.Y(f"{column}:Q", title=title, scale=alt.Scale(zero=False)),
                tooltip=["epoch:Q", *tooltips(".3f", column)],
            )
            .properties(width=440, height=height)
        )
        return chart

    both: alt.VConcatChart = alt.vconcat(
        draw("valid_loss", "Loss of each event", 200), draw("valid_c", "Harrell's C", 120)
    )
    return both


def plot_grid(
    summary: pd.DataFrame, measure: str = "auc", heading: str = "AUC", beside: str = "valid_auc"
) -> Chart:
    """Mean of a measure on test data over lambda, by batch size (paper, figure 7), at width 64.

    Parameters
    ----------
    summary : DataFrame
        Columns width, batch_size, penalty_strength, that of `beside`, and the measure's, as
        test_auc.
    measure, heading : str
    beside : str
        What is told of validation data.
    """
    rows = summary[summary["width"] == 64].assign(
        model=lambda table: "batch " + table["batch_size"].astype(str)
    )
    picked = pick_in_legend()
    base = alt.Chart(rows).encode(
        x=alt.X("penalty_strength:Q", title="lambda", scale=alt.Scale(type="log")),
        y=alt.Y(f"test_{measure}:Q", title=f"Mean test {heading}", scale=alt.Scale(zero=False)),
        **line_encodings(_names(rows), "Batch size"),
        opacity=faded_unless(picked),
        tooltip=["model:N", "penalty_strength:Q", *tooltips(".3f", f"test_{measure}", beside)],
    )
    chart: alt.LayerChart = base.mark_line() + base.mark_point(
        filled=True, size=60, strokeDash=[1, 0]
    ).add_params(picked)
    return chart.properties(width=440, height=280)


def plot_panel_curve(curve: pd.DataFrame) -> Chart:
    """AUC, or Uno's C of times, against the number of genes, beside random panels.

    Parameters
    ----------
    curve : DataFrame
        Columns ranker, panel, auc, ci_low, ci_high, random_auc, random_low, random_high (or
        uno_c and random_uno_c), in the order of the panels' sizes.
    """
    measure = measure_in(curve.columns)
    name, by_chance = measure.name, f"random_{measure.name}"
    rankers = curve["ranker"].drop_duplicates().tolist()
    panels = curve["panel"].drop_duplicates().tolist()
    x = alt.X("panel:N", sort=panels, title="Genes in the panel", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(zero=False, padding=10)
    styles = point_encodings(rankers, "Ranked by", "ranker")
    picked = pick_in_legend("ranker")
    base = alt.Chart(curve).encode(x=x)
    at_random = base.transform_filter(f"isValid(datum.{by_chance})")
    band = at_random.mark_area(color=BAND, opacity=0.6).encode(
        y=alt.Y("random_low:Q", title=f"{measure.words} on held-out patients", scale=scale),
        y2="random_high:Q",
    )
    middle = at_random.mark_line(color=NEUTRAL, strokeDash=[4, 4]).encode(y=f"{by_chance}:Q")
    offset = alt.XOffset("ranker:N", sort=rankers)
    intervals = base.mark_rule().encode(
        y="ci_low:Q",
        y2="ci_high:Q",
        color=styles["color"],
        xOffset=offset,
        opacity=faded_unless(picked, 0.6),
    )
    points = base.mark_point(filled=True, size=50).encode(
        y=f"{name}:Q",
        **styles,
        opacity=faded_unless(picked),
        xOffset=offset,
        tooltip=[
            "ranker:N",
            alt.Tooltip("panel:N", title="genes"),
            alt.Tooltip(f"{name}:Q", title=measure.words, format=".3f"),
            alt.Tooltip(
                f"{by_chance}:Q", title=f"{measure.words} of random panels", format=".3f"
            ),
        ],
    )
    chart: alt.LayerChart = band + middle + intervals + points.add_params(picked)
    return chart.properties(width=560, height=300)
