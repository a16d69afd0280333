"""A study, a panel curve and a model to hand on say the same of the same model."""

from dataclasses import replace

import numpy as np
import pytest

from deepcme import Cohort
from deepcme.cohort.arrays import CohortArrays
from deepcme.report.contents import compute_contents
from deepcme.selection.panels.tables import compute_panel_curve
from deepcme.study.parts.selection import PANELS
from deepcme.study.parts.selection_tables import collect_panels
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.trained.training import TrainingSettings, train_model
from tests.conftest import BINARY_EXAMPLE

SEED = 5
NETWORK = {"hidden_layers": [6, 4], "max_epochs": 4}
MODELS = {
    "DeepCME-ensemble": {**NETWORK, "n_networks": 3},
    "LR-tuned": {},
    "DeepCME": NETWORK,
    "LR": {"C": 0.1},
    "Committee": {"members": ["LR", "SVC-linear"]},
}


@pytest.fixture(scope="module")
def cohort():
    """70 samples of 60 patients and of two batches; a gene tells, and some are rare."""
    random = np.random.default_rng(2)
    label = np.resize([1, 0, 0], 60)
    batch = np.where(np.arange(60) % 5 < 2, "A", "B")
    X = random.gamma(2.0, 8.0, size=(60, 15)) * (1 + (batch == "B"))[:, np.newaxis]
    X[label == 1, 0] *= 2
    X[random.random((60, 15)) < 0.4] = 0
    X[:, 14] *= np.arange(60) % 10 == 0
    rows = np.r_[np.arange(60), np.arange(10)]
    return Cohort.from_arrays(
        X[rows],
        label[rows],
        samples=[f"S{i}" for i in range(70)],
        patients=[f"P{i}" for i in rows],
        batch=batch[rows].tolist(),
        genes=[f"gene{i}" for i in range(15)],
        endpoint="invented = 1 against 0",
        scale="fpkm",
        name="invented",
    )


@pytest.fixture(scope="module")
def of_study(cohort, tmp_path_factory):
    path = tmp_path_factory.mktemp("one")
    cohort.save(path / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "seed": SEED,
            "split": {"repeats": 1},
            "models": [{"name": name, "parameters": MODELS[name]} for name in MODELS],
        }
    )
    folder = run_study(study, path / "out", jobs=1, quiet=True)
    return compute_contents(folder).tables["discrimination"].set_index("model")


@pytest.mark.parametrize("name", MODELS)
def test_training_expects_what_the_study_found(cohort, of_study, name):
    settings = TrainingSettings(repeats=1, seed=SEED, model=name, parameters=dict(MODELS[name]))
    performance = train_model(cohort, settings).manifest.performance
    row = of_study.loc[name]
    found = performance.auc
    assert [found.value, found.ci_low, found.ci_high] == row[
        ["auc", "ci_low", "ci_high"]
    ].tolist()
    assert performance.pr_auc.value == row["pr_auc"]
    assert (performance.folds, performance.repeats) == (5, 1)
    assert "AUC within levels of batch" in performance.method


def test_a_panel_of_all_genes_is_the_tuned_regression_of_the_study(cohort, of_study):
    study = make_study(
        {
            "cohort": {"path": "unused.h5ad"},
            "seed": SEED,
            "split": {"repeats": 1},
            "models": ["LR-tuned"],
            "selection": {"run": True, "rankers": ["mean-rank"], "random_panels": 1},
        }
    )
    plan = make_plan(study, cohort, [PANELS])
    steps = [replace(step, sizes=(1,)) for step in plan.tasks]
    data = CohortArrays.of(cohort)
    panels = collect_panels(plan, [(step, step.run(data)) for step in steps])
    curve = compute_panel_curve(panels, np.random.default_rng(0), 50)
    row = curve[curve["panel"] == "all"].iloc[0]
    assert row["auc"] == of_study.loc["LR-tuned", "auc"]
    assert row["n_splits"] == of_study.loc["LR-tuned", "n_splits"] == 5


def test_without_a_word_all_three_divide_the_patients_alike(cohort):
    from deepcme.cohort.honest import count_folds, draw_honest_splits, split_seed

    study = make_study({**BINARY_EXAMPLE, "models": ["KNN"], "seed": SEED})
    studied = make_plan(study, cohort).splits
    panelled = make_plan(study, cohort, [PANELS]).splits
    trained = draw_honest_splits(cohort, split_seed(SEED), repeats=TrainingSettings().repeats)
    assert count_folds(cohort) == (5, 4)
    for splits in zip(studied, panelled, trained, strict=True):
        for parts in zip(*(split.parts() for split in splits), strict=True):
            assert len({tuple(rows) for _, rows in parts}) == 1
