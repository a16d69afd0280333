"""What the steps of the preprocessing share: each learns of a gene from that gene alone.

So a few genes at a time can go through all steps while the processor's cache holds them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from deepcme.models.estimator_inputs import read_data

FloatArray = NDArray[np.float32]
Learned = dict[str, NDArray[Any]]
"""What a step has learned, a value for each gene, by the attribute that holds it."""

_GENES_AT_ONCE = 256


class GeneTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer that takes a matrix of float32 and gives one, each gene by itself."""

    _allows_missing = False
    _learns: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def _learn(self, block: FloatArray) -> Learned:
        """What the samples say of some genes."""

    @abstractmethod
    def _apply(self, block: FloatArray, learned: Learned) -> FloatArray:
        """Some genes transformed by what was learned of them; the block may be overwritten."""

    def _require_useful(self) -> None:
        """Refuse to have learned nothing that helps."""

    def _keep(self, learned: Sequence[Learned]) -> None:
        """Hold what was learned of all genes, one block of them after the other."""
        for name in self._learns:
            setattr(self, name, np.concatenate([of_block[name] for of_block in learned]))
        self._require_useful()

    def _learned_of(self, genes: slice) -> Learned:
        return {name: getattr(self, name)[genes] for name in self._learns}

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn from a matrix of samples by genes."""
        matrix = self._checked(X, reset=True)
        self._keep(
            [self._learn(matrix[:, genes]) for genes in blocks_of_genes(matrix.shape[1])]
        )
        return self

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the matrix transformed by what was learned."""
        return self._transformed(X)

    def _transformed(self, X: ArrayLike) -> FloatArray:
        check_is_fitted(self)
        matrix = self._checked(X, reset=False)
        return self._apply(matrix.copy(), self._learned_of(slice(None)))

    def _checked(self, X: ArrayLike, *, reset: bool) -> FloatArray:
        ensure = "allow-nan" if self._allows_missing else True
        checked: FloatArray = read_data(
            self, X, reset=reset, dtype=np.float32, ensure_all_finite=ensure
        )
        return checked

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._allows_missing
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def blocks_of_genes(n_genes: int) -> Iterator[slice]:
    """All genes, a few at a time, and never one alone: numpy sums a column in another order."""
    edges = np.linspace(0, n_genes, max(1, -(-n_genes // _GENES_AT_ONCE)) + 1).astype(int)
    return (slice(start, end) for start, end in pairwise(edges))
