"""Saying something on the terminal: a sentence at a time, whatever the names in it hold."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from deepcme.base.names import printable

_NARROWEST, _WIDEST = 40, 100


def in_notebook() -> bool:
    """Whether a notebook runs this, which shows what `IPython.display` is given."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def say(line: str = "", *, error: bool = False, whole: bool = False) -> None:
    """Print one line; what would steer the terminal, or end the line, is shown escaped.

    On a terminal it is broken between words, where the terminal would break it anywhere.
    What goes elsewhere, into a file or another program, stays one line.

    Parameters
    ----------
    line : str
    error : bool
        Whether it goes to standard error.
    whole : bool
        Whether it stays one line on a terminal too: a command to copy, a row of a table.
    """
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    shown = printable(line).encode(encoding, "backslashreplace").decode(encoding)
    if not whole and stream.isatty():
        shown = _between_words(shown)
    print(shown, file=stream, flush=True)


def bold(text: str) -> str:
    """A heading, bold if standard output is a terminal and colours are not unwanted."""
    plain = "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return text if plain else f"\x1b[1m{text}\x1b[0m"


def say_lines(text: str) -> None:
    """Print a text of our own making that has several lines."""
    for line in text.split("\n"):
        say(line, whole=True)


def say_markdown(text: str) -> None:
    """Print a text of our own making: as a page on a terminal, as it is written elsewhere."""
    if not sys.stdout.isatty():
        say_lines(text.rstrip("\n"))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=_width(), highlight=False).print(Markdown(text, hyperlinks=False))


def _width() -> int:
    """Columns of text: those of the terminal, within what reads well."""
    return max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))


def _between_words(line: str) -> str:
    """A line in as many as the terminal needs, the further ones under the first's text."""
    width = _width()
    if len(line) <= width:
        return line
    start = len(line) - len(line.lstrip(" -"))
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * start,
        break_long_words=False,
        break_on_hyphens=False,
    )


@contextmanager
def without_logs(up_to: int) -> Iterator[None]:
    """Keep what libraries log, up to a level of `logging`, off the terminal."""
    before = logging.root.manager.disable
    logging.disable(up_to)
    try:
        yield
    finally:
        logging.disable(before)


def fall_silent() -> Callable[[str], None]:
    """Have standard output and error lead nowhere; what still says a line on the error's."""
    told = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)

    def tell(line: str) -> None:
        with suppress(OSError):  # whoever listened may have gone
            os.write(told, f"{printable(line)}\n".encode(errors="backslashreplace"))

    return tell
