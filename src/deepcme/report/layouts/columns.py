"""The kinds of columns of a table for readers: how their cells are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.report.layouts.numbers import show_estimates, show_p_value

_CERTAIN = "1.000"


@dataclass(frozen=True)
class Column(ABC):
    """A column of a table: its name there, and its heading for readers."""

    name: str
    heading: str

    @property
    def numeric(self) -> bool:
        """Whether it stands to the right, and its cells are never broken."""
        return True

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.heading

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the table that it is written of."""
        return (self.name,)

    @abstractmethod
    def write(self, table: pd.DataFrame) -> list[str]:
        """Its cells."""

    def tell(self, cells: list[str]) -> str:
        """What the caption says instead of a column whose cells all say the same, or nothing.

        Parameters
        ----------
        cells : list of str
            Of more than one row.
        """
        return ""


@dataclass(frozen=True)
class Plain(Column):
    """Text, or numbers of a format.

    Attributes
    ----------
    form : str
        A Python format, or "" for text.
    constant : str
        What the caption says where all rows have the same, with ``{}`` for it.
    """

    form: str = ""
    _: KW_ONLY
    constant: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it has a format."""
        return bool(self.form)

    def write(self, table: pd.DataFrame) -> list[str]:
        """Its cells; one of a missing value is empty."""
        return [_cell(value, self.form) for value in table[self.name]]

    def tell(self, cells: list[str]) -> str:
        """Its constant, if it may be one; a word that some rows lack is one all the same."""
        told = {*cells} if self.form else {*cells} - {""}
        return self.constant.format(*told) if len(told) == 1 else ""


@dataclass(frozen=True)
class Count(Column):
    """How many there are of something; in the caption where all rows have as many."""

    noun: str

    def write(self, table: pd.DataFrame) -> list[str]:
        """Its cells."""
        return [_cell(value, ",.0f") for value in table[self.name]]

    def tell(self, cells: list[str]) -> str:
        """Such as ``35 events``."""
        if len(set(cells)) > 1:
            return ""
        return f"{cells[0]} {self.noun}" + ("" if cells[0] == "1" else "s")


@dataclass(frozen=True)
class Estimate(Column):
    """An estimate and its interval in one cell, as many decimals in all of them.

    Attributes
    ----------
    low, high : str
        Columns of the interval's ends.
    signed, percent : bool
        As `show_estimate` takes them.
    ends : str
        What the numbers in brackets are.
    decimals : int, optional
        By default as the intervals of this column say.
    """

    low: str = "ci_low"
    high: str = "ci_high"
    _: KW_ONLY
    signed: bool = False
    percent: bool = False
    ends: str = "95%"
    decimals: int | None = None

    @property
    def title(self) -> str:
        """Its heading, and what the brackets are."""
        return f"{self.heading} ({self.ends})"

    @property
    def names(self) -> tuple[str, ...]:
        """The estimate's and those of both ends."""
        return (self.name, self.low, self.high)

    def write(self, table: pd.DataFrame) -> list[str]:
        """Its cells."""
        return show_estimates(
            *(table, self.names, self.decimals), signed=self.signed, percent=self.percent
        )


@dataclass(frozen=True)
class PValue(Column):
    """P-values; in the caption where all are 1.

    Attributes
    ----------
    low, high : str
        Columns of the ends of an interval of the Monte-Carlo error, where there is one.
    """

    low: str = ""
    high: str = ""

    @property
    def title(self) -> str:
        """Its heading, and what the brackets are."""
        return f"{self.heading} (95% Monte-Carlo)" if self.low else self.heading

    @property
    def names(self) -> tuple[str, ...]:
        """The p-value's and those of both ends, if it has some."""
        return (self.name, self.low, self.high) if self.low else (self.name,)

    def write(self, table: pd.DataFrame) -> list[str]:
        """Its cells."""
        return [
            show_p_value(value) + (f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else "")
            if np.isfinite(value)
            else ""
            for value, *ends in table[list(self.names)].to_numpy(dtype=float)
        ]

    def tell(self, cells: list[str]) -> str:
        """That all are 1, if so."""
        return f"{self.heading} 1" if set(cells) - {""} == {_CERTAIN} else ""


def _cell(value: Any, form: str) -> str:
    if value is pd.NA or value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else ""
    return format(value, form) if form else str(value)
