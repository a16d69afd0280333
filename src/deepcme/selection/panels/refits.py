"""How the genes of a panel are refitted: by a ridge regression, or by small networks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit

from deepcme.base.errors import AbsentError
from deepcme.base.log_odds import log_odds
from deepcme.evaluation.survival.newton import maximise
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.baselines import (
    INVERSE_STRENGTHS,
    compute_prior_correction,
    make_logistic_regression,
)
from deepcme.models.ensemble import compute_network_probabilities
from deepcme.models.span.gram import compute_gram
from deepcme.models.span.span import Span
from deepcme.models.survival.cox_ridge import CoxRidge
from deepcme.models.survival.dual import DualGenes, fit_penalised
from deepcme.models.survival.penalty import make_penalties
from deepcme.models.survival.target import read_target
from deepcme.network.architecture import FloatArray
from deepcme.selection.panels.networks import PanelClassifier, PanelHazards
from deepcme.selection.size import compute_log_losses
from deepcme.selection.targets import TIMES, TWO_CLASSES, Target, TargetKind

IntegerArray = NDArray[np.int64]
DoubleArray = NDArray[np.float64]


class InnerFold(NamedTuple):
    """Rows fitted on and held out, and the genes in the order that the former give."""

    fitted: IntegerArray
    held_out: IntegerArray
    order: IntegerArray


class Refit(ABC):
    """How panels of a kind of target are refitted; scores are log-odds or log hazards."""

    kind: ClassVar[TargetKind]

    @abstractmethod
    def strengths(self, X: FloatArray, y: Target) -> tuple[float, ...]:
        """Of the penalty, to choose from, the strongest first, for rows of a panel's genes."""

    @abstractmethod
    def score_by_regressions(
        self,
        X: FloatArray,
        y: Target,
        folds: Iterable[InnerFold],
        size: int,
        strengths: Sequence[float],
    ) -> tuple[DoubleArray, DoubleArray]:
        """Out-of-fold scores by regressions of the first genes of each fold.

        Returns
        -------
        scores : ndarray of shape (strengths, rows)
        losses : ndarray of shape (strengths,)
            By which the strength is chosen, the lower the better.
        """

    @abstractmethod
    def fit_regression(self, X: FloatArray, y: Target, strength: float) -> Any:
        """The regression of a panel's genes."""

    @abstractmethod
    def fit_coefficients(self, X: FloatArray, y: Target, strength: float) -> DoubleArray:
        """Intercept and coefficients of the same regression, quickly."""

    @abstractmethod
    def fit_networks(self, X: FloatArray, y: Target, seed: int) -> Any:
        """The networks of a panel's genes."""

    @abstractmethod
    def score(self, refit: Any, X: FloatArray) -> DoubleArray:
        """Score of each row by a regression or by networks."""

    def score_by_networks(
        self,
        X: FloatArray,
        y: Target,
        folds: Iterable[InnerFold],
        size: int,
        seeds: Sequence[int],
    ) -> DoubleArray:
        """Out-of-fold scores by networks of the first genes of each fold."""
        scores = np.empty(len(y))
        for (fitted, held_out, order), seed in zip(folds, seeds, strict=True):
            panel = np.ascontiguousarray(X[:, order[:size]])
            networks = self.fit_networks(panel[fitted], y[fitted], seed)
            scores[held_out] = self.score(networks, panel[held_out])
        return scores


class _OfLabels(Refit):
    """Logistic regression, or networks by the cross-entropy."""

    kind = TWO_CLASSES

    def strengths(self, X: FloatArray, y: Target) -> tuple[float, ...]:
        return INVERSE_STRENGTHS

    def score_by_regressions(
        self,
        X: FloatArray,
        y: Target,
        folds: Iterable[InnerFold],
        size: int,
        strengths: Sequence[float],
    ) -> tuple[DoubleArray, DoubleArray]:
        scores = np.empty((len(strengths), len(y)))
        for fitted, held_out, order in folds:
            panel = X[:, order[:size]].astype(np.float64)
            if size > len(fitted):
                panel = Span.of(compute_gram(panel), fitted).coordinates
            path = _fit_path(panel[fitted], y[fitted], strengths)
            scores[:, held_out] = path[:, :1] + path[:, 1:] @ panel[held_out].T
            scores[:, held_out] += compute_prior_correction(y[fitted], y)
        return scores, compute_log_losses(y, expit(scores)).mean(axis=1)

    def fit_regression(self, X: FloatArray, y: Target, strength: float) -> Any:
        return make_logistic_regression(strength).fit(X.astype(np.float64), y)

    def fit_coefficients(self, X: FloatArray, y: Target, strength: float) -> DoubleArray:
        if X.shape[1] <= len(X):
            coefficients: DoubleArray = _fit_path(X.astype(np.float64), y, [strength])[0]
            return coefficients
        model = self.fit_regression(X, y, strength)
        return np.concatenate([model.intercept_, model.coef_[0]]).astype(np.float64)

    def fit_networks(self, X: FloatArray, y: Target, seed: int) -> Any:
        return PanelClassifier(random_state=seed).fit(X, y)

    def score(self, refit: Any, X: FloatArray) -> DoubleArray:
        if not isinstance(refit, PanelClassifier):
            return np.asarray(refit.decision_function(X), dtype=np.float64)
        # As a trained model tells it: the log-odds of the mean probability.
        return log_odds(compute_network_probabilities(refit.networks_, X).mean(axis=1))


