"""Words as people and portals write them: cleaned, known to say nothing, listed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import count

from deepcme.base.names import without_forbidden

MISSING_CELLS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A")
"""What every reader takes as a missing cell, spelled exactly so."""

# Zeros before a number, not those within one.
_LEADING_ZEROS = re.compile(r"(?<!\d)(?<!\d[.,])0+(?=\d)")
_WHOLE_AS_DECIMAL = re.compile(r"^(\d+)\.0+$")
_SAYS_NOTHING = re.compile(
    r"|\[.*\]|'?-+|\?+|\.|n\.?[ /]?[ad]\.?|#n/a|nan|null|none given|missing|unk|"
    r"(not|un)[ _]?(reported|available|applicable|known|recorded|specified|stated|assigned|"
    r"evaluated|determined|provided|collected)",
    re.IGNORECASE,
)


def cleaned(text: str) -> str:
    """The text without leading, trailing, doubled, no-break and invisible spaces.

    Other characters that only direct the layout, such as soft hyphens and marks of the
    direction of writing (Unicode category Cf), go as well. Control characters are spaces.
    Composed and decomposed spellings of one letter become the same (Unicode NFC).
    """
    if not text.isascii():
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = without_forbidden(text)
    return " ".join(text.split())


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


_DURATION_STEPS = ((20, 1), (60, 5), (600, 30), (3600, 60), (36_000, 300))


def duration(seconds: float) -> str:
    """A time in the units that it is spoken of, rounded: ``40 s``, ``2 h 10 min``."""
    step = next((step for below, step in _DURATION_STEPS if seconds < below), 3600)
    minutes, left = divmod(round(seconds / step) * step, 60)
    hours, minutes = divmod(minutes, 60)
    units = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{n} {unit}" for n, unit in units if n) or "0 s"


def listed(names: Iterable[str]) -> str:
    """Names after each other; one that holds a comma stands in quotes."""
    return ", ".join(f'"{name}"' if "," in name else name for name in names)


def quoted(name: str) -> str:
    """A column's name as it is given on the command line."""
    return f'"{name}"' if " " in name else name


def words_of_name(name: str) -> list[str]:
    """Words of a column's name, in small letters: ``vitalStatus`` has two, digits are none."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return re.findall(r"[^\W\d_]+", apart)


def told_apart(names: Iterable[str]) -> list[str]:
    """The names, with a number after one that was there before: ``stage``, ``stage 2``."""
    apart: dict[str, None] = {}
    for name in names:
        free = (name if n == 1 else f"{name} {n}" for n in count(1))
        apart[next(one for one in free if one not in apart)] = None
    return list(apart)


def plain_spelling(text: str) -> str:
    """The words and numbers of an id alone, to find ids that are spelled alike.

    ``MB_0001``, ``mb.0001`` and ``MB-1`` become the same; so do ``1.0`` and ``1``, but
    not ``P1-1`` and ``P11``.
    """
    known = unicodedata.normalize("NFKC", cleaned(text)).casefold()
    whole = _LEADING_ZEROS.sub("", _WHOLE_AS_DECIMAL.sub(r"\1", known))
    return " ".join(re.findall(r"[^\W\d_]+|\d+", whole)) or known


def differing_in_spelling(values: Iterable[str]) -> list[str]:
    """Ids that differ in case, punctuation or leading zeros alone, each group once."""
    return _groups(values, plain_spelling)


def differing_in_case(values: Iterable[str]) -> list[str]:
    """Words that differ in case alone, each group once: ``p1 and P1``."""
    return _groups(values, str.casefold)


def _groups(values: Iterable[str], key: Callable[[str], str]) -> list[str]:
    spellings: dict[str, set[str]] = {}
    for value in values:
        spellings.setdefault(key(value), set()).add(value)
    return [" and ".join(sorted(group)) for group in spellings.values() if len(group) > 1]
