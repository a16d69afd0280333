"""The members of a committee: each fitted on all rows, and scored out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.parameters import Rule
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.base.words import few
from deepcme.cohort.splits import RowIndex
from deepcme.models.fitting import PreparedRows, fit_model, scores_of
from deepcme.models.registry import KINDS, ModelKind
from deepcme.models.span.span import pays
from deepcme.models.survival.cox_model import CoxModel

FloatArray = NDArray[np.float64]

MEMBERS = (
    Rule(
        lambda value: (
            isinstance(value, tuple | list)
            and len(value) > 1
            and all(isinstance(name, str) for name in value)
        ),
        'must list two models or more, as ["LR-tuned", "RF"]',
    ),
    Rule(lambda names: len(set(names)) == len(names), "must list no model twice"),
)
_NO_SPREAD = 1e-9
"""Of scores, beside their size: rounding."""


def find_kinds(members: Sequence[str], outcome: str) -> list[ModelKind]:
    """The members' rows in the table of models.

    Raises
    ------
    DeepCMEError
        If there is no model of a name, or it is a committee or predicts another outcome.
    """
    allowed = [
        kind.name
        for kind in KINDS.values()
        if outcome in kind.outcomes and not kind.is_committee
    ]
    if strange := [name for name in members if name not in allowed]:
        raise DeepCMEError(
            f"members: {few(strange)} cannot be in a committee that predicts a {outcome} "
            f"outcome; choose from {', '.join(allowed)}."
        )
    return [KINDS[name] for name in members]


@dataclass(frozen=True)
class FittedMembers:
    """Models fitted on the same rows, and their scores of these rows out of fold.

    Attributes
    ----------
    models : list
        Each fitted on all rows.
    centres, spreads : array of shape (members,)
        Mean and standard deviation that each one's scores of new samples should have; where
        those out of fold are all the same, the spread is 0.
    out_of_fold : array of shape (rows, members)
        Scores of the rows out of fold, standardised by mean and standard deviation of these.
    """

    models: list[Any]
    centres: FloatArray
    spreads: FloatArray
    out_of_fold: FloatArray

    @classmethod
    def fit(
        cls,
        kinds: Sequence[ModelKind],
        rows: PreparedRows,
        folds: Sequence[RowIndex],
        seed: int,
    ) -> Self:
        """Fit each member on all rows, and again without each fold, whose rows it then scores.

        What a member chose by all rows, such as the strength of a penalty, it keeps in the
        folds: scores of another strength are many times as wide. The mean of the scores of
        each fold is taken off them, as it follows the prevalence of the rows fitted on, which
        is the lower the more events are held out.

        Scores of a model of two thirds of the rows may lie elsewhere than those of one of
        all, and farther apart or closer together: a support vector classifier that separates
        100 patients by 76 genes no longer separates 150. So it is not their mean and standard
        deviation that new samples' are standardised by, but those of the scores that the model
        of all rows gives these rows, and what the folds tell of how scores of rows held out lie
        beside those of rows fitted on: so much higher or lower, and so many times as wide.

        Parameters
        ----------
        kinds : sequence of ModelKind
        rows : PreparedRows
        folds : sequence of array of int
            Rows to hold out together.
        seed : int
            Each member has a branch of its own.
        """
        models = [_fit(kind, rows, seed) for kind in kinds]
        of_fit, held_out, seen = (
            _Scores.none((len(rows.labels), len(kinds))) for _ in range(3)
        )
        everyone = np.arange(len(rows.labels))
        for number, scores in enumerate(score_rows(models, rows.X).T):
            of_fit.add(everyone, number, scores)
        for fold in folds:
            others = np.setdiff1d(everyone, fold)
            rest = rows.rows(others)
            for number, (kind, model) in enumerate(zip(kinds, models, strict=True)):
                scores = _score_without(kind, model, rest, rows, seed)
                held_out.add(fold, number, scores)
                seen.add(others, number, scores, 1 / (len(folds) - 1))
        centres, spreads = of_fit.describe(rows.weights)
        centres_held_out, spreads_held_out = held_out.describe(rows.weights)
        centres_seen, spreads_seen = seen.describe(rows.weights)
        centres += centres_held_out - centres_seen
        spreads *= divide_by_spread(spreads_held_out, spreads_seen)
        spreads_held_out[spreads == 0] = 0.0
        standardised = divide_by_spread(held_out.centred, spreads_held_out)
        return cls(models, centres, spreads, standardised)


@dataclass(frozen=True)
class _Scores:
    """Scores of rows by the models of the folds: as they are, and less the mean of the fold.

    Where several models scored a row, `values` is the mean, and so is `squares` of the
    squares of what is left of the fold's mean.
    """

    values: FloatArray
    centred: FloatArray
    squares: FloatArray

    @classmethod
    def none(cls, shape: tuple[int, int]) -> Self:
        """Of no model yet."""
        return cls(*np.zeros((3, *shape)))

    def add(self, rows: RowIndex, member: int, scores: FloatArray, share: float = 1.0) -> None:
        """Take what a member gives rows, among all the scores of a model."""
        centred = scores[rows] - scores[rows].mean()
        self.values[rows, member] += share * scores[rows]
        self.centred[rows, member] += share * centred
        self.squares[rows, member] += share * centred**2

    def describe(self, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Mean of each member's scores, and their standard deviation within folds.

        It is 0 where they are the same but for rounding.
        """
        means = np.average(self.values, axis=0, weights=weights)
        spreads = np.sqrt(np.average(self.squares, axis=0, weights=weights))
        spreads[spreads <= _NO_SPREAD * (1 + np.abs(means))] = 0.0
        return means, spreads


