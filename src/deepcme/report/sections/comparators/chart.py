"""Forest plot of the models, signatures and clinical index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.figures.forest import (
    ESTIMATE,
    HOLLOW,
    Axis,
    forest_heading,
    forest_row,
    plot_forest,
)
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import Chart
from deepcme.report.layouts.numbers import choose_decimals, show_estimate
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


def plot_beside_clinic(table: pd.DataFrame, measure: str, roles: Roles) -> Chart:
    """A square and a line for each row: partial signatures hollow, the named one by itself.

    Parameters
    ----------
    table : DataFrame
        As `compute_beside_clinic` gives it.
    measure : str
        Heading of the measure.
    roles : Roles
        Whose colours the rows have.
    """
    drawn = table.dropna(subset="value")
    rows = [*_rows(drawn, measure, roles)]
    low = float(np.nanmin([_CHANCE, *drawn["ci_low"], *drawn["value"]]))
    domain = (min(0.4, np.floor(low * 10) / 10), 1.0)
    described = (
        f"Forest plot: {measure} of {len(drawn)} models, signatures and clinical rules on the "
        "same patients, with 95% intervals."
    )
    axis = Axis(f"{measure} with 95% interval", domain, _CHANCE)
    return plot_forest(pd.DataFrame(rows), axis, described)


def _rows(table: pd.DataFrame, measure: str, roles: Roles) -> Iterator[dict[str, Any]]:
    """The rows under a heading for each group; the first one names the columns too."""
    columns = {"numbers": f"{measure} (95%)", "counts": "n / events"}
    decimals = choose_decimals(table["ci_low"], table["ci_high"])
    for heading, of_group in _divide(table):
        if of_group.empty:
            continue
        yield forest_heading(heading, **columns)
        columns = {"numbers": "", "counts": ""}
        for row in of_group.to_dict("records"):
            yield _row(row, decimals, roles.colour(row["model"]))


def _divide(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for heading, kinds in _GROUPS:
        of_group = table[table["kind"].isin(kinds)]
        if of_group["named"].any():
            yield f"{heading}: named in advance", of_group[of_group["named"]]
            yield f"{heading}: others", of_group[~of_group["named"]]
        else:
            yield heading, of_group


def _row(row: Mapping[Any, Any], decimals: int, colour: str) -> dict[str, Any]:
    is_partial = row["standing"] == PARTIAL
    where = f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
    ends = [row[name] for name in ("value", "ci_low", "ci_high")]
    return forest_row(
        f"{row['model']}{where}{' (partial)' if is_partial else ''}"
        f"{' *' if row['warned'] else ''}",
        ends,
        show_estimate(*ends, decimals=decimals),
        counts=f"{row['n']:,.0f} / {row['events']:,.0f}",
        kind=HOLLOW if is_partial else ESTIMATE,
        colour=colour,
    )
