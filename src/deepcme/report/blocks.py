"""The pieces of which pages and the Markdown are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pandas as pd

from deepcme.report.formatting import Shown

Form = Literal["html", "md"]
Numbered = Literal["table", "figure"]
"""What is numbered in the order of the page."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece; without a word it is of the page and of the Markdown, if it is not empty.

    Style and scripts that none but its pages have stand in the `folder` of the templates.
    """

    folder: ClassVar[str] = ""

    only: Form | None = None


Blocks = Iterable[Block | None]
"""What a section writes; None for what there is not."""


@dataclass(frozen=True)
class Heading(Block):
    """The heading of a section, with the anchor that links to it; the contents list it."""

    text: str
    anchor: str


@dataclass(frozen=True)
class Subheading(Block):
    """A heading inside a section of the page; its anchor is made of its text."""

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
    """A numbered table ready to be read; `wrap` breaks long lines of text in it.

    One that is `folded` opens on the page at a click on these words. `data` is the whole
    table, which the page offers as the CSV of that name.
    """

    name: str
    shown: Shown
    wrap: bool = False
    folded: str = ""
    data: pd.DataFrame | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Figure(Block):
    """Where a chart stands, numbered, if there is one of that name.

    `label` says what it shows to those who do not see it; `hint` says on a screen how to
    use it.
    """

    name: str
    label: str
    caption: str
    hint: str = ""


@dataclass(frozen=True)
class Fragment(Block):
    """A piece of the page with a template of its own."""

    template: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Group(Block):
    """A piece that holds others; its macro takes them as they are written.

    The macro bears the name of its class and stands among `blocks.html` and `blocks.md`, or
    in a template of that name. Without a part there is nothing to write, unless the piece
    says something of its own.
    """

    says_more: ClassVar[bool] = False

    @property
    def parts(self) -> Blocks:
        """The pieces that it holds."""
        raise NotImplementedError


@dataclass(frozen=True)
class Pair(Group):
    """Two figures beside each other on a wide screen, below each other on a narrow one."""

    left: Figure
    right: Figure

    @property
    def parts(self) -> Blocks:
        """Both figures."""
        return (self.left, self.right)


@dataclass(frozen=True)
class Folded(Group):
    """A part of the page that opens at a click on its summary; print has it open."""

    summary: str
    blocks: Sequence[Block | None]

    @property
    def parts(self) -> Blocks:
        """What is folded."""
        return self.blocks


_OPEN, _CLOSE = "\ue000", "\ue001"
"""No letters: characters that Unicode leaves to private use."""

REFERENCE = f"{_OPEN}(table|figure):([^{_OPEN}{_CLOSE}]*){_CLOSE}"
"""The pattern of what `refer_to` gives."""


def refer_to(kind: Numbered, name: str) -> str:
    """A piece of text that becomes a link, such as "Table 3", where the page is written.

    Of what the page lacks it becomes its name in words, such as "the table net benefit".

    Parameters
    ----------
    kind : {"table", "figure"}
    name : str
        That of the `Table` or the `Figure`.
    """
    return f"{_OPEN}{kind}:{name}{_CLOSE}"


def identifier(kind: Numbered, name: str) -> str:
    """The anchor of a table or a figure."""
    return f"{kind}-{name.replace('_', '-')}"
