"""`deepcme compare`: studies of one cohort beside one another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.options import Quiet, writable
from deepcme.cli.tables import say_table

if TYPE_CHECKING:
    from deepcme.report.formatting import Shown


def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER", help="Folders of two or more studies.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            callback=writable,
            help="File to write as well: a page (.html) or a table (.csv).",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Lay studies of one cohort side by side: what each choice does.

    The AUC, or C, of each model of each study, and the differences to the first study on the
    same patients, each with its interval.
    """
    from deepcme.report.comparing.sentence import describe_side_by_side
    from deepcme.report.side_by_side import (
        compute_side_by_side,
        show_choices,
        show_results,
        write_side_by_side,
    )
    from deepcme.study.store import StudyFolder

    table = compute_side_by_side([StudyFolder(folder) for folder in folders])
    if out is not None:
        write_side_by_side(table, out)
    if quiet:
        return
    say(describe_side_by_side(table))
    say()
    _say_shown(show_choices(table))
    say()
    _say_shown(show_results(table))
    if out is not None:
        say(f"Wrote {out}.")
    else:
        say("As a page with what the columns mean: -o FILE.html.")


def _say_shown(shown: Shown) -> None:
    say_table(shown.headings, shown.rows)
