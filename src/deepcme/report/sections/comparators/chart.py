"""Forest plot of the models, signatures and clinical index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.forest import ESTIMATE, HOLLOW, forest_heading, plot_forest
from deepcme.report.figures.styles import Chart
from deepcme.report.sections.comparators.compared import (
    COLUMNS,
    INDEX,
    TRAINED,
)
from deepcme.study.parts.comparators.clinical_index import PARTIAL
from deepcme.study.parts.comparators.signatures import OWN, PUBLISHED

_CHANCE = 0.5
_GROUPS = (
    ("Trained here", (TRAINED,)),
    ("Signatures", (PUBLISHED, OWN)),
    ("Clinical", (INDEX, COLUMNS)),
)


def plot_beside_clinic(table: pd.DataFrame, measure: str) -> Chart:
    """A square and a line for each row: partial signatures hollow, the named one by itself.

    Parameters
    ----------
    table : DataFrame
        As `compute_beside_clinic` gives it.
    measure : str
        Heading of the measure.
    """
    drawn = table.dropna(subset="value")
    rows = [*_rows(drawn, measure)]
    low = float(np.nanmin([_CHANCE, *drawn["ci_low"], *drawn["value"]]))
    domain = (min(0.4, np.floor(low * 10) / 10), 1.0)
    return plot_forest(pd.DataFrame(rows), f"{measure} with 95% interval", domain, _CHANCE)


def _rows(table: pd.DataFrame, measure: str) -> Iterator[dict[str, Any]]:
    """The rows under a heading for each group; the first one names the columns too."""
    columns = {"numbers": f"{measure} (95%)", "counts": "n / events"}
    for heading, of_group in _divide(table):
        if of_group.empty:
            continue
        yield forest_heading(heading, **columns)
        columns = {"numbers": "", "counts": ""}
        yield from map(_row, of_group.to_dict("records"))


def _divide(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for heading, kinds in _GROUPS:
        of_group = table[table["kind"].isin(kinds)]
        if of_group["named"].any():
            yield f"{heading}: named in advance", of_group[of_group["named"]]
            yield f"{heading}: others", of_group[~of_group["named"]]
        else:
            yield heading, of_group


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    is_partial = row["standing"] == PARTIAL
    where = f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
    ends = (row["ci_low"], row["ci_high"])
    numbers = f"{row['value']:.3f}"
    if np.isfinite(ends).all():
        numbers += f" ({ends[0]:.3f} to {ends[1]:.3f})"
    return {
        "kind": HOLLOW if is_partial else ESTIMATE,
        "label": f"{row['model']}{where}{' (partial)' if is_partial else ''}"
        f"{' *' if row['warned'] else ''}",
        "counts": f"{row['n']:,.0f} / {row['events']:,.0f}",
        "numbers": numbers,
        "value": row["value"],
        "ci_low": ends[0],
        "ci_high": ends[1],
    }
