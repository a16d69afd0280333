from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.measures import find_measure
from deepcme.evaluation.metrics import (
    choose_threshold,
    compute_auc,
    compute_pr_auc,
)
from deepcme.evaluation.over_splits import compute_metrics

labelled_scores = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-50, 50)), min_size=2, max_size=40
).filter(lambda pairs: len({label for label, _ in pairs}) == 2)


def brute_force_auc(labels: list[int], scores: list[float]) -> float:
    pairs = [
        (positive, negative)
        for positive, a in zip(scores, labels, strict=True)
        for negative, b in zip(scores, labels, strict=True)
        if a == 1 and b == 0
    ]
    return sum((p > n) + 0.5 * (p == n) for p, n in pairs) / len(pairs)


@given(labelled_scores)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs):
    labels, scores = map(list, zip(*pairs, strict=True))
    assert compute_auc(labels, scores) == pytest.approx(brute_force_auc(labels, scores))


@given(labelled_scores)
def test_auc_depends_on_the_order_of_scores_alone(pairs):
    labels, scores = map(np.array, zip(*pairs, strict=True))
    assert compute_auc(labels, np.exp(scores / 10)) == pytest.approx(
        compute_auc(labels, scores)
    )


@given(labelled_scores)
def test_auc_of_reversed_scores_is_its_complement(pairs):
    labels, scores = map(np.array, zip(*pairs, strict=True))
    assert compute_auc(labels, -scores) == pytest.approx(1 - compute_auc(labels, scores))


@given(labelled_scores)
def test_pr_auc_of_constant_scores_is_the_prevalence(pairs):
    labels = [label for label, _ in pairs]
    assert compute_pr_auc(labels, [0.0] * len(labels)) == pytest.approx(np.mean(labels))


@given(labelled_scores)
def test_youden_threshold_is_the_best_of_all_observed_scores(pairs):
    labels, scores = map(np.array, zip(*pairs, strict=True))

    def youden(threshold: float) -> float:
        called = scores >= threshold
        return float(called[labels == 1].mean() - called[labels == 0].mean())

    threshold = choose_threshold(labels, scores)
    assert threshold in scores
    assert youden(threshold) == pytest.approx(max(youden(score) for score in scores))


def test_auc_and_pr_auc_of_small_examples(reference):
    for case in reference("metrics")["ranking"]:
        assert compute_auc(case["labels"], case["scores"]) == pytest.approx(case["auc"])
        assert compute_pr_auc(case["labels"], case["scores"]) == pytest.approx(case["pr_auc"])


@pytest.mark.parametrize("name", ["brier", "scaled_brier", "log_loss"])
def test_scores_of_probabilities_by_hand(reference, name):
    case = reference("metrics")["probabilities"]
    assert find_measure(name).compute(case["labels"], case["probabilities"]) == pytest.approx(
        case[name]
    )


def test_youden_threshold_gives_the_published_sensitivity_and_specificity(reference):
    markers = reference("delong")
    poor, good = (np.array(markers[outcome]["s100b"]) for outcome in ("poor", "good"))
    labels = np.repeat([1, 0], [len(poor), len(good)])
    threshold = choose_threshold(labels, np.concatenate([poor, good]))
    published = markers["s100b_youden"]
    assert (poor >= threshold).mean() == pytest.approx(published["sensitivity"], abs=1e-6)
    assert (good < threshold).mean() == pytest.approx(published["specificity"], abs=1e-6)


def test_prevalence_for_everybody_has_scaled_brier_score_zero():
    assert find_measure("scaled_brier").compute([1, 0, 0, 0], [0.25] * 4) == pytest.approx(0)


def test_log_loss_of_a_coin_is_log_two():
    assert find_measure("log_loss").compute([1, 0], [0.5, 0.5]) == pytest.approx(np.log(2))


def test_log_loss_of_a_confident_error_is_finite():
    assert np.isfinite(find_measure("log_loss").compute([1, 0], [0.0, 0.0]))


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([1, 1], [0.1, 0.2], "Both classes are needed, but 2 of 2 labels are positive"),
        ([1, 2], [0.1, 0.2], "Labels must be 0 or 1"),
        ([1, 0], [0.1], "2 labels but 1 scores"),
        ([1, 0], [0.1, np.nan], "finite"),
    ],
)
def test_unusable_input_is_refused_in_one_sentence(labels, scores, message):
    with pytest.raises(DeepCMEError, match=message):
        compute_auc(labels, scores)


def test_probabilities_outside_the_unit_interval_are_refused():
    with pytest.raises(DeepCMEError, match="between 0 and 1"):
        find_measure("brier").compute([0, 1], [0.5, 1.5])


def test_metrics_table_has_a_row_for_each_split_model_part_and_metric():
    predictions = pd.DataFrame(
        {
            "split": [0] * 8,
            "model": ["LR"] * 8,
            "sample": list("abcdefgh"),
            "patient": list("abcdefgh"),
            "part": ["validation"] * 4 + ["test"] * 4,
            "label": [1, 0, 0, 0, 1, 1, 0, 0],
            "score": [0.9, 0.1, 0.2, 0.3, 0.9, 0.2, 0.5, 0.1],
        }
    )
    table = compute_metrics(predictions).set_index(["split", "model", "part", "metric"])
    assert list(table.columns) == ["value", "n", "events"]
    assert table.loc[(0, "LR", "validation", "auc")].tolist() == [1.0, 4, 1]
    assert table.loc[(0, "LR", "test", "auc")].tolist() == [0.75, 4, 2]


def test_table_without_scores_is_refused():
    with pytest.raises(DeepCMEError, match="lacks the columns: score"):
        compute_metrics(
            pd.DataFrame(columns=["split", "model", "sample", "patient", "part", "label"])
        )
