"""Tables formatted for reading, by their layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.captions import CAPTIONS
from deepcme.report.layout import (
    OPTIONAL,
    SIDE_BY_SIDE,
    Column,
    columns_of,
    heading_and_format,
)

_HEADINGS = {"model": "Model", "source": "Source"}


@dataclass(frozen=True)
class Shown:
    """A table ready to be written: a caption, headings, and rows of text."""

    caption: str
    headings: list[str]
    numeric: list[bool]
    rows: list[list[str]]


def show(name: str, table: pd.DataFrame) -> Shown:
    """Format a table for reading; without a layout of its own, numbers get three decimals.

    The cohort left out, and what is pooled over strata, are shown where the table has them.
    """
    if name in SIDE_BY_SIDE:
        return _show_side_by_side(name, table)
    columns = tuple(
        column
        for column in columns_of(name)
        if column[0] not in OPTIONAL or column[0] in table.columns
    ) or tuple(
        (
            str(column),
            _HEADINGS.get(str(column), str(column)),
            ".3f" if table[column].dtype.kind == "f" else "",
        )
        for column in table.columns
    )
    return show_columns(CAPTIONS.get(name, ""), columns, table)


def show_columns(caption: str, columns: Sequence[Column], table: pd.DataFrame) -> Shown:
    """Format these columns of a table for reading."""
    rows = [
        [_cell(value, form) for value, (_, _, form) in zip(row, columns, strict=True)]
        for row in table[[column for column, _, _ in columns]].itertuples(index=False)
    ]
    return Shown(
        caption,
        [heading for _, heading, _ in columns],
        [bool(form) for _, _, form in columns],
        rows,
    )


def _show_side_by_side(name: str, table: pd.DataFrame) -> Shown:
    """A row for each model, a column for each measure: value, 95% low to 95% high."""
    keys = [key for key in (LEFT_OUT, "model") if key in table.columns]
    measures = table["metric"].drop_duplicates().tolist()
    rows = []
    for key, of_model in table.groupby(keys, sort=False, observed=True):
        cells = {row.metric: _estimate(row) for row in of_model.itertuples()}
        counts = [f"{of_model[column].iloc[0]:,.0f}" for column in ("n", "events")]
        rows.append(
            [*map(str, key), *(cells.get(measure, "") for measure in measures), *counts]
        )
    left_out = ["Cohort left out"] if LEFT_OUT in keys else []
    headings = [
        *left_out,
        "Model",
        *(heading_and_format(measure)[0] for measure in measures),
        "Samples",
        "Events",
    ]
    numeric = [False] * len(keys) + [True] * (len(measures) + 2)
    return Shown(CAPTIONS[name], headings, numeric, rows)


def _estimate(row: Any) -> str:
    if pd.isna(row.value):
        return ""
    form = heading_and_format(row.metric)[1]
    value = format(row.value, form)
    if pd.isna(row.ci_low):
        return value
    return f"{value} ({row.ci_low:{form}} to {row.ci_high:{form}})"


def _cell(value: Any, form: str) -> str:
    if value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return format(value, form) if form else str(value)
