"""Decision trees as they are kept: the nodes of all in a few arrays, and our own way down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deepcme.network.architecture import FloatArray
from deepcme.trained.learned.arrays import Arrays, Scores, UnfitArraysError, require_numbers

_NO_NODE = -1
_PREFIX = "forest."
_TYPES = {
    "feature": np.int32,
    "left": np.int32,
    "right": np.int32,
    "roots": np.int32,
    "threshold": np.float64,
    "value": np.float64,
}


@dataclass(frozen=True, eq=False)
class LearnedForest:
    """Trees of two classes whose shares of the second are averaged.

    The nodes of all trees stand one after the other, each tree's root first and every child
    behind its parent. A sample goes left where its value of the node's gene is not above the
    threshold, as in scikit-learn: the value in single precision, the threshold in double.

    Attributes
    ----------
    feature : ndarray of int32, shape (nodes,)
        Gene that a node divides by; -1 of a leaf.
    left, right : ndarray of int32, shape (nodes,)
        Where it sends samples; -1 of a leaf.
    roots : ndarray of int32, shape (trees,)
    threshold : ndarray of float64, shape (nodes,)
        In deviations from the training mean; 0 of a leaf.
    value : ndarray of float64, shape (nodes,)
        Share of the second class among a node's training samples.
    """

    feature: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    roots: NDArray[np.int32]
    threshold: NDArray[np.float64]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, model: Any, Z: FloatArray) -> Self:
        """The trees of a fitted forest of scikit-learn, or a tree, of two classes."""
        trees = [member.tree_ for member in getattr(model, "estimators_", [model])]
        sizes = [tree.node_count for tree in trees]
        roots = np.cumsum([0, *sizes[:-1]]).astype(np.int32)

        def joined(name: str, of_leaf: float, *, is_place: bool = False) -> NDArray[Any]:
            parts = [
                np.where(
                    tree.children_left < 0,
                    of_leaf,
                    getattr(tree, name) + (root if is_place else 0),
                )
                for tree, root in zip(trees, roots, strict=True)
            ]
            return np.concatenate(parts)

        return cls(
            joined("feature", _NO_NODE).astype(np.int32),
            joined("children_left", _NO_NODE, is_place=True).astype(np.int32),
            joined("children_right", _NO_NODE, is_place=True).astype(np.int32),
            roots,
            joined("threshold", 0.0),
            np.concatenate([tree.value[:, 0, 1] for tree in trees]),
        )

    def evaluate(self, Z: NDArray[np.floating]) -> Scores:
        """Mean share of the second class, tree after tree as scikit-learn adds them up.

        What trees alone say is next to nothing: there is no score by each.
        """
        *_, nodes = self._ways_down(Z)
        total = np.zeros(len(Z))
        # One by one: a sum in another order differs in its last bit.
        for of_tree in self.value[nodes].T:
            total += of_tree
        return Scores(total / len(self.roots))

    def attribute(self, Z: NDArray[np.floating]) -> NDArray[np.float64]:
        """Change of the share along the way down, at the gene that each node asks for [1]_.

        They add up to the score less the mean share at the roots.

        References
        ----------
        .. [1] Palczewska A et al. (2014). Interpreting random forest classification models
           using a feature contribution method. Advances in Intelligent Systems and Computing
           263:193-218.
        """
        shares = np.zeros(Z.shape)
        ways = self._ways_down(Z)
        above = next(ways)
        for below in ways:
            rows, trees = np.nonzero(below != above)
            parents, children = above[rows, trees], below[rows, trees]
            changes = self.value[children] - self.value[parents]
            np.add.at(shares, (rows, self.feature[parents]), changes)
            above = below
        return shares / len(self.roots)

    def _ways_down(self, Z: NDArray[np.floating]) -> Iterator[NDArray[np.int32]]:
        """Node of each sample in each tree, (samples, trees), level by level to the leaves."""
        nodes = np.tile(self.roots, (len(Z), 1))
        yield nodes
        rows = np.arange(len(Z))[:, np.newaxis]
        while (inner := self.left[nodes] != _NO_NODE).any():
            goes_left = Z[rows, self.feature[nodes]] <= self.threshold[nodes]
            below = np.where(goes_left, self.left[nodes], self.right[nodes])
            nodes = np.where(inner, below, nodes)
            yield nodes

    def arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """All that it has."""
        for name in _TYPES:
            yield f"{_PREFIX}{name}", getattr(self, name)

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_genes: int) -> Self:
        """Rebuild the trees; refuses those in which a sample would find no leaf."""
        types = {f"{_PREFIX}{name}": kind for name, kind in _TYPES.items()}
        if set(arrays) != set(types):
            raise UnfitArraysError("the arrays are not those of a forest.")
        require_numbers(arrays, types)
        forest = cls(**{name: arrays[f"{_PREFIX}{name}"] for name in _TYPES})
        forest._require_trees()
        forest._require_ways(n_genes)
        return forest

    def _require_trees(self) -> None:
        of_nodes = (self.feature, self.left, self.right, self.threshold, self.value)
        n_nodes = self.feature.size
        if any(array.shape != (n_nodes,) for array in of_nodes) or not n_nodes:
            raise UnfitArraysError("the arrays of a forest's nodes differ in length.")
        roots = self.roots.astype(np.int64)  # differences of 32 bits may wrap around
        if (
            roots.ndim != 1
            or not roots.size
            or roots[0] != 0
            or (np.diff(roots) <= 0).any()
            or roots[-1] >= n_nodes
        ):
            raise UnfitArraysError("the roots of a forest are not the first nodes of trees.")
        if ((self.value < 0) | (self.value > 1)).any():
            raise UnfitArraysError("a share of a forest's node is not between 0 and 1.")

    def _require_ways(self, n_genes: int) -> None:
        """A child behind its parent and in the same tree: so every way ends, and at a leaf."""
        node = np.arange(self.feature.size)
        of_tree = np.diff(np.append(self.roots, self.feature.size))
        end = np.repeat(self.roots + of_tree, of_tree)
        is_leaf = self.left == _NO_NODE
        for child in (self.left, self.right):
            fits = np.where(is_leaf, child == _NO_NODE, (child > node) & (child < end))
            if not fits.all():
                raise UnfitArraysError(
                    "a node of a forest leads to none behind it in its tree."
                )
        genes = self.feature[~is_leaf]
        if ((genes < 0) | (genes >= n_genes)).any():
            raise UnfitArraysError(f"a node of a forest asks for none of {n_genes} genes.")
