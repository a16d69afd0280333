"""Calling by a threshold of risk: counts by hand, and intervals that keep a width."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.classification import (
    compute_classification,
    compute_study_classification,
)


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


def classify(predictions, thresholds, draws=200):
    random = np.random.default_rng(0)
    return compute_study_classification(predictions, random, thresholds, draws)


def test_calls_of_a_study_are_pooled_over_its_splits_by_hand(predictions):
    table = classify(predictions, [0.2, 0.5])
    assert table["model"].unique().tolist() == ["network", "logistic"]  # no risk of the forest
    test = predictions.query("model == 'network' and part == 'test'")
    found = table.set_index(["model", "threshold", "metric"])
    for threshold in (0.2, 0.5):
        called = test["probability"] >= threshold
        ppv = found.loc[("network", threshold, "ppv")]
        assert ppv["denominator"] == called.sum()
        assert ppv["numerator"] == (called & (test["label"] == 1)).sum()
        assert ppv["ci_low"] < ppv["value"] < ppv["ci_high"]
        assert (ppv["n"], ppv["n_splits"]) == (test["sample"].nunique(), 4)


def rows_of(labels, probabilities, times=1):
    """Test rows of one model, each patient tested so many times."""
    names = [f"P{i}" for i in range(len(labels))]
    one = pd.DataFrame(
        {"sample": names, "patient": names, "label": labels, "probability": probabilities}
    ).assign(model="one", part="test", score=0.0)
    return pd.concat([one.assign(split=split) for split in range(times)], ignore_index=True)


def test_the_interval_is_wilsons_where_each_patient_is_tested_once(random):
    """The bootstrap of 60 independent patients has about their variance."""
    labels = np.repeat([1, 0], [60, 40])
    rows = rows_of(labels, np.where(np.arange(100) % 3 == 0, 0.9, 0.1))
    by_metric = classify(rows, [0.5], draws=4000).set_index("metric")
    plain = compute_classification(labels, rows["probability"], 0.5).set_index("metric")
    for metric in ("sensitivity", "specificity"):
        found, expected = by_metric.loc[metric], plain.loc[metric]
        assert found["value"] == expected["value"]
        assert found["ci_low"] == pytest.approx(expected["ci_low"], abs=0.015)
        assert found["ci_high"] == pytest.approx(expected["ci_high"], abs=0.015)


def test_testing_the_same_patients_again_tells_nothing_new():
    labels = np.repeat([1, 0], [60, 40])
    risks = np.where(np.arange(100) % 3 == 0, 0.9, 0.1)
    once, thrice = (classify(rows_of(labels, risks, times), [0.5]) for times in (1, 3))
    ends = ["value", "ci_low", "ci_high"]
    pd.testing.assert_frame_equal(once[ends], thrice[ends])


def test_a_share_of_1_has_an_interval_of_its_patients_number():
    """All of 20 events are called: Wilson's lower end is 20 / (20 + 1.96^2)."""
    rows = rows_of(np.repeat([1, 0], [20, 30]), np.repeat([0.9, 0.2], [20, 30]), times=2)
    found = classify(rows, [0.5]).set_index("metric")
    assert found.loc["sensitivity", "value"] == found.loc["sensitivity", "ci_high"] == 1
    assert found.loc["sensitivity", "ci_low"] == pytest.approx(20 / (20 + 1.959964**2))


def test_without_a_call_there_is_no_predictive_value():
    found = classify(rows_of([1, 0, 1, 0], 0.1), [0.5]).set_index("metric")
    assert np.isnan(found.loc["ppv", ["value", "ci_low", "ci_high"]].astype(float)).all()
    assert found.loc["sensitivity", "value"] == 0


def test_cohorts_left_out_have_predictive_values_of_their_own(shifted_cohorts):
    """By hand: 40 of the 50 called positive are; where 15 of these are lost, 25 of 35."""
    south = (shifted_cohorts["left_out"] == "south") & (shifted_cohorts["part"] == "test")
    rarer = shifted_cohorts.drop(
        shifted_cohorts.index[south & (shifted_cohorts["label"] == 1)][10:25]
    )
    found = classify(rarer, [0.5], draws=20).set_index(["left_out", "metric"])
    assert found.loc[("north", "ppv"), ["numerator", "denominator"]].tolist() == [40, 50]
    assert found.loc[("south", "ppv"), ["numerator", "denominator"]].tolist() == [25, 35]
    assert found.loc[("south", "npv"), "value"] == pytest.approx(40 / 50)
