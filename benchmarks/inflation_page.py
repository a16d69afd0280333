"""The table and the chart of how AUCs get high."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pandas as pd
from pages import put, tabulate

CLAIMS = {
    "by patient": "Five folds by patient, everything fitted within",
    "standardised together": "Genes standardised on all patients",
    "by patient, repeated samples": "Several samples a patient, folds by patient",
    "by sample": "Several samples a patient, folds by sample",
    "genes selected within": "50 genes selected within each training part",
    "genes selected before": "50 genes selected on all patients",
    "training patients": "Tested on the training patients",
    "batches adjusted with the outcome": "Batches adjusted with the outcome",
    "best of 18 models": "The best of 18 models",
    "tuned on the test part": "Tuned on each test part",
    "one test part of 24": "One test part of 24 patients",
    "best of 20 splits": "The best of 20 such splits",
    "best cut-off": "Balanced accuracy at the best cut-off",
}
"""How each is called, in the order of the page."""
SETTINGS = {"none": "no signal", "signal": "a signal"}


def table_of(table: pd.DataFrame, model: str) -> str:
    """Markdown of what a model was said to be worth and is, without and with a signal."""
    of_model = table[table["model"] == model].set_index(["setting", "claim"])
    header = ["what was done"]
    for words in SETTINGS.values():
        header += [f"reported, {words}", "true", "middle 90% of cohorts"]
    lines = [header, ["---", *["---:"] * (len(header) - 1)]]
    for claim, words in CLAIMS.items():
        if ("none", claim) not in of_model.index:
            continue
        cells = [words]
        for setting in SETTINGS:
            row = of_model.loc[(setting, claim)]
            cells += [
                f"{row['estimate']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})",
                f"{row['truth']:.2f}",
                f"{row['lowest']:.2f} to {row['highest']:.2f}",
            ]
        lines.append(cells)
    return tabulate(lines)


def reached_of(table: pd.DataFrame) -> str:
    """Markdown of how often an estimate is 0.70 or more, and what is true of those that are."""
    of_model = table[table["model"] == "LR"].set_index(["setting", "claim"])
    lines = [
        [
            *("what was done", "no signal: 0.70 or more"),
            *("a signal: 0.70 or more", "mean of these", "true"),
        ],
        ["---", "---:", "---:", "---:", "---:"],
    ]
    for claim in ("by patient", "one test part of 24", "best of 20 splits"):
        row = of_model.loc[("signal", claim)]
        lines.append(
            [
                CLAIMS[claim],
                f"{of_model.loc[('none', claim), 'reached']:.0%}",
                f"{row['reached']:.0%}",
                f"{row['estimate_reached']:.2f}",
                f"{row['truth_reached']:.2f}",
            ]
        )
    return tabulate(lines)


def tables_of(table: pd.DataFrame) -> dict[str, str]:
    """The tables of the page by the name of their marks."""
    return {
        "logistic": table_of(table, "LR"),
        "network": table_of(table, "DeepCME"),
        "reached": reached_of(table),
    }


def write_page(page: Path, table: pd.DataFrame) -> None:
    """Put each table on the page, in place of the one between its marks."""
    for name, markdown in tables_of(table).items():
        put(page, name, markdown)


def plot_inflation(table: pd.DataFrame) -> alt.FacetChart:
    """What was reported and what is true, of logistic regression."""
    data = table[table["model"] == "LR"].assign(
        words=lambda rows: rows["claim"].map(CLAIMS),
        of=lambda rows: rows["setting"].map(SETTINGS),
    )
    kinds = ["reported (mean)", "true, on 5,000 new patients"]
    marks = data.melt(["words", "of"], ["truth", "estimate"], "what", "AUC").replace(
        dict(zip(["estimate", "truth"], kinds, strict=True))
    )
    order = list(CLAIMS.values())
    y = alt.Y("words:N", sort=order, title=None, axis=alt.Axis(labelLimit=340, minExtent=290))
    scale = alt.Scale(domain=[0.3, 1.0])
    both = pd.concat([marks, data[["words", "of", "lowest", "highest"]]], ignore_index=True)
    chart = alt.Chart(both)
    spread = chart.mark_rule(color="#bab0ac", strokeWidth=3).encode(
        y=y, x=alt.X("lowest:Q", scale=scale, title="AUC"), x2="highest:Q"
    )
    points = (
        chart.mark_point(filled=True, size=70, opacity=1)
        .encode(
            y=y,
            x=alt.X("AUC:Q", scale=scale, title="AUC"),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=kinds, range=["#e45756", "#4c78a8"]),
                legend=alt.Legend(orient="top"),
            ),
            shape=alt.Shape(
                "what:N",
                title=None,
                scale=alt.Scale(domain=kinds, range=["circle", "diamond"]),
            ),
        )
        .transform_filter("isValid(datum.AUC)")
    )
    half = (
        alt.Chart()
        .mark_rule(strokeDash=[3, 3], color="#888")
        .encode(x=alt.XDatum(0.5, scale=scale))
    )
    layered = alt.layer(half, spread, points, data=both).properties(
        width=240, height=alt.Step(24)
    )
    return layered.facet(
        column=alt.Column("of:N", sort=list(SETTINGS.values()), title=None)
    ).properties(
        title=alt.Title(
            "What was reported, and what is true",
            subtitle="Logistic regression on simulated cohorts; bars: the middle 90% of them",
        )
    )
