"""The transfer matrix as table, chart and page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import altair as alt
import pandas as pd

from deepcme.base.files.files import whole_folder, write_csv, write_text
from deepcme.base.notes import WARNING, is_warning
from deepcme.base.words import counted
from deepcme.report.blocks import Blocks, Figure, Heading, Table
from deepcme.report.figures.drawing import write_charts
from deepcme.report.figures.styles import DIVERGING, INK, NEUTRAL, PAPER
from deepcme.report.formatting import EVENTS, PATIENTS, Shown, TableLayout
from deepcme.report.layouts.columns import Estimate
from deepcme.report.layouts.numbers import show_estimate
from deepcme.report.opening.opening import Opening, Tile, Warned
from deepcme.report.render import render_page
from deepcme.trained.transfer import CHANCE, CROSSED, OWN, measure_of, notes_on_transfer

_HOW = (
    "Genes that all cohorts have, each standardised within its cohort without the outcomes. "
    "In brackets 95% intervals: of another cohort DeLong's, or by bootstrap of patients; of "
    "the own cross-validation, whose fits do not see the patients that they score, the mean "
    "over the folds with a bootstrap of patients."
)


def write_transfer(table: pd.DataFrame, folder: Path) -> Path:
    """Write ``transfer.csv``, ``transfer.svg``, ``transfer.pdf`` and ``report.html``.

    All of them or none; the page is returned.
    """
    charts = {"transfer": plot_transfer(table)}
    names = ", ".join(table["train"].unique())
    page = render_page(
        f"{names}: transfer",
        f"{names}: does what one cohort teaches hold in the others?",
        _write_blocks(table),
        charts,
        study="transfer",
    )
    with whole_folder(folder) as written:
        write_csv(written / "transfer.csv", table)
        write_charts(charts, written)
        write_text(written / "report.html", page)
    return folder / "report.html"


def describe_transfer(table: pd.DataFrame) -> str:
    """How many tests on other cohorts exclude chance, by their intervals alone."""
    _, heading = measure_of(table)
    crossed = table[table["tested"] == CROSSED]
    n_above = int((crossed["ci_low"] > CHANCE).sum())
    n_below = int((crossed["ci_high"] < CHANCE).sum())
    tests = counted(len(crossed), "test")
    if n_above == 0:
        found = (
            f"In none of {tests} on another cohort does the 95% interval of the {heading} lie "
            f"above chance, {CHANCE}"
        )
    else:
        found = (
            f"In {n_above} of {tests} on another cohort the 95% interval of the {heading} lies "
            f"above chance, {CHANCE}"
        )
    below = f", and in {n_below} below it" if n_below else ""
    return f"{found}{below}."


def _write_blocks(table: pd.DataFrame) -> Blocks:
    measure, heading = measure_of(table)
    notes = notes_on_transfer(table)
    yield Opening(
        describe_transfer(table),
        list(_make_tiles(table)),
        Figure(
            "transfer",
            f"{heading} by the cohort learned from and the cohort tested, for each model",
            f"{heading} with its 95% interval. Rows: learned from; columns: tested on. Framed, "
            'on the diagonal and marked "own": cross-validation within the cohort. '
            "Colours are of the estimate alone: blue above chance, orange below.",
        ),
        warnings=[Warned(note.removeprefix(WARNING)) for note in notes if is_warning(note)],
        notes=[("", note) for note in notes if not is_warning(note)],
    )
    yield Heading("Matrix", "matrix")
    for number, (model, rows) in enumerate(table.groupby("model", sort=False)):
        yield Table(f"matrix_{number + 1}", _show_matrix(str(model), rows))
    yield Heading("All tests", "tests")
    layout = TableLayout(
        "Every model on every cohort, with the patients and events that tested it.",
        ("model", "Model", ""), ("train", "Learned from", ""), ("test", "Tested on", ""),
        ("tested", "By", ""), Estimate(measure, heading), PATIENTS, EVENTS,
        ("interval", "Interval", ""),
        note=_HOW,
    )  # fmt: skip
    shown = layout.show(table.assign(n=table["n_patients"]))
    yield Table("transfer", shown, data=table)


def _make_tiles(table: pd.DataFrame) -> Iterator[Tile]:
    measure, heading = measure_of(table)
    for tested, label in ((CROSSED, "on other cohorts"), (OWN, "by own cross-validation")):
        values = table.loc[table["tested"] == tested, measure].dropna()
        if len(values):
            span = f"{values.min():.2f} to {values.max():.2f}"
            note = "Lowest to highest of the tests; each has an interval of its own below."
            yield Tile(f"{heading} {label}", span, "", note)
    cohorts = table.drop_duplicates("train")
    genes = f"{int(table['n_genes'].iloc[0]):,} genes in common."
    yield Tile("Cohorts", str(len(cohorts)), ", ".join(cohorts["train"]), genes)


def _show_matrix(model: str, rows: pd.DataFrame) -> Shown:
    """Cohorts learned from by cohorts tested on; their patients are in the headings."""
    names = list(dict.fromkeys(rows["train"]))
    cells = {(row["train"], row["test"]): row for row in rows.to_dict("records")}
    measure, heading = measure_of(rows)

    def cell(train: str, test: str) -> str:
        row = cells.get((train, test))
        if row is None:
            return ""
        shown = show_estimate(row[measure], row["ci_low"], row["ci_high"], decimals=2)
        return f"own: {shown}" if row["tested"] == OWN else shown

    return Shown(
        f'{model}: {heading} with its 95% interval; "own" is cross-validation within the '
        "cohort. In the headings the patients and events that tested it.",
        ["Learned from", *(_head(name, rows) for name in names)],
        [False, *(True for _ in names)],
        [[train, *(cell(train, test) for test in names)] for train in names],
        note=_HOW,
    )


def _head(test: str, rows: pd.DataFrame) -> str:
    """A tested cohort with its numbers, the most that any model was tested on."""
    row = rows[rows["test"] == test].sort_values("n_patients").iloc[-1]
    return f"{test} ({row['n_patients']:,.0f} patients, {row['events']:,.0f} events)"


def plot_transfer(table: pd.DataFrame) -> alt.FacetChart:
    """AUC, or Uno's C, by training and test cohort, one panel for each model.

    Parameters
    ----------
    table : DataFrame
        Columns train, test, tested, model, auc or uno_c, ci_low, ci_high, training_patients.
    """
    measure, heading = measure_of(table)
    drawn = table.assign(
        shown=table[measure].map("{:.2f}".format).where(table["tested"] != OWN, "own ")
        + table[measure].map("{:.2f}".format).where(table["tested"] == OWN, ""),
        ends=[
            f"{low:.2f} to {high:.2f}" if low == low else ""
            for low, high in zip(table["ci_low"], table["ci_high"], strict=True)
        ],
    )
    base = alt.Chart(drawn).encode(
        x=alt.X("test:N", title="Tested on", axis=alt.Axis(labelAngle=-30)),
        y=alt.Y("train:N", title="Learned from"),
        tooltip=[
            alt.Tooltip("train:N", title="learned from"),
            alt.Tooltip("test:N", title="tested on"),
            alt.Tooltip("tested:N", title="by"),
            alt.Tooltip(f"{measure}:Q", title=heading, format=".3f"),
            alt.Tooltip("ends:N", title="95% interval"),
            alt.Tooltip("events:Q", title="events"),
        ],
    )
    # Blue for better than chance, orange for worse: told apart by the colour-blind. In steps,
    # so that every colour is one that the page knows in the dark as well.
    steps = [0.1, 0.25, 0.4, 0.47, 0.53, 0.6, 0.75, 0.9]
    colour = alt.Color(
        f"{measure}:Q",
        title=heading,
        scale=alt.Scale(type="threshold", domain=steps, range=list(reversed(DIVERGING))),
    )
    is_dark = f"datum.{measure} >= 0.75 || datum.{measure} < 0.25"
    own = f"datum.tested === '{OWN}'"
    text = alt.condition(is_dark, alt.value(PAPER), alt.value(INK))
    cells = base.mark_rect().encode(color=colour)
    frames = base.transform_filter(own).mark_rect(
        filled=False, stroke=NEUTRAL, strokeWidth=3, strokeDash=[4, 3]
    )
    numbers = base.mark_text(fontSize=13, dy=-7).encode(text="shown:N", color=text)
    ends = base.mark_text(fontSize=11, dy=9).encode(text="ends:N", color=text)
    size = max(200, 110 * table["train"].nunique())
    chart: alt.FacetChart = (
        (cells + frames + numbers + ends)
        .properties(width=size, height=max(140, 60 * table["train"].nunique()))
        .facet(facet=alt.Facet("model:N", title=None), columns=1)
    )
    if table["training_patients"].any():
        chart = chart.properties(title="Tested on patients that the model learned from")
    return chart
