"""A cohort as plain arrays, which travel to a worker."""

from __future__ import annotations

from dataclasses import dataclass

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
    clinical columns that censoring depends on, where it depends on any.
    """

    X: NDArray[np.float32]
    outcome: Outcome
    patients: NDArray[np.int64]
    scale: Scale
    absent_up_to: float | None
    censoring: pd.DataFrame | None = None

    @property
    def labels(self) -> NDArray[np.int8]:
        """1 for a positive, 0 for a negative sample; refused of another outcome."""
        return labels_of(self.outcome)

    @classmethod
    def of(cls, cohort: Cohort, censoring: pd.DataFrame | None = None) -> CohortArrays:
        """Take the arrays out of a cohort."""
        return cls(
            X=cohort.X,
            outcome=cohort.outcome,
            patients=np.unique(cohort.patients.astype(str), return_inverse=True)[1],
            scale=cohort.scale,
            absent_up_to=cohort.absent_up_to,
            censoring=censoring,
        )
