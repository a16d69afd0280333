"""Cards as files: a page, Markdown, or XML after the CHAI Applied Model Card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import write_text
from deepcme.report.card.card import Card
from deepcme.report.card.chai.document import render_card_xml
from deepcme.report.card.page import render_card, render_card_markdown
from deepcme.trained.files import read_digests, save_model
from deepcme.trained.model import Model

_KINDS: Mapping[str, Callable[[Card], str]] = {
    ".html": render_card,
    ".md": render_card_markdown,
    ".xml": render_card_xml,
}
BESIDE = ("card.html", "card.md")
"""What is written into a model's folder, and beside a validation."""


def require_kind(path: Path) -> Callable[[Card], str]:
    """What writes a card of the kind that the name of a file says.

    Raises
    ------
    DeepCMEError
        If there is no such kind.
    """
    write = _KINDS.get(path.suffix.lower())
    if write is None:
        raise DeepCMEError(
            f"{path}: a card is written as {', '.join(_KINDS)}; name such a file."
        )
    return write


def write_card(card: Card, path: Path) -> None:
    """Write a card, of the kind that the file's name says.

    Raises
    ------
    DeepCMEError
        If there is no such kind, or it cannot be written there.
    """
    write_text(path, require_kind(path)(card))


def write_cards(card: Card, folder: Path) -> None:
    """Write the page and the Markdown into a folder."""
    for name in BESIDE:
        write_card(card, folder / name)


def card_of_folder(folder: Path, model: Model) -> Card:
    """The card of a model that was read from this folder, or written there."""
    digest, files = read_digests(folder)
    return Card(folder.resolve().name, replace(model, sha256=digest), files=files)


def save_with_cards(model: Model, folder: Path) -> None:
    """Write a model to a new folder, and its card as a page and as Markdown beside it.

    Raises
    ------
    DeepCMEError
        As `save_model`.
    """
    save_model(model, folder)
    write_cards(card_of_folder(folder, model), folder)
