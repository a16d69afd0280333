"""The `deepcme` command: parse, call, print.

Imports sit inside the commands, so that --help answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli import (
    audit,
    checklist,
    fetch,
    genes,
    models,
    panel,
    portals,
    prepare,
    run,
    simulate,
)
from deepcme.cli.options import Command

app = typer.Typer(
    name="deepcme",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_COMMANDS: tuple[Command, ...] = (
    *(run.run, run.init, run.report, run.compare, checklist.checklist),
    *(models.train, models.predict, models.validate, models.transfer),
    *(panel.panel, audit.audit, simulate.simulate, simulate.power),
)
for command in _COMMANDS:
    app.command()(command)
for command in (portals.gdc, portals.xena, portals.cbioportal, portals.geo, portals.archs4):
    prepare.app.command()(command)
app.add_typer(prepare.app, name="prepare")
app.add_typer(fetch.app, name="fetch")
app.add_typer(genes.app, name="genes")


def _print_version(asked: bool) -> None:
    if asked:
        from deepcme.base.version import __version__

        say(f"deepcme {__version__}")
        raise typer.Exit


@app.callback()
def deepcme(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Learn from gene expression whether a cancer metastasises, and how far to trust it."""


def main() -> None:
    """Run the command line: a problem with the input is one sentence and exit code 2."""
    try:
        app(prog_name="deepcme")  # also as python -m deepcme
    except DeepCMEError as error:
        say(f"deepcme: {error}", error=True)
        sys.exit(2)
    except MemoryError:
        say(
            "deepcme: this takes more memory than is free: leave out what is not needed, or "
            "use a computer with more memory.",
            error=True,
        )
        sys.exit(2)
    except KeyboardInterrupt:
        say("deepcme: stopped.", error=True)
        sys.exit(130)
