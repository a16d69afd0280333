"""Exceptions that mean: the program is right, and something else needs attention."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["DeepCMEError"]


class DeepCMEError(ValueError):
    """A problem the user can mend, told in one sentence.

    The command line prints the sentence and exits with code 2; Python users
    can catch it as a `ValueError`.

    Parameters
    ----------
    *args : object
        The sentence.
    topic : str, optional
        What ``deepcme explain`` tells more about, where another topic fits than that of
        the module which raises it.

    Examples
    --------
    >>> import deepcme
    >>> try:
    ...     deepcme.read_table("nowhere.csv", samples="patients.csv", label="relapse")
    ... except deepcme.DeepCMEError as error:
    ...     print(error)
    patients.csv: there is no such file.
    """

    def __init__(self, *args: object, topic: str | None = None) -> None:
        super().__init__(*args)
        self.topic = topic


class UnknownNameError(DeepCMEError, KeyError):
    """A name that is not among those there are, with the nearest that are."""

    def __str__(self) -> str:
        return str(self.args[0])


class AbsentError(DeepCMEError):
    """What these data do not have, and why: a report says so and goes on without it."""


class StoppedError(BaseException):
    """The user or the system stopped the command, told in one sentence.

    It is no `Exception`, so that nothing takes it for a fit that failed.

    Parameters
    ----------
    sentence : str
    signal_number : int
        What stopped it; the command ends with 128 and this number.
    """

    def __init__(self, sentence: str, signal_number: int) -> None:
        super().__init__(sentence)
        self.exit_code = 128 + signal_number
        self.is_told = False


class DamagedError(DeepCMEError):
    """A file of ours is not any more what was written."""


@contextmanager
def naming_file(file: Path | str) -> Iterator[None]:
    """Put the file's name before a sentence about its contents."""
    try:
        yield
    except DeepCMEError as error:
        raise DeepCMEError(f"{file}: {error}", topic=error.topic) from error
