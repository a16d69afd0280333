"""What a section of the report is, and what sections find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.bootstrap import interval_generator
from deepcme.report.blocks import Blocks, Figure, Form, Pair, Table
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import Chart, has_panels
from deepcme.report.formatting import Layout, TableLayout, rank_rows
from deepcme.report.results import StudyResults

MOST_ROWS = 15
"""Of a table that is open on the page, where nothing else is asked for."""


@dataclass(frozen=True)
class NotRun:
    """A part of a study that was not asked for, and the option that asks for it."""

    what: str
    option: str


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
    not_run : list of NotRun
        Parts that were not asked for, which the report names in one line at its end.
    unfinished : list of str
        Parts that were asked for and of which there is nothing yet.
    """

    results: StudyResults
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)
    not_run: list[NotRun] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    _layouts: dict[str, Layout] = field(default_factory=dict)

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
        layout: Layout | None = None,
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

    def in_order(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table of models, those with a role first, cohort by cohort."""
        places = {name: place for place, name in enumerate(self.roles.order(table["model"]))}
        return rank_rows(table, -table["model"].map(places).astype(int))

    def miss(self, what: str, option: str, *, asked: bool) -> None:
        """Note that a part is missing: not finished if it was asked for, else not run."""
        if asked:
            self.unfinished.append(what)
        else:
            self.not_run.append(NotRun(what, option))

    def require(self, name: str) -> pd.DataFrame:
        """A table that another is made of; what lacks it is absent for the same reason."""
        if name not in self.tables:
            raise AbsentError(self.notes[name])
        return self.tables[name]

    def pair(self, left: Figure, right: Figure) -> Blocks:
        """Two figures beside each other; each by itself where one has several panels."""
        drawn = [self.charts[of.name] for of in (left, right) if of.name in self.charts]
        fits = len(drawn) == 2 and not any(map(has_panels, drawn))
        return (Pair(left, right),) if fits else (left, right)

    def show(
        self,
        name: str,
        table: pd.DataFrame | None = None,
        *,
        wrap: bool = False,
        folded: str = "",
        unfolded: bool = False,
        only: Form | None = None,
    ) -> Table | None:
        """A table, or what is shown of it, in its layout; None if it is absent.

        Parameters
        ----------
        name : str
        table : DataFrame, optional
            What is shown of it.
        wrap : bool
            Whether long lines of text are broken.
        folded : str
            The words that it opens at; by default a long table opens at its caption.
        unfolded : bool
            Whether it stays open however long it is.
        only : {"html", "md"}, optional
        """
        if name not in self.tables:
            return None
        shown = self._layouts[name].show(self.tables[name] if table is None else table)
        if not folded and not unfolded and len(shown.rows) > MOST_ROWS:
            folded = f"{shown.caption.partition('. ')[0].rstrip('.')} ({len(shown.rows)} rows)"
        data = self.tables[name]
        return Table(name, shown, wrap=wrap, folded=folded, data=data, only=only)


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
