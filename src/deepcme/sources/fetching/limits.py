"""How much and how long is enough of any server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a fetch takes from a server before it gives up.

    Parameters
    ----------
    seconds_to_answer : float
        How long the head of an answer may take.
    least_speed : float
        Bytes a second that an answer must bring.
    seconds_below : float
        How long an answer may stay below the least speed.
    seconds_in_vain : float
        How long one request may take, all its attempts and waits together, while
        nothing to speak of comes.
    bytes_to_read : int
        The longest answer that is read as a whole: a listing or a page of text.
    redirects : int
        How often an answer may point elsewhere.
    """

    seconds_to_answer: float = 25.0
    least_speed: float = 1_000.0
    seconds_below: float = 12.0
    seconds_in_vain: float = 55.0
    bytes_to_read: int = 32_000_000
    redirects: int = 5

    @property
    def seconds_of_an_attempt(self) -> float:
        """The longest that an attempt takes which brings nothing to speak of."""
        return self.seconds_to_answer + self.seconds_below


DEFAULT = Limits()
