"""What a report is made of: sections, and the blocks that a section writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from deepcme.errors import AbsentError
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import Shown
from deepcme.report.results import StudyResults


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of the report; without a word it is of the page and of the Markdown."""

    only: Literal["html", "md"] | None = None


@dataclass(frozen=True)
class Heading(Block):
    """The heading of a section, with the anchor that links to it."""

    text: str
    anchor: str


@dataclass(frozen=True)
class Subheading(Block):
    """A heading inside a section of the page."""

    text: str


@dataclass(frozen=True)
class Text(Block):
    """A paragraph; one that holds marks of its own is `Markup`."""

    text: str
    muted: bool = False


@dataclass(frozen=True)
class Bullets(Block):
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True)
class Terms(Block):
    """Headings, each with its text."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Preformatted(Block):
    """Lines of the page that stay as they are."""

    text: str


@dataclass(frozen=True)
class Table(Block):
    """A table ready to be read; `wrap` breaks long lines of text in it."""

    name: str
    shown: Shown
    wrap: bool = False


@dataclass(frozen=True)
class Figure(Block):
    """Where a chart stands on the page, if there is one of that name."""

    name: str
    label: str
    caption: str


@dataclass(frozen=True)
class Fragment(Block):
    """A piece of the page with a template of its own."""

    template: str
    values: dict[str, Any]


@dataclass
class Contents:
    """What the sections of a report have found so far.

    Attributes
    ----------
    results : StudyResults
        The finished study.
    tables : dict of DataFrame
        Every table by name; one that cannot be made of this study is absent.
    notes : dict of str
        A sentence by name, such as why a table is absent.
    charts : dict of altair.Chart
        Every chart by name, drawn of the tables.
    """

    results: StudyResults
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """The model that the verdict is about."""
        return self.results.study.headline.name

    def add(self, name: str, make: Callable[[], pd.DataFrame]) -> None:
        """Make a table, or note why there is none."""
        try:
            self.tables[name] = make()
        except AbsentError as absent:
            self.notes[name] = str(absent)

    def table(self, name: str) -> pd.DataFrame:
        """A table that another is made of; what lacks it is absent for the same reason."""
        if name not in self.tables:
            raise AbsentError(self.notes[name])
        return self.tables[name]

    def random(self, statistic: str) -> np.random.Generator:
        """The draws of a statistic's intervals, from the study's seed alone."""
        return interval_generator(self.results.study.seed, statistic)


def _draws_nothing(contents: Contents) -> dict[str, Chart]:
    return {}


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes
    ----------
    compute : callable
        Adds the section's tables and notes; those of the sections before it are there.
    write : callable
        Gives the section's blocks, when all sections are computed.
    draw : callable
        Gives the section's charts, by name.
    """

    compute: Callable[[Contents], None]
    write: Callable[[Contents], Iterable[Block]]
    draw: Callable[[Contents], dict[str, Chart]] = _draws_nothing
