"""Within strata a patient is ranked against others of its own batch, and against no one else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme.evaluation.bootstrap import PatientDraws
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.metrics import compute_auc, compute_auc_within
from deepcme.evaluation.over_splits import compute_mean_draws, compute_metrics


def test_the_strata_are_weighted_by_their_cases():
    # A: 1 case above 1 of 2 others; B: 2 cases, above both others and above one of them.
    labels = [1, 0, 0, 1, 1, 0, 0]
    scores = [5, 4, 6, 3, 1.5, 1, 2]
    strata = list("AAABBBB")
    assert compute_auc_within(labels, scores, strata) == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert compute_auc(labels, scores) != pytest.approx(2 / 3)


def test_a_stratum_that_lacks_a_class_does_not_count():
    labels, scores = [1, 0, 1, 1, 0], [2, 1, 0, 9, 9]
    assert compute_auc_within(labels, scores, list("AABBC")) == 1.0
    assert np.isnan(compute_auc_within([1, 1, 0, 0], [1, 2, 3, 4], list("AABB")))


ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 5), st.sampled_from("ABC")),
    min_size=2, max_size=30,
).filter(lambda rows: 0 < sum(label for label, _, _ in rows) < len(rows))  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_it_is_the_share_of_pairs_of_a_stratum_and_no_batch_shift_changes_it(rows):
    labels, scores, strata = map(np.array, zip(*rows, strict=True))
    shares = [
        np.mean([(score > other) + (score == other) / 2 for other in others])
        for label, score, stratum in zip(labels, scores, strata, strict=True)
        if label and len(others := scores[(strata == stratum) & (labels == 0)])
    ]
    found = compute_auc_within(labels, scores, strata)
    assert np.isnan(found) if not shares else found == pytest.approx(np.mean(shares))
    shifted = scores + 100 * (strata == "A") - 1000 * (strata == "B")
    np.testing.assert_equal(compute_auc_within(labels, shifted, strata), found)
    assert compute_auc_within(labels, scores, ["one"] * len(rows)) == pytest.approx(
        compute_auc(labels, scores)
    )


@pytest.fixture
def confounded(random):
    """Four folds of 80 patients of two batches; scores only tell the batches apart."""
    batch = np.tile(["A", "B"], 40)
    label = np.where(batch == "A", np.resize([1, 1, 1, 1, 1, 1, 0, 0], 80), 0)
    label[1::8] = 1
    names = [f"P{i}" for i in range(80)]
    tables = [
        pd.DataFrame(
            {
                "split": 1 + np.arange(80) // 20,
                "model": model,
                "sample": names,
                "patient": names,
                "part": part,
                "label": label,
                "score": 3.0 * (batch == "A") * telling + random.normal(size=80),
                "stratum": batch,
            }
        )
        for model, telling in (("batch", True), ("noise", False))
        for part in ("train", "validation", "test")
    ]
    return pd.concat(tables, ignore_index=True)


def test_the_headline_is_within_strata_and_the_pooled_auc_stands_beside(confounded, random):
    table = compute_discrimination(confounded, random, draws=300).set_index("model")
    assert abs(table.loc["batch", "auc"] - 0.5) < 0.15
    assert table.loc["batch", "pooled_auc"] > 0.65
    assert table.loc["batch", "ci_low"] < 0.5 < table.loc["batch", "ci_high"]
    assert table.loc["batch", "pooled_ci_low"] > 0.5
    plain = compute_discrimination(confounded.drop(columns="stratum"), random, draws=300)
    assert "pooled_auc" not in plain
    assert plain["auc"].tolist() == table["pooled_auc"].tolist()


def test_splits_and_comparison_take_the_same_auc(confounded, random):
    table = compute_discrimination(confounded, random, draws=50).set_index("model")
    auc = compute_metrics(confounded).query("metric == 'auc' and part == 'test'")
    means = auc.groupby("model")["value"].mean()
    assert table["auc"].to_dict() == pytest.approx(means.to_dict())
    compared = compute_comparison(confounded, "batch", ["noise"]).iloc[0]
    assert compared["difference"] == pytest.approx(means["batch"] - means["noise"])


def test_a_draw_of_everyone_once_is_the_estimate(confounded):
    rows = confounded[(confounded["part"] == "test") & (confounded["model"] == "noise")]
    everyone = PatientDraws(pd.Index(rows["patient"].unique()), np.ones((1, 80)), 40)
    expected = compute_metrics(rows).query("metric == 'auc'")["value"].mean()
    assert compute_mean_draws(rows, everyone) == pytest.approx(expected)


def test_a_draw_without_a_strata_s_controls_leaves_it_out():
    rows = pd.DataFrame(
        {
            "split": 1,
            "patient": list("abcde"),
            "label": [1, 0, 1, 0, 1],
            "score": [2.0, 1.0, 0.0, 1.0, 5.0],
            "stratum": list("AABBB"),
        }
    )
    weights = np.array([[1, 1, 1, 1, 1], [2, 1, 1, 0, 1], [1, 0, 3, 1, 1]], dtype=float)
    draws = PatientDraws(pd.Index(list("abcde")), weights, 2)
    assert compute_mean_draws(rows, draws) == pytest.approx([2 / 3, 1.0, 1 / 4])
