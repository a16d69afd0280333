"""`deepcme report`: a study's report again, of what the study has found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from deepcme.base.terminal import say
from deepcme.cli.options import Quiet


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
    from deepcme.base.progress import show_step
    from deepcme.report.page import write_report
    from deepcme.study.store import StudyFolder

    with show_step("Writing the report", quiet=quiet):
        page = write_report(
            StudyFolder(folder),
            [name.strip() for name in formats.split(",")],
            for_journal=figures == "journal",
        )
    if not quiet:
        say(f"Report: {page}")
