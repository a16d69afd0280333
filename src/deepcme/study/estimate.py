"""How long a study's fits will take, timed from one of each kind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcme.arrays import CohortArrays
from deepcme.classifier import DeepCMEClassifier
from deepcme.ensemble import ENSEMBLE
from deepcme.study.executors import try_task
from deepcme.study.models import NETWORKS, make_model
from deepcme.study.plan import Plan, Task
from deepcme.threads import single_thread

_TIMED_EPOCHS = 2
_LONG_FIT_SECONDS = 2.0
_TIMED_PARAMETERS = ("hidden_layers", "batch_size", "max_epochs", "n_networks")


def describe_expected_time(plan: Plan, tasks: Sequence[Task], jobs: int) -> str:
    """Number of fits and the expected time, in one sentence.

    Counted are the networks, and the null runs of any model; a study's few
    other fits add little.
    """
    seconds = 0.0
    of_kind: dict[tuple[Any, ...], float] = {}
    networks = [task for task in tasks if task.model.estimator in NETWORKS]
    nulls = [task for task in tasks if task.null is not None]
    for task in {task.key: task for task in (*networks, *nulls)}.values():
        kind = _kind(plan, task)
        if kind not in of_kind:
            of_kind[kind] = _seconds(plan, task)
        seconds += of_kind[kind]
    reruns = f", {len(nulls):,} for null runs" if nulls else ""
    return (
        f"{len(tasks):,} fits to do, {len(networks):,} of them networks{reruns}: about "
        f"{_duration(seconds / jobs)} on {jobs} process{'es' if jobs > 1 else ''}."
    )


def _kind(plan: Plan, task: Task) -> tuple[Any, ...]:
    """What the time of a fit depends on."""
    parameters = [str(task.model.parameters.get(name)) for name in _TIMED_PARAMETERS]
    return task.model.estimator, *parameters, _n_genes(plan, task)


def _n_genes(plan: Plan, task: Task) -> int:
    if task.null is None or task.null.genes is None:
        return plan.cohort.n_genes
    return len(task.null.genes)


def _seconds(plan: Plan, task: Task) -> float:
    """Time of a network that takes long from a few of its epochs, of others from one fit."""
    estimator = task.model.estimator
    if estimator in NETWORKS:
        model = make_model(estimator, task.model.parameters, task.random_state)
        n_networks = model.n_networks if estimator == ENSEMBLE else 1
        per_epoch = _seconds_per_epoch(plan, task, model.hidden_layers, model.batch_size)
        expected = float(per_epoch * model.max_epochs * n_networks)
        if expected > _LONG_FIT_SECONDS:
            return expected
    start = time.perf_counter()
    try_task(CohortArrays.of(plan.cohort), task)
    return time.perf_counter() - start


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
    with single_thread():
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
