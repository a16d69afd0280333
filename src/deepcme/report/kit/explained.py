"""The texts that explain what a page's tables name, which the page holds at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import count
from typing import Any

from markupsafe import Markup

from deepcme.evaluation.measures import MEASURES
from deepcme.evaluation.survival.measured import HORIZON_MEASURES
from deepcme.explained.links import name_of_link
from deepcme.explained.topics import Topic, find_topic, has_topic
from deepcme.models.registry import KINDS

_FOLDER_OF_COLUMN = {
    "Code": "audit",
    "Model": "models",
    "Minus": "models",
    "Measure": "statistics",
}
"""Whose texts the words of a column name, by its heading."""


@dataclass(frozen=True)
class Text:
    """A text as the page holds it: folded under its title, with an anchor."""

    anchor: str
    title: str
    body: Markup


class Explained:
    """What was asked for while a page is written, each once.

    Attributes
    ----------
    names : dict of None
        Of the texts, in the order of the page.
    """

    def __init__(self) -> None:
        self.names: dict[str, None] = {}

    def heading(self, heading: str) -> str:
        """The anchor of the text about a column's statistic, or nothing."""
        return self._refer(_statistic(heading), "statistics")

    def cell(self, heading: str, cell: str) -> str:
        """The anchor of the text that a cell names, such as a model, or nothing."""
        folder = _FOLDER_OF_COLUMN.get(heading, "")
        if not folder or (folder == "models" and cell not in KINDS):
            return ""
        return self._refer(_statistic(cell) if folder == "statistics" else cell, folder)

    def texts(self) -> list[Text]:
        """Those asked for, ready for the page; the links among them stay, others are words."""
        there = frozenset(self.names)
        topics = [find_topic(name) for name in self.names]
        return [
            Text(anchor_of(topic.name), topic.title, Markup(_render(topic, there)))
            for topic in topics
        ]

    def _refer(self, name: str, folder: str) -> str:
        if not has_topic(name) or (topic := find_topic(name)).folder != folder:
            return ""
        self.names[topic.name] = None
        return anchor_of(topic.name)


def anchor_of(name: str) -> str:
    """Where the text of a name stands on the page."""
    return f"explained-{name.lower()}"


def _statistic(heading: str) -> str:
    """The name of a column's statistic, whose heading may end in what its brackets are."""
    words, *_ = heading.split(" (")
    return _measures().get(words, words.replace(" ", "-"))


@cache
def _measures() -> dict[str, str]:
    of_labels = {measure.heading: measure.name for measure in MEASURES}
    return of_labels | {measure.heading: measure.name for measure in HORIZON_MEASURES}


@cache
def _render(topic: Topic, there: frozenset[str]) -> str:
    """The text without its title as HTML; what it would hold of HTML is shown as letters."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(topic.text)
    title_ends = next(i for i, token in enumerate(tokens) if token.type == "heading_close")
    kept = list(_fitted(tokens[title_ends + 1 :], there))
    html: str = markdown.renderer.render(kept, markdown.options, {})
    return _within_reach(html, topic.title)


def _within_reach(html: str, title: str) -> str:
    """What may be wider than the page is moved with keys too, each table under a name."""
    numbers = count(1)

    def named(_: re.Match[str]) -> str:
        label = escape(f"{title}, table {next(numbers)}")
        return (
            f'<div class="scroll wrap" tabindex="0" role="region" aria-label="{label}"><table>'
        )

    # These are tags: the "<" of the text itself is escaped.
    html = html.replace("<pre>", '<pre tabindex="0">').replace("</table>", "</table></div>")
    return re.sub("<table>", named, html)


def _fitted(tokens: Sequence[Any], there: frozenset[str]) -> Iterator[Any]:
    """Headings below the page's own, cells without style of their own, links that lead."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1:]) + 1}"
        elif token.type == "fence":
            token.info = ""
        elif token.type in ("th_open", "td_open"):
            token.attrs = {"class": "text"}  # a policy without styles of elements
        elif token.type == "inline":
            token.children = list(_linked(token.children, there))
        yield token


def _linked(tokens: Sequence[Any], there: frozenset[str]) -> Iterator[Any]:
    """Links to texts of the page, and to the web; of others the words."""
    is_left_out = False
    for token in tokens:
        if token.type == "link_open":
            name = name_of_link(str(token.attrs["href"]))
            is_left_out = name is not None and name not in there
            if name in there:
                token.attrs["href"] = f"#{anchor_of(name)}"
        if token.type not in ("link_open", "link_close") or not is_left_out:
            yield token
        if token.type == "link_close":
            is_left_out = False
