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
from deepcme.models.span.gram import blocks_of_genes, compute_gram
from deepcme.models.span.span import Span

FloatArray = NDArray[np.float64]
GeneIndex = NDArray[np.int64]

UNPENALISED = 1e-9
"""Penalty on standardised clinical columns: far too small to shrink one, it keeps steps defined
where a column is constant or repeats others in a fold."""
# Share of the sum of squares that centring has to leave: with less, as where genes are far from
# 0 and vary little, the digits that tell patients apart would be lost in it.
_LEFT = 1e-4


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
    span : Span
        Of the patients, each less the mean of all.

    References
    ----------
    .. [1] Hastie T, Tibshirani R (2004). Efficient quadratic regularization for
       expression arrays. Biostatistics 5:329-340.
    """

    chosen: GeneIndex
    means: FloatArray
    span: Span

    @classmethod
    def of(
        cls, X: NDArray[np.floating], chosen: GeneIndex, gram: FloatArray | None = None
    ) -> Self:
        """Coordinates of the patients by some genes.

        Parameters
        ----------
        X : array, patients x genes
        chosen : array of int
            Ascending.
        gram : array, patients x patients, optional
            Inner products of the rows of X, as `compute_gram` gives them; of use where all
            genes are chosen.
        """
        if len(chosen) < X.shape[1]:
            X, gram = X[:, chosen], None
        means = X.mean(axis=0, dtype=np.float64)
        return cls(chosen, means, Span.of(_compute_centred_gram(X, means, gram)))

    @property
    def coordinates(self) -> FloatArray:
        """Of each patient, patients x rank."""
        return self.span.coordinates

    def coefficients(self, X: NDArray[np.floating], of_coordinates: FloatArray) -> FloatArray:
        """Coefficient of each gene, from those of the coordinates."""
        genes = X if len(self.chosen) == X.shape[1] else X[:, self.chosen]
        # Weights of patients add up to 0 but for rounding, which large means would magnify.
        left = float(np.sum(self.span.basis @ of_coordinates))
        return self.span.turn_back(genes, of_coordinates) - left * self.means


def _compute_centred_gram(
    X: NDArray[np.floating], means: FloatArray, gram: FloatArray | None
) -> FloatArray:
    """Inner products of the rows less their mean, from those of the rows."""
    gram = compute_gram(X) if gram is None else gram
    of_rows = gram.mean(axis=0)
    centred: FloatArray = gram - of_rows - of_rows[:, np.newaxis] + of_rows.mean()
    if np.trace(centred) > _LEFT * np.trace(gram):
        return centred
    centred = np.zeros_like(gram)
    for genes in blocks_of_genes(X.shape[1]):
        centred += compute_gram(X[:, genes] - means[genes])
    return centred


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
