from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.discrimination import (
    compute_classification,
    compute_discrimination,
    compute_study_classification,
)
from deepcme.evaluation.metrics import choose_threshold
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


def test_classification_of_a_frozen_model_by_hand(reference):
    case = reference("metrics")["classification"]
    table = compute_classification(case["labels"], case["scores"], case["threshold"])
    for row in table.itertuples():
        right, counted = case[row.metric]
        assert (row.numerator, row.denominator) == (right, counted)
        assert row.value == pytest.approx(right / counted)
        assert row.ci_low < row.value < row.ci_high
    assert (table["n"] == 8).all()
    assert (table["events"] == 3).all()


def test_a_ratio_without_denominator_is_undefined():
    table = compute_classification([1, 0], [0.2, 0.1], threshold=1).set_index("metric")
    assert np.isnan(table.loc["ppv", ["value", "ci_low", "ci_high"]].astype(float)).all()
    assert table.loc["npv", "value"] == 0.5


def test_thresholds_of_a_study_come_from_validation(predictions, random):
    table = compute_study_classification(predictions, random, draws=50)
    network = predictions.query("model == 'network'")
    right = counted = 0
    for _, split in network.groupby("split"):
        validation, test = (split[split["part"] == part] for part in ("validation", "test"))
        threshold = choose_threshold(validation["label"], validation["score"])
        positive = test.query("label == 1")
        right += int((positive["score"] >= threshold).sum())
        counted += len(positive)
    row = table.set_index(["model", "metric"]).loc[("network", "sensitivity")]
    assert (row["numerator"], row["denominator"]) == (right, counted)
    assert row["ci_low"] <= row["value"] <= row["ci_high"]


def test_cohorts_left_out_have_predictive_values_of_their_own(shifted_cohorts, random):
    """By hand: 40 of the 50 called positive are; where 15 of these are lost, 25 of 35."""
    south = (shifted_cohorts["left_out"] == "south") & (shifted_cohorts["part"] == "test")
    rarer = shifted_cohorts.drop(
        shifted_cohorts.index[south & (shifted_cohorts["label"] == 1)][10:25]
    )
    table = compute_study_classification(rarer, random, draws=20)
    found = table.set_index(["left_out", "metric"])
    assert found.loc[("north", "ppv"), ["numerator", "denominator"]].tolist() == [40, 50]
    assert found.loc[("south", "ppv"), ["numerator", "denominator"]].tolist() == [25, 35]
    assert found.loc[("south", "npv"), "value"] == pytest.approx(40 / 50)


def test_a_split_without_validation_rows_has_no_threshold(predictions, random):
    lost = (predictions["split"] == 2) & (predictions["part"] == "validation")
    with pytest.raises(DeepCMEError, match="lacks validation rows"):
        compute_study_classification(predictions[~lost], random, draws=10)


def test_test_labels_have_no_say_in_the_threshold(predictions):
    flipped = predictions.copy()
    is_test = flipped["part"] == "test"
    flipped.loc[is_test, "label"] = 1 - flipped.loc[is_test, "label"]
    plain, changed = (
        compute_study_classification(table, np.random.default_rng(0), draws=10).set_index(
            ["model", "metric"]
        )
        for table in (predictions, flipped)
    )
    # The same rows are called positive, so those called right before are called wrong now.
    before, after = (table.loc[("network", "ppv")] for table in (plain, changed))
    assert after["denominator"] == before["denominator"]
    assert after["numerator"] == before["denominator"] - before["numerator"]


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
