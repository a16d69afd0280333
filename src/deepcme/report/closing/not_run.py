"""The parts of a study that were not asked for, in one line, and how to run them."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup

from deepcme.report.blocks import Blocks, Text
from deepcme.report.markdown import code_span, escape_markdown
from deepcme.report.section import Contents, NotRun, Section

_PLACEHOLDER = re.compile(r"\b[A-Z]{2}")

COMMAND = "deepcme run study.toml --out ."
"""In the study's folder, so that the report is the same wherever it lies."""


def _write(contents: Contents) -> Blocks:
    """No heading of its own: what is not there needs no place among the contents."""
    if contents.unfinished:
        yield Text(
            f"Not finished: {', '.join(contents.unfinished)}. The same command as before goes "
            "on."
        )
    if contents.not_run:
        in_html = Markup("<code>{}</code>").format
        yield Text(_list(contents.not_run, Markup.escape, in_html), only="html")
        yield Text(_list(contents.not_run, escape_markdown, code_span), only="md")


def _list(
    missing: list[NotRun],
    as_text: Callable[[str], Markup],
    as_code: Callable[[str], Markup],
) -> Markup:
    """Those first whose option can be typed as it is; of these first what tests for chance."""
    parts = sorted(
        missing,
        key=lambda part: (
            bool(_PLACEHOLDER.search(part.option)),
            not part.option.startswith("--permutations"),
        ),
    )
    named = Markup("; ").join(
        Markup("{} ({})").format(as_text(part.what), as_code(part.option)) for part in parts
    )
    command = as_code(f"{COMMAND} {parts[0].option}")
    return Markup(
        "Not run: {}. In the study's folder {} adds the first of these, and so the others; "
        "what is fitted already stays."
    ).format(named, command)


SECTION = Section(_write)
