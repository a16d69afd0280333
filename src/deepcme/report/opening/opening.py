"""The block that a page opens with: one sentence, at most three numbers, one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from deepcme.report.blocks import Blocks, Figure, Group

MOST_TILES = 3
"""What is seen at a glance; a fourth number would be read as one of many."""


@dataclass(frozen=True)
class Tile:
    """One number that the page is about.

    Attributes
    ----------
    label : str
        What it is.
    value : str
    interval : str
        Its interval in words, or what stands beside it.
    note : str
        How to take it.
    """

    label: str
    value: str
    interval: str = ""
    note: str = ""


@dataclass(frozen=True)
class Warned:
    """What to know before anything is believed, in a line.

    `details` is the anchor of the page where there is more of it.
    """

    text: str
    details: str = ""


@dataclass(frozen=True)
class Opening(Group):
    """The first screen: a sentence in large type, tiles, a figure; then warnings and notes.

    Attributes
    ----------
    sentence : str
        What was found, in plain words.
    tiles : sequence of Tile
        At most `MOST_TILES`.
    figure : Figure, optional
        The one picture; it is drawn before all others.
    warnings : sequence of Warned
    notes : sequence of tuple of str
        A heading, which may be empty, and what is said under it.
    counts : sequence of str
        Lines on who and what was looked at.
    """

    says_more: ClassVar[bool] = True

    sentence: str
    tiles: Sequence[Tile] = ()
    figure: Figure | None = None
    warnings: Sequence[Warned] = ()
    notes: Sequence[tuple[str, str]] = ()
    counts: Sequence[str] = ()

    def __post_init__(self) -> None:
        if len(self.tiles) > MOST_TILES:
            raise ValueError(f"a page opens with {MOST_TILES} tiles at most")

    @property
    def parts(self) -> Blocks:
        """The figure, if there is one."""
        return (self.figure,)
