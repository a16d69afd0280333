"""What genes are selected for, two classes or times to an event, and what differs by it.

A target is an array with an entry for each sample: 0 or 1, or a record of event and time, as
`deepcme.models.survival.target` has them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.survival.elastic_net_choice import MINIMUM, cross_validate_cox_lasso
from deepcme.models.survival.target import read_target
from deepcme.network.architecture import FloatArray
from deepcme.network.times import encode_times, rank_concordance
from deepcme.selection.l1_logistic import cross_validate_l1
from deepcme.selection.size import (
    compute_held_out_losses,
    compute_stages,
    draw_fold_numbers,
)
from deepcme.selection.size_in_time import (
    compute_held_out_deviances,
    compute_stages_in_time,
    draw_fold_numbers_in_time,
)

IntegerArray = NDArray[np.int64]
DoubleArray = NDArray[np.float64]
Target = NDArray[Any]


class SparseFit(Protocol):
    """A regression that gives most genes no coefficient."""

    @property
    def coefficients(self) -> DoubleArray:
        """One a gene."""

    @property
    def n_chosen(self) -> int:
        """Number of genes with a coefficient."""

    def order(self) -> IntegerArray:
        """Genes by size of coefficient, those without one by how close they are to one."""


class TargetKind(ABC):
    """A kind of target.

    Attributes
    ----------
    outcome : str
        The kind of a cohort's outcome.
    words : str
        What such targets are called.
    loss : str
        What networks are trained by.
    lasso : str
        What ranking by the L1-penalised regression is called.
    criterion : str
        Column of the stages that a size is chosen by, the lower the better; that of its
        standard error has the same name with ``_se``.
    performance : str
        The last of their columns: how well the order of held-out patients is foretold.
    """

    outcome: ClassVar[str]
    words: ClassVar[str]
    loss: ClassVar[str]
    lasso: ClassVar[str]
    criterion: ClassVar[str]
    performance: ClassVar[str]

    @property
    def stage_columns(self) -> list[str]:
        """Columns of `compute_stages`."""
        return ["n_genes", self.criterion, f"{self.criterion}_se", self.performance]

    @abstractmethod
    def encode(self, y: Target) -> FloatArray:
        """What networks are told of each sample."""

    @abstractmethod
    def discriminate(self, scores: NDArray[np.floating], encoded: FloatArray) -> DoubleArray:
        """AUC, or Harrell's C, of each row of scores; NaN without a pair to compare."""

    @abstractmethod
    def strata(self, y: Target) -> NDArray[np.int8]:
        """What parts of the patients are stratified by."""

    @abstractmethod
    def draw_fold_numbers(
        self, y: Target, groups: ArrayLike, n_folds: int, random: np.random.Generator
    ) -> IntegerArray:
        """Fold of each row, stratified, no patient in two folds."""

    @abstractmethod
    def cross_validate_lasso(
        self,
        X: FloatArray,
        y: Target,
        groups: ArrayLike,
        random: np.random.Generator,
        n_folds: int = 5,
    ) -> SparseFit:
        """L1-penalised regression of the penalty that is best for held-out patients."""

    @abstractmethod
    def compute_stages(
        self,
        sizes: IntegerArray,
        scores: DoubleArray,
        y: Target,
        groups: ArrayLike,
        folds: IntegerArray,
    ) -> pd.DataFrame:
        """Performance on held-out patients at each stage of a cross-validated path."""

    @abstractmethod
    def compute_held_out_losses(
        self, y: Target, scores: DoubleArray, folds: IntegerArray
    ) -> DoubleArray:
        """What each row adds to the criterion, which is their mean, by out-of-fold scores."""


