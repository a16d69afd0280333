"""The one exception that means: the input, not the program, needs attention."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DeepCMEError(ValueError):
    """A problem the user can mend, told in one sentence.

    The command line prints the sentence and exits with code 2; Python users
    can catch it as a `ValueError`.
    """


class AbsentError(DeepCMEError):
    """What these data do not have, and why: a report says so and goes on without it."""


@contextmanager
def naming_file(file: Path | str) -> Iterator[None]:
    """Put the file's name before a sentence about its contents."""
    try:
        yield
    except DeepCMEError as error:
        raise DeepCMEError(f"{file}: {error}") from error
