"""Preprocessing as scikit-learn transformers; each learns from the rows it is fitted on only.

The order is log2(x + 1), median imputation, expression-prevalence filter,
standardisation with clipping; `make_preprocessor` chooses the steps a scale needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.feature_selection import SelectorMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_is_fitted

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale
from deepcme.models.gene_transformer import (
    FloatArray,
    GeneTransformer,
    Learned,
    blocks_of_genes,
)

__all__ = ["ClippedStandardScaler", "Log2Transformer", "MedianImputer", "PrevalenceFilter"]


class Log2Transformer(OneToOneFeatureMixin, GeneTransformer):  # type: ignore[misc]
    """log2(x + 1) of linear expression (paper, section 2.3); missing values stay missing.

    Examples
    --------
    >>> from deepcme import Log2Transformer
    >>> Log2Transformer().fit_transform([[0.0, 1.0], [3.0, 7.0]]).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """

    _allows_missing = True

    def _learn(self, block: FloatArray) -> Learned:
        self._require_not_negative(block)
        return {}

    def _apply(self, block: FloatArray, learned: Learned) -> FloatArray:
        self._require_not_negative(block)
        np.log1p(block, out=block)
        block *= np.float32(1 / np.log(2))
        return block

    @staticmethod
    def _require_not_negative(matrix: FloatArray) -> None:
        if np.any(matrix < 0):
            raise DeepCMEError(
                "Negative values in data passed to Log2Transformer: it takes linear "
                "expression; values that are logged already need no log."
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags


class MedianImputer(SelectorMixin, GeneTransformer):  # type: ignore[misc]
    """Put each gene's training median where a value is missing.

    A gene without any value in the training part is dropped, since there is
    nothing to put.

    Attributes
    ----------
    medians_ : ndarray of shape (n_features,)
        Training medians, NaN for the genes that are dropped.

    Examples
    --------
    >>> from deepcme import MedianImputer
    >>> imputer = MedianImputer().fit([[1.0], [3.0], [8.0]])
    >>> imputer.transform([[float("nan")], [5.0]]).tolist()
    [[3.0], [5.0]]
    """

    _allows_missing = True
    _learns = ("medians_",)

    def _learn(self, block: FloatArray) -> Learned:
        return {"medians_": _medians(block)}

    def _require_useful(self) -> None:
        if np.isnan(self.medians_).all():
            raise DeepCMEError("No gene has a single value in the training part.")

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        mask: NDArray[np.bool_] = ~np.isnan(self.medians_)
        return mask

    def _apply(self, block: FloatArray, learned: Learned) -> FloatArray:
        medians = learned["medians_"]
        if (empty := np.isnan(medians)).any():
            block, medians = block[:, ~empty], medians[~empty]
        missing = np.isnan(block)
        if missing.any():
            np.copyto(block, medians, where=missing)
        return block

    def transform(self, X: ArrayLike) -> FloatArray:
        """Fill the gaps and drop the genes that were empty in training."""
        return self._transformed(X)


def _medians(matrix: FloatArray) -> FloatArray:
    """Median of each gene's values; NaN for a gene that has none."""
    # Values of a gene that lie side by side are parted many times faster.
    by_gene = np.array(matrix.T, order="C")
    missing = np.isnan(by_gene)
    if not missing.any():
        return _middle_values(by_gene)
    n_missing = missing.sum(axis=1)
    medians = np.full(len(by_gene), np.nan, dtype=np.float32)
    for number in np.unique(n_missing[n_missing < len(matrix)]):
        alike = n_missing == number
        present = by_gene[alike][~missing[alike]].reshape(alike.sum(), -1)
        medians[alike] = _middle_values(present)
    return medians


def _middle_values(by_gene: FloatArray) -> FloatArray:
    """Median of each row, none of which lacks a value; they are overwritten."""
    middle, is_even = by_gene.shape[1] // 2, by_gene.shape[1] % 2 == 0
    by_gene.partition(middle, axis=1)
    upper: FloatArray = by_gene[:, middle]
    if is_even:
        upper = (by_gene[:, :middle].max(axis=1) + upper) / np.float32(2)
    return upper


