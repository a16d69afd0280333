"""The space that rows span, by their principal axes: as many coordinates as rows, not genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.linalg import eigh

from deepcme.models.span.gram import FloatArray, blocks_of_genes

# Eigenvalues below the largest times this are rounding: rows that repeat, or add up to none.
_TOLERANCE = 1e-10
_GENES_PER_ROW = 2


def pays(n_rows: int, n_genes: int) -> bool:
    """Whether rows have so many genes that their span is the smaller space by far."""
    return n_genes >= _GENES_PER_ROW * n_rows


@dataclass(frozen=True)
class Span:
    """Coordinates in the space that some rows span, from the Gram matrix of all.

    The axes are the eigenvectors of the Gram matrix of the rows that span it, the one of
    largest eigenvalue first. What a model with an L2 penalty, or a dense network by gradient
    descent, learns of these rows lies in their span, and is told by the coordinates alone
    [1]_. Rows that repeat, or that others add up to, take no axis; rows of nothing but 0 have
    one coordinate, which is 0.

    Attributes
    ----------
    rows : ndarray of int64
        Those that span it, among all of the Gram matrix.
    basis : ndarray of shape (rows, rank)
        From inner products with these rows to coordinates.
    coordinates : ndarray of shape (all rows, rank)
        Of every row of the Gram matrix. Inner products of the rows that span the space are
        those of their coordinates.

    References
    ----------
    .. [1] Hastie T, Tibshirani R (2004). Efficient quadratic regularization for expression
       arrays. Biostatistics 5:329-340.
    """

    rows: NDArray[np.int64]
    basis: FloatArray
    coordinates: FloatArray

    @classmethod
    def of(cls, gram: FloatArray, rows: NDArray[np.int64] | None = None) -> Self:
        """The space that some rows of a Gram matrix span, or all.

        Parameters
        ----------
        gram : ndarray of shape (n, n)
            As `compute_gram` gives it.
        rows : ndarray of int64, optional
        """
        rows = np.arange(len(gram)) if rows is None else rows
        values, vectors = eigh(gram[np.ix_(rows, rows)])
        values, vectors = values[::-1], vectors[:, ::-1]
        kept = values > _TOLERANCE * max(values[0], 0.0)
        if not kept.any():
            return cls(rows, np.zeros((len(rows), 1)), np.zeros((len(gram), 1)))
        values, vectors = values[kept], vectors[:, kept]
        # An eigenvector may point either way: this one does not depend on who computes it.
        largest = np.abs(vectors).argmax(axis=0)
        vectors = vectors * np.sign(vectors[largest, np.arange(len(values))])
        basis = vectors / np.sqrt(values)
        return cls(rows, basis, gram[:, rows] @ basis)

    @property
    def rank(self) -> int:
        """How many coordinates there are."""
        return int(self.basis.shape[1])

    def project(self, cross: FloatArray) -> FloatArray:
        """Coordinates of other rows.

        Parameters
        ----------
        cross : ndarray of shape (others, rows)
            Their inner products with the rows that span the space.
        """
        return cross @ self.basis

    def turn_back(
        self, X: NDArray[Any], weights: FloatArray, dtype: DTypeLike = np.float64
    ) -> NDArray[Any]:
        """Weights of genes that give what weights of the coordinates give.

        They are computed in double precision, a block of genes at a time.

        Parameters
        ----------
        X : ndarray of shape (all rows, genes)
            The rows of the Gram matrix.
        weights : ndarray of shape (rank,) or (rank, k)
        dtype : dtype
            Of what is returned.

        Returns
        -------
        ndarray of shape (genes,) or (genes, k)
        """
        of_rows = self.basis @ weights
        turned = np.empty((X.shape[1], *of_rows.shape[1:]), dtype)
        for genes in blocks_of_genes(X.shape[1]):
            turned[genes] = X[self.rows, genes].T.astype(np.float64) @ of_rows
        return turned
