"""Ids and names, cleaned in one place, whichever reader they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from deepcme.errors import DeepCMEError
from deepcme.words import cleaned, counted, differing_in_case, few


def clean_ids(
    ids: Iterable[object], kind: str, where: str | Path, notes: list[str]
) -> list[str]:
    """Take leading, trailing, doubled and no-break spaces out of ids; say once how many.

    Parameters
    ----------
    ids : iterable
        Blank ones become empty.
    kind : str
        ``sample``, ``patient``, ``gene`` or ``column``, for the note.
    where : str or path
        The file, for the note.
    notes : list of str
        Gets a sentence if anything was cleaned.
    """
    before = [str(value) for value in ids]
    after = [cleaned(value) for value in before]
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    if changed:
        notes.append(
            f"{Path(where).name}: spaces were taken out of {len(changed):,} {kind} ids "
            f"({few(map(repr, changed))})."
        )
    return after


def warn_of_case(ids: Iterable[str], kind: str, where: str | Path, notes: list[str]) -> None:
    """Warn of different ids that are the same but for capital letters."""
    if alike := differing_in_case(ids):
        notes.append(
            f"Warning: {Path(where).name}: {kind} ids that differ in capital letters alone are "
            f"taken for different ones: {few(alike)}."
        )


def require_unique(ids: Sequence[str], kind: str, path: str | Path) -> None:
    """Refuse ids that occur more than once.

    Raises
    ------
    DeepCMEError
        Naming a few of them.
    """
    if len(set(ids)) == len(ids):
        return
    repeated = [name for name, times in Counter(ids).items() if times > 1]
    occur = "occurs" if len(repeated) == 1 else "occur"
    raise DeepCMEError(
        f"{path}: {counted(len(repeated), f'{kind} id')} {occur} more than once "
        f"({few(repeated)}): each {kind} needs an id of its own."
    )
