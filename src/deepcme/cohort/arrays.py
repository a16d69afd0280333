"""A cohort as plain arrays, which travel to a worker."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import Outcome, labels_of
from deepcme.cohort.scales.scales import Scale


@dataclass(frozen=True)
class CohortArrays:
    """What a fit needs of a cohort.

    `patients` numbers the patients; `absent_up_to` is the cohort's. `censoring` holds the
    clinical columns that censoring depends on, where it depends on any. `others` are the
    patients of other cohorts whom some fits learn from as well. `identity` is of these arrays
    and their copies in other processes alone: whatever is made of them with something replaced
    has another one. The matrix cannot be written to, lest it change under its identity.
    """

    X: NDArray[np.float32]
    outcome: Outcome
    patients: NDArray[np.int64]
    scale: Scale
    absent_up_to: float | None
    censoring: pd.DataFrame | None = None
    others: OtherPatients | None = None
    identity: str = field(init=False, default_factory=lambda: uuid.uuid4().hex, compare=False)

    def __post_init__(self) -> None:
        fixed = self.X.view()
        fixed.flags.writeable = False
        object.__setattr__(self, "X", fixed)

    @property
    def labels(self) -> NDArray[np.int8]:
        """1 for a positive, 0 for a negative sample; refused of another outcome."""
        return labels_of(self.outcome)

    def at_common_genes(self) -> CohortArrays:
        """The cohort at the genes that the other cohorts have too."""
        assert self.others is not None
        return replace(self, X=self.others.own)

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        censoring: pd.DataFrame | None = None,
        others: OtherPatients | None = None,
    ) -> CohortArrays:
        """Take the arrays out of a cohort."""
        return cls(
            X=cohort.X,
            outcome=cohort.outcome,
            patients=np.unique(cohort.patients.astype(str), return_inverse=True)[1],
            scale=cohort.scale,
            absent_up_to=cohort.absent_up_to,
            censoring=censoring,
            others=others,
        )


@dataclass(frozen=True)
class OtherPatients:
    """Patients of other cohorts, who join training parts and are never tested.

    They are no rows of the cohort, so that no split can hold them.

    Attributes
    ----------
    own : ndarray of float32, shape (samples of the cohort, genes)
        Values of the cohort itself at the genes that all have.
    X : ndarray of float32, shape (samples of the others, genes)
        Theirs, standardised within each cohort, one cohort after another.
    outcomes : tuple of Outcome
        Of each cohort, in the unit of the cohort itself.
    patients : ndarray of int64
        Numbers that no patient of the cohort has.
    """

    own: NDArray[np.float32]
    X: NDArray[np.float32]
    outcomes: tuple[Outcome, ...]
    patients: NDArray[np.int64]

    def cohorts(self) -> Iterator[CohortArrays]:
        """Each cohort by itself; nothing is copied."""
        start = 0
        for outcome in self.outcomes:
            rows = slice(start, start + len(outcome.events))
            yield CohortArrays(self.X[rows], outcome, self.patients[rows], "log2", None)
            start = rows.stop
