"""A study's report as objects: each table a DataFrame, each chart an Altair chart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd

from deepcme.base.named import Named
from deepcme.base.shown import Shown, Shows, names_in_line
from deepcme.report.contents import compute_contents
from deepcme.report.figures.styles import Chart
from deepcme.report.opening.opening import Opening, Tile
from deepcme.report.outline import compute_verdict, sections_of
from deepcme.report.section import Contents
from deepcme.report.verdict.verdict import Verdict
from deepcme.study.store import StudyFolder

__all__ = ["Report", "read_report"]


@dataclass(frozen=True, repr=False)
class Report(Shows):
    """What a study's report says.

    Attributes
    ----------
    verdict : Verdict
        `sentence`, `warnings`, `points` and `paragraph`, as the report opens with them.
    findings : list of dict
        What the audit found: code, severity, title, evidence, advice.
    tables : dict of DataFrame
        Every table by the name it has in the folder ``tables``.
    charts : dict of altair.Chart
        Every chart by the name it has in the folder ``figures``; a notebook shows
        one that ends a cell. `deepcme.plots` has a function for each.
    notes : dict of str
        Sentences by name: why a table is absent, under the name of that table, and
        what the report says beside one, such as ``calibration_verdict``.
    tiles : tuple of Tile
        The numbers that it opens with.
    name : str
        Of the cohort.
    """

    verdict: Verdict
    findings: list[dict[str, Any]]
    tables: dict[str, pd.DataFrame]
    charts: dict[str, Chart]
    notes: dict[str, str]
    tiles: tuple[Tile, ...] = ()
    name: str = ""

    @classmethod
    def of(cls, contents: Contents) -> Self:
        """The report whose sections are computed."""
        blocks = sections_of(contents.results.study)[0].write(contents)
        tiles = next((block.tiles for block in blocks if isinstance(block, Opening)), ())
        return cls(
            compute_verdict(contents),
            contents.results.folder.read_findings(),
            Named(contents.tables, "table", "This report", contents.notes),
            Named(contents.charts, "chart", "This report", contents.notes),
            contents.notes,
            tuple(tiles),
            str(contents.results.cohort["name"]),
        )

    def _shown(self) -> Shown:
        tiles = [
            (tile.label, ", ".join(filter(None, (tile.value, tile.interval))))
            for tile in self.tiles
        ]
        warnings = [("Warning", said.partition(": ")[0]) for said in self.verdict.warnings]
        names = [
            ("Tables", names_in_line(self.tables, 60)),
            ("Charts", names_in_line(self.charts, 60)),
        ]
        return Shown(
            f"Report of {self.name}",
            [self.verdict.sentence],
            [*tiles, *warnings, *names],
            end="More: .tables[NAME], .verdict, .findings, .notes; deepcme.plots for charts.",
        )


def read_report(folder: str | Path) -> Report:
    """Compute the report of a finished study; nothing is fitted or written.

    Parameters
    ----------
    folder : path
        The study's folder, as `deepcme run` wrote it.

    Raises
    ------
    DeepCMEError
        If the folder is not that of a finished study.

    Examples
    --------
    >>> import deepcme
    >>> result = deepcme.run(deepcme.datasets.transbig(), quick=True, quiet=True)
    >>> report = deepcme.read_report(result.folder)
    >>> report.verdict.sentence.startswith("For distant metastasis within 5 years")
    True
    """
    return Report.of(compute_contents(StudyFolder(folder)))
