"""`deepcme export`: a panel as a table, a formula in words, or ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.model.options import ModelFolder
from deepcme.cli.options import Quiet, writable


def export(
    model: ModelFolder,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE.csv|.md|.onnx",
            callback=writable,
            help="File to write: genes and coefficients as a table (.csv), the formula in "
            "words with an example (.md), or a graph from values to risk (.onnx).",
        ),
    ],
    quiet: Quiet = False,
) -> None:
    """Write a panel so that it can be used without deepcme.

    Of a panel of a few genes, as `deepcme train --panel` makes one. What each file holds, and
    what it leaves out, is said by `deepcme explain panel-files`.
    """
    from deepcme.report.exports.exports import write_export
    from deepcme.trained.files import load_model

    write_export(load_model(model), out)
    if not quiet:
        say(f"Wrote {out}.")
