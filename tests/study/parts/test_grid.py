"""The paper's grid is searched on validation data alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.fit import fit_task
from deepcme.study.parts import grid as grid_module
from deepcme.study.parts.grid import (
    GRID,
    GridPoint,
    choose_points,
    compute_grid,
    grid_points,
    summarise_grid,
)
from deepcme.study.plan import make_plan
from deepcme.study.run import run_study
from deepcme.study.settings import ModelSettings
from tests.study.times import QUICK_COX, study_of_times, survival_cohort


def test_the_papers_grid():
    assert grid_points("none") == []
    figure_7 = grid_points("fig7")
    assert len(figure_7) == 16
    assert {point.width for point in figure_7} == {64}
    full = grid_points("full")
    assert len(full) == 64
    assert {point.penalty_strength for point in full} == {10.0**k for k in range(-4, 4)}
    assert {point.width for point in full} == {32, 64, 128, 256}
    assert {point.batch_size for point in full} == {32, 64}


def table(**columns):
    base = {"split": [1, 1, 2, 2], "width": 64, "batch_size": 32, "valid_auc": 0.5}
    return pd.DataFrame({**base, "penalty_strength": [1.0, 10.0, 1.0, 10.0], **columns})


def test_the_choice_is_the_lowest_validation_loss_of_each_split():
    chosen = choose_points(
        table(valid_loss=[0.4, 0.5, 0.6, 0.2], test_auc=[0.1, 0.9, 0.9, 0.1])
    )
    assert chosen == {1: GridPoint(64, 32, 1.0), 2: GridPoint(64, 32, 10.0)}


def test_test_data_cannot_move_the_choice():
    losses = [0.4, 0.5, 0.6, 0.2]
    choices = [
        choose_points(table(valid_loss=losses, test_auc=auc))
        for auc in ([0.1, 0.9, 0.9, 0.1], [0.9, 0.1, 0.1, 0.9])
    ]
    assert choices[0] == choices[1]


def test_summary_averages_over_splits():
    summary = summarise_grid(
        table(valid_loss=[0.4, 0.5, 0.6, 0.2], test_auc=[0.5, 0.7, 0.7, 0.9])
    )
    assert summary["test_auc"].tolist() == pytest.approx([0.6, 0.8])
    assert summary["chosen_in_splits"].tolist() == [1, 1]


def test_a_study_with_a_grid(quick_study, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("deepcme.study.estimate.ANNOUNCED_SECONDS", 0.0)
    monkeypatch.setattr(grid_module, "_PENALTIES", (0.1, 10.0))
    monkeypatch.setattr(grid_module, "_BATCH_SIZES", (32,))
    monkeypatch.setattr(grid_module, "_FIGURE_7_WIDTH", 4)
    study = quick_study(models=["LR"], grid={"search": "fig7"})
    folder = run_study(study, tmp_path / "out", jobs=1)
    assert "6 fits to do, which train 4 networks: about" in capsys.readouterr().err
    grid = folder.read_table("grid.csv")
    assert len(grid) == 4
    predictions = folder.read_table("predictions.parquet")
    assert list(predictions["model"].unique()) == ["LR", "DeepCME-tuned"]
    metrics = folder.read_table("metrics.csv").set_index(["model", "split", "part", "metric"])
    for split, point in choose_points(grid).items():
        row = grid[
            (grid["split"] == split) & (grid["penalty_strength"] == point.penalty_strength)
        ].iloc[0]
        auc = metrics.loc[("DeepCME-tuned", split, "test", "auc"), "value"]
        assert auc == pytest.approx(row["test_auc"])
        auc = metrics.loc[("DeepCME-tuned", split, "validation", "auc"), "value"]
        assert auc == pytest.approx(row["valid_auc"], abs=1e-6)
    assert np.isfinite(grid["valid_loss"]).all()


def test_the_grid_of_networks_of_times_has_larger_batches():
    points = grid_points("full", of_times=True)
    assert len(points) == 64
    assert {point.batch_size for point in points} == {32, 128}
    assert points[0].model("DeepCME-Cox").name == "DeepCME-Cox 32/32/0.0001"


def quick_model(point, estimator):
    parameters = {"hidden_layers": [3], "max_epochs": 3, "batch_size": 16}
    parameters["penalty_strength"] = point.penalty_strength
    name = f"{estimator} {point.penalty_strength}"
    return ModelSettings(name=name, estimator=estimator, parameters=parameters)


@pytest.fixture
def study_with_grid(monkeypatch, tmp_path):
    monkeypatch.setattr(grid_module, "_PENALTIES", (0.1, 10.0))
    monkeypatch.setattr(grid_module, "_BATCH_SIZES_OF_TIMES", (16,))
    monkeypatch.setattr(GridPoint, "model", quick_model)
    survival_cohort().save(tmp_path / "cohort.h5ad")

    def make(design):
        split = {"design": design, "folds": 3, "repeats": 1, "strata": "none"}
        return study_of_times(
            tmp_path / "cohort.h5ad", models=[QUICK_COX], split=split, grid={"search": "fig7"}
        )

    return make


@pytest.mark.parametrize("design", ["folds", "nested"])
def test_a_study_of_times_with_a_grid(study_with_grid, tmp_path, design):
    folder = run_study(study_with_grid(design), tmp_path / "out", jobs=1, quiet=True)
    grid, summary = folder.read_table("grid.csv"), folder.read_table("grid_summary.csv")
    inner = ["inner_fold"] if design == "nested" else []
    assert [*grid.columns] == [
        *("split", *inner, "width", "batch_size", "penalty_strength", "epoch", "valid_loss"),
        *("valid_c", "test_uno_c", "n", "events"),
    ]
    assert [*summary.columns][3:] == [
        *("splits", "valid_loss", "valid_c", "test_uno_c", "test_uno_c_sd", "chosen_in_splits")
    ]
    assert summary["chosen_in_splits"].sum() == 3
    predictions = folder.read_table("predictions.parquet")
    tuned = predictions[predictions["model"] == "DeepCME-Cox-tuned"]
    assert tuned["probability"].between(0, 1).all()
    metrics = folder.read_table("metrics.csv").query("metric == 'uno_c' and part == 'test'")
    of_tuned = metrics[metrics["model"] == "DeepCME-Cox-tuned"].set_index("split")["value"]
    if design == "folds":
        for split, point in choose_points(grid).items():
            row = grid.query(
                f"split == {split} and penalty_strength == {point.penalty_strength}"
            )
            assert of_tuned[split] == pytest.approx(row["test_uno_c"].item())
    else:
        test = tuned[tuned["part"] == "test"]
        assert len(test) == 80, "one row for both inner folds"


def test_nested_tuning_in_time_never_sees_the_outer_test_part(study_with_grid):
    plan = make_plan(study_with_grid("nested"), survival_cohort())
    tasks = [task for task in GRID.of(plan) if task.split_number == 1]
    data, test = CohortArrays.of(plan.cohort), tasks[0].split.test
    X, times, ends = data.X.copy(), data.outcome.times.copy(), data.outcome.ends.copy()
    X[test] *= 1000
    times[test], ends[test] = 5.9 - 0.8 * times[test], 1 - ends[test]
    poisoned = SurvivalOutcome(times, ends, data.outcome.endpoint)
    dirty = replace(data, X=X, outcome=poisoned)
    fits = [[(task, fit_task(of, task)) for task in tasks] for of in (data, dirty)]
    for (_, clean), (_, moved) in zip(*fits, strict=True):
        n = len(clean.score) - len(test)
        assert clean.history.equals(moved.history)
        np.testing.assert_array_equal(clean.score[:n], moved.score[:n])
        assert not np.array_equal(clean.score[n:], moved.score[n:])
    grids = [compute_grid(plan, of) for of in fits]
    assert choose_points(grids[0]) == choose_points(grids[1])