class _TwoClasses(TargetKind):
    outcome, words = BinaryOutcome.kind, "two classes"
    loss, lasso = "cross-entropy", "l1-logistic"
    criterion, performance = "log_loss", "auc"

    def encode(self, y: Target) -> FloatArray:
        return y.astype(np.float32)

    def discriminate(self, scores: NDArray[np.floating], encoded: FloatArray) -> DoubleArray:
        positive = encoded == 1
        n_positive = int(positive.sum())
        n_pairs = n_positive * (len(positive) - n_positive)
        if not n_pairs:
            return np.full(len(scores), np.nan)
        rank_sum = rankdata(scores, axis=1)[:, positive].sum(axis=1)
        auc: DoubleArray = (rank_sum - n_positive * (n_positive + 1) / 2) / n_pairs
        return auc

    def strata(self, y: Target) -> NDArray[np.int8]:
        return y.astype(np.int8)

    def draw_fold_numbers(
        self, y: Target, groups: ArrayLike, n_folds: int, random: np.random.Generator
    ) -> IntegerArray:
        return draw_fold_numbers(y, groups, n_folds, random)

    def cross_validate_lasso(
        self,
        X: FloatArray,
        y: Target,
        groups: ArrayLike,
        random: np.random.Generator,
        n_folds: int = 5,
    ) -> SparseFit:
        return cross_validate_l1(X, y, groups, random, n_folds)

    def compute_stages(
        self,
        sizes: IntegerArray,
        scores: DoubleArray,
        y: Target,
        groups: ArrayLike,
        folds: IntegerArray,
    ) -> pd.DataFrame:
        return compute_stages(sizes, scores, y, groups, folds)

    def compute_held_out_losses(
        self, y: Target, scores: DoubleArray, folds: IntegerArray
    ) -> DoubleArray:
        return compute_held_out_losses(y, scores, folds)


class _Times(TargetKind):
    outcome, words = SurvivalOutcome.kind, "times to an event"
    loss, lasso = "cox", "cox-lasso"
    criterion, performance = "deviance", "harrell_c"

    def encode(self, y: Target) -> FloatArray:
        return encode_times(y["time"], y["event"])

    def discriminate(self, scores: NDArray[np.floating], encoded: FloatArray) -> DoubleArray:
        return np.array([rank_concordance(row, encoded) for row in scores])

    def strata(self, y: Target) -> NDArray[np.int8]:
        follow_up = read_target(y, len(y))
        return SurvivalOutcome(follow_up.times, follow_up.events).strata

    def draw_fold_numbers(
        self, y: Target, groups: ArrayLike, n_folds: int, random: np.random.Generator
    ) -> IntegerArray:
        return draw_fold_numbers_in_time(read_target(y, len(y)), groups, n_folds, random)

    def cross_validate_lasso(
        self,
        X: FloatArray,
        y: Target,
        groups: ArrayLike,
        random: np.random.Generator,
        n_folds: int = 5,
    ) -> SparseFit:
        # The strongest penalty within one standard error ranks too few genes to compare.
        return cross_validate_cox_lasso(
            X, read_target(y, len(y)), groups, random, n_folds, rule=MINIMUM
        )

    def compute_stages(
        self,
        sizes: IntegerArray,
        scores: DoubleArray,
        y: Target,
        groups: ArrayLike,
        folds: IntegerArray,
    ) -> pd.DataFrame:
        return compute_stages_in_time(sizes, scores, read_target(y, len(y)), groups, folds)

    def compute_held_out_losses(
        self, y: Target, scores: DoubleArray, folds: IntegerArray
    ) -> DoubleArray:
        return compute_held_out_deviances(read_target(y, len(y)), scores, folds)


TWO_CLASSES, TIMES = _TwoClasses(), _Times()


def kind_of(y: Target) -> TargetKind:
    """The kind of a target: of times if it holds records."""
    return TWO_CLASSES if y.dtype.names is None else TIMES


def kind_of_outcome(outcome: str) -> TargetKind:
    """The kind of target that a cohort's kind of outcome gives."""
    return next(kind for kind in (TWO_CLASSES, TIMES) if kind.outcome == outcome)
