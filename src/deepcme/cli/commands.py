"""The commands of `deepcme`, and their options.

Imports sit inside the commands, so that --help answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from deepcme.base.terminal import say
from deepcme.cli.data import audit, fetch, genes, portals, prepare
from deepcme.cli.model import predict, train, transfer, validate
from deepcme.cli.options import Command
from deepcme.cli.planning import power, simulate
from deepcme.cli.study import checklist, compare, init, panel, report, run, signatures

app = typer.Typer(
    name="deepcme",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS: tuple[Command, ...] = (
    *(run.run, init.init, report.report, compare.compare, checklist.checklist),
    *(train.train, predict.predict, validate.validate, transfer.transfer),
    *(panel.panel, audit.audit, simulate.simulate, power.power),
)
for command in _COMMANDS:
    app.command()(command)
for command in (portals.gdc, portals.xena, portals.cbioportal, portals.geo, portals.archs4):
    prepare.app.command()(command)
app.add_typer(prepare.app, name="prepare")
app.add_typer(fetch.app, name="fetch")
app.add_typer(genes.app, name="genes")
app.add_typer(signatures.app, name="signatures")


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
