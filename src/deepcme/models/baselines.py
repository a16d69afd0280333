"""Baselines by name: the paper's five as their libraries make them, and one that is tuned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import FRACTION, Rule, is_number
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import draw_folds
from deepcme.models.estimator_inputs import (
    hold_out,
    read_data,
    read_groups,
    read_sample_weight,
    require_both_classes,
)
from deepcme.models.logit_classifier import LogitClassifier, encode_binary_target
from deepcme.models.preprocessing import ClippedStandardScaler, MedianImputer
from deepcme.models.registry import KINDS, MAX_ITERATIONS
from deepcme.models.span.gram import compute_gram, read_gram
from deepcme.models.span.linear import LogisticRegression, is_wide
from deepcme.models.span.span import Span

__all__ = ["TunedLogisticRegression", "make_baseline"]

N_FOLDS = 5
Weights = NDArray[np.floating] | None
INVERSE_STRENGTHS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)


class TunedLogisticRegression(LogitClassifier):
    """Logistic regression with an L2 penalty whose strength validation data choose.

    The strength of lowest log loss on the validation rows is taken, and the
    model fitted again on all rows with it. On expression the strong penalties
    win: correlated genes share their weight [1]_. Where genes are many, each fit is on the
    coordinates of its own samples (`LogisticRegression`).

    Parameters
    ----------
    inverse_strengths : tuple of float, default 1e-6, 1e-5, ..., 10
        Values of scikit-learn's `C` to choose from.
    validation_fraction : float, default 0.25
        Share of the samples that `fit` splits off, unless told which to use.
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    inverse_strength_ : float
        The value that was chosen.
    model_ : LogisticRegression
    oof_decision_function_ : ndarray of shape (samples,)
        Logit of each sample by a model of the chosen strength, fitted on the four
        fifths of the patients that do not hold it, as if these had the prevalence of
        all (`compute_prior_correction`); NaN where they are of one class.

    References
    ----------
    .. [1] Hastie T, Tibshirani R (2004). Efficient quadratic regularization for
       expression arrays. Biostatistics 5:329-340.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import TunedLogisticRegression
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> model = TunedLogisticRegression(random_state=0).fit(X, X[:, 0] > 0)
    >>> model.predict([[3, 0, 0, 0, 0], [-3, 0, 0, 0, 0]]).tolist()
    [True, False]
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {
        **LogitClassifier._rules,
        "inverse_strengths": (
            Rule(
                lambda value: isinstance(value, tuple | list | np.ndarray) and len(value) > 0,
                "must list the strengths to choose from, as [0.1, 1.0]",
            ),
            Rule(
                lambda values: all(is_number(value) and value > 0 for value in values),
                "takes numbers above 0",
            ),
        ),
        "validation_fraction": FRACTION,
    }

    def __init__(
        self,
        inverse_strengths: tuple[float, ...] = INVERSE_STRENGTHS,
        validation_fraction: float = 0.25,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.inverse_strengths = inverse_strengths
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        validation_rows: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        gram: ArrayLike | None = None,
    ) -> Self:
        """Choose the strength, then fit on all rows.

        Parameters
        ----------
        X : array of shape (samples, genes)
        y : array of shape (samples,)
            Two classes.
        groups : array of shape (samples,), optional
            Patient of each sample: none is on both sides of the split. One without is a
            patient of its own.
        validation_rows : array of bool, shape (samples,), or of int, optional
            Rows of X to choose the strength on, as a mask or by number.
        sample_weight : array of shape (samples,), optional
        gram : array of shape (samples, samples), optional
            Inner products of the rows of X, as `compute_gram` gives them; computed where not
            given.

        Raises
        ------
        ValueError
            If the target is not binary, groups, rows or weights cannot be used, or a class
            has no sample to fit on.
        """
        self.check_parameters()
        matrix, y = read_data(self, X, y)
        self.classes_, target = encode_binary_target(y, type(self).__name__)
        patients = read_groups(groups, len(target))
        random = self._generator()
        train, valid = hold_out(
            target, groups, validation_rows, self.validation_fraction, random
        )
        weight = _read_weight(sample_weight, len(target))
        require_both_classes(target, train, valid, weight)
        products = read_gram(gram, matrix) if is_wide(matrix) else None
        rows, held_out_rows = _inputs(matrix, products, train, valid)
        fold = Fold(
            *(rows, target[train], held_out_rows, target[valid]),
            *(_of_rows(weight, train), _of_rows(weight, valid)),
        )
        self.choose_strength([fold])
        self.refit(X, y, weight, products)
        self.oof_decision_function_ = np.full(len(target), np.nan)
        for held_out in draw_folds(target, patients, N_FOLDS, random):
            rest = np.setdiff1d(np.arange(len(target)), held_out)
            if len(held_out) and np.ptp(target[rest]) > 0:
                rows, held_out_rows = _inputs(matrix, products, rest, held_out)
                self.oof_decision_function_[held_out] = self.score_held_out(
                    *(rows, target[rest], patients[rest], held_out_rows, target),
                    *(_of_rows(weight, rest), weight),
                )
        return self

    def choose_strength(self, folds: Iterable[Fold]) -> list[NDArray[np.float64]]:
        """Choose by the held-out rows of folds, and give their logits."""
        self.inverse_strength_, logits = choose_inverse_strength(folds, self.inverse_strengths)
        return logits

    def refit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        gram: ArrayLike | None = None,
    ) -> Self:
        """Fit on all rows with the strength that was chosen."""
        matrix, y = read_data(self, X, y)
        self.classes_, target = encode_binary_target(y, type(self).__name__)
        model = make_logistic_regression(self.inverse_strength_)
        self.model_ = model.fit(matrix, target, sample_weight, gram)
        return self

    def score_held_out(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        groups: NDArray[Any],
        held_out: NDArray[Any],
        everyone: NDArray[Any],
        sample_weight: Weights = None,
        weight_of_everyone: Weights = None,
        gram: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Logits of held-out rows by a fit on others, of the strength that was chosen.

        They are as if fitted at the prevalence of `everyone`, which holds both.
        """
        model = make_logistic_regression(self.inverse_strength_)
        model.fit(X, y, sample_weight, gram)
        logits: NDArray[np.float64] = model.decision_function(held_out)
        return logits + compute_prior_correction(y, everyone, sample_weight, weight_of_everyone)

    @property
    def coef_(self) -> NDArray[np.floating]:
        """Coefficients, of shape (1, genes)."""
        return np.asarray(self.model_.coef_)

    @property
    def intercept_(self) -> NDArray[np.floating]:
        """Intercept, of shape (1,)."""
        return np.asarray(self.model_.intercept_)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Logit of the positive class, one per sample."""
        check_is_fitted(self)
        matrix = read_data(self, X, reset=False)
        logits: NDArray[np.float64] = self.model_.decision_function(matrix)
        return logits


def _inputs(
    matrix: NDArray[Any],
    gram: NDArray[np.float64] | None,
    fitted: NDArray[np.int64],
    held_out: NDArray[np.int64],
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows to fit on and rows held out: of genes, or of coordinates where there is a Gram."""
    if gram is None:
        return matrix[fitted], matrix[held_out]
    coordinates = Span.of(gram, fitted).coordinates
    return coordinates[fitted], coordinates[held_out]


def _read_weight(sample_weight: ArrayLike | None, n: int) -> Weights:
    return None if sample_weight is None else read_sample_weight(sample_weight, n)


def _of_rows(weight: Weights, rows: NDArray[np.int64]) -> Weights:
    return None if weight is None else weight[rows]


class Fold(NamedTuple):
    """Matrix and target of the rows to fit on, then of those held out; and their weights."""

    X: NDArray[Any]
    y: NDArray[Any]
    held_out: NDArray[Any]
    held_out_y: NDArray[Any]
    weight: Weights = None
    held_out_weight: Weights = None

    def in_span(self) -> Fold:
        """The same fold with coordinates for genes, where that pays."""
        if not is_wide(self.X):
            return self
        span = Span.of(compute_gram(self.X))
        held_out = span.project(compute_gram(self.held_out, self.X))
        return self._replace(X=span.coordinates, held_out=held_out)


def choose_inverse_strength(
    folds: Iterable[Fold], inverse_strengths: Sequence[float]
) -> tuple[float, list[NDArray[np.float64]]]:
    """The strength of lowest mean log loss on the held-out rows of all folds.

    Parameters
    ----------
    folds : iterable of Fold
        Taken one at a time.
    inverse_strengths : sequence of float
        Values of scikit-learn's `C` to choose from.

    Returns
    -------
    float
        The value that was chosen; of equals, the first.
    list of ndarray
        With it, the logits of each fold's held-out rows, as if fitted at the prevalence of
        the whole fold.
    """
    losses, logits = [], []
    for fold in map(Fold.in_span, folds):
        weighted = fold.weight is not None and fold.held_out_weight is not None
        models = [
            make_logistic_regression(C).fit(fold.X, fold.y, fold.weight)
            for C in inverse_strengths
        ]
        losses.append(
            [
                log_loss(
                    fold.held_out_y,
                    model.predict_proba(fold.held_out),
                    labels=[0, 1],
                    sample_weight=fold.held_out_weight,
                )
                for model in models
            ]
        )
        correction = compute_prior_correction(
            fold.y,
            np.concatenate([fold.y, fold.held_out_y]),
            fold.weight,
            np.concatenate([fold.weight, fold.held_out_weight]) if weighted else None,
        )
        logits.append([model.decision_function(fold.held_out) + correction for model in models])
    chosen = int(np.argmin(np.mean(losses, axis=0)))
    return inverse_strengths[chosen], [of_fold[chosen] for of_fold in logits]


def compute_prior_correction(
    fitted: NDArray[Any],
    everyone: NDArray[Any],
    weight: Weights = None,
    weight_of_everyone: Weights = None,
) -> float:
    """What to add to logits of a fit on some rows for the prevalence of all [1]_.

    The intercept follows the prevalence of the rows fitted on, which is the lower the more
    events are held out. Put side by side, the logits of several folds would rank against
    the outcome wherever the coefficients are small.

    Parameters
    ----------
    fitted, everyone : array of 0 and 1
        Labels of the rows fitted on, and of these and those held out.
    weight, weight_of_everyone : array, optional
        What the rows of both weigh.

    References
    ----------
    .. [1] King G, Zeng L (2001). Logistic regression in rare events data. Political
       Analysis 9:137-163.
    """
    of_everyone = np.average(everyone, weights=weight_of_everyone)
    return float(logit(of_everyone) - logit(np.average(fitted, weights=weight)))


def make_logistic_regression(inverse_strength: float) -> LogisticRegression:
    """Unfitted logistic regression with an L2 penalty of this strength."""
    return LogisticRegression(C=inverse_strength, max_iter=MAX_ITERATIONS)


BASELINES: tuple[str, ...] = tuple(
    kind.name
    for kind in KINDS.values()
    if kind.is_baseline and BinaryOutcome.kind in kind.outcomes
)


def make_baseline(name: str, random_state: int | None = None) -> Pipeline:
    """Pipeline of median imputation, standardisation and the named classifier.

    Parameters
    ----------
    name : {"LR", "SVC", "SVC-linear", "RF", "DT", "KNN", "LR-tuned"}
        Logistic regression, support vector classifier, the same with a linear kernel,
        random forest, decision tree, k nearest neighbours; logistic regression of tuned
        strength.
    random_state : int, optional

    Raises
    ------
    DeepCMEError
        If there is no baseline of that name.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme import make_baseline
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> model = make_baseline("KNN").fit(X, X[:, 0] > 0)
    >>> model.predict([[3, 0, 0, 0, 0]]).tolist()
    [True]
    """
    if name not in BASELINES:
        raise DeepCMEError(
            f"There is no baseline {name!r}: choose from {', '.join(BASELINES)}."
        )
    return Pipeline(
        [
            ("impute", MedianImputer()),
            ("standardise", ClippedStandardScaler()),
            ("classifier", KINDS[name].make({}, random_state)),
        ]
    )
