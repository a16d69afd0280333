"""The way to a panel: rank the genes, choose how many, choose how they are refitted.

What is chosen is chosen by inner folds of the patients, each of which ranks the genes anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.network.architecture import FloatArray
from deepcme.selection.panels.curve import SIZES
from deepcme.selection.panels.refits import InnerFold, Refit
from deepcme.selection.rankers import find_ranker
from deepcme.selection.size import choose_size, compute_clustered_standard_error
from deepcme.selection.targets import Target

IntegerArray = NDArray[np.int64]
DoubleArray = NDArray[np.float64]
Size = int | Literal["auto", "all"]
RefitName = Literal["linear", "networks"]


@dataclass(frozen=True)
class PanelSettings:
    """The parameters of `GenePanelClassifier`, but for the seed."""

    ranker: str
    size: Size
    refit: Literal["auto", "linear", "networks"]
    strength: float | None
    n_folds: int


@dataclass(frozen=True, eq=False)
class ChosenPanel:
    """What was found.

    Attributes
    ----------
    order : ndarray of int64
        Columns of the genes, best first.
    stages : DataFrame
        A row for each size that was compared, as `TargetKind.compute_stages` gives them; none
        where the size was given.
    size : int
    strength : float
        Of the penalty of the regression.
    refit : {"linear", "networks"}
    model : object
        The regression, or the networks, of the panel's genes on all rows.
    """

    order: IntegerArray
    stages: pd.DataFrame
    size: int
    strength: float
    refit: RefitName
    model: Any


def choose_panel(
    X: FloatArray,
    y: Target,
    groups: NDArray[Any],
    settings: PanelSettings,
    refit: Refit,
    random: np.random.Generator,
) -> ChosenPanel:
    """Rank, choose, and refit on all rows.

    Size and strength are those of the regression: of each size the strength of lowest loss out
    of fold, then the smallest size within one standard error of the best, by recalibrated
    scores. Networks take its place where their loss out of fold is lower by more than one
    standard error of the difference, by patient, than that of the best of the regressions,
    both recalibrated.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        Standardised expression.
    y : array of 0 and 1, or records of event and time
    groups : array
        Patient of each row.
    settings : PanelSettings
    refit : Refit
        That of the kind of target.
    random : numpy.random.Generator
    """
    order_random, fold_random, network_random = random.spawn(3)
    order = _order(X, y, groups, settings, refit, order_random)
    sizes = _sizes(settings.size, X.shape[1])
    inner = _InnerFolds(X, y, groups, settings, refit, fold_random)
    chosen = _choose_size(inner, order, sizes)
    panel = np.ascontiguousarray(X[:, order[: chosen.size]])
    final_seed, *seeds = map(int, network_random.integers(2**31, size=settings.n_folds + 1))
    name = _choose_refit(inner, chosen, seeds)
    model = (
        refit.fit_networks(panel, y, final_seed)
        if name == "networks"
        else refit.fit_regression(panel, y, chosen.strength)
    )
    return ChosenPanel(order, chosen.stages, chosen.size, chosen.strength, name, model)


def _order(
    X: FloatArray,
    y: Target,
    groups: NDArray[Any],
    settings: PanelSettings,
    refit: Refit,
    random: np.random.Generator,
) -> IntegerArray:
    """Columns of the genes, best first; as they are where all of them are taken."""
    if settings.size == "all" or X.shape[1] == 1:
        return np.arange(X.shape[1])
    return find_ranker(settings.ranker, refit.kind)(X, y, groups, random)


def _sizes(size: Size, n_genes: int) -> IntegerArray:
    if size == "auto":
        return np.array([size for size in SIZES if size <= n_genes])
    return np.array([n_genes if size == "all" else min(size, n_genes)])


class _InnerFolds:
    """Folds of the patients and the ranking of each, made when they are first needed."""

    def __init__(
        self,
        X: FloatArray,
        y: Target,
        groups: NDArray[Any],
        settings: PanelSettings,
        refit: Refit,
        random: np.random.Generator,
    ) -> None:
        self.X, self.y, self.groups = X, y, groups
        self.settings, self.refit = settings, refit
        self._random = random
        self._folds: list[InnerFold] = []
        self._numbers: IntegerArray | None = None

    @property
    def numbers(self) -> IntegerArray:
        """Fold in which each row is held out."""
        if self._numbers is None:
            self._numbers = self.refit.kind.draw_fold_numbers(
                self.y, self.groups, self.settings.n_folds, self._random
            )
        return self._numbers

    @property
    def folds(self) -> list[InnerFold]:
        """Each with its ranking."""
        if not self._folds:
            self._folds = [self._fold(number) for number in np.unique(self.numbers)]
        return self._folds

    def _fold(self, number: int) -> InnerFold:
        fitted = np.flatnonzero(self.numbers != number)
        order = _order(
            np.ascontiguousarray(self.X[fitted]),
            self.y[fitted],
            self.groups[fitted],
            self.settings,
            self.refit,
            *self._random.spawn(1),
        )
        return InnerFold(fitted, np.flatnonzero(self.numbers == number), order)


@dataclass(frozen=True, eq=False)
class _ChosenSize:
    """A size with the strength of its regression, and out-of-fold scores by each strength."""

    size: int
    strength: float
    scores: DoubleArray
    stages: pd.DataFrame


def _choose_size(inner: _InnerFolds, order: IntegerArray, sizes: IntegerArray) -> _ChosenSize:
    settings, kind = inner.settings, inner.refit.kind
    none = pd.DataFrame(columns=kind.stage_columns)
    if len(sizes) == 1 and settings.strength is not None and settings.refit != "auto":
        return _ChosenSize(int(sizes[0]), settings.strength, np.empty((0, 0)), none)
    strengths, scores, by_all = [], [], []
    for size in sizes:
        choice = (
            inner.refit.strengths(inner.X[:, order[:size]], inner.y)
            if settings.strength is None
            else (settings.strength,)
        )
        by_strength, losses = inner.refit.score_by_regressions(
            inner.X, inner.y, inner.folds, int(size), choice
        )
        best = int(np.argmin(losses))
        strengths.append(choice[best])
        scores.append(by_strength[best])
        by_all.append(by_strength)
    if len(sizes) == 1:
        return _ChosenSize(int(sizes[0]), strengths[0], by_all[0], none)
    stages = kind.compute_stages(sizes, np.stack(scores), inner.y, inner.groups, inner.numbers)
    size = choose_size(stages, kind.criterion)
    at = int(np.flatnonzero(sizes == size)[0])
    return _ChosenSize(size, strengths[at], by_all[at], stages)


def _choose_refit(inner: _InnerFolds, chosen: _ChosenSize, seeds: list[int]) -> RefitName:
    """Networks only where they are better by more than one standard error."""
    if inner.settings.refit != "auto":
        return inner.settings.refit
    by_networks = inner.refit.score_by_networks(
        inner.X, inner.y, inner.folds, chosen.size, seeds[: len(inner.folds)]
    )
    compute = inner.refit.kind.compute_held_out_losses
    of_networks = compute(inner.y, by_networks, inner.numbers)
    # The networks have to beat the best regression by recalibrated scores, as theirs are: it
    # need not be the one of lowest loss as it is, which the panel takes.
    best = None
    for scores in chosen.scores:
        losses = compute(inner.y, scores, inner.numbers)
        if losses.mean() <= of_networks.mean():
            return "linear"
        if best is None or losses.mean() < best.mean():
            best = losses
    assert best is not None
    gain = best - of_networks
    error = compute_clustered_standard_error(gain, inner.groups)
    return "networks" if gain.mean() > error else "linear"
