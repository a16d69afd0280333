"""How each gene alone goes with the outcome, and patients' outcomes permuted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from deepcme.cohort.outcome import Outcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood

FloatArray = NDArray[np.float64]


def compute_residuals(outcome: Outcome, strata: Sequence[str]) -> FloatArray:
    """What each sample's outcome is above what was expected, within its stratum.

    Of labels, the label minus their mean; of times to an event, the martingale residual of
    a Cox model without genes [1]_: the event minus the hazard gathered up to the time.

    References
    ----------
    .. [1] Therneau TM, Grambsch PM, Fleming TR (1990). Martingale-based residuals for
       survival models. Biometrika 77:147-160.
    """
    stratum = pd.factorize(np.asarray(strata))[0]
    if isinstance(outcome, SurvivalOutcome):
        likelihood = PartialLikelihood.of(outcome.follow_up, strata=stratum)
        residuals = likelihood.gradient(np.zeros(len(stratum)))
    else:
        residuals = outcome.events.astype(np.float64)
    means = pd.Series(residuals).groupby(stratum).transform("mean")
    return np.asarray(residuals - means, dtype=np.float64)


def compute_scale(residuals: FloatArray, n_strata: int) -> float:
    """What a product of residuals and standardised expression is multiplied by, for a z."""
    n = len(residuals)
    return float(np.sqrt((n - n_strata) / (n * (residuals @ residuals))))


def compute_statistics(
    residuals: FloatArray, expression: NDArray[np.float32], n_strata: int = 1
) -> FloatArray:
    """Score statistic of each gene: about standard normal where it says nothing [1]_.

    Of labels in one stratum it is the correlation with the label times the root of n - 1.
    Above 0 higher expression goes with the event.

    References
    ----------
    .. [1] Mantel N (1963). Chi-square tests with one degree of freedom; extensions of the
       Mantel-Haenszel procedure. J Am Stat Assoc 58:690-700.
    """
    statistics: FloatArray = compute_scale(residuals, n_strata) * (residuals @ expression)
    return statistics


@dataclass(frozen=True, eq=False)
class PatientPermutations:
    """Permutations of outcomes between patients of one stratum and as many samples.

    Attributes
    ----------
    blocks : tuple of arrays
        Patients x samples: rows of patients that may stand for each other.
    n_patients, n_strata : int
    """

    blocks: tuple[NDArray[np.int64], ...]
    n_patients: int
    n_strata: int

    @classmethod
    def of(cls, patients: ArrayLike, strata: Sequence[str]) -> PatientPermutations:
        """Those of samples, of which whose each is and its stratum are known."""
        stratum = pd.factorize(np.asarray(strata))[0]
        patient = pd.MultiIndex.from_arrays([stratum, np.asarray(patients)])
        by_size: dict[tuple[int, int], list[NDArray[np.int64]]] = {}
        whole = pd.factorize(patient)[0]
        for rows in pd.Series(whole).groupby(whole).indices.values():
            found = np.asarray(rows, dtype=np.int64)
            by_size.setdefault((stratum[found[0]], len(found)), []).append(found)
        blocks = tuple(np.stack(rows) for rows in by_size.values())
        return cls(blocks, whole.max() + 1, stratum.max() + 1)

    def draw(
        self, values: FloatArray, random: np.random.Generator, number: int, at_once: int = 500
    ) -> Iterator[FloatArray]:
        """Permuted values, a row each, some rows at a time."""
        for start in range(0, number, at_once):
            n_rows = min(at_once, number - start)
            permuted = np.empty((n_rows, len(values)))
            for block in self.blocks:
                order = np.tile(np.arange(len(block)), (n_rows, 1))
                order = random.permuted(order, axis=1)
                permuted[:, block.ravel()] = values[block][order].reshape(n_rows, -1)
            yield permuted
