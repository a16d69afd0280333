"""scikit-learn's logistic regression, fitted in the space that the samples span."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn import linear_model

from deepcme.models.estimator_inputs import read_data
from deepcme.models.span.gram import read_gram
from deepcme.models.span.span import Span, pays

# Those that end by what is reached in all directions alike, and take the samples as they come.
_SOLVERS = ("lbfgs", "newton-cg", "newton-cholesky", "liblinear")


class LogisticRegression(linear_model.LogisticRegression):  # type: ignore[misc]
    """scikit-learn's `LogisticRegression`; with an L2 penalty of many genes it is much faster.

    The coefficients that an L2 penalty leaves are a sum of samples [1]_: where there are
    genes enough for it to pay (`pays`), the model is fitted on the samples' coordinates in the
    space that they span, and its coefficients are turned back to genes. The minimum is the
    same; how near the solver comes to it may differ. Any other penalty or none, ``warm_start``
    and solvers that draw samples take the genes.

    References
    ----------
    .. [1] Hastie T, Tibshirani R (2004). Efficient quadratic regularization for expression
       arrays. Biostatistics 5:329-340.
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
        if not (self._has_ridge_penalty and is_wide(X)):
            super().fit(X, y, sample_weight)
            return self
        matrix, y = read_data(self, X, y, dtype=[np.float64, np.float32], order="C")
        span = Span.of(read_gram(gram, matrix))
        fitted = linear_model.LogisticRegression(**self.get_params(deep=False))
        fitted.fit(span.coordinates, y, sample_weight)
        self.classes_, self.n_iter_ = fitted.classes_, fitted.n_iter_
        self.intercept_ = fitted.intercept_.astype(matrix.dtype)
        turned = span.turn_back(matrix, fitted.coef_.T, matrix.dtype)
        self.coef_ = np.ascontiguousarray(turned.T)
        return self

    @property
    def _has_ridge_penalty(self) -> bool:
        named = self.penalty == "l2" or (self.penalty == "deprecated" and not self.l1_ratio)
        return named and np.isfinite(self.C) and self.solver in _SOLVERS and not self.warm_start

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags


def is_wide(X: Any) -> bool:
    """Whether this is a matrix, not sparse, of so many genes that the span of its rows pays."""
    shape = getattr(X, "shape", ())
    return len(shape) == 2 and not issparse(X) and pays(*shape)
