"""`deepcme report`: a study's report again, of what the study has found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.terminal import say
from deepcme.cli.next_step import say_next
from deepcme.cli.options import Quiet

if TYPE_CHECKING:
    from deepcme.study.store import StudyFolder


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of a finished study.")
    ],
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="KIND,KIND",
            help="Any of html, md, csv, separated by commas.",
        ),
    ] = "html,md,csv",
    figures: Annotated[
        Literal["journal"] | None,
        typer.Option(
            metavar="journal",
            help="Every chart for print too, in FOLDER/figures/journal: 85 and 180 mm wide, "
            "letters of 7 pt; SVG, PDF, and PNG and TIFF of 600 dpi.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a study's report again; nothing is fitted."""
    from deepcme.study.store import StudyFolder

    write_and_say(
        StudyFolder(folder),
        [name.strip() for name in formats.split(",")],
        for_journal=figures == "journal",
        quiet=quiet,
    )
    if not quiet:
        say_next("checklist", folder, "-o", "checklist.docx")


def write_and_say(
    folder: StudyFolder,
    formats: Sequence[str] | None = None,
    *,
    for_journal: bool = False,
    quiet: bool,
) -> None:
    """Write the report of a study, and say in a sentence what was found."""
    from deepcme.base.progress import show_step
    from deepcme.report.page import FORMATS, write_report

    asked = FORMATS if formats is None else formats
    with show_step("Writing the report", quiet=quiet):
        page = write_report(folder, asked, for_journal=for_journal)
    if quiet:
        return
    if try_out := folder.read_study().try_out:
        say(try_out)
    say(folder.read_json("report.json")["sentence"])
    say(f"Report: {page}")
