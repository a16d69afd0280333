"""`deepcme checklist`: the reporting guidelines of a study as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.options import Quiet, writable


def checklist(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of a finished study.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            callback=writable,
            help="Document to write, .docx or .md.",
        ),
    ] = Path("checklist.docx"),
    quiet: Quiet = False,
) -> None:
    """Write a study's TRIPOD+AI and PROBAST+AI checklists to fill in.

    What the study itself answers is there; what its author must state is marked.
    """
    from deepcme.report.checklists.document import write_checklists
    from deepcme.study.store import StudyFolder

    checklists = write_checklists(StudyFolder(folder), out)
    if not quiet:
        say(f"Wrote {out}.")
        for one in checklists:
            say(f"{one.name}: {one.filled}")
