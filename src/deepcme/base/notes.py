"""What a step has to say to the user: facts, and warnings that cast doubt on the result."""

from __future__ import annotations

from collections.abc import Iterable

from deepcme.base.errors import DeepCMEError

WARNING = "Warning: "


def is_warning(note: str) -> bool:
    """Whether a note is a warning."""
    return note.startswith(WARNING)


def warnings_first(notes: Iterable[str]) -> list[str]:
    """The notes in their order, warnings before the others."""
    return sorted(notes, key=lambda note: not is_warning(note))


def prefixed(note: str, name: str) -> str:
    """A note of one of several cohorts under its name; a warning stays one."""
    text = f"{name}: {note.removeprefix(WARNING)}"
    return WARNING + text if is_warning(note) else text


def refuse_warnings(notes: Iterable[str]) -> None:
    """Turn warnings into a refusal.

    Raises
    ------
    DeepCMEError
        If there is a warning; the sentence repeats all of them.
    """
    warnings = [note.removeprefix(WARNING) for note in notes if is_warning(note)]
    if warnings:
        raise DeepCMEError(
            f"Refused for {len(warnings)} warning{'s' if len(warnings) > 1 else ''}: "
            f"{' '.join(warnings)} Leave --strict out to go on all the same."
        )
