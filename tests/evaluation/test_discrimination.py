from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from deepcme.evaluation.discrimination import (
    compute_discrimination,
)
from tests.evaluation.cross_validated import Simulated, simulate_cross_validated_auc


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(11)


def test_discrimination_is_the_mean_over_splits_of_the_test_auc(predictions, random):
    table = compute_discrimination(predictions, random, draws=200).set_index("model")
    test = predictions.query("part == 'test' and model == 'network'")
    aucs = [roc_auc_score(split["label"], split["score"]) for _, split in test.groupby("split")]
    assert table.loc["network", "auc"] == pytest.approx(np.mean(aucs))
    assert table.loc["network", "sd"] == pytest.approx(np.std(aucs, ddof=1))


def test_every_estimate_has_an_interval_and_counts(predictions, random):
    table = compute_discrimination(predictions, random, draws=200)
    assert table.columns.tolist() == [
        "model", "auc", "ci_low", "ci_high", "sd", "monte_carlo_error", "pr_auc",
        "pr_auc_ci_low", "pr_auc_ci_high", "pr_auc_chance", "prevalence", "n", "events",
        "n_patients", "n_splits",
    ]  # fmt: skip
    assert (table["ci_low"] < table["auc"]).all()
    assert (table["auc"] < table["ci_high"]).all()
    assert (table["pr_auc_ci_low"] < table["pr_auc"]).all()
    assert (table["pr_auc"] < table["pr_auc_ci_high"]).all()


def test_counts_are_of_distinct_tested_samples(predictions, random):
    table = compute_discrimination(predictions, random, draws=10)
    test = predictions.query("part == 'test'")
    assert (table["n"] == test["sample"].nunique()).all()
    assert (table["n_patients"] == test["patient"].nunique()).all()
    assert (table["n_splits"] == 4).all()


def test_adding_a_model_leaves_the_intervals_of_the_others(predictions):
    fewer = predictions.query("model != 'forest'")
    whole, part = (
        compute_discrimination(table, np.random.default_rng(1), draws=50).set_index("model")
        for table in (predictions, fewer)
    )
    assert whole.loc["network"].tolist() == part.loc["network"].tolist()


def test_bootstrap_intervals_cover_the_truth_for_a_frozen_model(frozen_coverage):
    assert frozen_coverage["auc"] >= 0.84
    assert frozen_coverage["pr_auc"] >= 0.84


def test_the_interval_covers_the_mean_true_auc_of_cross_validated_models():
    """Without what refitting adds, about 85 of 100 intervals hold it here."""
    result = simulate_cross_validated_auc(Simulated(97, 46, 200, 0.0), 60, seed=2, draws=200)
    assert result["coverage"] >= 0.9


def test_left_out_cohorts_are_judged_by_their_own_patients(predictions):
    of_cohorts = predictions.assign(left_out=np.where(predictions["split"] < 2, "A", "B"))
    table = compute_discrimination(of_cohorts, np.random.default_rng(1), draws=200)
    assert table["left_out"].tolist() == ["A"] * 3 + ["B"] * 3
    first = of_cohorts[of_cohorts["left_out"] == "A"].drop(columns="left_out")
    alone = compute_discrimination(first, np.random.default_rng(1), draws=200)
    pd.testing.assert_frame_equal(table.iloc[:3].drop(columns="left_out"), alone)
    assert (table["n_splits"] == 2).all()
