"""Everything a report says, computed section by section from a study's folder."""

from __future__ import annotations

from deepcme.report import outline
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents
from deepcme.study.store import StudyFolder


def compute_contents(folder: StudyFolder) -> Contents:
    """Compute a report's tables, sentences and charts; nothing is fitted.

    Raises
    ------
    DeepCMEError
        If the folder is not that of a finished study, or one of its files is damaged.
    """
    contents = Contents(StudyResults.read(folder))
    for section in outline.sections_of(contents.results.study):
        section.compute(contents)
    return contents
