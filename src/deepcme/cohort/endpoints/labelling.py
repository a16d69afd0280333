"""Labels of samples with the rule that made them, and the clinical columns a rule takes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import few
from deepcme.cohort.outcome import BinaryOutcome, Endpoint, Outcome
from deepcme.cohort.survival import SurvivalOutcome

# Files have a dot or an underscore in their names; units, in brackets too, have not.
_OF_FURTHER_FILE = re.compile(r" \([^()]*[._][^()]*\)")


@dataclass(frozen=True, kw_only=True)
class Labelling(Endpoint, ABC):
    """An endpoint with the outcomes that it gives samples; `left_out` counts the others.

    Parameters
    ----------
    conflicts : tuple of str
        Reasons among `left_out` that are records which contradict each other.
    doubts : tuple of str
        Sentences on what may be wrong with the outcomes.
    """

    conflicts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    @abstractmethod
    def known(self) -> NDArray[np.bool_]:
        """Which samples have an outcome."""

    @property
    @abstractmethod
    def outcome(self) -> Outcome:
        """That of the samples that have one."""

    @property
    def endpoint(self) -> Endpoint:
        """What is kept of the rule with the outcome."""
        return Endpoint(**{field.name: getattr(self, field.name) for field in fields(Endpoint)})

    def notes(self) -> list[str]:
        """One sentence per reason for leaving samples out, and the doubts, as warnings."""
        reasons = [
            f"{WARNING if why in self.conflicts else ''}{n:,} samples {why} were left out."
            for why, n in self.left_out.items()
            if n
        ]
        return reasons + [WARNING + doubt for doubt in self.doubts]


@dataclass(frozen=True, kw_only=True)
class BinaryLabelling(Labelling):
    """A labelling with 1 and 0.

    Parameters
    ----------
    values : Series of float
        1, 0, or NaN where the sample is left out; indexed as the clinical table.
    """

    values: pd.Series

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which samples are labelled."""
        return self.values.notna().to_numpy()

    @property
    def outcome(self) -> Outcome:
        """That of the samples that are labelled."""
        return BinaryOutcome(self.values[self.known].to_numpy(), self.endpoint)


@dataclass(frozen=True, kw_only=True)
class SurvivalLabelling(Labelling):
    """A labelling with times and what ended them.

    Parameters
    ----------
    times : Series of float
        NaN where the sample is left out; indexed as the clinical table.
    ends : Series
        Codes of `FollowUp`, any where the sample is left out.
    """

    times: pd.Series
    ends: pd.Series

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which samples have a time."""
        return self.times.notna().to_numpy()

    @property
    def outcome(self) -> Outcome:
        """That of the samples that have a time."""
        times, ends = self.times[self.known].to_numpy(), self.ends[self.known].to_numpy()
        return SurvivalOutcome(times, ends, self.endpoint)


def named_reason(why: str, concerned: pd.Series) -> dict[str, int]:
    """How many samples are left out for a reason, some of them named; none if none are."""
    names = concerned.index[concerned]
    return {f"{why} ({few(names)})": len(names)} if len(names) else {}


def name_in_further_file(column: str, file: str) -> str:
    """What a column is called that a second clinical file brings again.

    Of a copy such as ``clinical (1).tsv`` the brackets go: those around it tell its end.
    """
    return f"{column} ({re.sub('[()]', '', file)})"


def is_of_further_file(column: str) -> bool:
    """Whether `name_in_further_file` may have made the name."""
    return bool(re.search(rf"{_OF_FURTHER_FILE.pattern}$", column))


def columns_called(clinical: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Columns with one of the names, in that order; several files may bring the same one."""
    columns = [str(column) for column in clinical.columns]
    return [
        column
        for name in names
        for column in columns
        if column.lower() == name or column.lower().startswith(f"{name} (")
    ]


def asked_column(clinical: pd.DataFrame, name: str) -> str:
    """The column of that name, or the only one that differs in case or spaces alone.

    A name of the GDC may be written with its entity, as ``diagnoses.ajcc_pathologic_m``.

    Raises
    ------
    DeepCMEError
        If there is none, or several.
    """
    without_entity = name.rpartition(".")[2]
    alike = _spelled_alike(clinical, name) or _spelled_alike(clinical, without_entity)
    if name in alike:
        return name
    if len(alike) != 1:
        raise DeepCMEError(
            f"There is no clinical column {name!r}; there are "
            f"{some(alike or clinical.columns)}."
        )
    return alike[0]


def files_with(clinical: pd.DataFrame, columns: Sequence[str]) -> list[list[str]]:
    """The columns, then those that further files bring again, where one brings them all."""
    first, *_ = columns
    endings = [
        str(name).removeprefix(first)
        for name in clinical.columns
        if _OF_FURTHER_FILE.fullmatch(str(name).removeprefix(first))
    ]
    sets = [[column + ending for column in columns] for ending in ["", *endings]]
    return [names for names in sets if set(names) <= set(map(str, clinical.columns))]


def doubts_on_spelling(clinical: pd.DataFrame, columns: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each column beside which one of nearly that name says something else."""
    doubts = []
    for column in columns:
        words = clinical[column].astype(str)
        others = [name for name in _spelled_alike(clinical, column) if name != column]
        other = [name for name in others if not words.equals(clinical[name].astype(str))]
        if other:
            doubts.append(
                f"{column!r} was read, and not {few(map(repr, other))}, which differs from it "
                "in its values too: leave out the column that is not meant."
            )
    return tuple(doubts)


def _spelled_alike(clinical: pd.DataFrame, name: str) -> list[str]:
    return [str(column) for column in clinical.columns if spelling(column) == spelling(name)]


def spelling(name: object) -> str:
    """A name without case, spaces and underscores, to compare."""
    return re.sub(r"[\s_]+", "", str(name)).casefold()


def no_column(clinical: pd.DataFrame, what: str, names: Sequence[str]) -> DeepCMEError:
    """What to say where no column of `names` tells of `what`."""
    return DeepCMEError(
        f"No clinical column tells {what}: there should be one called {', '.join(names)}; "
        f"there are {some(clinical.columns)}. Add the file that holds it with --clinical-table."
    )


def some(names: Iterable[object]) -> str:
    """A dozen of many names."""
    return few(names, 12) or "none"