def divide_by_spread(centred: FloatArray, spreads: FloatArray) -> FloatArray:
    """Scores over each member's spread; 0 of one that has none."""
    counts = spreads > 0
    return np.where(counts, centred / np.where(counts, spreads, 1.0), 0.0)


def average_members(standardised: FloatArray, spreads: FloatArray) -> FloatArray:
    """Mean over the members that have a spread, with equal weights; 0 where none has."""
    return np.asarray(standardised.sum(axis=1) / max(1, np.count_nonzero(spreads)))


def score_members(
    models: Sequence[Any], centres: FloatArray, spreads: FloatArray, X: NDArray[Any]
) -> FloatArray:
    """Standardised scores of new rows, of shape (rows, members)."""
    return divide_by_spread(score_rows(models, X) - centres, spreads)


def score_rows(models: Sequence[Any], X: NDArray[Any]) -> FloatArray:
    """Each model's own score of rows, of shape (rows, models)."""
    return np.column_stack([scores_of(model, X)[0] for model in models])


def _seed_of(kind: ModelKind, seed: int) -> int:
    return integer_seed(seed_for(seed, "member", kind.name))


def _fit(kind: ModelKind, rows: PreparedRows, seed: int) -> Any:
    try:
        return fit_model(kind, {}, _seed_of(kind, seed), rows)
    except DeepCMEError as error:
        raise DeepCMEError(f"{kind.name}, a member of the committee: {error}") from error


def _score_without(
    kind: ModelKind,
    model: Any,
    rest: PreparedRows,
    everyone: PreparedRows,
    seed: int,
) -> FloatArray:
    """Scores of all rows by a member fitted on some, the rest of a fold."""
    if not hasattr(model, "score_held_out"):
        return scores_of(_fit(kind, rest, seed), everyone.X)[0]
    given: tuple[Any, ...] = (rest.X, rest.labels, rest.patients, everyone.X)
    if not isinstance(model, CoxModel):
        given += (everyone.labels, rest.weights, everyone.weights)
    products = {"gram": rest.gram} if kind.takes_gram and pays(*rest.X.shape) else {}
    try:
        return np.asarray(model.score_held_out(*given, **products), dtype=np.float64)
    except DeepCMEError as error:
        raise DeepCMEError(
            f"{kind.name}, a member of the committee, in one of its folds: {error}"
        ) from error
