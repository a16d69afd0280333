"""A page in HTML, and the same in Markdown, of the blocks that sections write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from deepcme.report.blocks import Block, Blocks, Figure, Form, Fragment
from deepcme.report.figures.styles import Chart, Spec, specify
from deepcme.report.inline import make_inline
from deepcme.report.markdown import finalize


def render_page(
    title: str,
    heading: str,
    blocks: Blocks,
    charts: Mapping[str, Chart | Spec] | None = None,
    footer: str = "",
) -> str:
    """A page that holds all it needs and opens offline.

    Parameters
    ----------
    title, heading : str
    blocks : iterable of Block or None
    charts : mapping of Chart, or of what it is as Vega-Lite
        Those that figures among the blocks show, by name; others are left out.
    footer : str
    """
    charts = charts or {}
    written = [
        block for block in blocks if not isinstance(block, Figure) or block.name in charts
    ]
    shown = {block.name for block in written if isinstance(block, Figure)}
    environment = make_environment()
    return _as_utf8(
        environment.get_template("page.html").render(
            title=title,
            heading=heading,
            body=_join("html", written, environment),
            specs={
                name: embedded_json(specify(chart))
                for name, chart in charts.items()
                if name in shown
            },
            inline=make_inline(environment, charts=bool(shown)),
            footer=footer,
        )
    )


def render_markdown(heading: str, blocks: Blocks) -> str:
    """The same as GitHub Flavored Markdown; charts are files of their own."""
    environment = make_environment(markdown=True)
    title = Markup("# {}\n\n").format(finalize(heading))
    return _as_utf8(title + _join("md", blocks, environment) + "\n")


def _join(form: Form, blocks: Blocks, environment: jinja2.Environment) -> Markup:
    macros = environment.get_template(f"blocks.{form}").module

    def write(block: Block) -> Markup:
        if isinstance(block, Fragment):
            return Markup(environment.get_template(block.template).render(**block.values))
        macro: Any = getattr(macros, type(block).__name__.lower())
        return Markup(macro(block).strip())

    written = [write(block) for block in blocks if block and block.only in (None, form)]
    return Markup("\n\n").join(text for text in written if text)


def make_environment(*, markdown: bool = False) -> jinja2.Environment:
    """Templates that escape whatever comes from outside, in HTML or in Markdown."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("deepcme.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize if markdown else None,
    )


def embedded_json(value: dict[str, Any]) -> Markup:
    """JSON that every browser reads and that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _as_utf8(text: str) -> str:
    """The text with a mark for half a character, as a changed file may hold: it is no UTF-8."""
    return text.encode(errors="replace").decode()
