"""`deepcme report`: a study's report again, of what the study has found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    quiet: Quiet = False,
) -> None:
    """Write a study's report again; nothing is fitted."""
    from deepcme.base.progress import show_step
    from deepcme.report.page import write_report
    from deepcme.study.store import StudyFolder

    with show_step("Writing the report", quiet=quiet):
        page = write_report(StudyFolder(folder), [name.strip() for name in formats.split(",")])
    if not quiet:
        say(f"Report: {page}")
