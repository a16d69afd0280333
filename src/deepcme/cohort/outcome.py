"""What is predicted: the outcome of every sample, and the endpoint that made it.

Cohorts, their files, splits and permutations know an outcome by `Outcome` alone: another
kind of outcome, such as a time to an event, is another class in `deepcme.cohort.outcomes`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError

Rows = NDArray[np.int64] | NDArray[np.bool_]


@dataclass(frozen=True)
class Endpoint:
    """How an outcome was made.

    Parameters
    ----------
    rule : str
        The rule in words, ending in a full stop.
    name : str
        Short name, such as ``pathologic-m1``; empty where none is known.
    left_out : mapping of str to int
        How many samples each reason left out.
    columns : tuple of str
        Columns of the cohort that the rule looked at.
    unit : str
        Of times, ``days``, ``months`` or ``years``; empty where there are none.
    horizon : float or None
        The time up to which the event is asked for, in that unit.
    competing : str
        What rules the event out, such as ``vital_status = Dead``, whose column is then the
        last of `columns`; empty where nothing is taken to.
    """

    rule: str
    name: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    unit: str = ""
    horizon: float | None = None
    competing: str = ""

    @classmethod
    def join(cls, endpoints: Mapping[str, Endpoint]) -> Endpoint:
        """That of several cohorts together, by their names; it has a name if all agree."""
        rules = {cohort: endpoint.rule for cohort, endpoint in endpoints.items()}
        names = {endpoint.name for endpoint in endpoints.values()}
        left_out: Counter[str] = Counter()
        for endpoint in endpoints.values():
            left_out.update(endpoint.left_out)
        competing = {cohort: endpoint.competing for cohort, endpoint in endpoints.items()}
        return cls(
            rule=_joined(rules),
            name=names.pop() if len(names) == 1 else "",
            left_out=dict(left_out),
            columns=tuple(dict.fromkeys(c for one in endpoints.values() for c in one.columns)),
            competing=_joined(competing),
        )


def _joined(said: Mapping[str, str]) -> str:
    """What all cohorts say, or else what each says that says something."""
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return "; ".join(f"{cohort}: {text}" for cohort, text in said.items() if text)


NO_ENDPOINT = Endpoint("")


class Outcome(ABC):
    """The outcome of samples, one after another; each has the event or not.

    A class of outcomes names itself and its columns in `obs`, keeps their values checked,
    and says which samples have the event. `endpoint` is what made it.
    """

    kind: ClassVar[str]
    """Its name in files, and in what a model can take."""
    columns: ClassVar[tuple[str, ...]]
    """What its columns in `obs` are called."""
    words: ClassVar[tuple[str, str]]
    """What a sample without the event is called, and one with it; ``{}`` is for the noun."""
    endpoint: Endpoint

    @classmethod
    @abstractmethod
    def read(cls, table: Mapping[str, Any] | pd.DataFrame, endpoint: Endpoint) -> Self:
        """That of the values in its columns, as `values` gives them; bad ones are refused."""

    @property
    @abstractmethod
    def values(self) -> dict[str, NDArray[Any]]:
        """Its columns."""

    @property
    @abstractmethod
    def events(self) -> NDArray[np.int8]:
        """1 for each sample with the event, 0 for each without."""

    @property
    def strata(self) -> NDArray[np.int8]:
        """What splits spread over their parts: a whole number for each sample."""
        return self.events

    def lacks(self, rows: Rows | slice = slice(None)) -> str | None:
        """What a sample is called that is not among `rows`, yet needed to learn or to test."""
        events = self.events[rows]
        missing = (self.called(value) for value in (1, 0) if not np.any(events == value))
        return next(missing, None)

    def called(self, value: int, noun: str = "sample") -> str:
        """What a sample, or another noun, without the event (0) or with it (1) is called."""
        return self.words[value].format(noun).strip()

    def count(self) -> str:
        """How many samples there are with the event and without it, in words."""
        n_events = int(self.events.sum())
        without = self.called(0, "samples")
        return f"{n_events} {self.called(1, '')} and {len(self.events) - n_events} {without}"

    def count_patients(self, patients: ArrayLike) -> int:
        """How many of the patients have a sample with the event."""
        return len(set(np.asarray(patients)[self.events == 1]))

    def take(self, rows: Rows) -> Self:
        """That of some of the samples."""
        chosen = {name: values[rows] for name, values in self.values.items()}
        return self.read(chosen, self.endpoint)

    @classmethod
    def join(cls, outcomes: Mapping[str, Outcome]) -> Self:
        """That of the samples of several cohorts, one cohort after another."""
        return cls.read(
            pd.concat([pd.DataFrame(outcome.values) for outcome in outcomes.values()]),
            Endpoint.join({cohort: outcome.endpoint for cohort, outcome in outcomes.items()}),
        )

    def permute(
        self,
        patients: ArrayLike,
        random: np.random.Generator,
        strata: ArrayLike | None = None,
    ) -> Self:
        """Outcomes permuted between patients, those of one patient kept together.

        A patient's outcomes go, in order, to a patient with as many samples: whole
        blocks are exchanged [1]_, so the numbers of positive samples and of
        positive patients stay, and so does the dependence of samples of one patient.

        Parameters
        ----------
        patients : array
            Whose sample it is.
        random : numpy.random.Generator
        strata : array, optional
            Stratum of each sample, such as its cohort: outcomes stay within it.

        References
        ----------
        .. [1] Winkler AM et al. (2015). Multi-level block permutation. NeuroImage
           123:253-268.
        """
        return self.take(permute_patients(patients, random, strata))


def permute_patients(
    patients: ArrayLike, random: np.random.Generator, strata: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Whose row stands for each row when patients are permuted, as `Outcome.permute` does."""
    patient = np.asarray(patients)
    stratum = np.zeros(len(patient)) if strata is None else np.asarray(strata)
    permuted = np.arange(len(patient))
    for value in np.unique(stratum):
        rows = np.flatnonzero(stratum == value)
        permuted[rows] = rows[_permute_blocks(patient[rows], random)]
    return permuted


