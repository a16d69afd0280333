"""L1-penalised logistic regression, the selector that any other has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sklearn
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.utils.fixes import parse_version

from deepcme.selection.size import compute_log_losses, draw_fold_numbers

FloatArray = NDArray[np.float64]
IntegerArray = NDArray[np.int64]

N_PENALTIES = 20
SMALLEST_PENALTY = 0.05
# liblinear penalises the intercept too; a large constant feature makes that negligible.
INTERCEPT_SCALING = 10.0
TOLERANCE = 1e-3

_L1 = (
    {"l1_ratio": 1.0}
    if parse_version(sklearn.__version__) >= parse_version("1.8")
    else {"penalty": "l1"}
)


@dataclass(frozen=True)
class L1Fit:
    """A logistic regression at one penalty.

    Attributes
    ----------
    coefficients : ndarray of shape (genes,)
    intercept : float
    gradient : ndarray of shape (genes,)
        Derivative of the log-likelihood, at most the penalty in absolute value.
    """

    coefficients: FloatArray
    intercept: float
    gradient: FloatArray

    def predict_proba(self, X: NDArray[np.float32]) -> FloatArray:
        """Probability of the positive class."""
        return _probability(X, self.coefficients, self.intercept)

    def order(self) -> IntegerArray:
        """Genes by size of coefficient, those without one by size of gradient."""
        return np.lexsort((-np.abs(self.gradient), -np.abs(self.coefficients)))

    @property
    def n_chosen(self) -> int:
        """Number of genes with a coefficient."""
        return int(np.count_nonzero(self.coefficients))


def fit_l1_path(X: NDArray[np.float32], y: ArrayLike, penalties: FloatArray) -> list[L1Fit]:
    """Fit at each penalty, from the strongest on.

    The sequential strong rule [1]_ leaves nearly all genes out of each fit, and
    the optimality conditions bring back those it should not have: the result is
    that of a fit to all genes.

    Parameters
    ----------
    X : array of shape (samples, genes)
        Standardised expression.
    y : array of 0 and 1
    penalties : array
        Descending weights of the sum of absolute coefficients, against the
        summed log-likelihood.

    References
    ----------
    .. [1] Tibshirani R et al. (2012). Strong rules for discarding predictors in
       lasso-type problems. Journal of the Royal Statistical Society B 74:245-266.
    """
    label = np.asarray(y, dtype=np.float64)
    fits: list[L1Fit] = []
    gradient = _gradient(X, label, np.full(len(label), label.mean()))
    stronger = float(np.abs(gradient).max())
    candidates = np.zeros(X.shape[1], dtype=bool)
    for penalty in penalties:
        candidates |= np.abs(gradient) >= 2 * penalty - stronger
        fit = _fit_candidates(X, label, candidates, penalty)
        while np.any(missed := (np.abs(fit.gradient) > penalty * 1.01) & ~candidates):
            candidates |= missed
            fit = _fit_candidates(X, label, candidates, penalty)
        fits.append(fit)
        gradient, stronger = fit.gradient, float(penalty)
        candidates = fit.coefficients != 0
    return fits


def _fit_candidates(
    X: NDArray[np.float32], label: FloatArray, candidates: NDArray[np.bool_], penalty: float
) -> L1Fit:
    coefficients = np.zeros(X.shape[1])
    positions = np.flatnonzero(candidates)
    if not len(positions):
        mean = label.mean()
        intercept = float(np.log(mean / (1 - mean)))
    else:
        chosen = X[:, positions].astype(np.float64)
        # Columns far from 0 are nearly collinear with the intercept, which is slow.
        centre = chosen.mean(axis=0)
        model = LogisticRegression(
            C=1 / penalty,
            solver="liblinear",
            intercept_scaling=INTERCEPT_SCALING,
            tol=TOLERANCE,
            max_iter=1000,
            random_state=0,
            **_L1,
        ).fit(chosen - centre, label)
        coefficients[positions] = model.coef_[0]
        intercept = float(model.intercept_[0] - centre @ model.coef_[0])
    probability = _probability(X, coefficients, intercept)
    return L1Fit(coefficients, intercept, _gradient(X, label, probability))


def _probability(
    X: NDArray[np.float32], coefficients: FloatArray, intercept: float
) -> FloatArray:
    chosen = np.flatnonzero(coefficients)
    probability: FloatArray = expit(X[:, chosen] @ coefficients[chosen] + intercept)
    return probability


def _gradient(X: NDArray[np.float32], label: FloatArray, probability: FloatArray) -> FloatArray:
    gradient: FloatArray = ((label - probability).astype(np.float32) @ X).astype(np.float64)
    return gradient


def cross_validate_l1(
    X: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    random: np.random.Generator,
    n_folds: int = 5,
) -> L1Fit:
    """Fit to all rows at the penalty with the lowest out-of-fold log loss [1]_.

    Parameters
    ----------
    X : array of shape (samples, genes)
        Standardised expression.
    y : array of 0 and 1
    groups : array
        Patient of each row; no patient is in two folds.
    random : numpy.random.Generator
        Draws the folds.
    n_folds : int

    References
    ----------
    .. [1] Tibshirani R (1996). Regression shrinkage and selection via the lasso.
       Journal of the Royal Statistical Society B 58:267-288.
    """
    label = np.asarray(y)
    strongest = np.abs(_gradient(X, label, np.full(len(label), label.mean()))).max()
    shares = np.geomspace(1, SMALLEST_PENALTY, N_PENALTIES)
    folds = draw_fold_numbers(label, groups, n_folds, random)
    losses = np.empty((N_PENALTIES, len(label)))
    for fold in np.unique(folds):
        training, held_out = folds != fold, folds == fold
        # A penalty against a sum over fewer rows has to be smaller in proportion.
        penalties = shares * strongest * training.mean()
        fits = fit_l1_path(X[training], label[training], penalties)
        for loss, fit in zip(losses, fits, strict=True):
            loss[held_out] = compute_log_losses(label[held_out], fit.predict_proba(X[held_out]))
    best = int(losses.mean(axis=1).argmin())
    return fit_l1_path(X, label, shares[: best + 1] * strongest)[-1]
