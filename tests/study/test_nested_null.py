"""Without signal, tuning leaves the mean test AUC at 0.5; choosing by the test part would not."""

import numpy as np
import pytest

from deepcme import Cohort
from deepcme.cohort.arrays import CohortArrays
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.study.fit import fit_task
from deepcme.study.parts import grid as grid_module
from deepcme.study.parts.grid import (
    GRID,
    TUNED,
    GridPoint,
    compute_grid,
    compute_tuned_predictions,
)
from deepcme.study.parts.models import MODELS
from deepcme.study.plan import make_plan
from deepcme.study.settings import ModelSettings
from deepcme.study.spec import make_study
from deepcme.study.tables import compute_predictions

STUDIES = 40


def quick_model(point: GridPoint, estimator: str) -> ModelSettings:
    parameters = {
        "hidden_layers": [4],
        "max_epochs": 10,
        "learning_rate": 1e-2,
        "penalty_strength": point.penalty_strength,
    }
    name = f"DeepCME {point.penalty_strength}"
    return ModelSettings(name=name, estimator=estimator, parameters=parameters)


def noise(random: np.random.Generator) -> Cohort:
    return Cohort.from_arrays(
        random.normal(size=(48, 20)),
        np.arange(48) % 2,
        samples=[f"S{i}" for i in range(48)],
        genes=[f"gene{i}" for i in range(20)],
        endpoint="nothing",
        scale="log2",
    )


def aucs_of_noise(cohort: Cohort, seed: int) -> dict[str, float]:
    """Mean test AUC of both tuned models, and of the fits that do best on each test part."""
    study = make_study(
        {
            "seed": seed,
            "cohort": {"path": "unused.h5ad"},
            "split": {"design": "nested", "folds": 4, "repeats": 1},
            "grid": {"search": "fig7"},
            "models": ["LR-tuned"],
        }
    )
    plan = make_plan(study, cohort)
    data = CohortArrays.of(cohort)
    plain, searched = (
        [(task, fit_task(data, task)) for task in part.of(plan)] for part in (MODELS, GRID)
    )
    grid = compute_grid(plan, searched)
    auc = {"chosen on test": grid.groupby("split")["test_auc"].max().mean()}
    for model, predictions in (
        (TUNED, compute_tuned_predictions(plan, searched, grid)),
        ("LR-tuned", compute_predictions(cohort, plain)),
    ):
        metrics = compute_metrics(predictions)
        test = metrics[(metrics["part"] == "test") & (metrics["metric"] == "auc")]
        auc[model] = test["value"].mean()
    return auc


@pytest.mark.slow
def test_tuning_finds_nothing_in_noise(monkeypatch):
    monkeypatch.setattr(grid_module, "_PENALTIES", (0.01, 1.0, 100.0, 1000.0))
    monkeypatch.setattr(grid_module, "_BATCH_SIZES", (32,))
    monkeypatch.setattr(GridPoint, "model", quick_model)
    random = np.random.default_rng(31)
    studies = [aucs_of_noise(noise(random), seed) for seed in range(STUDIES)]
    for model in (TUNED, "LR-tuned", "chosen on test"):
        aucs = np.array([study[model] for study in studies])
        error = aucs.std(ddof=1) / np.sqrt(STUDIES)
        print(f"{model}: {aucs.mean():.3f}, standard error {error:.3f}")
        if model == "chosen on test":
            assert aucs.mean() > 0.5 + 3 * error
        else:
            assert aucs.mean() == pytest.approx(0.5, abs=3 * error)
