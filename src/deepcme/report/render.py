"""A page in HTML, and the same in Markdown, of the blocks that sections write."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from deepcme.base.dates import day_of_writing
from deepcme.base.version import __version__
from deepcme.report.blocks import Blocks
from deepcme.report.figures.styles import Chart, Spec, specify
from deepcme.report.inline import make_inline
from deepcme.report.kit.chart_heights import compute_height
from deepcme.report.kit.downloads import packed_csv, start_of_names
from deepcme.report.kit.explained import Explained
from deepcme.report.kit.table_sizes import has_long_texts
from deepcme.report.kit.writing import Writer
from deepcme.report.markdown import code_span, finalize


def render_page(
    title: str,
    heading: str,
    blocks: Blocks,
    charts: Mapping[str, Chart | Spec] | None = None,
    footer: str = "",
    *,
    study: str = "",
) -> str:
    """A page that holds all it needs and opens offline.

    Parameters
    ----------
    title, heading : str
    blocks : iterable of Block or None
    charts : mapping of Chart, or of what it is as Vega-Lite
        Those that figures among the blocks show, by name; others are left out.
    footer : str
        What stands at the end, before the day of writing and our version.
    study : str
        What the names of downloaded files start with.
    """
    charts = charts or {}
    environment = make_environment()
    writer = Writer("html", environment, charts)
    body = writer.write(blocks)
    specs = {name: specify(charts[name]) for name in writer.shown}
    day = day_of_writing()
    return _as_utf8(
        environment.get_template("page.html").render(
            title=title,
            heading=heading,
            body=body,
            contents=writer.contents,
            explained=writer.explained.texts(),
            specs={name: embedded_json(spec) for name, spec in specs.items()},
            data={name: packed_csv(table) for name, table in writer.data.items()},
            files=start_of_names(study),
            inline=make_inline(
                environment,
                charts=bool(specs),
                foot=f"{title}, {day}",
                heights={name: compute_height(spec) for name, spec in specs.items()},
                folders=writer.folders,
            ),
            footer=footer,
            day=day,
            version=__version__,
        )
    )


def render_markdown(heading: str, blocks: Blocks, charts: Collection[str] = ()) -> str:
    """The same as GitHub Flavored Markdown.

    Parameters
    ----------
    heading : str
    blocks : iterable of Block or None
    charts : collection of str
        Names of those that are ``figures/NAME.svg`` beside the Markdown; others are left out.
    """
    environment = make_environment(markdown=True)
    title = Markup("# {}\n\n").format(finalize(heading))
    writer = Writer("md", environment, charts)
    return _as_utf8(title + writer.write(blocks) + _to_explain(writer.explained) + "\n")


def make_environment(*, markdown: bool = False) -> jinja2.Environment:
    """Templates that escape whatever comes from outside, in HTML or in Markdown."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("deepcme.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize if markdown else None,
    )
    environment.tests["long"] = has_long_texts
    return environment


def embedded_json(value: dict[str, Any]) -> Markup:
    """JSON that every browser reads and that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _to_explain(explained: Explained) -> Markup:
    """What to type for the texts that a page in HTML holds."""
    if not explained.names:
        return Markup("")
    names = Markup(", ").join(map(code_span, explained.names))
    return Markup("\n\n{} explains each of {}.").format(code_span("deepcme explain"), names)


def _as_utf8(text: str) -> str:
    """The text with a mark for half a character, as a changed file may hold: it is no UTF-8."""
    return text.encode(errors="replace").decode()
