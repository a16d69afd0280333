"""The checklists of a finished study as one document, for the author to fill in."""

from __future__ import annotations

from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import write_text
from deepcme.report.blocks import Blocks, Heading, Table, Text
from deepcme.report.checklists.word import require_word, write_word
from deepcme.report.contents import compute_contents
from deepcme.report.render import render_markdown
from deepcme.report.sections.guidelines import LAYOUT, Checklist, checklists_of
from deepcme.study.store import StudyFolder

INTRODUCTION = (
    "Made by deepcme from the study's results, in our words: the guidelines' own checklists "
    "hold. What stands after 'Author must state' is not known to the software. Tables are "
    "those of the report."
)


def write_checklists(folder: StudyFolder, output: Path) -> list[Checklist]:
    """Write TRIPOD+AI and PROBAST+AI, answered from a finished study; nothing is fitted.

    Parameters
    ----------
    folder : StudyFolder
    output : Path
        A Word file (.docx), which takes python-docx, or Markdown (.md). One that is there is
        not replaced: an author may have filled it in.

    Returns
    -------
    list of Checklist

    Raises
    ------
    DeepCMEError
        If the file is there or of another kind, python-docx is not installed, or the folder is
        not that of a finished study.
    """
    kind = output.suffix.lower()
    if kind not in (".docx", ".md"):
        raise DeepCMEError(
            f"{output}: checklists are written as .docx or .md; name such a file."
        )
    if output.exists():
        raise DeepCMEError(f"{output}: the file is there already; name another or delete it.")
    if kind == ".docx":
        require_word()
    contents = compute_contents(folder)
    heading = f"{contents.results.cohort['name']}: TRIPOD+AI and PROBAST+AI"
    checklists = list(checklists_of(contents))
    if kind == ".docx":
        write_word(output, heading, INTRODUCTION, checklists)
    else:
        write_text(output, render_markdown(heading, _blocks(checklists)))
    return checklists


def _blocks(checklists: list[Checklist]) -> Blocks:
    yield Text(INTRODUCTION)
    for checklist in checklists:
        yield Heading(checklist.name, checklist.name)
        yield Text(f"{checklist.filled} After {checklist.source}.")
        yield Table(checklist.name, LAYOUT.show(checklist.table), wrap=True)
