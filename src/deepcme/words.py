"""Words as people and portals write them: cleaned, known to say nothing, listed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MISSING_CELLS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A")
"""What every reader takes as a missing cell, spelled exactly so."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_SAYS_NOTHING = re.compile(
    r"|\[.*\]|'?-+|\?+|\.|n\.?[ /]?[ad]\.?|#n/a|nan|null|none given|missing|unk|"
    r"(not|un)[ _]?(reported|available|applicable|known|recorded|specified|stated|assigned|"
    r"evaluated|determined|provided|collected)",
    re.IGNORECASE,
)


def cleaned(text: str) -> str:
    """The text without leading, trailing, doubled, no-break and invisible spaces.

    Composed and decomposed spellings of one letter become the same (Unicode NFC).
    """
    if text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def says_nothing(word: str) -> bool:
    """Whether a word is how people and portals say that there is no value.

    Blank, ``NA``, ``n/a``, ``[Not Available]``, ``'--``, ``Not Reported``, ``unknown``
    and the like; ``none`` and ``no`` are words that say something.
    """
    return _SAYS_NOTHING.fullmatch(cleaned(word)) is not None


def few(values: Iterable[object], most: int = 3) -> str:
    """Name a few of many values."""
    listed = [str(value) for value in values]
    return ", ".join(listed[:most]) + (" ..." if len(listed) > most else "")


def counted(n: int, noun: str) -> str:
    """A number with its noun, in the plural where needed: ``1 gene``, ``1,200 genes``."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def quoted(name: str) -> str:
    """A column's name as it is given on the command line."""
    return f'"{name}"' if " " in name else name


def differing_in_case(values: Iterable[str]) -> list[str]:
    """Words that differ in case alone, each group once: ``p1 and P1``."""
    spellings: dict[str, set[str]] = {}
    for value in values:
        spellings.setdefault(value.casefold(), set()).add(value)
    return [" and ".join(sorted(group)) for group in spellings.values() if len(group) > 1]
