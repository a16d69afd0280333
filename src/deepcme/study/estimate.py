"""How long a study's networks will take, timed from a few steps of each kind."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from deepcme.classifier import DeepCMEClassifier
from deepcme.study.models import ENSEMBLE, NETWORKS, make_model
from deepcme.study.plan import Plan, Task
from deepcme.threads import single_thread

_TIMED_EPOCHS = 2


def describe_expected_time(plan: Plan, tasks: Sequence[Task], jobs: int) -> str:
    """Number of fits and the expected time, in one sentence."""
    seconds = 0.0
    per_epoch: dict[tuple[tuple[int, ...], int], float] = {}
    networks = [task for task in tasks if task.model.estimator in NETWORKS]
    for task in networks:
        estimator = task.model.estimator
        model = make_model(estimator, task.model.parameters, task.random_state)
        shape = (model.hidden_layers, model.batch_size)
        if shape not in per_epoch:
            per_epoch[shape] = _seconds_per_epoch(plan, task, *shape)
        n_networks = model.n_networks if estimator == ENSEMBLE else 1
        seconds += per_epoch[shape] * model.max_epochs * n_networks
    return (
        f"{len(tasks)} fits to do, {len(networks)} of them networks: about "
        f"{_duration(seconds / jobs)} on {jobs} process{'es' if jobs > 1 else ''}."
    )


def _seconds_per_epoch(
    plan: Plan, task: Task, hidden_layers: tuple[int, ...], batch_size: int
) -> float:
    """Time two epochs and four on noise of the cohort's size; the difference is two epochs."""
    n_train, n_valid = len(task.split.train), len(task.split.validation)
    random = np.random.default_rng(0)
    X = random.random((n_train + n_valid, plan.cohort.n_genes), dtype=np.float32)
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