def _permute_blocks(patients: NDArray[Any], random: np.random.Generator) -> NDArray[np.int64]:
    """Whose row stands for each row, when patients of equally many rows are exchanged."""
    permuted = np.arange(len(patients))
    patient = pd.Series(patients)
    rows_of_patients = list(patient.groupby(patient).indices.values())
    sizes = np.array([len(rows) for rows in rows_of_patients])
    for size in np.unique(sizes):
        blocks = np.stack([rows_of_patients[i] for i in np.flatnonzero(sizes == size)])
        permuted[blocks] = random.permutation(blocks)
    return permuted


@dataclass(frozen=True, eq=False)
class BinaryOutcome(Outcome):
    """An outcome that is there or not.

    Parameters
    ----------
    labels : array of 0 and 1
    endpoint : Endpoint, optional

    Raises
    ------
    DeepCMEError
        If a label is neither.
    """

    kind = "binary"
    columns = ("label",)
    words = ("negative {}", "positive {}")

    labels: NDArray[np.int8]
    endpoint: Endpoint = NO_ENDPOINT

    def __post_init__(self) -> None:
        given = pd.Series(self.labels)
        numbers = pd.to_numeric(given, errors="coerce")
        if not (usable := numbers.isin([0, 1])).all():
            raise DeepCMEError(f"Labels must be 0 or 1, not {given[~usable].iloc[0]}.")
        object.__setattr__(self, "labels", numbers.to_numpy(dtype=np.int8))

    @classmethod
    def read(cls, table: Mapping[str, Any] | pd.DataFrame, endpoint: Endpoint) -> Self:
        """That of a column of labels."""
        return cls(np.asarray(table["label"]), endpoint)

    @property
    def values(self) -> dict[str, NDArray[Any]]:
        """The labels."""
        return {"label": self.labels}

    @property
    def events(self) -> NDArray[np.int8]:
        """The labels."""
        return self.labels


def as_endpoint(rule: str | Endpoint) -> Endpoint:
    """An endpoint as it is, and a sentence as the rule of one of which no more is known."""
    return Endpoint(rule) if isinstance(rule, str) else rule


def as_outcome(labels: ArrayLike | Outcome) -> Outcome:
    """An outcome as it is, and an array of 0 and 1 as one."""
    return labels if isinstance(labels, Outcome) else BinaryOutcome(np.asarray(labels))


def require_binary(kind: type[Outcome], name: str = "The cohort") -> None:
    """Refuse another kind of outcome than a binary one, of the cohort that is named.

    Raises
    ------
    DeepCMEError
        If it is of another kind.
    """
    if not issubclass(kind, BinaryOutcome):
        raise DeepCMEError(
            f"{name} has a {kind.kind} outcome, and this takes a binary one: make the cohort "
            "anew by `deepcme prepare ... --horizon T --drop-censored`; a study asks the same "
            "with leave_out_censored = true under [cohort]."
        )


def labels_of(outcome: Outcome, name: str = "The cohort") -> NDArray[np.int8]:
    """The labels of a binary outcome; another is refused as in `require_binary`."""
    require_binary(type(outcome), name)
    labels: NDArray[np.int8] = outcome.values["label"]
    return labels
