"""A study's report as objects: each table a DataFrame, each chart an Altair chart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.report.contents import compute_contents
from deepcme.report.figures.styles import Chart
from deepcme.report.outline import compute_verdict
from deepcme.report.verdict.verdict import Verdict
from deepcme.study.store import StudyFolder


@dataclass(frozen=True)
class Report:
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
        one that ends a cell.
    notes : dict of str
        Sentences by name: why a table is absent, under the name of that table, and
        what the report says beside one, such as ``calibration_verdict``.
    """

    verdict: Verdict
    findings: list[dict[str, Any]]
    tables: dict[str, pd.DataFrame]
    charts: dict[str, Chart]
    notes: dict[str, str]


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
    """
    contents = compute_contents(StudyFolder(folder))
    return Report(
        compute_verdict(contents),
        contents.results.folder.read_findings(),
        contents.tables,
        contents.charts,
        contents.notes,
    )
