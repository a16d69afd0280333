"""Preprocessing as scikit-learn transformers; each learns from the rows it is fitted on only.

The order is log2(x + 1), median imputation, expression-prevalence filter,
standardisation with clipping; `make_preprocessor` chooses the steps a scale needs.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.feature_selection import SelectorMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, validate_data

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale

FloatArray = NDArray[np.float32]

_BLOCK_ROWS = 64
_BLOCK_GENES = 2048


class _GeneTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer that takes a matrix of float32 and gives one."""

    _allows_missing = False

    def _checked(self, X: ArrayLike, *, reset: bool) -> FloatArray:
        ensure = "allow-nan" if self._allows_missing else True
        checked: FloatArray = validate_data(
            self, X, reset=reset, dtype=np.float32, ensure_all_finite=ensure
        )
        return checked

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._allows_missing
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class Log2Transformer(OneToOneFeatureMixin, _GeneTransformer):  # type: ignore[misc]
    """log2(x + 1) of linear expression (paper, section 2.3); missing values stay missing."""

    _allows_missing = True

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Check the matrix; nothing is learned."""
        self._not_negative(self._checked(X, reset=True))
        return self

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return log2(x + 1)."""
        check_is_fitted(self)
        matrix = self._not_negative(self._checked(X, reset=False))
        logged: FloatArray = np.log1p(matrix)
        logged *= np.float32(1 / np.log(2))
        return logged

    @staticmethod
    def _not_negative(matrix: FloatArray) -> FloatArray:
        if np.any(matrix < 0):
            raise DeepCMEError(
                "Negative values in data passed to Log2Transformer: it takes linear "
                "expression; values that are logged already need no log."
            )
        return matrix

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags


class MedianImputer(SelectorMixin, _GeneTransformer):  # type: ignore[misc]
    """Put each gene's training median where a value is missing.

    A gene without any value in the training part is dropped, since there is
    nothing to put.

    Attributes
    ----------
    medians_ : ndarray of shape (n_features,)
        Training medians, NaN for the genes that are dropped.
    """

    _allows_missing = True

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the medians."""
        matrix = self._checked(X, reset=True)
        blocks = range(0, matrix.shape[1], _BLOCK_GENES)
        self.medians_ = np.concatenate(
            [_medians(matrix[:, start : start + _BLOCK_GENES]) for start in blocks]
        )
        if np.isnan(self.medians_).all():
            raise DeepCMEError("No gene has a single value in the training part.")
        return self

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        mask: NDArray[np.bool_] = ~np.isnan(self.medians_)
        return mask

    def transform(self, X: ArrayLike) -> FloatArray:
        """Fill the gaps and drop the genes that were empty in training."""
        check_is_fitted(self)
        matrix = self._checked(X, reset=False)
        support = self._get_support_mask()
        if not support.all():
            matrix = matrix[:, support]
        missing = np.isnan(matrix)
        if not missing.any():
            return matrix
        return np.where(missing, self.medians_[support], matrix).astype(np.float32)


def _medians(matrix: FloatArray) -> FloatArray:
    """Median of each gene's values; NaN for a gene that has none."""
    medians: FloatArray = np.median(matrix, axis=0)
    incomplete = np.flatnonzero(np.isnan(medians))
    partly = incomplete[~np.isnan(matrix[:, incomplete]).all(axis=0)]
    medians[partly] = np.nanmedian(matrix[:, partly], axis=0)
    return medians


class PrevalenceFilter(SelectorMixin, _GeneTransformer):  # type: ignore[misc]
    """Keep the genes expressed in enough of the training samples.

    A gene expressed in one of n samples has a standardised value of about
    sqrt(n) there and can dominate a network by that alone. Only for scales on
    which some value means absent.

    Parameters
    ----------
    min_prevalence : float
        Smallest share of samples, 0 to 1, in which a gene must be expressed.
    absent_up_to : float
        The value up to which a gene is not expressed.

    Attributes
    ----------
    prevalence_ : ndarray of shape (n_features,)
        Share of training samples that express each gene.
    """

    def __init__(self, min_prevalence: float = 0.1, absent_up_to: float = 0.0) -> None:
        self.min_prevalence = min_prevalence
        self.absent_up_to = absent_up_to

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn each gene's prevalence."""
        matrix = self._checked(X, reset=True)
        self.prevalence_ = np.count_nonzero(matrix > self.absent_up_to, axis=0) / len(matrix)
        if not self._get_support_mask().any():
            raise DeepCMEError(
                f"No gene is expressed in {self.min_prevalence:.0%} of the training samples."
            )
        return self

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        mask: NDArray[np.bool_] = self.prevalence_ >= self.min_prevalence
        return mask


