"""Tables formatted for reading, by their layout."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.evaluation.measures import find_measure
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.layouts.columns import Column, Count, Estimate, Plain
from deepcme.report.layouts.numbers import choose_decimals

AnyColumn = Column | tuple[str, str, str]
"""A column; or name, heading and format ("" for text) of a plain one."""

SAMPLES = Count("n", "Samples", "sample")
PATIENTS = Count("n", "Patients", "patient")
EVENTS = Count("events", "Events", "event")
TEST_PARTS = Count("n_splits", "Test parts", "test part")
N_AND_EVENTS = (SAMPLES, EVENTS)
PATIENTS_AND_EVENTS = (PATIENTS, EVENTS)
COUNTS = (*N_AND_EVENTS, Count("n_patients", "Patients", "patient"), TEST_PARTS)
PROBABILITIES = (
    ("probability_better", "P(better)", ".2f"),
    ("probability_equivalent", "P(equivalent)", ".2f"),
    ("probability_worse", "P(worse)", ".2f"),
)  # fmt: skip
WARNED = "warned"
"""A column of rows that are flattered, as the cohort helped to make what they are of."""
LEFT_OUT_COLUMN = Plain(LEFT_OUT, "Cohort left out")

_MOST_COHORTS = 6
"""Cohorts left out of which the caption of a table tells counts."""
_HEADINGS = {"model": "Model", "source": "Source"}


@dataclass(frozen=True)
class Shown:
    """A table ready to be written: a caption, headings, and rows of text.

    Attributes
    ----------
    caption : str
    headings : list of str
    numeric : list of bool
        Which columns are of numbers, and never broken within a cell.
    rows : list of list of str
    best : int or None
        Which row is marked, as its estimate is the highest.
    note : str
        How it was computed, for who wants to know.
    """

    caption: str
    headings: list[str]
    numeric: list[bool]
    rows: list[list[str]]
    best: int | None = None
    note: str = ""


class TableLayout:
    """How a table is shown.

    Columns without a word are left out. What every row has the same of (`Column.tell`) goes
    into the caption.

    Parameters
    ----------
    caption : str
        What the table is, in a sentence or two.
    *columns : Column, or tuple
        Without any, all columns, numbers with three decimals.
    optional : collection of str
        Columns that are shown where a table has them.
    note : str
        How it was computed.
    best : str
        The column whose highest value is marked; none where cohorts were left out, which are
        not to be ranked against each other, and never a row that `WARNED` is true of.
    """

    def __init__(
        self,
        caption: str = "",
        *columns: AnyColumn,
        optional: Collection[str] = (LEFT_OUT,),
        note: str = "",
        best: str = "",
    ) -> None:
        self.caption, self.note, self.best = caption, note, best
        self.columns = [
            column if isinstance(column, Column) else Plain(*column) for column in columns
        ]
        self.optional = optional

    def show(self, table: pd.DataFrame) -> Shown:
        """Format a table for reading."""
        columns = [
            column
            for column in self.columns or _columns_of(table)
            if column.name not in self.optional or column.name in table.columns
        ]
        cells = [column.write(table) for column in columns]
        by_cohort = _tell_by_cohort(table, columns, cells)
        cells = [
            [""] * len(table) if isinstance(column, Count) and by_cohort else texts
            for column, texts in zip(columns, cells, strict=True)
        ]
        kept, told = _fold(columns, cells) if len(table) else (range(len(columns)), [])
        best = self._find_best(table)
        heading = next((of.heading for of in columns if of.name == self.best), "")
        said = [self.caption, f"In bold the highest {heading}." if best is not None else ""]
        said.append(f"All rows: {', '.join(told)}." if told else "")
        said.append(by_cohort)
        return Shown(
            " ".join(filter(None, said)),
            [columns[place].title for place in kept],
            [columns[place].numeric for place in kept],
            [list(row) for row in zip(*(cells[place] for place in kept), strict=True)],
            best,
            self.note,
        )

    def _find_best(self, table: pd.DataFrame) -> int | None:
        """The row of the highest value, where there is one alone among several."""
        if self.best not in table.columns or LEFT_OUT in table.columns:
            return None
        values = table[self.best].astype(float).reset_index(drop=True)
        if WARNED in table.columns:
            values = values.mask(table[WARNED].eq(True).to_numpy())
        highest = values.index[values == values.max()]
        return int(highest[0]) if values.count() > 1 and len(highest) == 1 else None


def _tell_by_cohort(
    table: pd.DataFrame, columns: Sequence[Column], cells: Sequence[list[str]]
) -> str:
    """The counts of each cohort left out, where all rows of a cohort have the same.

    Nothing where cohorts have one row each or are many, or where all have the same anyway.
    """
    cohorts = table[LEFT_OUT].astype(str).tolist() if LEFT_OUT in table.columns else []
    names = list(dict.fromkeys(cohorts))
    counts = [place for place, column in enumerate(columns) if isinstance(column, Count)]
    if not counts or not 1 < len(names) <= _MOST_COHORTS or len(cohorts) < 2 * len(names):
        return ""
    told = []
    for name in names:
        rows = [row for row, cohort in enumerate(cohorts) if cohort == name]
        words = [columns[of].tell([cells[of][row] for row in rows]) for of in counts]
        if not all(words) or not all(cells[of][rows[0]] for of in counts):
            return ""
        told.append(f"{name}: {', '.join(words)}")
    return f"{'; '.join(told)}."


def _fold(columns: Sequence[Column], cells: Sequence[list[str]]) -> tuple[list[int], list[str]]:
    """Which columns are kept, and what the caption says of the others.

    The first names the rows and stays. Counts, and words, that are those of another column in
    all of several rows are left out as well.
    """
    several = len(cells[0]) > 1
    kept, told = [0], []
    for place, (column, texts) in enumerate(zip(columns, cells, strict=True)):
        if place == 0 or not any(texts):
            continue
        if several and (words := column.tell(texts)):
            told.append(words)
            continue
        same = [
            columns[other]
            for other in kept
            if several and type(columns[other]) is type(column) and cells[other] == texts
        ]
        if isinstance(column, Count) and same:
            told.append(f"as many {column.noun}s as {same[0].heading.lower()}")
        elif column.numeric or not same:
            kept.append(place)
    return kept, told


class SideBySideLayout:
    """A row for each model, a column for each measure: value, 95% low to 95% high.

    Parameters
    ----------
    caption : str
    headings : mapping
        Of what is no measure of `deepcme.evaluation.measures`.
    counted : Count
        What `n` counts.
    signed : bool
        Whether the values are differences.
    alike : bool
        Whether the columns are of one measure, and have as many decimals.
    note, best : str
        As of `TableLayout`; the best by a measure.
    """

    def __init__(
        self,
        caption: str,
        headings: Mapping[str, str] | None = None,
        counted: Count = SAMPLES,
        *,
        signed: bool = False,
        alike: bool = False,
        note: str = "",
        best: str = "",
    ) -> None:
        self.caption, self.note, self.best = caption, note, best
        self.headings, self.counted = headings or {}, counted
        self.signed, self.alike = signed, alike

    def show(self, table: pd.DataFrame) -> Shown:
        """Format a table of columns model, metric, value, ci_low, ci_high, n, events."""
        measures = table["metric"].drop_duplicates().tolist()
        decimals = choose_decimals(table["ci_low"], table["ci_high"]) if self.alike else None
        estimates = [
            Estimate(
                *(name, self._heading(name), f"{name} low", f"{name} high"),
                signed=self.signed,
                decimals=decimals,
            )
            for name in measures
        ]
        layout = TableLayout(
            self.caption,
            LEFT_OUT_COLUMN,
            ("model", "Model", ""),
            *estimates,
            self.counted,
            EVENTS,
            note=self.note,
            best=self.best,
        )
        return layout.show(_spread(table, estimates))

    def _heading(self, name: str) -> str:
        return self.headings[name] if name in self.headings else find_measure(name).heading


def _spread(table: pd.DataFrame, estimates: Sequence[Estimate]) -> pd.DataFrame:
    """A row for each model, and cohort left out, of a table with one for each measure too."""
    keys = [key for key in (LEFT_OUT, "model") if key in table.columns]
    rows = []
    for key, of_model in table.groupby(keys, sort=False, observed=True):
        row = dict(zip(keys, key, strict=True))
        row |= {column: of_model[column].iloc[0] for column in ("n", "events")}
        by_measure = of_model.set_index("metric")[["value", "ci_low", "ci_high"]]
        for estimate in estimates:
            if estimate.name in by_measure.index:
                row |= zip(estimate.names, by_measure.loc[estimate.name], strict=True)
        rows.append(row)
    columns = [*keys, "n", "events", *(name for of in estimates for name in of.names)]
    return pd.DataFrame(rows, columns=columns)


def rank_rows(table: pd.DataFrame, by: ArrayLike, first: str = "") -> pd.DataFrame:
    """The rows of models as readers look for them: one of them first, the others by a value.

    Parameters
    ----------
    table : DataFrame
        With a column `model`; the rows of a cohort that was left out stay together.
    by : array-like
        The value of each row; the highest comes first.
    first : str
        The model that comes before all others, as that of the verdict does.
    """
    cohorts = table.get(LEFT_OUT, pd.Series(0, table.index))
    order = pd.DataFrame(
        {
            "cohort": pd.factorize(cohorts)[0],
            "other": table["model"].ne(first).to_numpy(),
            "value": -np.asarray(by, dtype=float),
        }
    )
    places = order.sort_values(order.columns.tolist(), kind="stable").index
    return table.iloc[places].reset_index(drop=True)


def _columns_of(table: pd.DataFrame) -> Sequence[Column]:
    return [
        Plain(name, _HEADINGS.get(name, name), ".3f" if table[name].dtype.kind == "f" else "")
        for name in table.columns
    ]


Layout = TableLayout | SideBySideLayout
"""How a table is shown, whichever its rows are."""
