"""Inner products of rows: all that a linear model with an L2 penalty learns from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError

FloatArray = NDArray[np.float64]

BLOCK_GENES = 2048
# Far above what rounding to single precision does, far below what other values do.
_TOLERANCE = 1e-5


def blocks_of_genes(n_genes: int) -> Iterator[slice]:
    """Slices of the genes, few enough at a time to be copied in double precision."""
    for start in range(0, n_genes, BLOCK_GENES):
        yield slice(start, min(start + BLOCK_GENES, n_genes))


def compute_gram(X: NDArray[Any], Y: NDArray[Any] | None = None) -> FloatArray:
    """Inner products of the rows of X with those of Y, or with each other.

    They are summed in double precision, a block of genes at a time.

    Parameters
    ----------
    X : ndarray of shape (n, genes)
    Y : ndarray of shape (m, genes), optional

    Returns
    -------
    ndarray of float64, shape (n, m)
    """
    gram = np.zeros((len(X), len(X if Y is None else Y)))
    for genes in blocks_of_genes(X.shape[1]):
        block = X[:, genes].astype(np.float64)
        other = block if Y is None else Y[:, genes].astype(np.float64)
        gram += block @ other.T
    return gram


def read_gram(gram: ArrayLike | None, X: NDArray[Any]) -> FloatArray:
    """The Gram matrix that a fit is given, or that of X where it is given none.

    Parameters
    ----------
    gram : array of shape (n, n), optional
    X : ndarray of shape (n, genes)

    Raises
    ------
    DeepCMEError
        If it cannot be that of X: it has another shape, is not finite, or its diagonal does
        not hold the sums of squares of the rows.
    """
    if gram is None:
        return compute_gram(X)
    values = np.asarray(gram, dtype=np.float64)
    if values.shape != (len(X), len(X)):
        raise DeepCMEError(
            f"gram has shape {values.shape}, but X has {len(X)} rows: give their inner "
            "products."
        )
    if not np.isfinite(values).all():
        raise DeepCMEError("gram holds values that are not finite: give inner products.")
    squares = sum_squares(X)
    other = np.abs(np.diagonal(values) - squares) > _TOLERANCE * squares.max(initial=0.0)
    if other.any():
        row = int(other.argmax())
        raise DeepCMEError(
            f"gram is not that of X: the squares of row {row} add up to {squares[row]:.6g}, "
            f"not to {values[row, row]:.6g}; compute_gram(X) gives it."
        )
    return values


def sum_squares(X: NDArray[Any]) -> FloatArray:
    """Sum of squares of each row, in double precision."""
    sums = np.zeros(len(X))
    for genes in blocks_of_genes(X.shape[1]):
        block = X[:, genes].astype(np.float64)
        sums += np.einsum("ij,ij->i", block, block)
    return sums
