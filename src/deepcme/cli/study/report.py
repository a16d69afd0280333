"""`deepcme report`: a study's report again, of what the study has found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    quiet: Quiet = False,
) -> None:
    """Write a study's report again; nothing is fitted."""
    from deepcme.study.store import StudyFolder

    write_and_say(
        StudyFolder(folder), [name.strip() for name in formats.split(",")], quiet=quiet
    )
    if not quiet:
        say_next("checklist", folder, "-o", "checklist.docx")


def write_and_say(
    folder: StudyFolder, formats: Sequence[str] | None = None, *, quiet: bool
) -> None:
    """Write the report of a study, and say in a sentence what was found."""
    from deepcme.base.files.locks import only_one_in
    from deepcme.base.progress import show_step
    from deepcme.report.contents import compute_contents
    from deepcme.report.notebook import Report
    from deepcme.report.page import FORMATS, require_formats, write_report

    asked = FORMATS if formats is None else require_formats(formats)
    with only_one_in(folder.path), show_step("Writing the report", quiet=quiet):
        contents = compute_contents(folder)
        page = write_report(folder, asked, contents)
    if quiet:
        return
    if try_out := contents.results.study.try_out:
        say(try_out)
    say(Report.of(contents).verdict.sentence)
    say(f"Report: {page}")
