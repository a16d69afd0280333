"""Charts of the benchmark."""

from __future__ import annotations

import altair as alt
import pandas as pd

ORDER = [
    "scikit-learn",
    "PyTorch, as usual",
    "PyTorch, tuned",
    "native, AVX2",
    "native",
    "bound",
]
LOG = alt.Scale(type="log")
GENES = [1_000, 10_000, 100_000]
POWERS = [0.01, 0.1, 1, 10, 100, 1000]


def plot_quick(times: dict[str, float], machine: str) -> alt.LayerChart:
    """Bars of milliseconds per step at the paper's size."""
    data = pd.DataFrame(
        [{"implementation": name, "milliseconds": times[name]} for name in ORDER]
    )
    base = alt.Chart(data).encode(
        y=alt.Y("implementation:N", sort=ORDER, title=None),
        x=alt.X("milliseconds:Q", title="milliseconds per training step"),
    )
    bars = base.mark_bar(color="#4c78a8")
    labels = base.mark_text(align="left", dx=4).encode(
        text=alt.Text("milliseconds:Q", format=".1f")
    )
    title = alt.Title("56,602 genes, width 64, batch 32", subtitle=machine)
    return (bars + labels).properties(title=title, width=480, height=alt.Step(26))


def plot_grid(table: pd.DataFrame, machine: str) -> alt.FacetChart:
    """Milliseconds per step over the number of genes, by width and batch size."""
    names = [name for name in ORDER if name in table]
    data = table.melt(["genes", "width", "batch"], names, "implementation", "milliseconds")
    lines = alt.Chart(data).mark_line(point=True)
    encoded = lines.encode(
        x=alt.X("genes:Q", scale=LOG, axis=alt.Axis(values=GENES, format="s"), title="genes"),
        y=alt.Y("milliseconds:Q", scale=LOG, axis=alt.Axis(values=POWERS), title="ms per step"),
        color=alt.Color("implementation:N", sort=names, title=None),
    )
    return (
        encoded.properties(width=200, height=150)
        .facet(row=alt.Row("width:O"), column=alt.Column("batch:O"))
        .properties(title=alt.Title("Time of a training step", subtitle=machine))
    )
