from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.intervals import (
    NORMAL_QUANTILE,
    compute_delong_covariance,
    compute_delong_interval,
    compute_hanley_mcneil_interval,
    compute_wilson_interval,
)
from tests.evaluation.simulations import simulate_frozen_auc_intervals

separate_scores = st.tuples(
    st.lists(st.integers(0, 8), min_size=2, max_size=12),
    st.lists(st.integers(0, 8), min_size=2, max_size=12),
)


@pytest.fixture
def brain_markers(reference):
    """Labels, the two markers, and what pROC makes of them."""
    case = reference("delong")
    labels = np.repeat([1, 0], [len(case["poor"]["wfns"]), len(case["good"]["wfns"])])
    markers = {
        name: np.array(case["poor"][name] + case["good"][name]) for name in ("wfns", "s100b")
    }
    return labels, markers, case


def u_statistic_variance(positives: list[int], negatives: list[int]) -> float:
    """DeLong's variance from all pairs, without ranks."""
    pairs = np.array([[(p > n) + 0.5 * (p == n) for n in negatives] for p in positives])
    by_positive, by_negative = pairs.mean(axis=1), pairs.mean(axis=0)
    return float(
        by_positive.var(ddof=1) / len(positives) + by_negative.var(ddof=1) / len(negatives)
    )


def test_wilson_interval_agrees_with_newcombe(reference):
    for case in reference("wilson")["cases"]:
        estimate = compute_wilson_interval(case["events"], case["n"])
        assert [estimate.ci_low, estimate.ci_high] == pytest.approx(case["ci"], abs=5e-5)
        assert (estimate.n, estimate.events) == (case["n"], case["events"])


@pytest.mark.parametrize("true_proportion", [0.1, 0.3, 0.5])
def test_wilson_interval_covers_the_true_proportion(true_proportion):
    n = 50
    covered = 0.0
    for events in range(n + 1):
        estimate = compute_wilson_interval(events, n)
        if estimate.ci_low <= true_proportion <= estimate.ci_high:
            covered += stats.binom.pmf(events, n, true_proportion)
    assert 0.93 <= covered <= 0.98


@pytest.mark.parametrize(("events", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_proportions_are_refused(events, n):
    with pytest.raises(DeepCMEError, match="no proportion"):
        compute_wilson_interval(events, n)


def test_hanley_mcneil_interval_of_the_original_example(reference):
    case = reference("hanley_mcneil")
    estimate = compute_hanley_mcneil_interval(case["auc"], case["events"], case["non_events"])
    half_width = NORMAL_QUANTILE * case["standard_error"]
    assert estimate.ci_low == pytest.approx(case["auc"] - half_width, abs=1e-5)
    assert estimate.ci_high == pytest.approx(case["auc"] + half_width, abs=1e-5)
    assert (estimate.n, estimate.events) == (109, 51)


@given(st.floats(0, 1), st.integers(1, 50), st.integers(1, 50))
def test_hanley_mcneil_interval_holds_the_auc_and_stays_in_range(auc, events, non_events):
    estimate = compute_hanley_mcneil_interval(auc, events, non_events)
    assert 0 <= estimate.ci_low <= auc <= estimate.ci_high <= 1


@pytest.mark.parametrize(("auc", "events"), [(1.1, 5), (0.5, 0)])
def test_hanley_mcneil_refuses_what_is_not_possible(auc, events):
    with pytest.raises(DeepCMEError, match="not possible"):
        compute_hanley_mcneil_interval(auc, events, 10)


def test_delong_variance_gives_the_interval_that_proc_prints(brain_markers):
    labels, markers, case = brain_markers
    areas, covariance = compute_delong_covariance(labels, markers["s100b"][np.newaxis])
    half_width = NORMAL_QUANTILE * np.sqrt(covariance[0, 0])
    interval = [areas[0] - half_width, areas[0] + half_width]
    assert interval == pytest.approx(case["s100b_ci_auc"], abs=5e-5)


def test_delong_interval_is_symmetric_in_the_log_odds_of_the_auc(brain_markers):
    labels, markers, _ = brain_markers
    estimate = compute_delong_interval(labels, markers["s100b"])
    low, middle, high = np.log(
        [a / (1 - a) for a in (estimate.ci_low, estimate.value, estimate.ci_high)]
    )
    _, covariance = compute_delong_covariance(labels, markers["s100b"][np.newaxis])
    by_delta_method = np.sqrt(covariance[0, 0]) / (estimate.value * (1 - estimate.value))
    assert high - middle == pytest.approx(middle - low)
    assert high - middle == pytest.approx(NORMAL_QUANTILE * by_delta_method)


@given(separate_scores)
def test_delong_variance_is_that_of_the_u_statistic(scores):
    positives, negatives = scores
    labels = np.repeat([1, 0], [len(positives), len(negatives)])
    _, covariance = compute_delong_covariance(labels, np.array([positives + negatives], float))
    assert covariance[0, 0] == pytest.approx(u_statistic_variance(positives, negatives))


def test_scores_without_error_give_no_delong_interval():
    estimate = compute_delong_interval([1, 1, 0, 0], [4, 3, 2, 1])
    assert estimate.value == 1
    assert np.isnan([estimate.ci_low, estimate.ci_high]).all()


def test_delong_needs_two_of_each_class():
    with pytest.raises(DeepCMEError, match="there are 1 and 3"):
        compute_delong_interval([1, 0, 0, 0], [4, 3, 2, 1])


def test_intervals_cover_the_true_auc_of_frozen_scores():
    coverage = simulate_frozen_auc_intervals(studies=400, n=200, events=40, auc=0.7, seed=1)
    assert 0.92 <= coverage["delong"] <= 0.98
    assert 0.92 <= coverage["hanley_mcneil"] <= 0.99
