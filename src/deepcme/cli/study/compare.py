"""`deepcme compare`: studies of one cohort beside one another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.options import writable

if TYPE_CHECKING:
    from deepcme.report.formatting import Shown


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Folders of two or more studies.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            callback=writable,
            help="File to write as well: a page (.html) or CSV.",
        ),
    ] = None,
) -> None:
    """Lay studies of one cohort side by side: what each choice does to the AUC, or C."""
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
    _say_table(show_choices(table))
    say("")
    _say_table(show_results(table))


def _say_table(shown: Shown) -> None:
    widths = [max(map(len, column)) for column in zip(shown.headings, *shown.rows, strict=True)]
    for row in [shown.headings, *shown.rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(line.rstrip())
