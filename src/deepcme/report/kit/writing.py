"""Blocks written one after the other: numbered, with an anchor each, and linked."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from deepcme.report.blocks import (
    REFERENCE,
    Block,
    Blocks,
    Figure,
    Form,
    Fragment,
    Group,
    Heading,
    Numbered,
    Subheading,
    Table,
    identifier,
)
from deepcme.report.kit.explained import Explained
from deepcme.report.kit.table_sizes import print_size

_NOT_IN_AN_ANCHOR = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Place:
    """Where a table or a figure stands: "Table 3", and the anchor that leads to it."""

    words: str
    anchor: str


class Writer:
    """Writes blocks in the order of the page.

    Parameters
    ----------
    form : {"html", "md"}
    environment : jinja2.Environment
    charts : collection of str
        Figures of other names are left out.

    Attributes
    ----------
    contents : list of Heading
        The sections written so far.
    shown : dict of None
        Names of the charts that figures show, in their order.
    data : dict of DataFrame
        What the tables offer for download, by name.
    folders : dict of None
        Those with style and scripts of blocks written so far.
    explained : Explained
        What the tables written so far name that there is a text about.
    """

    def __init__(
        self, form: Form, environment: jinja2.Environment, charts: Collection[str]
    ) -> None:
        self.form, self.environment, self.charts = form, environment, charts
        self.contents: list[Heading] = []
        self.shown: dict[str, None] = {}
        self.data: dict[str, pd.DataFrame] = {}
        self.folders: dict[str, None] = {}
        self.explained = Explained()
        self._macros: Any = environment.get_template(f"blocks.{form}").module
        self._places: dict[tuple[str, str], Place] = {}
        self._numbers: dict[Numbered, int] = {"table": 0, "figure": 0}
        self._anchors: set[str] = set()

    def write(self, blocks: Blocks) -> Markup:
        """The text of the blocks, in which references are links or words."""
        text = Markup("\n\n").join(self._write_each(blocks))
        return Markup(re.sub(REFERENCE, self._refer, text))

    def _write_each(self, blocks: Blocks) -> list[Markup]:
        written = [self._write(block) for block in blocks if block]
        return [text for text in written if text]

    def _write(self, block: Block) -> Markup:
        if block.only not in (None, self.form):
            return Markup("")
        if block.folder:
            self.folders[block.folder] = None
        match block:
            case Fragment():
                template = self.environment.get_template(block.template)
                return Markup(template.render(**block.values))
            case Figure() if block.name not in self.charts:
                return Markup("")
            case Figure():
                self.shown[block.name] = None
                place = self._place("figure", block.name)
                return self._call(block, place, self._unused(f"chart-{block.name}"))
            case Table():
                if block.data is not None:
                    self.data[block.name] = block.data
                place = self._place("table", block.name)
                return self._call(block, place, print_size(block.shown), self.explained)
            case Group():
                parts = self._write_each(block.parts)
                is_empty = not parts and not block.says_more
                return Markup("") if is_empty else self._call(block, parts)
            case Heading():
                self._anchors.add(block.anchor)
                self.contents.append(block)
                return self._call(block)
            case Subheading():
                return self._call(block, self._anchor_of(block))
        return self._call(block)

    def _call(self, block: Block, *values: Any) -> Markup:
        """What the macro of the block's class writes."""
        name = type(block).__name__.lower()
        macro = getattr(self._macros, name, None)
        if macro is None:
            module: Any = self.environment.get_template(f"{name}.{self.form}").module
            macro = getattr(module, name)
        return Markup(macro(block, *values).strip())

    def _place(self, kind: Numbered, name: str) -> Place:
        self._numbers[kind] += 1
        words = f"{kind.capitalize()} {self._numbers[kind]}"
        place = Place(words, self._unused(identifier(kind, name)))
        # Of one that is shown twice, references lead to the first.
        self._places.setdefault((kind, name), place)
        return place

    def _anchor_of(self, block: Subheading) -> str:
        words = _NOT_IN_AN_ANCHOR.sub("-", block.text.lower()).strip("-")
        section = self.contents[-1].anchor if self.contents else "page"
        return self._unused(f"{section}-{words}")

    def _unused(self, anchor: str) -> str:
        free, number = anchor, 1
        while free in self._anchors:
            number += 1
            free = f"{anchor}-{number}"
        self._anchors.add(free)
        return free

    def _refer(self, found: re.Match[str]) -> str:
        kind, name = found.groups()
        place = self._places.get((kind, name))
        if place is None:
            return f"the {kind} {name.replace('_', ' ')}"
        if self.form == "md":
            return place.words
        return f'<a href="#{place.anchor}">{place.words}</a>'
