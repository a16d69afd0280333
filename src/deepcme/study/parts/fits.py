"""Parts whose tasks are fits of models: how long those take."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import TypeVar

import numpy as np

from deepcme.models.classifier import DeepCMEClassifier
from deepcme.models.registry import OutOfFold
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.study.fit import Fit
from deepcme.study.part import Part
from deepcme.study.tasks import Plan

_TIMED_EPOCHS = 2
_LONG_FIT_SECONDS = 2.0
_TIMED_PARAMETERS = ("hidden_layers", "batch_size", "max_epochs", "n_networks")

F = TypeVar("F", bound=Fit)


class FitsPart(Part[F]):
    """A part whose tasks are fits of models."""

    def brevity(self, task: F) -> int:
        return task.model.kind.brevity

    def count_networks(self, task: F) -> int:
        if not task.model.kind.is_network:
            return 0
        folds = _out_of_fold(task)
        return _size(task) * (1 + folds.n_folds if folds else 1)

    def kind(self, plan: Plan, task: F) -> Hashable:
        parameters = [str(task.model.parameters.get(name)) for name in _TIMED_PARAMETERS]
        return task.model.estimator, *parameters, _n_genes(plan, task), _n_fits(task)

    def expect_seconds(self, plan: Plan, task: F) -> float | None:
        """Time of a network that takes long, from a few of its epochs."""
        if not task.model.kind.is_network:
            return None
        model = task.model.kind.make(task.model.parameters, task.random_state)
        per_epoch = _seconds_per_epoch(plan, task, model.hidden_layers, model.batch_size)
        expected = float(per_epoch * model.max_epochs * _size(task) * _n_fits(task))
        return expected if expected > _LONG_FIT_SECONDS else None


def _size(task: Fit) -> int:
    """Networks of a model."""
    model = task.model.kind.make(task.model.parameters, task.random_state)
    return int(getattr(model, "n_networks", 1))


def _n_genes(plan: Plan, task: Fit) -> int:
    return plan.cohort.n_genes if task.view.genes is None else len(task.view.genes)


def _n_fits(task: Fit) -> int:
    """How often a model is fitted to all patients, or parts that come to as many."""
    folds = _out_of_fold(task)
    return folds.n_folds if folds else 1


def _out_of_fold(task: Fit) -> OutOfFold | None:
    return None if task.scores_only else task.model.kind.out_of_fold


def _seconds_per_epoch(
    plan: Plan, task: Fit, hidden_layers: tuple[int, ...], batch_size: int
) -> float:
    """Time two epochs and four on noise of the cohort's size; the difference is two epochs."""
    n_train, n_valid = len(task.split.train), len(task.split.validation)
    random = np.random.default_rng(0)
    X = random.random((n_train + n_valid, _n_genes(plan, task)), dtype=np.float32)
    y = np.arange(len(X)) % 2
    valid = np.arange(n_train, len(X)) if n_valid else None
    elapsed = []
    with one_thread_a_task():
        for epochs in (_TIMED_EPOCHS, 2 * _TIMED_EPOCHS):
            start = time.perf_counter()
            model = DeepCMEClassifier(hidden_layers, batch_size=batch_size, max_epochs=epochs)
            model.fit(X, y, validation_rows=valid)
            elapsed.append(time.perf_counter() - start)
    return max(elapsed[1] - elapsed[0], 0.0) / _TIMED_EPOCHS
