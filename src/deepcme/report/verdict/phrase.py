"""What a phrase of a verdict is: when it is said of the facts of a study, and its words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class HasNotes(Protocol):
    """Facts with the sentences that sections leave for a verdict, by name."""

    @property
    def notes(self) -> Mapping[str, str]:
        """The sentences."""


Facts = TypeVar("Facts", bound=HasNotes)


@dataclass(frozen=True)
class Phrase(Generic[Facts]):
    """A sentence by rule.

    Attributes
    ----------
    name : str
    when : callable
        Whether it is said of what was found.
    words : callable
    claims : bool
        Whether it would be an error of a study without any signal.
    """

    name: str
    when: Callable[[Facts], bool]
    words: Callable[[Facts], str]
    claims: bool = False


Topics = tuple[tuple[str, tuple[Phrase[Facts], ...]], ...]
"""Phrases by what they are about, in the order of a verdict."""


def tell(
    topics: Topics[Facts], facts: Facts, without: Collection[str] = ()
) -> tuple[tuple[str, str], ...]:
    """What is said of each topic, but for phrases `without` which the rest is told."""
    told = [
        (
            topic,
            [of.words(facts) for of in choose(phrases, facts) if of.name not in without],
        )
        for topic, phrases in topics
    ]
    return tuple((topic, " ".join(sentences)) for topic, sentences in told if sentences)


def choose(phrases: Sequence[Phrase[Facts]], facts: Facts) -> list[Phrase[Facts]]:
    """The phrases that apply, in their order."""
    return [phrase for phrase in phrases if phrase.when(facts)]


def of_section(name: str) -> Phrase[Facts]:
    """The sentence that a section leaves for the verdict, where it does."""
    note = f"{name}_verdict"

    def is_left(facts: Facts) -> bool:
        return bool(facts.notes.get(note))

    def repeat(facts: Facts) -> str:
        return facts.notes[note]

    return Phrase(name.replace("_", " "), is_left, repeat)
