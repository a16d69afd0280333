"""The transfer matrix as table and chart."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pandas as pd

from deepcme.base.files.files import whole_folder, write_csv
from deepcme.report.figures.drawing import write_charts
from deepcme.trained.transfer import measure_of


def write_transfer(table: pd.DataFrame, folder: Path) -> None:
    """Write ``transfer.csv``, ``transfer.svg`` and ``transfer.pdf``, all of them or none."""
    with whole_folder(folder) as written:
        write_csv(written / "transfer.csv", table)
        write_charts({"transfer": plot_transfer(table)}, written)


def plot_transfer(table: pd.DataFrame) -> alt.FacetChart:
    """Test AUC, or Uno's C, by training and test cohort, one panel for each model.

    Parameters
    ----------
    table : DataFrame
        Columns train, test, model, auc or uno_c, ci_low, ci_high, training_patients.
    """
    measure, heading = measure_of(table)
    base = alt.Chart(table).encode(
        x=alt.X("test:N", title="Tested on", axis=alt.Axis(labelAngle=-30)),
        y=alt.Y("train:N", title="Trained on"),
    )
    # Blue for better than chance, orange for worse: told apart by the colour-blind.
    colour = alt.Color(
        f"{measure}:Q",
        title=heading,
        scale=alt.Scale(scheme="blueorange", domain=[1, 0], domainMid=0.5),
    )
    cells = base.mark_rect().encode(color=colour)
    numbers = base.mark_text(fontSize=12).encode(
        text=alt.Text(f"{measure}:Q", format=".2f"),
        color=alt.condition(
            f"abs(datum.{measure} - 0.5) > 0.3", alt.value("#fff"), alt.value("#000")
        ),
    )
    size = max(160, 70 * table["train"].nunique())
    chart: alt.FacetChart = (
        (cells + numbers)
        .properties(width=size, height=size)
        .facet(column=alt.Column("model:N", title=None))
    )
    if table["training_patients"].any():
        chart = chart.properties(title="Tested on patients that the model learned from")
    return chart
