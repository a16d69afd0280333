"""One task from start to end: preprocess, fit, score; nothing else is read or written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from deepcme.network.engines import make_engine
from deepcme.preprocessing import feature_names, make_preprocessor
from deepcme.study.models import DEEPCME, make_model, scores_of
from deepcme.study.plan import Task, TaskData


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
        Genes that entered the network, and equation 4 for each.
    history : DataFrame or None
        Loss and validation AUC by epoch.
    """

    rows: NDArray[np.int64]
    score: NDArray[np.float64]
    probability: NDArray[np.float64] | None
    genes: NDArray[np.str_] | None = None
    gene_scores: NDArray[np.float64] | None = None
    history: pd.DataFrame | None = None


@contextmanager
def single_thread() -> Iterator[None]:
    """Keep BLAS, OpenMP and PyTorch to one thread: results must not depend on the cores."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch is not None else 1
    with threadpool_limits(limits=1):
        if torch is not None:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch is not None:
                torch.set_num_threads(before)


def fit_task(data: TaskData, task: Task) -> TaskResult:
    """Fit one model on one split.

    With ``fit_on = "train"`` nothing but the training part reaches any step that
    learns; the validation part only chooses the network's epoch.
    """
    if task.model.estimator == DEEPCME:
        make_engine()  # loads PyTorch, whose threads can only be limited once it is there
    with single_thread():
        train, validation, test = task.split.train, task.split.validation, task.split.test
        settings = task.preprocessing
        preprocessor = make_preprocessor(
            data.scale,
            zero_means_absent=data.zero_means_absent,
            min_prevalence=settings.min_prevalence,
            clip=settings.clip,
        )
        preprocessor.fit(data.X if settings.fit_on == "all" else data.X[train])
        fitting_rows = np.concatenate([train, validation])
        fitting = preprocessor.transform(data.X[fitting_rows])
        labels = data.labels[fitting_rows]
        model = make_model(task.model.estimator, task.model.parameters, task.random_state)
        if task.model.estimator == DEEPCME:
            model.fit(fitting, labels, validation_rows=np.arange(len(train), len(fitting)))
        else:
            model.fit(fitting[: len(train)], labels[: len(train)])
        pieces = [
            scores_of(model, fitting),
            scores_of(model, preprocessor.transform(data.X[test])),
        ]
        probabilities = [probability for _, probability in pieces if probability is not None]
        result = TaskResult(
            rows=np.concatenate([fitting_rows, test]),
            score=np.concatenate([score for score, _ in pieces]),
            probability=np.concatenate(probabilities) if probabilities else None,
        )
        if task.model.estimator != DEEPCME:
            return result
        return TaskResult(
            result.rows,
            result.score,
            result.probability,
            genes=np.asarray(feature_names(preprocessor, data.genes), dtype=np.str_),
            gene_scores=model.gene_scores_.astype(np.float64),
            history=model.history_,
        )
