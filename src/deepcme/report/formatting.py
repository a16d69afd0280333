"""Tables formatted for reading, by their layout."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.measures import find_measure
from deepcme.evaluation.predictions import LEFT_OUT

Column = tuple[str, str, str]
"""Name in the table, heading, and format: a Python format, or "" for text."""

INTERVAL: tuple[Column, ...] = (
    ("ci_low", "95% low", ".3f"), ("ci_high", "95% high", ".3f"),
)  # fmt: skip
N_AND_EVENTS: tuple[Column, ...] = (("n", "Samples", ",.0f"), ("events", "Events", ",.0f"))
PATIENTS_AND_EVENTS: tuple[Column, ...] = (
    ("n", "Patients", ",.0f"), ("events", "Events", ",.0f"),
)  # fmt: skip
COUNTS: tuple[Column, ...] = (
    *N_AND_EVENTS, ("n_patients", "Patients", ",.0f"), ("n_splits", "Splits", ",.0f"),
)  # fmt: skip
DIFFERENCE: tuple[Column, ...] = (
    ("difference", "AUC difference", "+.3f"), ("ci_low", "95% low", "+.3f"),
    ("ci_high", "95% high", "+.3f"),
)  # fmt: skip
PROBABILITIES: tuple[Column, ...] = (
    ("probability_better", "P(better)", ".2f"),
    ("probability_equivalent", "P(equivalent)", ".2f"),
    ("probability_worse", "P(worse)", ".2f"),
)  # fmt: skip
LEFT_OUT_COLUMN: Column = (LEFT_OUT, "Cohort left out", "")

_HEADINGS = {"model": "Model", "source": "Source"}


@dataclass(frozen=True)
class Shown:
    """A table ready to be written: a caption, headings, and rows of text."""

    caption: str
    headings: list[str]
    numeric: list[bool]
    rows: list[list[str]]


class TableLayout:
    """How a table is shown.

    Parameters
    ----------
    caption : str
    *columns : Column
        Without any, all columns, numbers with three decimals.
    optional : collection of str
        Columns that are shown where a table has them.
    """

    def __init__(
        self, caption: str = "", *columns: Column, optional: Collection[str] = (LEFT_OUT,)
    ) -> None:
        self.caption, self.columns, self.optional = caption, columns, optional

    def show(self, table: pd.DataFrame) -> Shown:
        """Format a table for reading."""
        columns = [
            column
            for column in self.columns or _columns_of(table)
            if column[0] not in self.optional or column[0] in table.columns
        ]
        rows = [
            [_cell(value, form) for value, (_, _, form) in zip(row, columns, strict=True)]
            for row in table[[column for column, _, _ in columns]].itertuples(index=False)
        ]
        return Shown(
            self.caption,
            [heading for _, heading, _ in columns],
            [bool(form) for _, _, form in columns],
            rows,
        )


class SideBySideLayout(TableLayout):
    """A row for each model, a column for each measure: value, 95% low to 95% high.

    `headings` has heading and format of what is no measure of `deepcme.evaluation.measures`,
    `counted` is what `n` counts.
    """

    def __init__(
        self,
        caption: str,
        headings: Mapping[str, tuple[str, str]] | None = None,
        counted: str = "Samples",
    ) -> None:
        super().__init__(caption)
        self.headings, self.counted = headings or {}, counted

    def show(self, table: pd.DataFrame) -> Shown:
        """Format a table of columns model, metric, value, ci_low, ci_high, n, events."""
        keys = [key for key in (LEFT_OUT, "model") if key in table.columns]
        measures = table["metric"].drop_duplicates().tolist()
        rows = []
        for key, of_model in table.groupby(keys, sort=False, observed=True):
            cells = {row.metric: self._estimate(row) for row in of_model.itertuples()}
            counts = [f"{of_model[column].iloc[0]:,.0f}" for column in ("n", "events")]
            rows.append(
                [*map(str, key), *(cells.get(measure, "") for measure in measures), *counts]
            )
        headings = [
            *(["Cohort left out"] if LEFT_OUT in keys else []),
            "Model",
            *(self._heading_and_format(measure)[0] for measure in measures),
            self.counted,
            "Events",
        ]
        numeric = [False] * len(keys) + [True] * (len(measures) + 2)
        return Shown(self.caption, headings, numeric, rows)

    def _heading_and_format(self, name: str) -> tuple[str, str]:
        if name in self.headings:
            return self.headings[name]
        measure = find_measure(name)
        return measure.heading, measure.format

    def _estimate(self, row: Any) -> str:
        if pd.isna(row.value):
            return ""
        form = self._heading_and_format(row.metric)[1]
        value = format(row.value, form)
        if pd.isna(row.ci_low):
            return value
        return f"{value} ({row.ci_low:{form}} to {row.ci_high:{form}})"


def show_interval(
    row: Mapping[Any, Any], names: tuple[str, str, str], form: str = ".3f"
) -> str:
    """A value with its interval in one cell, as far as they are known."""
    value, low, high = (row[name] for name in names)
    if pd.isna(value):
        return ""
    ends = f" ({low:{form}} to {high:{form}})" if np.isfinite([low, high]).all() else ""
    return f"{value:{form}}{ends}"


def as_percent(share: float) -> str:
    """A share as a percentage, with no more digits than it has."""
    return f"{100 * share:.6g}%"


def _columns_of(table: pd.DataFrame) -> Sequence[Column]:
    return [
        (name, _HEADINGS.get(name, name), ".3f" if table[name].dtype.kind == "f" else "")
        for name in table.columns
    ]


def _cell(value: Any, form: str) -> str:
    if value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return format(value, form) if form else str(value)
