"""The pieces of which the page and the Markdown are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from deepcme.report.formatting import Shown

Form = Literal["html", "md"]


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece; without a word it is of the page and of the Markdown, if it is not empty."""

    only: Form | None = None


Blocks = Iterable[Block | None]
"""What a section writes; None for what there is not."""


@dataclass(frozen=True)
class Heading(Block):
    """The heading of a section, with the anchor that links to it."""

    text: str
    anchor: str


@dataclass(frozen=True)
class Subheading(Block):
    """A heading inside a section of the page."""

    text: str


@dataclass(frozen=True)
class Text(Block):
    """A paragraph; one that holds marks of its own is `Markup`."""

    text: str
    muted: bool = False


@dataclass(frozen=True)
class Bullets(Block):
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True)
class Terms(Block):
    """Headings, each with its text."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Preformatted(Block):
    """Lines of the page that stay as they are."""

    text: str


@dataclass(frozen=True)
class Table(Block):
    """A table ready to be read; `wrap` breaks long lines of text in it.

    One that is `folded` opens on the page at a click on these words.
    """

    name: str
    shown: Shown
    wrap: bool = False
    folded: str = ""


@dataclass(frozen=True)
class Figure(Block):
    """Where a chart stands on the page, if there is one of that name."""

    name: str
    label: str
    caption: str


@dataclass(frozen=True)
class Fragment(Block):
    """A piece of the page with a template of its own."""

    template: str
    values: dict[str, Any]
