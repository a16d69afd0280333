"""The help pages: what a command is for, its options in groups, and an example that runs.

They are laid out here, since a type of Python says nothing to who uses the command, and a page
has to fit a terminal of 80 columns with every word whole.
"""

from __future__ import annotations

import inspect
import os
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

from deepcme.base.terminal import bold

_NARROWEST, _WIDEST = 40, 100
_INDENT, _GAP = "  ", "  "
_WIDEST_NAME = 28

Row = tuple[str, str]


class HelpPage(TyperCommand):
    """A command whose help page is laid out here."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page."""
        formatter.write(_page(self, ctx, list_options(self, ctx)))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What follows the command's name in a line that says how it is used."""
        return _usage(self, ctx)


class HelpPages(TyperGroup):
    """A group of commands, whose pages and whose own one are laid out here."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of the group, with a line for each command."""
        formatter.write(
            _page(self, ctx, [*list_commands_of(self, ctx), *list_options(self, ctx)])
        )

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What follows the group's name in a line that says how it is used."""
        return [*_usage(self, ctx), "COMMAND", "..."]


def _usage(command: Any, ctx: Any) -> list[str]:
    arguments = [_name(p) for p in command.get_params(ctx) if _is_argument(p)]
    return ["[OPTIONS]", *arguments]


def _page(command: Any, ctx: Any, groups: Iterable[tuple[str, list[Row]]]) -> str:
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    parts = [_wrapped(f"Usage: {usage}", width, 2 * _INDENT)]
    about = inspect.cleandoc(command.help or "")
    parts += [_wrapped(paragraph, width) for paragraph in about.split("\n\n")]
    listed = list(groups)
    column = _column_of_names([name for _, rows in listed for name, _ in rows], width)
    for title, rows in listed:
        parts.append("\n".join([bold(f"{title}:"), *_lines(rows, column, width)]))
    if command.epilog:
        example = textwrap.indent(command.epilog, _INDENT)
        parts.append("\n".join([bold("Example:"), example]))
    return "\n\n".join(parts) + "\n"


def list_commands_of(group: Any, ctx: Any) -> list[tuple[str, list[Row]]]:
    """The commands of a group by their panel, each with what it does."""
    panels: dict[str, list[Row]] = {}
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        panel = getattr(command, "rich_help_panel", None) or "Commands"
        about, *_ = inspect.cleandoc(command.help or "").split("\n")
        panels.setdefault(panel, []).append((name, about))
    return list(panels.items())


def list_options(command: Any, ctx: Any) -> list[tuple[str, list[Row]]]:
    """Arguments, then options by their panel, then those of none."""
    panels: dict[str, list[Row]] = {"Arguments": []}
    others = []
    for parameter in command.get_params(ctx):
        if getattr(parameter, "hidden", False):
            continue
        row = (_name(parameter), _about(parameter))
        if _is_argument(parameter):
            panels["Arguments"].append(row)
        elif panel := getattr(parameter, "rich_help_panel", None):
            panels.setdefault(panel, []).append(row)
        else:
            others.append(row)
    title = "Options" if panels.keys() == {"Arguments"} else "Other options"
    return [(title, rows) for title, rows in [*panels.items(), (title, others)] if rows]


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _name(parameter: Any) -> str:
    """How it is written: ``MODEL``, ``[FILE]``, ``--out, -o FILE`` or ``--quiet, -q``."""
    value = parameter.metavar or parameter.name.upper()
    if not _is_argument(parameter):
        names = ", ".join(sorted(parameter.opts, key=len, reverse=True))
        return names if parameter.is_flag else f"{names} {value}"
    if parameter.nargs != 1:
        value += "..."
    return value if parameter.required else f"[{value}]"


def _about(parameter: Any) -> str:
    """What it is for, and what holds without it."""
    if parameter.required and not _is_argument(parameter):
        return f"{parameter.help} [required]"
    shown = parameter.show_default
    if shown is True and _is_worth_saying(parameter.default):
        shown = str(parameter.default)
    return f"{parameter.help} [default: {shown}]" if isinstance(shown, str) else parameter.help


def _is_worth_saying(default: object) -> bool:
    return isinstance(default, str | int | float | os.PathLike) and default is not False


def _column_of_names(names: Sequence[str], width: int) -> int:
    """How wide the column of names is: as the longest, but for a few that are too long."""
    most = min(_WIDEST_NAME, width // 3)
    return max((len(name) for name in names if len(name) <= most), default=0)


def _lines(rows: Sequence[Row], column: int, width: int) -> Iterator[str]:
    """Names and what they are for, beside each other or, if a name is long, below."""
    start = len(_INDENT) + column + len(_GAP)
    for name, about in rows:
        first, *more = _wrapped(about, width - start).split("\n")
        shown = bold(name) + " " * (column - len(name))
        if len(name) <= column:
            yield f"{_INDENT}{shown}{_GAP}{first}".rstrip()
        else:
            yield f"{_INDENT}{shown}"
            more = [first, *more]
        yield from (" " * start + line for line in more)


def _wrapped(text: str, width: int, further: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        width,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
