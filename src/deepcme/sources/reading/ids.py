"""Ids and names, cleaned in one place, whichever reader they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.names import holds_forbidden, without_forbidden
from deepcme.base.notes import WARNING
from deepcme.base.words import cleaned, counted, differing_in_case, few


def clean_ids(
    ids: Iterable[object], kind: str, where: str | Path, notes: list[str]
) -> list[str]:
    """Take needless spaces and control characters out of ids; say once of how many.

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
    controlled = [old for old in changed if holds_forbidden(old)]
    spaced = [old for old in changed if not holds_forbidden(old)]
    if controlled:
        notes.append(_warning_of_controls(controlled, f"{kind} id", where))
    if spaced:
        notes.append(
            f"{Path(where).name}: spaces were taken out of {len(spaced):,} {kind} ids "
            f"({few(map(repr, spaced))})."
        )
    return after


def clean_cells(table: pd.DataFrame, where: str | Path, notes: list[str]) -> pd.DataFrame:
    """The table with spaces for the control characters in its text; warn once of how many."""
    found: list[str] = []

    def clean(cell: object) -> object:
        if not isinstance(cell, str) or not holds_forbidden(cell):
            return cell
        found.append(cell)
        return without_forbidden(cell).strip() or None

    text = [n for n, column in enumerate(table.dtypes) if column.kind not in "biufcmM"]
    cleaned_columns = {n: table.iloc[:, n].map(clean, na_action="ignore") for n in text}
    if not found:
        return table
    notes.append(_warning_of_controls(found, "cell", where))
    columns = [cleaned_columns.get(n, table.iloc[:, n]) for n in range(table.shape[1])]
    return pd.concat(columns, axis=1)


def _warning_of_controls(found: Sequence[str], noun: str, where: str | Path) -> str:
    return (
        f"{WARNING}{Path(where).name}: control characters were taken out of "
        f"{counted(len(found), noun)} ({few(map(ascii, found))}): is the file damaged?"
    )


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
