"""One task from start to end: preprocess, fit, score; nothing else is read or written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from deepcme.base.seeds import seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.splits import Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.baselines import Fold
from deepcme.models.ensemble import DeepCMEEnsemble
from deepcme.models.fitting import (
    PreparedRows,
    fit_model,
    prepare_rows,
    risks_of,
    scores_of,
)
from deepcme.models.out_of_fold import score_out_of_fold, with_own
from deepcme.models.preprocessing import kept_genes, transform_rows
from deepcme.models.registry import OutOfFold
from deepcme.models.survival.cox_model import CoxModel
from deepcme.models.survival.ensemble import DeepCMESurvivalEnsemble
from deepcme.models.targets import Targets, make_targets
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.selection.ensemble_scores import compute_ensemble_gene_scores
from deepcme.selection.scores import compute_gene_scores
from deepcme.study.fits.shared import prepare_split
from deepcme.study.part import Kept
from deepcme.study.settings import ModelSettings, PreprocessingSettings
from deepcme.study.tasks import Arrays, Task, are_rows

_LOSSES = ("epoch", "train_loss", "valid_loss")
_OPTIONAL = (
    *("probability", "genes", "gene_scores", "oof_score"),
    *("oof_probability", "penalty", "member_scores"),
)
SCORES = ("first_layer", "integrated_gradients", "permutation")
"""Columns of a result's tables that tables of the study are made of."""


@dataclass(frozen=True)
class TaskResult:
    """What a fit leaves behind.

    Attributes
    ----------
    rows : ndarray of int64
        Row of the cohort behind each score: training, validation, then test part.
    score, probability : ndarray of float64
        `probability` is None for models that give none.
    genes, gene_scores : ndarray or None
        Positions in the cohort of the genes that entered the network, and
        equation 4 for each.
    history : DataFrame or None
        Loss and validation AUC by epoch.
    oof_score : ndarray of float64 or None
        Logit of each training and validation row by fits of the same kind that did not
        see its patient, for models that are fitted on both parts.
    held_out_scores : DataFrame or None
        Scores of the genes on the test part, as `compute_gene_scores` gives them.
    oof_probability : ndarray of float64 or None
        Risk by the horizon beside `oof_score`, where this is no logit but a log hazard.
    penalty : ndarray of float64 or None
        The one that a Cox model chose, alone in its array; infinite where genes were left out,
        and none of a network.
    member_scores : ndarray of float64 or None
        Standardised scores of a committee's members, a column each: of the training and
        validation part out of fold, as `oof_score`, then of the test part.
    """

    rows: NDArray[np.int64]
    score: NDArray[np.float64]
    probability: NDArray[np.float64] | None
    genes: NDArray[np.int64] | None = None
    gene_scores: NDArray[np.float64] | None = None
    history: pd.DataFrame | None = None
    oof_score: NDArray[np.float64] | None = None
    held_out_scores: pd.DataFrame | None = None
    oof_probability: NDArray[np.float64] | None = None
    penalty: NDArray[np.float64] | None = None
    member_scores: NDArray[np.float64] | None = None

    def to_arrays(self) -> Arrays:
        """The result as arrays by name; a table column by column."""
        arrays: Arrays = {"rows": self.rows, "score": self.score}
        for name in _OPTIONAL:
            if (values := getattr(self, name)) is not None:
                arrays[name] = values
        for name, table in (("history", self.history), ("held_out", self.held_out_scores)):
            if table is not None:
                arrays |= {f"{name}_{column}": table[column].to_numpy() for column in table}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TaskResult:
        """The result that `to_arrays` gave."""

        def table(name: str) -> pd.DataFrame | None:
            columns = {
                key.removeprefix(f"{name}_"): values
                for key, values in arrays.items()
                if key.startswith(f"{name}_")
            }
            return pd.DataFrame(columns) if columns else None

        return cls(
            rows=arrays["rows"],
            score=arrays["score"],
            **{name: arrays.get(name) for name in _OPTIONAL},
            history=table("history"),
            held_out_scores=table("held_out"),
        )


@dataclass(frozen=True)
class View:
    """What a fit sees of the cohort.

    Attributes
    ----------
    outcome : Outcome or None
        Instead of the cohort's.
    genes : tuple of int or None
        Columns that it is confined to.
    expression : tuple of int or None
        Whose expression each sample has instead of its own.
    censoring : tuple of int or None
        Whose columns that censoring depends on each sample has: they go with an outcome.
    """

    outcome: Outcome | None = None
    genes: tuple[int, ...] | None = None
    expression: tuple[int, ...] | None = None
    censoring: tuple[int, ...] | None = None

    def of(self, data: CohortArrays) -> CohortArrays:
        """The cohort as it is seen."""
        X = data.X if self.genes is None else data.X[:, list(self.genes)]
        X = X if self.expression is None else X[list(self.expression)]
        columns = data.censoring
        if columns is not None and self.censoring is not None:
            columns = columns.iloc[list(self.censoring)].set_axis(columns.index)
        return replace(data, X=X, outcome=self.outcome or data.outcome, censoring=columns)


