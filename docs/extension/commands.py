"""The reference of commands: what their help pages say, from the program itself."""

from __future__ import annotations

import inspect
from typing import Any

import typer
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from deepcme.cli.commands import app as program
from deepcme.cli.help_pages import list_commands_of, list_options
from extension.nodes_of import code, definitions, paragraphs, section


def find_command(path: str) -> tuple[Any, Any]:
    """The command that is called so, and the context of its help page."""
    command = typer.main.get_command(program)
    context = typer.Context(command, info_name="deepcme")
    for name in path.split():
        inner = getattr(command, "commands", {}).get(name)
        if inner is None:
            raise ExtensionError(f"there is no command deepcme {path}")
        command, context = inner, typer.Context(inner, info_name=name, parent=context)
    return command, context


class CommandPage(SphinxDirective):
    """Everything on a command, and on each of those in it if it is a group."""

    has_content = False
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        path = self.arguments[0]
        command, context = find_command(path)
        made = _describe(command, context)
        for name in getattr(command, "commands", {}):
            inner = section(self.state.document, f"deepcme {path} {name}")
            inner += _describe(*find_command(f"{path} {name}"))
            made.append(inner)
        return made


class CommandList(SphinxDirective):
    """All commands by what they are for, each with a link to its page."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        made: list[nodes.Node] = []
        for title, rows in list_commands_of(*find_command("")):
            listed = "\n".join(
                f"- [`deepcme {name}`]({name}.md): {about}" for name, about in rows
            )
            made += [nodes.rubric(title, title), *self.parse_text_to_nodes(listed)]
        return made


def _describe(command: Any, context: Any) -> list[nodes.Node]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    made = [*paragraphs(inspect.cleandoc(command.help or "")), code(usage, "text")]
    is_group = bool(getattr(command, "commands", {}))
    for title, rows in list_options(command, context):
        shown = [(name, about) for name, about in rows if not name.startswith("--help")]
        if shown:
            made += [nodes.rubric(title, title), definitions(shown)]
    if command.epilog and not is_group:
        made += [nodes.rubric("Example", "Example"), code(command.epilog, "sh")]
    return made
