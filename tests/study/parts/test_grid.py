"""The paper's grid is searched on validation data alone."""

import numpy as np
import pandas as pd
import pytest

from deepcme.study.parts import grid as grid_module
from deepcme.study.parts.grid import GridPoint, choose_points, grid_points, summarise_grid
from deepcme.study.run import run_study


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