def _fit_path(X: DoubleArray, y: Target, strengths: Sequence[float]) -> DoubleArray:
    """Intercept and coefficients of `LogisticRegression` by each of its C, the lowest first.

    By Newton's steps, each from the fit before: hundreds of small fits take a tenth of the
    time of as many of the library's.
    """
    design = np.column_stack([np.ones(len(X)), X])
    signs = np.where(y == 1, 1.0, -1.0)
    start = np.zeros(design.shape[1])
    start[0] = logit(np.mean(y))
    path = np.empty((len(strengths), design.shape[1]))
    for number, strength in enumerate(strengths):
        penalties = np.full(design.shape[1], 1 / strength)
        penalties[0] = 0.0

        def log_likelihood(place: DoubleArray, penalties: DoubleArray = penalties) -> float:
            shrinkage = penalties @ place**2 / 2
            return float(log_expit(signs * (design @ place)).sum() - shrinkage)

        def step(
            place: DoubleArray, penalties: DoubleArray = penalties
        ) -> tuple[DoubleArray, DoubleArray]:
            risk = expit(design @ place)
            gradient = design.T @ (y - risk) - penalties * place
            information = (design * (risk * (1 - risk))[:, np.newaxis]).T @ design
            information[np.diag_indices_from(information)] += penalties
            return gradient, np.asarray(np.linalg.solve(information, gradient), np.float64)

        start, _ = maximise(log_likelihood, step, start)
        path[number] = start
    return path


class _OfTimes(Refit):
    """Cox regression, or networks by its partial likelihood."""

    kind = TIMES

    def strengths(self, X: FloatArray, y: Target) -> tuple[float, ...]:
        genes = DualGenes.of(X, np.arange(X.shape[1]))
        # Every third of them; never the first, which leaves all genes out.
        return make_penalties(genes.coordinates, read_target(y, len(y)))[1::3] or (1.0,)

    def score_by_regressions(
        self,
        X: FloatArray,
        y: Target,
        folds: Iterable[InnerFold],
        size: int,
        strengths: Sequence[float],
    ) -> tuple[DoubleArray, DoubleArray]:
        follow_up = read_target(y, len(y))
        everyone, alone = PartialLikelihood.of(follow_up), np.empty((len(y), 0))
        scores, added = np.empty((len(strengths), len(y))), np.zeros(len(strengths))
        for fitted, held_out, order in folds:
            rest = follow_up.rows(fitted)
            if not rest.n_events:
                raise AbsentError("An inner fold holds all events: give patients with more.")
            likelihood = PartialLikelihood.of(rest)
            coordinates = DualGenes.of(X[:, order[:size]], np.arange(size)).coordinates
            start = None
            for number, penalty in enumerate(strengths):
                start = fit_penalised(coordinates[fitted], alone[fitted], rest, penalty, start)
                log_hazards = coordinates @ start
                scores[number, held_out] = log_hazards[held_out]
                added[number] += everyone.log_likelihood(log_hazards)
                added[number] -= likelihood.log_likelihood(log_hazards[fitted])
        return scores, -added

    def fit_regression(self, X: FloatArray, y: Target, strength: float) -> Any:
        return CoxRidge(penalties=(strength,)).fit(X, y)

    def fit_coefficients(self, X: FloatArray, y: Target, strength: float) -> DoubleArray:
        genes = DualGenes.of(X, np.arange(X.shape[1]))
        follow_up, alone = read_target(y, len(y)), np.empty((len(y), 0))
        found = fit_penalised(genes.coordinates, alone, follow_up, strength)
        coefficients = genes.coefficients(X, found)
        return np.concatenate([[-genes.means @ coefficients], coefficients])

    def fit_networks(self, X: FloatArray, y: Target, seed: int) -> Any:
        return PanelHazards(random_state=seed).fit(X, y)

    def score(self, refit: Any, X: FloatArray) -> DoubleArray:
        return np.asarray(refit.predict(X), dtype=np.float64)


OF_LABELS, OF_TIMES = _OfLabels(), _OfTimes()
