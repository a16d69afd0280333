"""Sketches: some bits of each sample's profile, enough to know a copy of it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from deepcme.network.architecture import FloatArray

BITS = 256
ALIKE = 188
"""Equal bits from which on two sketches are taken for one sample's: over 95 in 100 copies
reach it, and under 1 in 10,000 pairs of unrelated patients (measured on public cohorts)."""
PERHAPS_ALIKE = 174
"""Equal bits that say little of one sample, and much where most of a cohort's reach it."""
FEWEST_GENES = 60
"""Fewer are ranked alike by over 1 in 10,000 pairs of unrelated patients."""
_COMPONENTS = 20
_BLOCK_ROWS = 32
_BLOCK_BYTES = 8
_ARRAYS = ("centre", "components", "bits")


@dataclass(frozen=True)
class Sketches:
    """What a model keeps of the profiles that it learned from.

    A sketch holds the signs of random projections [1]_ of a sample's ranks within itself,
    which no logarithm changes. Ranks of unrelated tumours are much alike; so a gene counts by
    how far it ranks from its mean in the training samples, and the directions in which these
    differ most (platform, subtype) count no more than the others.

    Attributes
    ----------
    centre : ndarray of float32, shape (genes,)
        Mean of each gene's rank in the training samples, from -0.5 to 0.5.
    components : ndarray of float32, shape (components, genes)
        The directions of the largest differences, scaled by what is taken away of them.
    bits : ndarray of uint8, shape (training samples, 32)
        The sketches, sorted, so that their order does not tell whose they are.
    seed : int
        Of the projections.

    References
    ----------
    .. [1] Charikar MS (2002). Similarity estimation techniques from rounding algorithms.
       Proceedings of STOC 2002:380-388.
    """

    PREFIX: ClassVar = "sketches."

    centre: FloatArray
    components: FloatArray
    bits: NDArray[np.uint8]
    seed: int

    @classmethod
    def of(cls, X: FloatArray, columns: NDArray[np.int64], seed: int) -> Self:
        """Sketch training samples at the columns of a model's genes."""
        ranks = _ranks_within(X, columns)
        centre = _mean_of_known(ranks)
        deviation = _deviation(ranks, centre)
        components = _leading_components(deviation)
        bits = _signs(deviation, components, seed)
        return cls(centre, components, bits[np.lexsort(bits.T[::-1])], seed)

    def equal_bits(
        self, X: FloatArray, columns: NDArray[np.int64], *, within: bool = False
    ) -> NDArray[np.int64]:
        """Bits, of `BITS`, that new samples share with each training sample.

        Parameters
        ----------
        X : ndarray of float32, shape (samples, any)
            On any scale that keeps the order of a sample's values; NaN where missing.
        columns : ndarray of int64, shape (genes,)
            Column of each gene, -1 where there is none.
        within : bool
            Whether each gene counts by how far it ranks from its mean in these samples, as it
            must where values are relative to them; else from its mean in the training samples.

        Returns
        -------
        ndarray of int64, shape (samples, training samples)
            0 for a sample without a value.
        """
        ranks = _ranks_within(X, columns)
        is_empty = np.isnan(ranks).all(axis=1)
        centre = _mean_of_known(ranks) if within else self.centre
        new = _signs(_deviation(ranks, centre), self.components, self.seed)
        equal = (BITS + _plus_minus(new) @ _plus_minus(self.bits).T) / 2
        equal[is_empty] = 0
        return equal.astype(np.int64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays to store, by name."""
        return {f"{self.PREFIX}{name}": getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], n_genes: int, seed: int) -> Self:
        """Make what `arrays` took apart.

        Raises
        ------
        KeyError
            If one is missing.
        ValueError
            If one is of another type or shape, or not finite.
        """
        centre, components, bits = (arrays[f"{cls.PREFIX}{name}"] for name in _ARRAYS)
        made = cls(centre, components, bits, seed)
        kinds = {made.centre.dtype, made.components.dtype}
        if kinds != {np.dtype(np.float32)} or made.bits.dtype != np.uint8:
            raise ValueError("the sketches are of another type.")
        shapes = made.centre.shape, made.components.shape[1:], made.bits.shape[1:]
        if shapes != ((n_genes,), (n_genes,), (BITS // 8,)) or not len(bits):
            raise ValueError(f"the sketches are not those of {n_genes} genes.")
        if not (np.isfinite(made.centre).all() and np.isfinite(made.components).all()):
            raise ValueError("the sketches do not hold finite numbers.")
        return made


def _ranks_within(X: FloatArray, columns: NDArray[np.int64]) -> FloatArray:
    """Rank of each gene in each sample, from -0.5 to 0.5; NaN where it has no value."""
    ranks = np.full((len(X), len(columns)), np.nan, dtype=np.float32)
    found = np.flatnonzero(columns >= 0)
    for row, values in zip(ranks, X, strict=True):
        of_sample = values[columns[found]]
        known = ~np.isnan(of_sample)
        n_known = max(int(known.sum()), 1)
        row[found[known]] = (rankdata(of_sample[known]) - 0.5) / n_known - 0.5
    return ranks


def _mean_of_known(ranks: FloatArray) -> FloatArray:
    total, n_known = np.zeros(ranks.shape[1]), np.zeros(ranks.shape[1])
    for row in ranks:  # one at a time, so that nothing of the matrix's size is made
        known = ~np.isnan(row)
        np.add(total, row, out=total, where=known)
        n_known += known
    return np.asarray(total / np.maximum(n_known, 1), dtype=np.float32)


def _deviation(ranks: FloatArray, centre: FloatArray) -> FloatArray:
    """The ranks, which are overwritten, from their means; 0 where missing."""
    np.subtract(ranks, centre, out=ranks)
    np.nan_to_num(ranks, copy=False)
    return ranks


def _leading_components(deviation: FloatArray) -> FloatArray:
    """Principal components; taking away their part brings each to the variance of the last."""
    n_components = min(_COMPONENTS, min(deviation.shape) // 2)
    variance, vectors = np.linalg.eigh((deviation @ deviation.T).astype(np.float64))
    variance, vectors = variance[::-1][:n_components], vectors[:, ::-1][:, :n_components]
    differs = variance > 1e-6 * len(deviation)
    variance, vectors = variance[differs], vectors[:, differs]
    if not len(variance):
        return np.zeros((0, deviation.shape[1]), dtype=np.float32)
    taken_away = 1 - np.sqrt(variance[-1] / variance)
    scale = np.sqrt(taken_away / variance)
    return np.asarray((vectors * scale).T.astype(np.float32) @ deviation, dtype=np.float32)


def _signs(deviation: FloatArray, components: FloatArray, seed: int) -> NDArray[np.uint8]:
    """Packed signs of the projections, (samples, 32); the deviations are overwritten."""
    projections = _projections(deviation.shape[1], seed)
    packed = np.empty((len(deviation), BITS // 8), dtype=np.uint8)
    for start in range(0, len(deviation), _BLOCK_ROWS):
        rows = deviation[start : start + _BLOCK_ROWS]
        rows -= (rows @ components.T) @ components
    for first in range(0, BITS // 8, _BLOCK_BYTES):  # of all bits they would be large
        some = slice(first, first + _BLOCK_BYTES)
        packed[:, some] = np.packbits(deviation @ _plus_minus(projections[:, some]) > 0, axis=1)
    return packed


def _projections(n_genes: int, seed: int) -> NDArray[np.uint8]:
    """Packed signs, (genes, 32), from raw bits, which are the same in all versions of NumPy."""
    words = np.random.PCG64(seed).random_raw(n_genes * BITS // 64).astype("<u8")
    return words.view(np.uint8).reshape(n_genes, BITS // 8)


def _plus_minus(packed: NDArray[np.uint8]) -> FloatArray:
    signs = np.unpackbits(packed, axis=1).astype(np.float32)
    signs *= 2  # in place: of many genes two would be large
    signs -= 1
    return signs
