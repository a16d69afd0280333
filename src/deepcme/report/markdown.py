"""Text of strangers in Markdown: shown as it stands, never a link, a heading or a cell."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from markupsafe import Markup

_LINE_ENDS = re.compile(r"\s*[\n\r\x0b\x0c\u2028\u2029]\s*")
# An underscore within a word is one (CommonMark, section 6.2); elsewhere it may be emphasis.
_MARKS = re.compile(r"[\\`*~]|(?<!\w)_|_(?!\w)")
_START_OF_BLOCK = re.compile(r"\s*(?:\d{1,9}(?=[.)](\s|\Z))|(?=([#+\-=])(\2|\s|\Z)))")


def escape_markdown(text: str) -> Markup:
    """The text so that GitHub Flavored Markdown shows it letter by letter, on one line."""
    # Quotes are only marks within a tag or a link, and neither can begin.
    shown = escape(_LINE_ENDS.sub(" ", text).strip(), quote=False)
    line = _MARKS.sub(r"\\\g<0>", shown)
    if start := _START_OF_BLOCK.match(line):
        line = f"{line[: start.end()]}\\{line[start.end() :]}"
    # Addresses become links by themselves, and a bar ends a cell even behind a backslash.
    for mark in ("://", "[", "]", "|"):
        line = line.replace(mark, f"&#{ord(mark[0])};{mark[1:]}")
    return Markup(re.sub(r"(?i)\bwww\.", lambda www: f"{www[0][:-1]}&#46;", line))


def code_span(text: str) -> Markup:
    """The text as code, between more backticks than it has in a row (CommonMark, 6.1)."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return Markup(f"{fence}{pad}{text}{pad}{fence}")


def finalize(value: Any) -> Any:
    """What a template puts in: text is escaped, what is Markdown already stays."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return escape_markdown(value)
    return value


def fenced(text: str, language: str = "") -> str:
    """The text as a block of code, its fence longer than any within it (CommonMark, 4.5)."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