@dataclass(frozen=True, kw_only=True)
class Fit(Task):
    """A model fitted on a split, with its preprocessing and its seed.

    `score_genes` asks a network for gene scores on held-out rows; of a fit for its
    `scores_only` nothing else is kept, but those `out_of_fold` where these are asked for too.
    By the `horizon` the event of a time is asked for.
    """

    model: ModelSettings
    preprocessing: PreprocessingSettings
    random_state: int
    view: View = View()
    score_genes: bool = False
    scores_only: bool = False
    out_of_fold: bool = False
    horizon: float | None = None

    @property
    def folds(self) -> OutOfFold | None:
        """Those of the scores out of fold, where the model has such and they are kept."""
        is_asked_for = self.out_of_fold or not self.scores_only
        return self.model.kind.out_of_fold if is_asked_for else None

    @property
    def is_over_inner_folds(self) -> bool:
        """Whether the model is tuned over the inner folds of a nested design."""
        return self.model.kind.tuned_over_folds and bool(self.split.inner)

    @property
    def title(self) -> str:
        """A name that no other task of the study has."""
        return f"{self.model.name}, split {self.split_number}"

    def run(self, data: CohortArrays) -> Arrays:
        """Fit the model; the arrays are those of a `TaskResult`."""
        return fit_task(data, self).to_arrays()

    def is_result(self, arrays: Arrays) -> bool:
        """Whether arrays are those of a `TaskResult` of this fit, whatever their values."""
        fitting = self.split.train if self.is_over_inner_folds else self.split.fitting_rows
        rows = np.concatenate([fitting, self.split.test])
        if not np.array_equal(arrays.get("rows", ()), rows):
            return False
        of_rows = ["score"]
        if not self.scores_only and self._gives_probability:
            of_rows.append("probability")
        if self.folds and not are_rows(arrays, "f", "oof_score", length=len(fitting)):
            return False
        return are_rows(arrays, "f", *of_rows, length=len(rows)) and (
            self.scores_only or self._has_the_rest(arrays, len(fitting))
        )

    @property
    def _gives_probability(self) -> bool:
        made = self.model.kind.make(self.model.parameters, None)
        return hasattr(made, "predict_proba") or (
            isinstance(made, CoxModel) and self.horizon is not None
        )

    def _has_the_rest(self, arrays: Arrays, n_fitting: int) -> bool:
        kind = self.model.kind
        of_times = SurvivalOutcome.kind in kind.outcomes
        ranked = "valid_c" if of_times else "valid_auc"
        history = [f"history_{column}" for column in (*_LOSSES, ranked)]
        held_out = [f"held_out_{column}" for column in SCORES]
        penalised = of_times and kind.is_baseline
        oof_risk = of_times and kind.refitted and self.horizon is not None
        return (
            (not penalised or are_rows(arrays, "f", "penalty", length=1))
            and (not oof_risk or are_rows(arrays, "f", "oof_probability", length=n_fitting))
            and (not kind.is_committee or self._has_member_scores(arrays, n_fitting))
            and (not kind.has_gene_scores or are_rows(arrays, "if", "genes", "gene_scores"))
            and (not kind.has_history or are_rows(arrays, "if", *history))
            and (not self.score_genes or are_rows(arrays, "f", *held_out))
        )

    def _has_member_scores(self, arrays: Arrays, n_fitting: int) -> bool:
        n_members = len(self.model.kind.make(self.model.parameters, None).members)
        found = arrays.get("member_scores", np.empty(0))
        shape = (n_fitting + len(self.split.test), n_members)
        return found.shape == shape and found.dtype.kind == "f"


F = TypeVar("F", bound=Fit)
Results = Iterable[tuple[F, TaskResult]]


def fitted_split(split: Split, model: ModelSettings) -> Split:
    """The split as a model is fitted on it: one that is tuned over inner folds has them all."""
    if model.kind.tuned_over_folds and split.inner:
        return split.over_inner_folds()
    return split


def results_of(kept: Kept, fits: Iterable[F]) -> Iterator[tuple[F, TaskResult]]:
    """Each finished one of the fits, in order, with its result; read one at a time."""
    for fit, arrays in kept.results(fits):
        yield fit, TaskResult.from_arrays(arrays)


