"""PR-AUC over patients, beside that of chance."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import average_precision_score, precision_recall_curve

from deepcme.evaluation.bootstrap import draw_patients
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.measures import find_measure
from deepcme.evaluation.metrics import compute_chance_pr_auc, compute_pr_auc
from deepcme.evaluation.over_patients import (
    average_over_splits,
    compute_metrics_over_patients,
    compute_over_patients,
    compute_precision_recall,
)
from tests.evaluation.cross_validated import Simulated, simulate_cross_validated_pr_auc

PR_AUC = find_measure("pr_auc")


@pytest.mark.parametrize(
    ("n", "events", "chance"),
    [(38, 7, 0.255), (29, 9, 0.383), (15, 5, 0.444), (19, 9, 0.548)],
)
def test_chance_is_above_the_prevalence(n, events, chance):
    labels = np.repeat([1, 0], [events, n - events])
    assert compute_chance_pr_auc(labels, np.arange(n)) == pytest.approx(chance, abs=5e-4)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=7), st.data())
def test_chance_is_the_mean_over_all_ways_to_place_the_positives(scores, data):
    events = data.draw(st.integers(1, len(scores) - 1))
    found = []
    for positive in combinations(range(len(scores)), events):
        labels = np.isin(np.arange(len(scores)), positive).astype(int)
        found.append(compute_pr_auc(labels, scores))
    assert compute_chance_pr_auc(labels, scores) == pytest.approx(np.mean(found))


def test_chance_of_equal_scores_is_the_prevalence():
    assert compute_chance_pr_auc([1, 0, 0, 1, 0], [0.3] * 5) == pytest.approx(0.4)


def rows_of(split, patients, scores, labels):
    return pd.DataFrame(
        {"split": split, "patient": list(patients), "score": scores, "label": labels}
    )


def of_a_model(rows):
    return rows.assign(model="network", sample=rows["patient"], part="test")


def test_each_patient_counts_once_by_the_mean_rank_of_its_scores():
    """a is first of four and then second of two: (0.875 + 0.25) / 2."""
    test = pd.concat(
        [
            rows_of(0, "abcd", [9.0, 1.0, 2.0, 3.0], [1, 0, 0, 1]),
            rows_of(1, "ea", [0.9, 0.8], [0, 1]),
            rows_of(2, "ff", [0.1, 0.2], [0, 1]),
        ]
    )
    found = average_over_splits(test).set_index("patient")
    assert found["score"].to_dict() == pytest.approx(
        {"a": 0.5625, "b": 0.125, "c": 0.375, "d": 0.625, "e": 0.75, "f": 0.5}
    )
    assert found["label"].to_dict() == {"a": 1, "b": 0, "c": 0, "d": 1, "e": 0, "f": 1}


def test_the_scale_of_a_splits_scores_does_not_matter(predictions):
    test = predictions.query("part == 'test' and model == 'network'")
    rescaled = test.assign(
        score=np.where(test["split"] == 1, expit(test["score"]), 100 * test["score"])
    )
    pd.testing.assert_frame_equal(average_over_splits(test), average_over_splits(rescaled))


def test_of_a_frozen_model_it_is_the_pr_auc_of_its_scores(random):
    label, score = random.integers(0, 2, 40), random.normal(size=40)
    rows = rows_of(0, [f"p{i}" for i in range(40)], score, label)
    draws = draw_patients(rows, 200, random, stratified=False)
    found = compute_over_patients(PR_AUC, rows, draws)
    assert found["pr_auc"] == pytest.approx(compute_pr_auc(label, score))
    assert found["pr_auc_ci_low"] < found["pr_auc"] < found["pr_auc_ci_high"]


def test_discrimination_and_the_table_of_metrics_agree(predictions, random):
    table = compute_metrics_over_patients(predictions, PR_AUC).set_index("model")
    found = compute_discrimination(predictions, random, draws=20).set_index("model")
    np.testing.assert_array_equal(table["value"], found["pr_auc"])
    np.testing.assert_array_equal(table["chance"], found["pr_auc_chance"])
    assert (table["n"] == found["n_patients"]).all()


def test_the_precision_recall_curve_is_scikit_learn_s_of_mean_ranks(predictions):
    curves = compute_precision_recall(predictions)
    test = predictions.query("part == 'test'")
    for model, rows in test.groupby("model"):
        patients = average_over_splits(rows)
        precision, recall, _ = precision_recall_curve(patients["label"], patients["score"])
        curve = curves[curves["model"] == model]
        assert curve["recall"].is_monotonic_increasing
        for at, found in zip(curve["recall"][1:], curve["precision"][1:], strict=True):
            assert found == precision[np.isclose(recall, at)].max()
        area = (curve["precision"] * curve["recall"].diff()).sum()
        assert area == pytest.approx(
            average_precision_score(patients["label"], patients["score"])
        )
        assert set(curve["prevalence"]) == {patients["label"].mean()}


def test_the_precision_recall_curve_of_many_events_has_few_points(random):
    n = 3000
    rows = rows_of(0, [f"p{i}" for i in range(n)], random.normal(size=n), np.arange(n) % 2)
    curve = compute_precision_recall(of_a_model(rows))
    assert len(curve) == 201 and curve["recall"].iloc[[0, -1]].tolist() == [0, 1]


def test_scores_without_a_difference_have_the_prevalence_as_precision():
    alike = of_a_model(rows_of(0, "abcd", [1.0] * 4, [1, 0, 0, 0]))
    assert compute_precision_recall(alike)["precision"].tolist() == [0.25, 0.25]
    of_one_class = of_a_model(rows_of(0, "ab", [1.0, 2.0], [1, 1]))
    assert compute_precision_recall(of_one_class).empty


def test_every_cohort_left_out_has_its_own(predictions):
    of_cohorts = predictions.assign(left_out=predictions["split"].map("cohort{}".format))
    table = compute_metrics_over_patients(of_cohorts, PR_AUC)
    assert len(table) == of_cohorts["left_out"].nunique() * of_cohorts["model"].nunique()


def test_patients_of_one_class_have_none(predictions):
    positive = predictions.assign(label=1)
    table = compute_metrics_over_patients(positive, PR_AUC)
    assert table.empty
    assert "chance" in table


def test_without_signal_it_is_at_chance_and_its_interval_says_so():
    found = simulate_cross_validated_pr_auc(Simulated(97, 46, 40, 0.0), 60, seed=3)
    assert found["pr_auc"] == pytest.approx(found["chance"], abs=0.025)
    assert found["coverage"] >= 0.85
