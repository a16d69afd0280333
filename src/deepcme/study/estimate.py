"""How long a study will take, timed from one of each kind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcme.arrays import CohortArrays
from deepcme.classifier import DeepCMEClassifier
from deepcme.network.engines import one_thread_a_task
from deepcme.study.executors import AnyTask, try_task
from deepcme.study.plan import Plan, Task
from deepcme.study.selection import SelectionTask

_TIMED_EPOCHS = 2
_LONG_FIT_SECONDS = 2.0
_TIMED_PARAMETERS = ("hidden_layers", "batch_size", "max_epochs", "n_networks")


def is_extra(task: AnyTask) -> bool:
    """Whether a task comes on top of a default study, which is quick enough not to be timed."""
    if isinstance(task, SelectionTask):
        return True
    return task.grid_point is not None or task.null is not None


def describe_expected_time(plan: Plan, tasks: Sequence[AnyTask], jobs: int) -> str:
    """Number of fits and of steps of gene selection, and the expected time, in one sentence.

    Timed are the networks and what comes on top of a default study; its few
    other fits add little.
    """
    timed = [task for task in tasks if is_extra(task) or _is_network(task)]
    seconds = 0.0
    of_kind: dict[tuple[Any, ...], float] = {}
    for task in timed:
        kind = _kind(plan, task)
        if kind not in of_kind:
            of_kind[kind] = _seconds(plan, task)
        seconds += of_kind[kind]
    return (
        f"{_count(tasks)}: about {_duration(seconds / jobs)} on {jobs} "
        f"process{'es' if jobs > 1 else ''}."
    )


def _count(tasks: Sequence[AnyTask]) -> str:
    """The tasks by what they are, in words."""
    fits = [task for task in tasks if isinstance(task, Task)]
    nulls = sum(task.null is not None for task in fits)
    steps = len(tasks) - len(fits)
    words = [
        f"{len(fits):,} fits to do, which train {sum(map(_n_networks, fits)):,} networks",
        f"{nulls:,} for null runs" if nulls else "",
        f"and {steps:,} steps of gene selection" if steps else "",
    ]
    return ", ".join(filter(None, words))


def _is_network(task: AnyTask) -> bool:
    return isinstance(task, Task) and task.model.kind.is_network


def _n_networks(task: Task) -> int:
    """Networks that a task trains, each member of every ensemble counted."""
    if not _is_network(task):
        return 0
    folds = task.model.kind.out_of_fold if task.null is None else None
    return _size(task) * (1 + folds.n_folds if folds else 1)


def _size(task: Task) -> int:
    """Networks of a model."""
    model = task.model.kind.make(task.model.parameters, task.random_state)
    return int(getattr(model, "n_networks", 1))


def _kind(plan: Plan, task: AnyTask) -> tuple[Any, ...]:
    """What the time of a task depends on."""
    if isinstance(task, SelectionTask):
        return task.kind, task.panel.order.split()[0]
    parameters = [str(task.model.parameters.get(name)) for name in _TIMED_PARAMETERS]
    return task.model.estimator, *parameters, _n_genes(plan, task), _n_fits(task)


def _n_genes(plan: Plan, task: Task) -> int:
    if task.null is None or task.null.genes is None:
        return plan.cohort.n_genes
    return len(task.null.genes)


def _n_fits(task: Task) -> int:
    """How often a model is fitted to all patients, or parts that come to as many."""
    folds = task.model.kind.out_of_fold if task.null is None else None
    return folds.n_folds if folds else 1


def _seconds(plan: Plan, task: AnyTask) -> float:
    """Time of a network that takes long from a few of its epochs, of others from one run."""
    if isinstance(task, Task) and task.model.kind.is_network:
        expected = _seconds_of_network(plan, task)
        if expected > _LONG_FIT_SECONDS:
            return expected
    start = time.perf_counter()
    try_task(CohortArrays.of(plan.cohort), task)
    return time.perf_counter() - start


def _seconds_of_network(plan: Plan, task: Task) -> float:
    model = task.model.kind.make(task.model.parameters, task.random_state)
    per_epoch = _seconds_per_epoch(plan, task, model.hidden_layers, model.batch_size)
    return float(per_epoch * model.max_epochs * _size(task) * _n_fits(task))


def _seconds_per_epoch(
    plan: Plan, task: Task, hidden_layers: tuple[int, ...], batch_size: int
) -> float:
    """Time two epochs and four on noise of the cohort's size; the difference is two epochs."""
    n_train, n_valid = len(task.split.train), len(task.split.validation)
    random = np.random.default_rng(0)
    X = random.random((n_train + n_valid, _n_genes(plan, task)), dtype=np.float32)
    y = np.arange(len(X)) % 2
    valid = np.arange(n_train, len(X))
    elapsed = []
    with one_thread_a_task():
        for epochs in (_TIMED_EPOCHS, 2 * _TIMED_EPOCHS):
            start = time.perf_counter()
            model = DeepCMEClassifier(hidden_layers, batch_size=batch_size, max_epochs=epochs)
            model.fit(X, y, validation_rows=valid)
            elapsed.append(time.perf_counter() - start)
    return max(elapsed[1] - elapsed[0], 0.0) / _TIMED_EPOCHS


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
