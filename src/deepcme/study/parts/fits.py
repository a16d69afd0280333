"""Parts whose tasks are fits of models: how long those take."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from deepcme.base.workload import Piece
from deepcme.cohort.follow_up import FollowUp
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.networks import NetworkEnsemble
from deepcme.models.registry import KINDS, ModelKind
from deepcme.models.survival.target import make_target
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.study.fit import Fit
from deepcme.study.part import Part
from deepcme.study.settings import ModelSettings
from deepcme.study.tasks import Plan

NETWORKS = "networks"
"""The family of all of them: what one takes tells what others take."""

# What a network's time depends on; that of others may depend on any parameter.
_OF_TIME = (
    *("hidden_layers", "batch_size", "max_epochs", "n_networks", "patience"),
    *("space", "penalty"),
)
_SECONDS_PER_STEP = 3e-5
# Of networks on scores: to prepare a value, and for a column that the genes are multiplied by.
_SECONDS_PER_VALUE = 5e-8
_SECONDS_PER_PRODUCT = 4e-11
_EPOCHS_TO_THE_BEST = 80
_SECONDS_PER_SCORE = 2.5e-6
_TIMED_SECONDS = 0.3
_MOST_TIMED_EPOCHS = 64

F = TypeVar("F", bound=Fit)


class FitsPart(Part[F]):
    """A part whose tasks are fits of models."""

    def count_networks(self, task: F) -> int:
        if task.model.kind.is_committee:
            n_networks = sum(map(self.count_networks, _fits_of_members(task)))
            return n_networks * (1 + int(_make(task).n_folds))
        if not task.model.kind.is_network:
            return 0
        return _size(_make(task)) * (1 + task.folds.n_folds if task.folds else 1)

    def expect(self, plan: Plan, task: F) -> Piece:
        model, kind = task.model, task.model.kind
        parameters = {
            name: str(value)
            for name, value in model.parameters.items()
            if name in _OF_TIME or not kind.is_network
        }
        same = kind.name, *parameters.items(), _n_genes(plan, task), _n_fits(task)
        if kind.is_committee:
            members = [self.expect(plan, member) for member in _fits_of_members(task)]
            # Of so many folds each member is fitted to all but one, and then to all.
            seconds = _make(task).n_folds * sum(member.seconds for member in members)
            return Piece(seconds, same, kind.name)
        if kind.is_network:
            seconds = _seconds_of_epochs(plan, task) + _seconds_of_scores(plan, task)
            return Piece(seconds, (*same, task.score_genes), NETWORKS)
        n_rows = len(task.split.fitting_rows)
        nanoseconds = kind.nanoseconds * n_rows * _n_genes(plan, task)
        nanoseconds += kind.nanoseconds_of_cube * n_rows**3
        return Piece(nanoseconds * 1e-9, same, kind.name)

    def time_epochs(self, plan: Plan, task: F) -> float | None:
        if not task.model.kind.is_network:
            return None
        network = _make(task)
        n_inputs, n_epochs, beside = _training_of(plan, task)
        of_epochs = _time_epoch(task, network, n_inputs) * n_epochs * _size(network)
        return (of_epochs + beside) * _n_fits(task) + _seconds_of_scores(plan, task)


def _fits_of_members(task: F) -> list[F]:
    """A fit of each member of a committee, on the rows of one."""
    return [
        replace(
            task,
            model=ModelSettings.model_construct(name=name, estimator=name, parameters={}),
            score_genes=False,
            scores_only=True,
            out_of_fold=False,
        )
        for name in _make(task).members
    ]


def _make(task: Fit) -> Any:
    return task.model.kind.make(task.model.parameters, task.random_state)


def _size(model: Any) -> int:
    """Networks of a model."""
    return int(getattr(model, "n_networks", 1))


def _n_genes(plan: Plan, task: Fit) -> int:
    return plan.cohort.n_genes if task.view.genes is None else len(task.view.genes)


def _n_fits(task: Fit) -> int:
    """How often a model is fitted to all patients, or parts that come to as many."""
    return task.folds.n_folds if task.folds else 1


def _training_of(plan: Plan, task: Fit) -> tuple[int, int, float]:
    """Inputs of the networks of a task, their epochs, and seconds beside these.

    On scores the inputs are as many as samples, there is a patience, and what depends on the
    genes is to prepare the rows, their inner products, and to turn the weights back.
    """
    network, n_rows, n_genes = _make(task), len(task.split.fitting_rows), _n_genes(plan, task)
    if not isinstance(network, NetworkEnsemble):
        return n_genes, network.max_epochs, 0.0
    space, training = network.choose_space(n_rows, n_genes)
    if space == "genes":
        return n_genes, training.max_epochs, 0.0
    epochs = training.max_epochs
    if training.patience is not None:
        epochs = min(epochs, _EPOCHS_TO_THE_BEST + training.patience)
    columns = n_rows + network.hidden_layers[0] * network.n_networks * network.n_snapshots
    values = n_rows * n_genes * (_SECONDS_PER_VALUE + _SECONDS_PER_PRODUCT * columns)
    return n_rows, epochs, values


def _seconds_of_epochs(plan: Plan, task: Fit) -> float:
    """Roughly the time to train the networks of a task."""
    network, n_rows = _make(task), len(task.split.fitting_rows)
    n_inputs, n_epochs, beside = _training_of(plan, task)
    weights = n_rows * n_inputs * network.hidden_layers[0]
    steps = n_rows / network.batch_size
    epoch = task.model.kind.nanoseconds * 1e-9 * weights + _SECONDS_PER_STEP * steps
    return float((epoch * n_epochs * _size(network) + beside) * _n_fits(task))


def _seconds_of_scores(plan: Plan, task: Fit) -> float:
    """Roughly the time to score genes on held-out rows, with every snapshot of a network."""
    if not task.score_genes:
        return 0.0
    network = _make(task)
    n_snapshots = _size(network) * getattr(network, "n_snapshots", 1)
    return _SECONDS_PER_SCORE * n_snapshots * len(task.split.test) * _n_genes(plan, task)


def _single_network(kind: ModelKind) -> ModelKind:
    """What trains a single one of the networks that a model is made of."""
    return next(
        one for one in KINDS.values() if one.has_history and one.outcomes == kind.outcomes
    )


def _time_epoch(task: Fit, network: Any, n_inputs: int) -> float:
    """Time an epoch of a network on noise of the cohort's size: so many that it shows."""
    n_train, n_valid = len(task.split.train), len(task.split.validation)
    random = np.random.default_rng(0)
    X = random.random((n_train + n_valid, n_inputs), dtype=np.float32)
    kind, y = _single_network(task.model.kind), np.arange(len(X)) % 2
    if SurvivalOutcome.kind in kind.outcomes:
        y = make_target(FollowUp(np.arange(len(X), dtype=np.float64), y.astype(np.int8)))
    valid = np.arange(n_train, len(X)) if n_valid else None
    epochs, seconds = 1, 0.0
    with one_thread_a_task():
        while seconds < _TIMED_SECONDS and epochs < _MOST_TIMED_EPOCHS:
            epochs *= 2
            size = network.hidden_layers, network.batch_size
            model = kind.type(size[0], batch_size=size[1], max_epochs=epochs)
            start = time.perf_counter()
            model.fit(X, y, validation_rows=valid)
            seconds = time.perf_counter() - start
    return seconds / epochs
