"""The commands of `deepcme` in the order of work, in groups.

Imports sit inside the commands, so that --help answers at once.
"""

from __future__ import annotations

from typing import Annotated, Any, get_type_hints

import typer

from deepcme.base.terminal import say
from deepcme.cli.data import audit, fetch, genes, portals, prepare
from deepcme.cli.doctor import doctor
from deepcme.cli.examples import EXAMPLES, WHOLE
from deepcme.cli.explain import explain
from deepcme.cli.help_pages import HelpPage, HelpPages
from deepcme.cli.model import card, export, predict, serve, train, transfer, validate
from deepcme.cli.options import Command
from deepcme.cli.planning import power, simulate
from deepcme.cli.study import checklist, compare, init, panel, report, run, signatures

_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
_GROUPS: dict[str, tuple[str, dict[str, Command]]] = {
    "fetch": (
        "Download public data, verified and resumable.",
        {
            "geo": fetch.geo,
            "gdc": fetch.gdc,
            "xena": fetch.xena,
            "cbioportal": fetch.cbioportal,
        },
    ),
    "prepare": (
        "Make a checked cohort (.h5ad) of expression and an outcome.",
        {
            "table": prepare.table,
            "geo": portals.geo,
            "gdc": portals.gdc,
            "xena": portals.xena,
            "cbioportal": portals.cbioportal,
            "archs4": portals.archs4,
            "merge": prepare.merge,
        },
    ),
    "genes": ("Translate gene identifiers.", {"map": genes.map_}),
    "signatures": (
        "Published gene signatures: list them, score samples by them.",
        {"list": signatures.list_, "score": signatures.score},
    ),
}
_PANELS: dict[str, dict[str, Command | None]] = {
    "Data": {"fetch": None, "prepare": None, "genes": None, "audit": audit.audit},
    "Study": {
        "init": init.init,
        "run": run.run,
        "report": report.report,
        "compare": compare.compare,
        "panel": panel.panel,
        "checklist": checklist.checklist,
        "signatures": None,
    },
    "Model": {
        "train": train.train,
        "predict": predict.predict,
        "validate": validate.validate,
        "card": card.card,
        "export": export.export,
        "transfer": transfer.transfer,
        "serve": serve.serve,
    },
    "Planning": {"power": power.power, "simulate": simulate.simulate},
    "Help": {"explain": explain, "doctor": doctor},
}
"""Commands by their group; None stands for one of `_GROUPS`."""


class _InOrderOfWork(HelpPages):
    """The commands as they follow each other, where typer has those of a group last."""

    def list_commands(self, ctx: Any) -> list[str]:
        order = [name for commands in _PANELS.values() for name in commands]
        return sorted(super().list_commands(ctx), key=order.index)


app = typer.Typer(
    name="deepcme",
    cls=_InOrderOfWork,
    epilog=WHOLE,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP_OPTIONS,
)


def _add(group: typer.Typer, path: str, command: Command, panel: str | None = None) -> None:
    name = path.split()[-1]
    # Each annotation is compiled from its text once: typer asks for them three times.
    command.__annotations__ = get_type_hints(command, include_extras=True)
    options: dict[str, Any] = {
        "cls": HelpPage,
        "epilog": EXAMPLES[path],
        "rich_help_panel": panel,
    }
    group.command(name, **options)(command)


for panel_name, commands in _PANELS.items():
    for command_name, command in commands.items():
        if command is not None:
            _add(app, command_name, command, panel_name)
            continue
        about, inner = _GROUPS[command_name]
        group = typer.Typer(
            cls=HelpPages, help=about, epilog=EXAMPLES[command_name], no_args_is_help=True
        )
        group.callback()(lambda: None)  # or one command alone would be taken for the group
        for inner_name, inner_command in inner.items():
            _add(group, f"{command_name} {inner_name}", inner_command)
        app.add_typer(group, name=command_name, rich_help_panel=panel_name)


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
