"""Charts of gene sets: their shifts, and running sums over the ranking. Altair only draws."""

from __future__ import annotations

import altair as alt
import pandas as pd

from deepcme.report.figures.styles import (
    NEUTRAL,
    PALETTE,
    Chart,
    legend_of_lines,
    line_encodings,
    named,
    palette_styles,
    tooltips,
)

_CLAIMED, _NOT = "claimed", "not claimed"
_LABEL = 260


def plot_gene_sets(sets: pd.DataFrame) -> Chart:
    """A point and its interval for the shift of each set.

    Parameters
    ----------
    sets : DataFrame
        In the order to draw: columns set, shift, ci_low, ci_high, p, fdr, claimed, n_genes
        and nes.
    """
    drawn = sets.assign(standing=sets["claimed"].map({True: _CLAIMED, False: _NOT}))
    title = "Mean statistic of its genes minus that of the others"
    scale = alt.Scale(domain=[_CLAIMED, _NOT], range=[PALETTE[0], NEUTRAL])
    shape = alt.Scale(domain=[_CLAIMED, _NOT], range=["circle", "square"])
    base = alt.Chart(drawn).encode(
        y=alt.Y(
            "set:N",
            sort=sets["set"].tolist(),
            title=None,
            axis=alt.Axis(labelLimit=_LABEL),
        ),
        color=alt.Color("standing:N", title="FDR", scale=scale, legend=_on_top()),
    )
    intervals = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("ci_low:Q", title=title), x2="ci_high:Q"
    )
    points = base.mark_point(filled=True, opacity=1, size=60).encode(
        x="shift:Q",
        shape=alt.Shape("standing:N", title="FDR", scale=shape, legend=_on_top()),
        tooltip=[
            *named("set"),
            alt.Tooltip("n_genes:Q", title="measured genes", format=","),
            *tooltips("+.2f", "shift", "ci_low", "ci_high"),
            *tooltips(".2g", "p", "fdr"),
            *tooltips("+.2f", "nes"),
        ],
    )
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(strokeDash=[4, 4], color=NEUTRAL)
    chart: alt.LayerChart = zero.encode(x="x:Q") + intervals + points
    return chart.properties(
        width=400,
        height=alt.Step(18),
        description=f"Shift of the genes of each of {len(sets)} sets, with 95% intervals.",
    )


def _on_top() -> alt.Legend:
    return alt.Legend(orient="top", title=None)


def plot_running_sums(sums: pd.DataFrame, n_genes: int) -> Chart:
    """Running sums of a few sets over the ranking, above a tick for each of their genes.

    Parameters
    ----------
    sums : DataFrame
        Columns set, rank, running_sum and gene_name, empty where a point is no gene of the
        set; in the order of the sets.
    n_genes : int
        In the ranking.
    """
    names = sums["set"].drop_duplicates().tolist()
    legend = legend_of_lines(names, orient="top")
    styles = line_encodings(palette_styles(names), "Set", "set", legend)
    scale, axis = alt.Scale(domain=[0, n_genes], nice=False), alt.Axis(tickCount=5)
    title = "Rank of the gene: first, highest with the event"
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(strokeDash=[4, 4], color=NEUTRAL)
    lines = (
        alt.Chart(sums)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("rank:Q", title=None, scale=scale, axis=axis),
            y=alt.Y("running_sum:Q", title="Running sum"),
            **styles,
        )
    )
    ticks = (
        alt.Chart(sums[sums["gene_name"] != ""])
        .mark_tick(thickness=1.5, opacity=0.8)
        .encode(
            x=alt.X("rank:Q", title=title, scale=scale, axis=axis),
            y=alt.Y("set:N", sort=names, title=None, axis=alt.Axis(labels=False, ticks=False)),
            color=styles["color"],
            tooltip=[
                *named("set"),
                alt.Tooltip("gene_name:N", title="gene"),
                *tooltips(",", "rank"),
            ],
        )
        .properties(width=560, height=alt.Step(16))
    )
    curves: alt.LayerChart = zero.encode(y="y:Q") + lines
    both: alt.VConcatChart = alt.vconcat(curves.properties(width=560, height=220), ticks)
    return both.properties(
        description=f"Running sums of {len(names)} gene sets over the ranking of {n_genes:,} "
        "genes; below, where their genes are."
    )