class ClippedStandardScaler(OneToOneFeatureMixin, _GeneTransformer):  # type: ignore[misc]
    """Standardise each gene by its training mean and standard deviation, then clip.

    Constant genes become 0. The standard deviation is the population's (divisor
    n), as in scikit-learn's `StandardScaler`.

    Parameters
    ----------
    clip : float
        Largest absolute standardised value; infinity for no limit.

    Attributes
    ----------
    mean_, scale_ : ndarray of shape (n_features,)
        Training mean and standard deviation; a constant gene has scale 1.
    """

    def __init__(self, clip: float = np.inf) -> None:
        self.clip = clip

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn means and standard deviations."""
        matrix = self._checked(X, reset=True)
        mean = matrix.mean(axis=0, dtype=np.float64)
        deviation = np.sqrt(_variance(matrix, mean))
        # Rounding leaves a constant gene a tiny variance, which must not be blown up.
        constant = deviation <= 10 * np.finfo(np.float32).eps * np.abs(mean)
        deviation[constant] = 1.0
        self.mean_ = mean.astype(np.float32)
        self.scale_ = deviation.astype(np.float32)
        self.constant_ = constant
        return self

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the standardised, clipped matrix."""
        check_is_fitted(self)
        matrix = self._checked(X, reset=False)
        scaled: FloatArray = matrix - self.mean_
        scaled /= self.scale_
        scaled[:, self.constant_] = 0.0
        if np.isfinite(self.clip):
            np.clip(scaled, -self.clip, self.clip, out=scaled)
        return scaled


def _variance(matrix: FloatArray, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance about `mean`, a block of rows at a time to spare memory."""
    total = np.zeros(matrix.shape[1])
    for start in range(0, len(matrix), 64):
        centred = matrix[start : start + 64] - mean
        total += np.einsum("ij,ij->j", centred, centred)
    return total / len(matrix)


def make_preprocessor(
    scale: Scale,
    *,
    absent_up_to: float | None,
    min_prevalence: float,
    clip: float,
) -> Pipeline:
    """Choose the steps that a cohort's scale needs.

    Parameters
    ----------
    scale : Scale
        Linear scales are logged; ``log2`` is not logged again.
    absent_up_to : float or None
        The value up to which a gene is not expressed; None for no prevalence filter.
    min_prevalence : float
        Smallest prevalence of a gene, 0 to 1; 0 for no filter.
    clip : float
        Largest absolute standardised value; infinity for no limit.
    """
    steps: list[tuple[str, BaseEstimator]] = []
    if scale in LINEAR_SCALES:
        steps.append(("log2", Log2Transformer()))
    steps.append(("impute", MedianImputer()))
    if min_prevalence > 0 and absent_up_to is not None:
        steps.append(("prevalence", PrevalenceFilter(min_prevalence, absent_up_to)))
    steps.append(("standardise", ClippedStandardScaler(clip)))
    return Pipeline(steps)


def kept_genes(preprocessor: Pipeline) -> NDArray[np.int64]:
    """Positions, among the genes that went in, of those that come out."""
    n_genes = preprocessor.steps[0][1].n_features_in_
    positions = np.arange(n_genes).astype(str).astype(object)
    kept: NDArray[np.object_] = preprocessor.get_feature_names_out(positions)
    return kept.astype(np.int64)


def transform_rows(
    preprocessor: Pipeline,
    X: FloatArray,
    rows: NDArray[np.int64],
    above: FloatArray | None = None,
) -> FloatArray:
    """Transform some rows a block at a time, so that only one copy of them is made.

    Rows of the same genes that are standardised already come `above` them, without the genes
    that are left out.
    """
    kept, first = kept_genes(preprocessor), 0 if above is None else len(above)
    transformed = np.empty((first + len(rows), len(kept)), dtype=np.float32)
    if above is not None:
        np.take(above, kept, axis=1, out=transformed[:first], mode="clip")
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS]
        place = first + start
        transformed[place : place + _BLOCK_ROWS] = preprocessor.transform(X[block])
    return transformed
