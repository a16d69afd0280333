"""Clinical columns as predictors: their coding, and logistic regression without penalty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from deepcme.cohort.splits import draw_folds
from deepcme.evaluation.logistic import (
    find_separating_columns,
    fit_firth_regression,
    fit_logistic_regression,
)
from deepcme.models.baselines import compute_prior_correction
from deepcme.models.estimator_inputs import read_groups
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target

FloatArray = NDArray[np.float64]

N_FOLDS = 5


FILL, INDICATOR = "fill", "indicator"


@dataclass(frozen=True)
class Term:
    """One column of the design: a number, a word against the reference, or being missing."""

    column: str
    level: str | None = None
    is_missing: bool = False

    @property
    def value(self) -> str:
        """What its coefficient is of, in tables."""
        if self.is_missing:
            return "missing"
        return "per standard deviation" if self.level is None else self.level

    def held_by(self, values: pd.Series) -> NDArray[np.bool_]:
        """Which values of the column are known numbers, or the word, or missing."""
        if self.is_missing:
            return values.isna().to_numpy()
        held = values.notna() if self.level is None else values == self.level
        return held.to_numpy()


@dataclass(frozen=True)
class _NumberCoding:
    """Filled with the median, then standardised."""

    column: str
    median: float
    mean: float
    deviation: float

    @classmethod
    def learn(cls, values: pd.Series) -> _NumberCoding | None:
        """None if the column says nothing on these rows."""
        if values.nunique() < 2:
            return None
        filled = values.fillna(values.median())
        mean, deviation = float(filled.mean()), float(filled.std(ddof=0))
        return cls(str(values.name), float(values.median()), mean, deviation)

    @property
    def terms(self) -> list[Term]:
        return [Term(self.column)]

    def encode(self, values: pd.Series) -> FloatArray:
        filled = values.fillna(self.median).to_numpy(dtype=np.float64)
        return ((filled - self.mean) / self.deviation)[:, np.newaxis]


@dataclass(frozen=True)
class _WordCoding:
    """Filled with the most frequent word, which is the reference of the others' indicators."""

    column: str
    reference: str
    levels: tuple[str, ...]

    @classmethod
    def learn(cls, values: pd.Series) -> _WordCoding | None:
        """None if the column says nothing on these rows."""
        counts = values.dropna().astype(str).value_counts().sort_index()
        if len(counts) < 2:
            return None
        reference = str(counts.idxmax())
        levels = tuple(str(level) for level in counts.index if level != reference)
        return cls(str(values.name), reference, levels)

    @property
    def terms(self) -> list[Term]:
        return [Term(self.column, level) for level in self.levels]

    def encode(self, values: pd.Series) -> FloatArray:
        words = values.astype(object).to_numpy()
        is_level: FloatArray = words[:, np.newaxis] == np.array(self.levels, dtype=object)
        return is_level.astype(np.float64)


@dataclass(frozen=True)
class _MissingCoding:
    """1 where the value is missing, beside the column with a value filled in."""

    column: str

    @property
    def terms(self) -> list[Term]:
        return [Term(self.column, is_missing=True)]

    def encode(self, values: pd.Series) -> FloatArray:
        is_missing: FloatArray = values.isna().to_numpy().astype(np.float64)
        return is_missing[:, np.newaxis]


class ClinicalEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Clinical columns to numbers, by what the rows that it is fitted on say.

    A column of numbers takes its median where a value is missing and is
    standardised. A column of words becomes one indicator for each word but the
    most frequent, which stands for missing and unseen ones too. A column with
    one value on these rows is left out.

    Parameters
    ----------
    missing : {"fill", "indicator"}, default "fill"
        With ``"indicator"`` a column that lacks values on these rows has one of 0 and 1
        beside it that says where [1]_: patients whose value nobody knows may differ from
        those that they are filled like.

    Attributes
    ----------
    terms_ : tuple of Term
        What each column of the result is.
    feature_names_in_ : ndarray of str
    n_features_in_ : int

    References
    ----------
    .. [1] Sperrin M, Martin GP, Sisk R, Peek N (2020). Missing data should be handled
       differently for prediction than for description or causal explanation. J Clin
       Epidemiol 125:183-187.
    """

    def __init__(self, missing: str = FILL) -> None:
        self.missing = missing

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Learn the coding.

        Parameters
        ----------
        X : DataFrame of shape (samples, columns)
            Columns of floats, NaN where missing, or of words, None where missing.
        """
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self._codings = [coding for column in X for coding in self._learn(X[column])]
        self.terms_ = tuple(term for coding in self._codings for term in coding.terms)
        return self

    def _learn(self, values: pd.Series) -> list[_NumberCoding | _WordCoding | _MissingCoding]:
        is_number = pd.api.types.is_numeric_dtype(values)
        coding = _NumberCoding.learn(values) if is_number else _WordCoding.learn(values)
        if coding is None:
            return []
        if self.missing == INDICATOR and values.isna().any():
            return [coding, _MissingCoding(coding.column)]
        return [coding]

    def transform(self, X: pd.DataFrame) -> FloatArray:
        """The columns as numbers, of shape (samples, terms)."""
        check_is_fitted(self)
        encoded = [coding.encode(X[coding.column]) for coding in self._codings]
        return np.hstack([np.empty((len(X), 0)), *encoded])


