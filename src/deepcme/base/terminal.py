"""Saying something on the terminal: one line, whatever the names in it hold."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from deepcme.base.names import printable


def in_notebook() -> bool:
    """Whether a notebook runs this, which shows what `IPython.display` is given."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def say(line: str = "", *, error: bool = False) -> None:
    """Print one line; what would steer the terminal, or end the line, is shown escaped.

    Parameters
    ----------
    line : str
    error : bool
        Whether it goes to standard error.
    """
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    shown = printable(line).encode(encoding, "backslashreplace").decode(encoding)
    print(shown, file=stream, flush=True)


def say_lines(text: str) -> None:
    """Print a text of our own making that has several lines."""
    for line in text.split("\n"):
        say(line)


@contextmanager
def without_logs(up_to: int) -> Iterator[None]:
    """Keep what libraries log, up to a level of `logging`, off the terminal."""
    before = logging.root.manager.disable
    logging.disable(up_to)
    try:
        yield
    finally:
        logging.disable(before)
