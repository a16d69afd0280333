"""Penalised Cox fits of many genes, in as many coordinates as there are patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.newton import maximise
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood

FloatArray = NDArray[np.float64]
GeneIndex = NDArray[np.int64]

_BLOCK_GENES = 2048
UNPENALISED = 1e-9
"""Penalty on standardised clinical columns: far too small to shrink one, it keeps steps defined
where a column is constant or repeats others in a fold."""


@dataclass(frozen=True, eq=False)
class DualGenes:
    """Genes as their principal coordinates among the patients [1]_.

    A ridge fit lies in the space of the patients' expression, so that n coordinates do for
    p genes, and nothing of p x p is ever made.

    Attributes
    ----------
    chosen : array of int
        Columns of the matrix that are the genes.
    means : array, genes
    coordinates : array, patients x rank
    to_patients : array, patients x rank
        From coefficients of coordinates to weights of patients' expression.

    References
    ----------
    .. [1] Hastie T, Tibshirani R (2004). Efficient quadratic regularization for
       expression arrays. Biostatistics 5:329-340.
    """

    chosen: GeneIndex
    means: FloatArray
    coordinates: FloatArray
    to_patients: FloatArray

    @classmethod
    def of(cls, X: NDArray[np.floating], chosen: GeneIndex) -> Self:
        """Coordinates of the patients by some genes."""
        means = np.empty(len(chosen))
        gram = np.zeros((len(X), len(X)))
        for start in range(0, len(chosen), _BLOCK_GENES):
            block = X[:, chosen[start : start + _BLOCK_GENES]].astype(np.float64)
            means[start : start + _BLOCK_GENES] = block.mean(axis=0)
            block -= means[start : start + _BLOCK_GENES]
            gram += block @ block.T
        values, vectors = np.linalg.eigh(gram)
        kept = values > max(values.max(), 0.0) * len(X) * np.finfo(np.float64).eps
        lengths = np.sqrt(values[kept])
        return cls(chosen, means, vectors[:, kept] * lengths, vectors[:, kept] / lengths)

    def coefficients(self, X: NDArray[np.floating], of_coordinates: FloatArray) -> FloatArray:
        """Coefficient of each gene, from those of the coordinates."""
        of_patients = self.to_patients @ of_coordinates
        coefficients = np.empty(len(self.chosen))
        for start in range(0, len(self.chosen), _BLOCK_GENES):
            stop = start + _BLOCK_GENES
            block = X[:, self.chosen[start:stop]].astype(np.float64)
            coefficients[start:stop] = (block - self.means[start:stop]).T @ of_patients
        return coefficients


def fit_penalised(
    coordinates: FloatArray,
    clinical: FloatArray,
    follow_up: FollowUp,
    penalty: float,
    start: FloatArray | None = None,
) -> FloatArray:
    """Coefficients of the coordinates, then of the clinical columns, which have no penalty.

    They maximise the mean log partial likelihood less `penalty` / 2 times the sum of squares
    of the genes' coefficients, which is glmnet's scale [1]_. An infinite penalty leaves the
    genes out.

    Parameters
    ----------
    coordinates : array, patients x rank
        Of `DualGenes`, or some rows of them.
    clinical : array, patients x columns
        Standardised; without columns where there are none.
    follow_up : FollowUp
    penalty : float
        Above 0.
    start : array, optional
        Coefficients to climb from, such as those of a neighbouring penalty.

    Raises
    ------
    AbsentError
        If there is no event, or no maximum is found.

    References
    ----------
    .. [1] Simon N, Friedman J, Hastie T, Tibshirani R (2011). Regularization paths for
       Cox's proportional hazards model via coordinate descent. J Stat Softw 39(5):1-13.
    """
    rank, n_clinical = coordinates.shape[1], clinical.shape[1]
    if not np.isfinite(penalty):
        alone = np.zeros((len(clinical), 0))
        of_clinical = fit_penalised(alone, clinical, follow_up, 1.0)
        return np.concatenate([np.zeros(rank), of_clinical])
    likelihood = PartialLikelihood.of(follow_up)
    design = np.hstack([coordinates, clinical])
    strengths = np.repeat([follow_up.n * penalty, UNPENALISED], [rank, n_clinical])

    def log_likelihood(coefficients: FloatArray) -> float:
        shrinkage = strengths @ coefficients**2 / 2
        return likelihood.log_likelihood(design @ coefficients) - float(shrinkage)

    def step(coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        slope, information = likelihood.derivatives(design @ coefficients, design)
        gradient = slope - strengths * coefficients
        information[np.diag_indices_from(information)] += strengths
        return gradient, np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)

    start = np.zeros(design.shape[1]) if start is None else start
    coefficients, converged = maximise(log_likelihood, step, start)
    if not converged:
        raise AbsentError(
            f"A Cox ridge fit of penalty {penalty:g} found no maximum of its likelihood."
        )
    return coefficients
