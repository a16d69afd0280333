from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.bootstrap import (
    PatientDraws,
    compute_logit_interval,
    compute_percentile_interval,
    compute_weighted_auc,
    compute_weighted_pr_auc,
    draw_patients,
)
from deepcme.evaluation.over_splits import compute_mean_draws

ROWS = pd.DataFrame({"patient": list("aabcdefgh"), "label": [1, 0, 1, 1, 0, 0, 0, 0, 0]})

weighted_rows = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-5, 5), st.integers(0, 4)),
    min_size=2,
    max_size=30,
).filter(lambda rows: len({label for label, _, weight in rows if weight}) == 2)


def test_draws_hold_as_many_positive_and_negative_patients_as_the_study():
    draws = draw_patients(ROWS, 50, np.random.default_rng(0), stratified=True)
    positive = draws.patients.isin(list("abc"))
    assert (draws.counts[:, positive].sum(axis=1) == 3).all()
    assert (draws.counts[:, ~positive].sum(axis=1) == 5).all()
    assert draws.n_rarer_class == 3


def test_unstratified_draws_vary_in_prevalence_but_not_in_size():
    draws = draw_patients(ROWS, 50, np.random.default_rng(0), stratified=False)
    positive = draws.patients.isin(list("abc"))
    assert (draws.counts.sum(axis=1) == 8).all()
    assert draws.counts[:, positive].sum(axis=1).std() > 0


def test_samples_of_one_patient_are_drawn_together():
    draws = draw_patients(ROWS, 50, np.random.default_rng(0), stratified=True)
    weights = draws.weights(ROWS["patient"])
    assert (weights[:, 0] == weights[:, 1]).all()


def test_the_same_generator_gives_the_same_draws():
    first, second = (
        draw_patients(ROWS, 5, np.random.default_rng(7), stratified=True) for _ in range(2)
    )
    np.testing.assert_array_equal(first.counts, second.counts)


def test_patients_of_one_class_cannot_be_drawn_from():
    with pytest.raises(DeepCMEError, match="3 of 3 patients are positive"):
        draw_patients(ROWS.iloc[[0, 1, 2, 3]], 5, np.random.default_rng(0), stratified=True)


def test_patients_that_were_not_drawn_from_have_no_weights():
    draws = draw_patients(ROWS, 5, np.random.default_rng(0), stratified=True)
    with pytest.raises(DeepCMEError, match="not drawn from"):
        draws.weights(pd.Series(["z"]))


def test_sums_over_rows_are_weighted_by_patient():
    draws = PatientDraws(pd.Index(["a", "b"]), np.array([[2.0, 0.0], [1.0, 1.0]]), 1)
    sums = draws.sum_rows(pd.Series(["a", "b", "a"]), np.array([[1.0], [10.0], [100.0]]))
    np.testing.assert_array_equal(sums, [[202], [111]])


@given(weighted_rows)
def test_weighted_statistics_are_those_of_scikit_learn(rows):
    label, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    weights = np.stack([weight, np.ones(len(rows))]).astype(float)
    auc = compute_weighted_auc(label, score.astype(float), weights)
    pr_auc = compute_weighted_pr_auc(label, score.astype(float), weights)
    for draw, weight_of_draw in enumerate(weights):
        assert auc[draw] == pytest.approx(
            roc_auc_score(label, score, sample_weight=weight_of_draw)
        )
        assert pr_auc[draw] == pytest.approx(
            average_precision_score(label, score, sample_weight=weight_of_draw)
        )


@given(weighted_rows)
def test_a_weight_counts_as_so_many_copies(rows):
    label, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    weighted = compute_weighted_auc(
        label, score.astype(float), weight[np.newaxis].astype(float)
    )
    copied = roc_auc_score(np.repeat(label, weight), np.repeat(score, weight))
    assert weighted[0] == pytest.approx(copied)


def test_a_class_without_weight_gives_no_auc():
    assert np.isnan(
        compute_weighted_auc(np.array([1, 0]), np.array([1.0, 0.0]), np.array([[0.0, 1.0]]))
    ).all()


def test_a_split_that_lacks_a_class_in_a_draw_is_left_out_of_its_mean():
    rows = pd.DataFrame(
        {
            "split": [0, 0, 1, 1],
            "patient": list("abcd"),
            "label": [1, 0, 1, 0],
            "score": [1.0, 0.0, 0.0, 1.0],
        }
    )
    counts = np.array([[1.0, 1, 1, 1], [1, 1, 0, 2], [0, 1, 0, 1]])
    draws = PatientDraws(pd.Index(list("abcd")), counts, 2)
    means = compute_mean_draws(rows, draws)
    np.testing.assert_array_equal(means, [0.5, 1.0, np.nan])


def test_percentile_interval_leaves_out_undefined_draws():
    values = np.append(np.linspace(0, 1, 1001), np.nan)
    assert compute_percentile_interval(values) == pytest.approx([0.025, 0.975])
    assert np.isnan(compute_percentile_interval(np.array([np.nan]))).all()


def test_logit_interval_by_hand():
    # four patients: t quantile 3.182446 (3 degrees of freedom), widened by sqrt(4 / 3);
    # standard deviation 0.01, so the half-width is 0.036748 / 0.25 in log-odds
    low, high = compute_logit_interval(0.5, np.array([0.49, 0.51]), 4)
    half_width = 3.182446 * np.sqrt(4 / 3) * 0.01 / 0.25
    assert low == pytest.approx(1 / (1 + np.exp(half_width)), abs=1e-6)
    assert high == pytest.approx(1 / (1 + np.exp(-half_width)), abs=1e-6)


@pytest.mark.parametrize(("value", "n_rarer_class"), [(1.0, 10), (0.0, 10), (0.7, 1)])
def test_no_logit_interval_where_the_data_give_none(value, n_rarer_class):
    assert np.isnan(compute_logit_interval(value, np.array([0.5, 0.6]), n_rarer_class)).all()
