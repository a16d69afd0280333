"""Fits of one training part share its rows and their Gram matrix, and nothing else does."""

from dataclasses import replace

import numpy as np
import pytest

from deepcme.cohort.arrays import CohortArrays
from deepcme.study.fit import fit_task
from deepcme.study.fits import shared
from deepcme.study.plan import make_plan
from tests.conftest import invented_cohort
from tests.study.conftest import QUICK_NETWORK

MODELS = [QUICK_NETWORK, "LR", "LR-tuned", "SVC-linear", "RF", "KNN"]


@pytest.fixture
def prepared(monkeypatch):
    """The rows that were prepared, part by part, and nothing kept from before."""
    made, original = [], shared.prepare_rows

    def prepare(data, rows, *arguments):
        made.append(rows)
        return original(data, rows, *arguments)

    monkeypatch.setattr(shared, "prepare_rows", prepare)
    monkeypatch.setattr(shared, "_last", shared._Last())
    return made


@pytest.fixture
def plan(quick_study):
    cohort = invented_cohort(n_genes=150)
    study = quick_study(models=MODELS, nulls={"permutations": 2, "gene_sets": 1, "sizes": [80]})
    return make_plan(study, cohort)


def forget(monkeypatch):
    monkeypatch.setattr(shared, "_last", shared._Last())


def test_the_same_bytes_with_rows_shared_or_prepared_for_each_fit(plan, prepared, monkeypatch):
    data = CohortArrays.of(plan.cohort)
    of_split = [task for task in plan.tasks if task.split_number == 1]
    shared_results = [task.run(data) for task in of_split]
    n_shared = len(prepared)
    for task, result in zip(of_split, shared_results, strict=True):
        forget(monkeypatch)
        alone = task.run(data)
        assert alone.keys() == result.keys()
        for name, values in alone.items():
            assert values.tobytes() == result[name].tobytes(), (task.title, name)
    assert n_shared < len(prepared) - n_shared


def test_permutations_of_a_split_prepare_it_once(plan, prepared):
    data = CohortArrays.of(plan.cohort)
    nulls = [task for task in plan.tasks if task.part == "nulls" and task.null.outcome]
    of_split = [task for task in nulls if task.split_number == 1]
    scores = [fit_task(data, task).score for task in of_split]
    assert len(prepared) == 1
    assert not np.array_equal(*scores)
    fit_task(data, next(task for task in nulls if task.split_number == 2))
    assert len(prepared) == 2


def test_the_gram_matrix_goes_on_to_the_next_fit(plan, prepared, monkeypatch):
    grams = []
    original = shared.PreparedSplit.learn

    def learn(self, targets, rows):
        original(self, targets, rows)
        grams.append(self.fitting.known_gram)

    monkeypatch.setattr(shared.PreparedSplit, "learn", learn)
    data = CohortArrays.of(plan.cohort)
    tasks = [
        task for task in plan.tasks if task.split_number == 1 and task.model.name == "LR"
    ] * 2
    for task in tasks[:1] * 2:
        fit_task(data, task)
    [gram] = grams
    assert gram is not None
    n = len(tasks[0].split.fitting_rows)
    assert gram.shape == (n, n)


def test_other_arrays_rows_genes_or_settings_are_prepared_anew(plan, prepared):
    data = CohortArrays.of(plan.cohort)
    task = next(task for task in plan.tasks if task.model.name == "LR")
    fit_task(data, task)
    X = data.X.copy()
    X[task.split.train] = X[task.split.train][:, ::-1]
    changed = [
        (replace(data, X=X), task),
        (data, replace(task, view=replace(task.view, genes=tuple(range(100))))),
        (data, replace(task, view=replace(task.view, expression=tuple(range(59, -1, -1))))),
        (data, replace(task, split=replace(task.split, test=task.split.validation))),
        (data, replace(task, preprocessing=task.preprocessing.model_copy(update={"clip": 1}))),
    ]
    for number, (arrays, other) in enumerate(changed, start=2):
        fit_task(arrays, other)
        assert len(prepared) == number
    assert CohortArrays.of(plan.cohort).identity != data.identity


def test_a_cohorts_arrays_cannot_change_under_their_identity():
    data = CohortArrays.of(invented_cohort())
    with pytest.raises(ValueError, match="read-only"):
        data.X[0] = 0
