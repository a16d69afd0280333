"""Sensitivity at a fixed specificity: by hand, at chance, and of a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.sensitivity import (
    compute_sensitivities,
    compute_sensitivity,
    compute_weighted_sensitivity,
)

NINE = np.arange(1.0, 10.0)
"""Scores of nine non-events: a new one is above the k-th highest in k of 10 cases."""


def sensitivity(events, specificity, others=NINE):
    labels = np.repeat([1, 0], [len(events), len(others)])
    return compute_sensitivity(labels, np.r_[events, others], specificity)


def test_by_hand_events_above_as_many_non_events_as_may_be_wrong():
    """One in ten new ones may be called: events above all nine count, three of five."""
    assert sensitivity([10, 11, 12, 8.5, 3], 0.9) == pytest.approx(3 / 5)
    # Two in ten: above all but one, four of five.
    assert sensitivity([10, 11, 12, 8.5, 3], 0.8) == pytest.approx(4 / 5)


def test_between_two_non_events_counts_in_part():
    """At 0.85, one and a half in ten: what only one non-event is above counts half."""
    assert sensitivity([10, 8.5], 0.85) == pytest.approx(0.75)
    # Few non-events: with four a new one is above all in a fifth, of which half may be called.
    assert sensitivity([9], 0.9, others=[1, 2, 3, 4]) == pytest.approx(0.5)


def test_ties_take_every_place_alike():
    """One event tied with all nine: it stands above them all in a tenth of the orders."""
    assert sensitivity([5], 0.9, others=np.full(9, 5.0)) == pytest.approx(0.1)
    assert sensitivity([9], 0.9) == pytest.approx(0.5)  # tied with the highest


@given(st.integers(1, 12), st.floats(0.01, 0.99))
def test_every_place_among_the_others_is_one_minus_the_specificity_on_average(n, specificity):
    """What scores that know nothing show, however few non-events there are."""
    others = np.arange(n, dtype=float)
    places = [sensitivity([place - 0.5], specificity, others) for place in range(n + 1)]
    assert np.mean(places) == pytest.approx(1 - specificity)


def test_a_weight_is_a_repeat_of_the_row(random):
    labels = np.arange(20) % 3 == 0
    scores = random.normal(size=20).round(1)
    weights = random.integers(0, 3, size=(5, 20))
    found = compute_weighted_sensitivity(labels.astype(int), scores, weights * 1.0, 0.8)
    again = [
        compute_sensitivity(np.repeat(labels, of), np.repeat(scores, of), 0.8) for of in weights
    ]
    assert found == pytest.approx(again)


def test_many_patients_show_the_true_curve(random):
    """Normal scores one deviation apart: Phi(1 - 1.2816) of the events."""
    labels = np.repeat([1, 0], 20_000)
    scores = random.normal(size=40_000) + labels
    expected = stats.norm.cdf(1 - stats.norm.ppf(0.9))
    assert compute_sensitivity(labels, scores, 0.9) == pytest.approx(expected, abs=0.02)


def test_labels_must_be_of_both_classes():
    with pytest.raises(DeepCMEError, match="Both classes"):
        compute_sensitivity([1, 1], [0.1, 0.2], 0.9)


def test_a_study_has_the_mean_over_its_test_parts(predictions):
    table = compute_sensitivities(predictions, np.random.default_rng(0), [0.8, 0.9], draws=100)
    assert table["model"].unique().tolist() == ["network", "logistic", "forest"]
    test = predictions.query("model == 'network' and part == 'test'")
    by_hand = [
        compute_sensitivity(rows["label"], rows["score"], 0.8)
        for _, rows in test.groupby("split")
    ]
    row = table.iloc[0]
    assert (row["metric"], row["specificity"]) == ("at 0.8", 0.8)
    assert row["value"] == pytest.approx(np.mean(by_hand))
    assert row["ci_low"] < row["value"] < row["ci_high"]
    assert row["events"] == test.drop_duplicates("sample")["label"].sum()


def test_cohorts_left_out_are_ranked_by_themselves(shifted_cohorts):
    """Four of five events have the higher risk, which ten of fifty others have too.

    A new one may be called in 10.2 of 51 places: of the eleven beside the ten, 10.2, and 0.2
    of the 41 beside the others.
    """
    random = np.random.default_rng(0)
    table = compute_sensitivities(shifted_cohorts, random, [0.8], draws=50)
    assert table["left_out"].tolist() == ["north", "south"]
    by_hand = 0.8 * 10.2 / 11 + 0.2 * 0.2 / 41
    assert table["value"].tolist() == pytest.approx([by_hand] * 2)
