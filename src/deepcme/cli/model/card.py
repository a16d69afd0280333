"""`deepcme card`: what a model is for, whom it was learned from, how good it is, its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.model.options import ModelFolder
from deepcme.cli.options import Quiet, writable


def card(
    model: ModelFolder,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            callback=writable,
            help="Card to write: .html, .md, or .xml after the CHAI Applied Model Card.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Results of `deepcme validate` of this model: where it was checked. Can be "
            "given again.",
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="What no file can know: intended use, users, contact, licence, ethics ...",
        ),
    ] = None,
    answers_template: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            callback=writable,
            help="Write such a file to fill in.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write the card of a model, of its own files.

    What it is for and not for, whom it was learned from, what to expect of it with intervals
    and in groups of patients, where it was checked, its genes, limits, commands and checksums,
    after the items of model cards and of TRIPOD+AI. What neither its files nor the answers say
    is shown as not given.
    """
    from deepcme.verbs.cards import card as write
    from deepcme.verbs.cards import write_answers_template

    if out is None and answers_template is None:
        raise DeepCMEError("Name the card to write with -o, such as -o card.html.")
    if answers_template is not None:
        write_answers_template(model, answers_template)
    if out is not None:
        write(model, out, validations=validation or (), answers=answers)
    if not quiet:
        for file in filter(None, (answers_template, out)):
            say(f"Wrote {file}.")
