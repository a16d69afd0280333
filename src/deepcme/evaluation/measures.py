"""The measures of a model, one row each: whatever computes, tables or shows them reads these.

A row's class says of what a measure is computed, and how its interval is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from deepcme.cohort.outcome import BinaryOutcome
from deepcme.evaluation.bootstrap import (
    WeightedStatistic,
    compute_weighted_auc,
    compute_weighted_pr_auc,
)
from deepcme.evaluation.metrics import (
    compute_auc,
    compute_chance_pr_auc,
    compute_log_losses,
    compute_mean_loss,
    compute_pr_auc,
    compute_scaled_brier_score,
    compute_squared_errors,
)
from deepcme.evaluation.predictions import BooleanArray, FloatArray, as_labels_and_probabilities


@dataclass(frozen=True)
class Measure:
    """What every measure has.

    Attributes
    ----------
    name : str
        In tables for machines.
    heading, format : str
        In tables for readers; a Python format.
    best : float
        Its value for perfect predictions: the nearer to it, the better.
    outcomes : tuple of str
        `Outcome.kind` of those that it is for.
    """

    name: str
    heading: str
    format: str
    best: float
    _: KW_ONLY
    outcomes: tuple[str, ...] = (BinaryOutcome.kind,)


@dataclass(frozen=True)
class RankMeasure(Measure):
    """A measure, from 0 to 1, of how scores rank the patients; patients are drawn anew.

    Attributes
    ----------
    compute : callable
        Labels and scores to the value.
    weighted : callable
        The same in every draw of the bootstrap.
    """

    compute: Callable[[ArrayLike, ArrayLike], float]
    weighted: WeightedStatistic

    @property
    def columns(self) -> list[str]:
        """Its value, ends of the interval and chance in a table that has other measures too."""
        return [self.name, *(f"{self.name}_{of}" for of in ("ci_low", "ci_high", "chance"))]

    def in_columns(
        self, value: float, ends: tuple[float, float], chance: float
    ) -> dict[str, float]:
        """These under their columns."""
        return dict(zip(self.columns, (value, *ends, chance), strict=True))


@dataclass(frozen=True)
class SplitMeasure(RankMeasure):
    """Taken within each test part, and its strata, and averaged over the splits.

    It must not depend on the prevalence: as many positive patients are drawn as there are.
    `chance` is its value for scores that know nothing.
    """

    chance: float


@dataclass(frozen=True)
class PatientMeasure(RankMeasure):
    """Taken once, of the patients' mean out-of-fold predictions.

    It may depend on the prevalence. `chance` is its value to expect, for such labels and
    scores, if these knew nothing.
    """

    chance: Callable[[ArrayLike, ArrayLike], float]


@dataclass(frozen=True)
class ProportionMeasure(Measure):
    """A share of the rows called positive or negative at a threshold.

    `count` says, of who is positive and who is called so, which rows are counted; those of
    them count as right that are called what they are.
    """

    count: Callable[[BooleanArray, BooleanArray], BooleanArray]


@dataclass(frozen=True)
class LossMeasure(Measure):
    """A measure of probabilities that comes from sums over rows; patients are drawn anew.

    Attributes
    ----------
    loss : callable
        Labels and probabilities to the loss of each row.
    of_sums : callable
        Sums of losses, of labels and of rows to the value.
    """

    loss: Callable[[FloatArray, FloatArray], FloatArray]
    of_sums: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

    def sum_terms(self, labels: FloatArray, probabilities: FloatArray) -> FloatArray:
        """What is summed, rows x 3."""
        loss = self.loss(labels, probabilities)
        return np.column_stack([loss, labels, np.ones_like(labels)])

    def compute(self, labels: ArrayLike, probabilities: ArrayLike) -> float:
        """The value for rows of both classes, checked."""
        label, probability = as_labels_and_probabilities(labels, probabilities)
        terms = self.sum_terms(label.astype(np.float64), probability)
        return float(self.of_sums(*terms.sum(axis=0)))


@dataclass(frozen=True)
class LineMeasure(Measure):
    """A coefficient of the `CalibrationLine` that has the same name; Wald's interval."""


AUC = SplitMeasure("auc", "AUC", ".3f", 1, compute_auc, compute_weighted_auc, 0.5)
"""What models are compared by, and nulls and studies set beside."""

OBSERVED_EXPECTED = Measure("observed_expected", "O/E", ".2f", 1)
"""Events observed over the sum of predicted risks."""

MEASURES: tuple[Measure, ...] = (
    AUC,
    PatientMeasure(
        "pr_auc", "PR-AUC", ".3f", 1,
        compute_pr_auc, compute_weighted_pr_auc, compute_chance_pr_auc,
    ),
    ProportionMeasure("sensitivity", "Sensitivity", ".2f", 1, lambda event, called: event),
    ProportionMeasure("specificity", "Specificity", ".2f", 1, lambda event, called: ~event),
    ProportionMeasure("ppv", "PPV", ".2f", 1, lambda event, called: called),
    ProportionMeasure("npv", "NPV", ".2f", 1, lambda event, called: ~called),
    LossMeasure("brier", "Brier score", ".3f", 0, compute_squared_errors, compute_mean_loss),
    LossMeasure(
        "scaled_brier", "Scaled Brier", ".3f", 1,
        compute_squared_errors, compute_scaled_brier_score,
    ),
    LossMeasure("log_loss", "Log loss", ".3f", 0, compute_log_losses, compute_mean_loss),
    OBSERVED_EXPECTED,
    LineMeasure("slope", "Slope", ".2f", 1),
    LineMeasure("intercept", "Intercept", ".2f", 0),
)  # fmt: skip

Kind = TypeVar("Kind", bound=Measure)


def measures_of(kind: type[Kind], outcome: str = BinaryOutcome.kind) -> list[Kind]:
    """Measures of a kind, in order, for a kind of outcome."""
    return [row for row in MEASURES if isinstance(row, kind) and outcome in row.outcomes]


def measures_beside_auc() -> list[SplitMeasure | PatientMeasure]:
    """Those of scores that stand beside the AUC."""
    return [*measures_of(SplitMeasure)[1:], *measures_of(PatientMeasure)]


def find_measure(name: str) -> Measure:
    """The measure of this name."""
    return next(measure for measure in MEASURES if measure.name == name)
