"""Links between the texts, told in words where there is nothing to click."""

from __future__ import annotations

import re

from deepcme.explained.topics import FOLDERS

_TO_A_TEXT = rf"(?:\.\./)?(?:(?:{'|'.join(FOLDERS)})/)?([\w-]+)\.md"
_LINK = re.compile(rf"\[([^\]]+)\]\({_TO_A_TEXT}\)")
"""Such as ``[few events](../topics/few-events.md)``."""


def name_of_link(target: str) -> str | None:
    """The text that a link leads to; None where it leads elsewhere."""
    found = re.fullmatch(_TO_A_TEXT, target)
    return None if found is None else found[1]


def linked_from(text: str) -> tuple[str, ...]:
    """Names of the texts that a text links to, each once."""
    return tuple(dict.fromkeys(name for _, name in _LINK.findall(text)))


def as_commands(text: str) -> str:
    """A text with its links as words, and at its end what to type for each of them."""
    names = linked_from(text)
    words = _LINK.sub(r"\1", text).rstrip("\n")
    if not names:
        return f"{words}\n"
    asked = ", ".join(f"`deepcme explain {name}`" for name in names)
    return f"{words}\n\nSee also: {asked}.\n"
