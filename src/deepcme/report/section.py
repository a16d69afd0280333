"""What a section of the report is, and what sections find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.report.blocks import Blocks, Form, Table
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import TableLayout
from deepcme.report.results import StudyResults


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
    _layouts: dict[str, TableLayout] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """The model that the verdict is about."""
        return self.results.study.headline.name

    @property
    def roles(self) -> Roles:
        """Whom the charts highlight."""
        return self.results.roles

    def random(self, statistic: str) -> np.random.Generator:
        """The draws of a statistic's intervals, from the study's seed alone."""
        return interval_generator(self.results.study.seed, statistic)

    def add(
        self,
        name: str,
        make: Callable[[], pd.DataFrame],
        layout: TableLayout | None = None,
        draw: Callable[[pd.DataFrame], Chart] | None = None,
    ) -> None:
        """Make a table, and draw it in a chart of its name; or note why there is none."""
        try:
            self.tables[name] = make()
        except AbsentError as absent:
            self.notes[name] = str(absent)
            return
        self._layouts[name] = layout or TableLayout()
        if draw is not None:
            self.charts[name] = draw(self.tables[name])

    def require(self, name: str) -> pd.DataFrame:
        """A table that another is made of; what lacks it is absent for the same reason."""
        if name not in self.tables:
            raise AbsentError(self.notes[name])
        return self.tables[name]

    def show(
        self,
        name: str,
        table: pd.DataFrame | None = None,
        *,
        wrap: bool = False,
        only: Form | None = None,
    ) -> Table | None:
        """A table, or what is shown of it, in its layout; None if it is absent."""
        if name not in self.tables:
            return None
        shown = self._layouts[name].show(self.tables[name] if table is None else table)
        return Table(name, shown, wrap=wrap, only=only)


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes
    ----------
    write : callable
        Gives the section's blocks, when all sections are computed.
    compute : callable
        Adds tables, charts and notes; those of the sections before it are there.
    """

    write: Callable[[Contents], Blocks]
    compute: Callable[[Contents], None] = lambda _: None