class PrevalenceFilter(SelectorMixin, GeneTransformer):  # type: ignore[misc]
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

    Examples
    --------
    >>> from deepcme import PrevalenceFilter
    >>> kept = PrevalenceFilter(min_prevalence=0.5).fit([[0.0, 1.0], [0.0, 2.0], [5.0, 0.0]])
    >>> kept.transform([[4.0, 7.0]]).tolist()
    [[7.0]]
    """

    _learns = ("prevalence_",)

    def __init__(self, min_prevalence: float = 0.1, absent_up_to: float = 0.0) -> None:
        self.min_prevalence = min_prevalence
        self.absent_up_to = absent_up_to

    def _learn(self, block: FloatArray) -> Learned:
        expressed = np.count_nonzero(block > self.absent_up_to, axis=0)
        return {"prevalence_": expressed / len(block)}

    def _require_useful(self) -> None:
        if not self._get_support_mask().any():
            raise DeepCMEError(
                f"No gene is expressed in {self.min_prevalence:.0%} of the training samples."
            )

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        mask: NDArray[np.bool_] = self.prevalence_ >= self.min_prevalence
        return mask

    def _apply(self, block: FloatArray, learned: Learned) -> FloatArray:
        return block[:, learned["prevalence_"] >= self.min_prevalence]

    def transform(self, X: ArrayLike) -> FloatArray:
        """Drop the genes that were expressed too seldom in training."""
        return self._transformed(X)


class ClippedStandardScaler(OneToOneFeatureMixin, GeneTransformer):  # type: ignore[misc]
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
    constant_ : ndarray of bool, shape (n_features,)
        Genes of one value.

    Examples
    --------
    >>> from deepcme import ClippedStandardScaler
    >>> scaler = ClippedStandardScaler(clip=5).fit([[1.0], [3.0]])
    >>> scaler.transform([[2.0], [4.0], [90.0]]).tolist()
    [[0.0], [2.0], [5.0]]
    """

    _learns = ("mean_", "scale_", "constant_")

    def __init__(self, clip: float = np.inf) -> None:
        self.clip = clip

    def _learn(self, block: FloatArray) -> Learned:
        mean = block.mean(axis=0, dtype=np.float64)
        deviation = np.sqrt(_variance(block, mean))
        # Rounding leaves a constant gene a tiny variance, which must not be blown up.
        constant = deviation <= 10 * np.finfo(np.float32).eps * np.abs(mean)
        deviation[constant] = 1.0
        return {
            "mean_": mean.astype(np.float32),
            "scale_": deviation.astype(np.float32),
            "constant_": constant,
        }

    def _apply(self, block: FloatArray, learned: Learned) -> FloatArray:
        block -= learned["mean_"]
        block /= learned["scale_"]
        block[:, learned["constant_"]] = 0.0
        if np.isfinite(self.clip):
            np.clip(block, -self.clip, self.clip, out=block)
        return block


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
    steps = _steps(preprocessor)
    kept: NDArray[np.int64] = np.arange(steps[0].n_features_in_)
    for step in steps:
        if isinstance(step, SelectorMixin):
            kept = kept[step.get_support()]
    return kept


def _steps(preprocessor: Pipeline) -> list[GeneTransformer]:
    return [step for _, step in preprocessor.steps]


def fit_and_transform_rows(
    preprocessor: Pipeline,
    X: FloatArray,
    learn_on: NDArray[np.int64],
    rows: NDArray[np.int64],
    above: FloatArray | None = None,
) -> FloatArray:
    """Fit a preprocessor on some rows, and transform rows, the same or others.

    Rows of the same genes that are standardised already come `above` them, without the genes
    that are left out. Only one copy of the matrix is made.
    """
    first = 0 if above is None else len(above)
    wide = np.empty((first + len(rows), X.shape[1]), dtype=np.float32)
    n_kept = 0
    for block in _fit_by_genes(_steps(preprocessor), X, learn_on, rows):
        wide[first:, n_kept : n_kept + block.shape[1]] = block
        n_kept += block.shape[1]
    _narrow(wide, n_kept)
    if above is not None:
        np.take(above, kept_genes(preprocessor), axis=1, out=wide[:first], mode="clip")
    return wide


def _fit_by_genes(
    steps: list[GeneTransformer],
    X: FloatArray,
    learn_on: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> Iterator[FloatArray]:
    """Fit the steps, and give the rows transformed, a few genes at a time."""
    n_learned, first, taken = len(learn_on), 0, rows
    if not np.array_equal(rows[:n_learned], learn_on):
        first, taken = n_learned, np.concatenate([learn_on, rows])
    learned: list[list[Learned]] = [[] for _ in steps]
    n_inputs = np.zeros(len(steps), dtype=int)
    for genes in blocks_of_genes(X.shape[1]):
        block = _take(steps, X, taken, genes)
        for number, step in enumerate(steps):
            n_inputs[number] += block.shape[1]
            learned[number].append(step._learn(block[:n_learned]))
            block = step._apply(block, learned[number][-1])
        yield block[first:]
    for step, of_step, n_features in zip(steps, learned, n_inputs, strict=True):
        step.n_features_in_ = int(n_features)
        step._keep(of_step)


def _take(
    steps: list[GeneTransformer], X: FloatArray, rows: NDArray[np.int64], genes: slice
) -> FloatArray:
    """Rows of some genes, which the first of the steps can take."""
    block: FloatArray = np.ascontiguousarray(X[rows, genes], dtype=np.float32)
    assert_all_finite(block, allow_nan=steps[0]._allows_missing, input_name="X")
    return block


def _narrow(wide: FloatArray, n_kept: int) -> None:
    """Keep the first columns, in the memory of all."""
    n_rows, n_all = wide.shape
    values = wide.reshape(-1)
    for row in range(1, n_rows):
        values[row * n_kept : (row + 1) * n_kept] = values[row * n_all : row * n_all + n_kept]
    del values
    wide.resize((n_rows, n_kept), refcheck=False)


def transform_rows(
    preprocessor: Pipeline, X: FloatArray, rows: NDArray[np.int64]
) -> FloatArray:
    """Transform some rows by a fitted preprocessor, so that only one copy of them is made."""
    steps = _steps(preprocessor)
    transformed = np.empty((len(rows), len(kept_genes(preprocessor))), dtype=np.float32)
    done = np.zeros(len(steps) + 1, dtype=int)
    for genes in blocks_of_genes(X.shape[1]):
        block = _take(steps, X, rows, genes)
        for number, step in enumerate(steps):
            of_step = slice(done[number], done[number] + block.shape[1])
            done[number] = of_step.stop
            block = step._apply(block, step._learned_of(of_step))
        start, done[-1] = done[-1], done[-1] + block.shape[1]
        transformed[:, start : done[-1]] = block
    return transformed