class ClinicalRegression(LogitClassifier):
    """Logistic regression without penalty on a few clinical columns.

    The columns are coded by `ClinicalEncoder`; a term that repeats others is
    left out, as R's `glm` does. Where the outcomes are separated, so that no finite
    maximum of the likelihood exists, the fit is Firth's [1]_ and the columns
    that separate are named.

    Parameters
    ----------
    missing : {"fill", "indicator"}, default "fill"
        As `ClinicalEncoder` takes it.
    random_state : int, RandomState or None, default None
        Draws the folds of `oof_decision_function_`.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    terms_ : tuple of Term
    coef_ : ndarray of shape (1, terms)
    intercept_ : ndarray of shape (1,)
    separated_columns_ : tuple of str
        Columns without a finite maximum-likelihood estimate; empty as a rule.
    oof_decision_function_ : ndarray of shape (samples,)
        Logit of each sample by a fit, coding included, on the four fifths of
        the patients that do not hold it, as if these had the prevalence of all.

    References
    ----------
    .. [1] Heinze G, Schemper M (2002). A solution to the problem of separation in
       logistic regression. Statistics in Medicine 21:2409-2419.
    """

    def __init__(
        self,
        missing: str = FILL,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.missing = missing
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on all rows, and in folds for the out-of-fold logits.

        Parameters
        ----------
        X : DataFrame of shape (samples, columns)
            As `ClinicalEncoder` takes it.
        y : array of shape (samples,)
            Two classes.
        groups : array of shape (samples,), optional
            Patient of each sample: none is on both sides of a fold. One without is a
            patient of its own.
        """
        self.classes_, target = encode_binary_target(y, type(self).__name__)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self._fit = _Fit.on(X, target, self.missing)
        self.terms_ = self._fit.terms
        self.coef_ = self._fit.coefficients[np.newaxis, 1:]
        self.intercept_ = self._fit.coefficients[:1]
        self.separated_columns_ = self._fit.separated_columns
        patients = read_groups(groups, len(target))
        self.oof_decision_function_ = np.empty(len(target))
        for held_out in draw_folds(target, patients, N_FOLDS, self._generator()):
            rest = np.setdiff1d(np.arange(len(target)), held_out)
            fold = _Fit.on(X.iloc[rest], target[rest], self.missing)
            correction = compute_prior_correction(target[rest], target)
            self.oof_decision_function_[held_out] = fold.logits(X.iloc[held_out]) + correction
        return self

    def decision_function(self, X: pd.DataFrame) -> FloatArray:
        """Logit of the positive class, one per sample."""
        check_is_fitted(self)
        return self._fit.logits(X)


@dataclass(frozen=True)
class _Fit:
    """A coding and the coefficients that belong to it, the intercept first."""

    encoder: ClinicalEncoder
    kept: NDArray[np.int64]
    coefficients: FloatArray
    separated_columns: tuple[str, ...]

    @classmethod
    def on(cls, X: pd.DataFrame, target: NDArray[np.float32], missing: str) -> _Fit:
        encoder = ClinicalEncoder(missing).fit(X)
        encoded = encoder.transform(X)
        kept = find_independent_terms(encoded)
        design = _with_intercept(encoded[:, kept])
        coefficients = fit_logistic_regression(design, target).coefficients
        if np.isfinite(coefficients).all():
            return cls(encoder, kept, coefficients, ())
        separating = find_separating_columns(design, target)[1:]
        names = [encoder.terms_[term].column for term in kept[separating]]
        coefficients = fit_firth_regression(design, target)
        return cls(encoder, kept, coefficients, tuple(dict.fromkeys(names)))

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(self.encoder.terms_[term] for term in self.kept)

    def logits(self, X: pd.DataFrame) -> FloatArray:
        design = _with_intercept(self.encoder.transform(X)[:, self.kept])
        logits: FloatArray = design @ self.coefficients
        return logits


def make_design(X: pd.DataFrame, missing: str = FILL) -> tuple[FloatArray, tuple[Term, ...]]:
    """What a regression on these columns is fitted on: ones, then a column for each term.

    Terms that repeat others are left out, as in `ClinicalRegression`.
    """
    encoder = ClinicalEncoder(missing).fit(X)
    encoded = encoder.transform(X)
    kept = find_independent_terms(encoded)
    return _with_intercept(encoded[:, kept]), tuple(encoder.terms_[term] for term in kept)


def _with_intercept(encoded: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(encoded)), encoded])


def find_independent_terms(encoded: FloatArray) -> NDArray[np.int64]:
    """The terms that are no linear combination of the intercept and those before them."""
    kept: list[int] = []
    for term in range(encoded.shape[1]):
        candidate = _with_intercept(encoded[:, [*kept, term]])
        if np.linalg.matrix_rank(candidate) == candidate.shape[1]:
            kept.append(term)
    return np.array(kept, dtype=np.int64)