def fit_task(data: CohortArrays, task: Fit, others: PreparedRows | None = None) -> TaskResult:
    """Fit one model on one split.

    With ``fit_on = "train"`` nothing but the training part reaches any step that
    learns, and the validation part only chooses the network's epoch, except in
    the ensemble and the tuned regression: they are fitted on both parts, and so is
    their preprocessing, as it is in a model to hand on; their rows have out-of-fold
    scores beside those of the fit. In a nested design the tuned regression is chosen over
    all inner folds, with preprocessing fitted in each.

    Patients of `others` join whatever part a model is fitted on, are in no validation part
    and no fold that is scored, and teach the preprocessing nothing.
    """
    identity, data, kind = data.identity, task.view.of(data), task.model.kind
    with one_thread_a_task():
        if task.is_over_inner_folds:
            return _fit_over_inner_folds(data, task, others)
        split = task.split
        fitting_rows = split.fitting_rows
        targets = make_targets(
            data, kind, fitting_rows if kind.refitted else split.train, task.horizon
        )
        prepared = prepare_split(
            *(data, (task.view.genes, task.view.expression), split, task.preprocessing),
            *(targets, others),
            learn_on=fitting_rows if kind.refitted else split.train,
            identity=identity,
        )
        model = fit_model(
            *(kind, task.model.parameters, task.random_state, prepared.fitting),
            len(split.validation),
        )
        # Nobody asks a fit for its scores alone for risks, nor whether it was followed so long.
        horizon = None if task.scores_only else task.horizon
        own = prepared.fitting.X[-len(fitting_rows) :]
        score, probability = scores_of(model, own, horizon)
        oof_score = None
        if task.folds is not None:
            oof_score = score_out_of_fold(
                *(data, fitting_rows, task.preprocessing, task.folds, model),
                *(score, task.random_state, targets, others),
            )
        has_members = kind.is_committee and not task.scores_only
        members = []
        if has_members:
            of_fit = model.score_members(own)
            members.append(with_own(of_fit, model.oof_members_, fitting_rows, targets))
        testing = prepared.prepare_test(data.X, split.test)
        test_score, test_probability = scores_of(model, testing, horizon)
        if has_members:
            members.append(model.score_members(testing))
        held_out = _score_genes(task, model, testing, targets) if task.score_genes else None
    rows = np.concatenate([fitting_rows, split.test])
    score = np.concatenate([score, test_score])
    if task.scores_only:
        return TaskResult(rows, score, None, oof_score=oof_score)
    if probability is not None and test_probability is not None:
        probability = np.concatenate([probability, test_probability])
    return TaskResult(
        rows=rows,
        score=score,
        probability=probability,
        genes=kept_genes(prepared.preprocessor) if kind.has_gene_scores else None,
        gene_scores=model.gene_scores_.astype(np.float64) if kind.has_gene_scores else None,
        history=model.history_ if kind.has_history else None,
        oof_score=oof_score,
        held_out_scores=held_out,
        member_scores=np.concatenate(members) if members else None,
        **_of_cox_model(model, oof_score, task.horizon),
    )


def _of_cox_model(
    model: Any, oof_score: NDArray[np.float64] | None, horizon: float | None
) -> dict[str, NDArray[np.float64] | None]:
    """What a Cox model leaves behind beside the others; its risks are of one baseline."""
    if not isinstance(model, CoxModel):
        return {}
    risks = None if oof_score is None else risks_of(model, oof_score, horizon)
    penalty = getattr(model, "penalty_", None)
    chosen = None if penalty is None else np.array([penalty], dtype=np.float64)
    return {"oof_probability": risks, "penalty": chosen}


def _score_genes(
    task: Fit, model: Any, testing: NDArray[np.float32], targets: Targets
) -> pd.DataFrame:
    random = np.random.default_rng(seed_for(task.random_state, "held-out gene scores"))
    labels = targets.values[task.split.test]
    if isinstance(model, DeepCMEEnsemble | DeepCMESurvivalEnsemble):
        return compute_ensemble_gene_scores(model.networks_, testing, labels, random)
    return compute_gene_scores(model.weights_, testing, labels, random)


def _fit_over_inner_folds(
    data: CohortArrays, task: Fit, others: PreparedRows | None
) -> TaskResult:
    """Logistic regression of the strength that the inner folds choose, fitted again on all."""
    split = task.split
    model = task.model.kind.make(task.model.parameters, task.random_state)
    held_out_score = np.empty(len(data.X))
    targets = make_targets(data, task.model.kind, split.train, task.horizon)
    held_out = model.choose_strength(_inner_folds(data, task, targets, others))
    for inner, logits in zip(split.inner, held_out, strict=True):
        held_out_score[inner.validation] = logits
    training, preprocessor = prepare_rows(
        data, split.train, task.preprocessing, targets=targets, others=others
    )
    known = training.rows(training.known)
    model.refit(known.X, known.labels, known.weights)
    testing = transform_rows(preprocessor, data.X, split.test)
    own = training.X[-len(split.train) :]
    parts = (model.decision_function(own), model.decision_function(testing))
    score = np.concatenate(parts).astype(np.float64)
    rows = np.concatenate([split.train, split.test])
    return TaskResult(
        rows, score, probability=expit(score), oof_score=held_out_score[split.train]
    )


def _inner_folds(
    data: CohortArrays, task: Fit, targets: Targets, others: PreparedRows | None
) -> Iterator[Fold]:
    """Each inner fold and the rest, prepared by what the rest alone taught."""
    for inner in task.split.inner:
        rest, preprocessor = prepare_rows(
            data, inner.train, task.preprocessing, targets=targets, others=others
        )
        known = rest.rows(rest.known)
        held_out = transform_rows(preprocessor, data.X, inner.validation)
        weights = None if targets.weights is None else targets.weights[inner.validation]
        labels = targets.values[inner.validation]
        yield Fold(known.X, known.labels, held_out, labels, known.weights, weights)
