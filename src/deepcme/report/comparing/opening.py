"""The first screen of studies beside each other: sentence, tiles, and a forest of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.words import counted
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.blocks import Figure
from deepcme.report.comparing.sentence import (
    Compared,
    describe_side_by_side,
    find_compared,
    find_measure_in,
    judge,
    name_row,
    show_difference,
)
from deepcme.report.figures.forest import Axis, forest_heading, forest_row, plot_forest
from deepcme.report.figures.styles import Chart, colours
from deepcme.report.layouts.numbers import choose_decimals, show_estimate
from deepcme.report.opening.opening import MOST_TILES, Opening, Tile

FOREST = "forest"
_MOST_ROWS = 40
"""More rows are no picture: then it is of the model that the sentence is of."""
_CHANCE, _LOWEST = 0.5, 0.4


def write_opening(table: pd.DataFrame) -> Opening:
    """What the choice did, in words and numbers.

    Parameters
    ----------
    table : DataFrame
        Of `compute_side_by_side`.
    """
    compared = find_compared(table)
    return Opening(
        describe_side_by_side(table),
        [*_make_tiles(compared)],
        _make_figure(table),
        counts=[*_tell(table, compared)],
    )


def _make_figure(table: pd.DataFrame) -> Figure | None:
    rows = compute_forest(table)
    if rows.empty:
        return None
    heading = find_measure_in(table).heading
    left_out = set(table["model"]) - set(rows["model"])
    only = f" Of {rows['model'].iloc[0]} alone; the table has all models." if left_out else ""
    caption = (
        f"{heading} of each model in each study, with 95% intervals; dashed: chance.{only}"
    )
    return Figure(FOREST, f"{heading} of each model in each study with its interval", caption)


def compute_forest(table: pd.DataFrame) -> pd.DataFrame:
    """The models' values with the studies below each other, the model of the sentence first.

    Parameters
    ----------
    table : DataFrame
        Of `compute_side_by_side`.

    Returns
    -------
    DataFrame
        In the order to draw: `group, model, study, value, ci_low, ci_high, n, events`, what
        can be estimated; of one model alone where all are too many to be seen.
    """
    measure, model = find_measure_in(table), find_compared(table).model
    counts = "n" if "n" in table.columns else "n_patients"
    rows = table.assign(value=table[measure.name], n=table[counts]).dropna(subset=["value"])
    in_studies = rows.groupby("model")["study"].transform("nunique")
    order = pd.DataFrame(
        {"other": rows["model"] != model, "rare": -in_studies, "model": _places(rows["model"])}
    )
    group = rows["model"].astype(str)
    if LEFT_OUT in rows.columns:
        order["cohort"] = _places(rows[LEFT_OUT])
        group = group + ", " + rows[LEFT_OUT].astype(str)
    rows = rows.assign(group=group)
    rows = rows.loc[order.sort_values(order.columns.tolist(), kind="stable").index]
    if len(rows) + rows["group"].nunique() > _MOST_ROWS:
        rows = rows[rows["model"] == rows["model"].iloc[0]]
    columns = ["group", "model", "study", "value", "ci_low", "ci_high", "n", "events"]
    return rows[columns].reset_index(drop=True)


def _places(names: pd.Series[str]) -> np.ndarray[Any, np.dtype[np.intp]]:
    places: np.ndarray[Any, np.dtype[np.intp]] = pd.factorize(names)[0]
    return places


def plot_side_by_side(rows: pd.DataFrame, heading: str, what: str) -> Chart:
    """Draw the table of `compute_forest`; a colour is a study.

    Parameters
    ----------
    rows : DataFrame
    heading : str
        Of the measure.
    what : str
        What `n` counts.
    """
    studies = rows["study"].unique()
    axis_low = float(np.nanmin([_LOWEST, *rows["ci_low"], *rows["value"]]))
    axis = Axis(f"{heading} with 95% interval", (np.floor(10 * axis_low) / 10, 1.0), _CHANCE)
    description = (
        f"Forest plot: {heading} of {counted(rows['model'].nunique(), 'model')} in "
        f"{len(studies)} studies, with 95% intervals; 0.5 is chance."
    )
    return plot_forest(pd.DataFrame([*_draw_rows(rows, heading, what)]), axis, description)


def _draw_rows(rows: pd.DataFrame, heading: str, what: str) -> Iterator[dict[str, Any]]:
    """The studies under a heading for each model; counts where they are not the same of all."""
    studies = rows["study"].unique()
    colour = dict(zip(studies, colours(len(studies)), strict=True))
    decimals = choose_decimals(rows["ci_low"], rows["ci_high"])
    tells_counts = len(rows[["n", "events"]].drop_duplicates()) > 1
    columns = (f"{heading} (95%)", f"{what} / events" if tells_counts else "")
    for group, of_group in rows.groupby("group", sort=False):
        yield forest_heading(str(group), *columns)
        columns = ("", "")
        for row in of_group.to_dict("records"):
            ends = [row[name] for name in ("value", "ci_low", "ci_high")]
            yield forest_row(
                row["study"],
                ends,
                show_estimate(*ends, decimals=decimals),
                counts=f"{row['n']:,.0f} / {row['events']:,.0f}" if tells_counts else "",
                colour=colour[row["study"]],
            )


def noun_of(table: pd.DataFrame) -> str:
    """What is counted: samples or, of times, patients."""
    return "sample" if "n" in table.columns else "patient"


def _make_tiles(compared: Compared) -> Iterator[Tile]:
    """Both values and their difference; of several differences those, if they are few."""
    rows = compared.rows.to_dict("records")
    if len(rows) == 1:
        yield _value_tile(compared, compared.of_first.iloc[0].to_dict())
        yield _value_tile(compared, rows[0])
    if len(rows) <= MOST_TILES:
        for row in rows:
            yield _difference_tile(compared, row)


def _value_tile(compared: Compared, row: Mapping[Any, Any]) -> Tile:
    shown = show_estimate(row[compared.measure.name], row["ci_low"], row["ci_high"])
    label = f"{compared.measure.heading} of {compared.model} in {row['study']}"
    return _tile(label, shown, f"{_count(compared.rows, row)}.")


def _difference_tile(compared: Compared, row: Mapping[Any, Any]) -> Tile:
    name, shown, verdict = name_row(compared, row), show_difference(row), judge(row)
    label = f"Difference in {compared.measure.heading}, {name} less {compared.first}"
    if LEFT_OUT in compared.rows.columns:
        label = f"Difference to {compared.first}, {name} left out"
    how = f"; {row['difference_interval']}" if shown else ""
    note = f"{verdict[0].upper()}{verdict[1:]}{how}; {_count(compared.rows, row)}."
    return _tile(label, shown, note)


def _tile(label: str, shown: str, note: str) -> Tile:
    value, _, ends = shown.partition(" (")
    return Tile(
        label, value or "none", f"95% interval {ends.rstrip(')')}" if ends else "", note
    )


def _count(table: pd.DataFrame, row: Mapping[Any, Any]) -> str:
    noun = noun_of(table)
    n = row["n" if noun == "sample" else "n_patients"]
    return f"{counted(int(n), noun)}, {counted(int(row['events']), 'event')}"


def _tell(table: pd.DataFrame, compared: Compared) -> Iterator[str]:
    """What is to be known of the differences."""
    headlines = table[table["headline"]].drop_duplicates("study")
    if headlines["model"].nunique() > 1:
        named = [f"{row['study']}: {row['model']}" for row in headlines.to_dict("records")]
        yield f"The studies' own reports are of unlike models ({'; '.join(named)})."
    if len(compared.rows) > 1:
        yield "Intervals are each difference's own, not corrected for their number."
    yield (
        "An interval that holds 0 demonstrates no difference, and does not show that there is "
        "none. Studies may differ in more than the settings listed here."
    )
