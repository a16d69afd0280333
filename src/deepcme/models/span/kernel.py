"""scikit-learn's support vector classifier, fitted by the samples' inner products."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import svm
from sklearn.utils.validation import check_is_fitted

from deepcme.models.estimator_inputs import read_data
from deepcme.models.span.gram import (
    FloatArray,
    blocks_of_genes,
    compute_gram,
    read_gram,
    sum_squares,
)
from deepcme.models.span.linear import is_wide

_KERNELS = ("linear", "poly", "rbf", "sigmoid")
# What a fit by a kernel leaves behind that has nothing to do with genes.
_OF_ANY_KERNEL = (
    *("classes_", "class_weight_", "support_", "dual_coef_", "intercept_", "n_iter_"),
    *("fit_status_", "_n_support", "_dual_coef_", "_intercept_", "_num_iter"),
    *("_probA", "_probB", "_effective_probability", "_sparse"),
)


class SVC(svm.SVC):  # type: ignore[misc]
    """scikit-learn's `SVC`; with a kernel of inner products of many genes it is much faster.

    Two classes with a kernel of scikit-learn's are fitted by one matrix of inner products, and
    scored by another, where there are genes enough for it to pay (`pays`). The support vectors
    and the decision function are the same, but for rounding. A kernel of one's own,
    probabilities or more classes take the genes.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        gram: ArrayLike | None = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : array of shape (samples,)
        sample_weight : array of shape (samples,), optional
        gram : array of shape (samples, samples), optional
            Inner products of the rows of X, as `compute_gram` gives them; computed where not
            given.
        """
        self._by_products = self._takes_products and is_wide(X) and len(np.unique(y)) == 2
        if not self._by_products:
            super().fit(X, y, sample_weight)
            return self
        matrix, y = read_data(self, X, y, dtype=[np.float64, np.float32], order="C")
        products = read_gram(gram, matrix)
        self._gamma = _gamma(self.gamma, matrix)
        squares = np.diagonal(products)
        fitted = svm.SVC(**{**self.get_params(deep=False), "kernel": "precomputed"})
        fitted.fit(self._kernel(products, squares, squares), y, sample_weight)
        for name in _OF_ANY_KERNEL:
            setattr(self, name, getattr(fitted, name))
        # libsvm leaves out samples that weigh nothing, and numbers those that are left.
        weighs = slice(None) if sample_weight is None else np.asarray(sample_weight) > 0
        self.support_vectors_ = matrix[weighs][self.support_]
        self.shape_fit_ = matrix.shape
        if self.kernel == "linear":
            self._coefficients = _sum_rows(self.support_vectors_, self.dual_coef_)
        return self

    def _get_coef(self) -> FloatArray:
        return self._coefficients if self._by_products else np.asarray(super()._get_coef())

    @property
    def _takes_products(self) -> bool:
        asks_for_more = self.break_ties or self.probability not in (False, "deprecated")
        return isinstance(self.kernel, str) and self.kernel in _KERNELS and not asks_for_more

    def _kernel(
        self, products: FloatArray, squares: FloatArray, of_others: FloatArray
    ) -> FloatArray:
        """The kernel, by inner products and the sums of squares of rows and columns."""
        if self.kernel == "linear":
            return products
        if self.kernel == "rbf":
            distances = squares[:, np.newaxis] + of_others - 2 * products
            return np.asarray(np.exp(-self._gamma * distances))
        scaled = self._gamma * products + self.coef0
        return np.asarray(np.tanh(scaled) if self.kernel == "sigmoid" else scaled**self.degree)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Distance of each sample from the boundary, as the kernel measures it."""
        check_is_fitted(self)
        if not self._by_products:
            return np.asarray(super().decision_function(X))
        matrix = read_data(self, X, dtype=[np.float64, np.float32], order="C", reset=False)
        if self.kernel == "linear":
            return np.asarray(compute_gram(matrix, self.coef_)[:, 0] + self.intercept_)
        products = compute_gram(matrix, self.support_vectors_)
        squares = sum_squares(matrix), sum_squares(self.support_vectors_)
        kernel = self._kernel(products, *squares)
        return np.asarray(kernel @ self.dual_coef_[0] + self.intercept_)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Class of each sample."""
        check_is_fitted(self)
        if not self._by_products:
            return np.asarray(super().predict(X))
        # On the boundary libsvm takes the second class.
        return np.asarray(self.classes_[(self.decision_function(X) >= 0).astype(int)])


def _sum_rows(X: NDArray[Any], shares: FloatArray) -> FloatArray:
    """Rows added up by their shares, of shape (1, rows)."""
    blocks = blocks_of_genes(X.shape[1])
    return np.hstack([shares @ X[:, genes].astype(np.float64) for genes in blocks])


def _gamma(gamma: float | str, X: NDArray[Any]) -> float:
    """The kernel's coefficient as scikit-learn defines its names on the matrix."""
    if gamma == "scale":
        mean = X.mean(dtype=np.float64)
        squares = sum(
            float(np.square(X[:, genes] - mean).sum()) for genes in blocks_of_genes(X.shape[1])
        )
        return X.shape[0] / squares if squares else 1.0
    return 1 / X.shape[1] if gamma == "auto" else float(gamma)
