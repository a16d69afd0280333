from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.evaluation.nulls import compute_permutation_test
from tests.evaluation.simulations import simulate_permutation_p_values

samples = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from("abcdefgh")), min_size=1, max_size=25
)


def test_p_value_by_hand(reference):
    case = reference("permutation")
    result = compute_permutation_test(case["observed"], case["null"])
    assert result.p_value == pytest.approx(case["p_value"])
    assert result.null_mean == pytest.approx(np.mean(case["null"]))
    assert result.n_permutations == 4


def test_p_value_is_never_zero():
    result = compute_permutation_test(0.9, np.full(99, 0.5))
    assert result.p_value == 0.01
    assert result.ci_low == 0 < result.ci_high


@pytest.mark.parametrize(("observed", "null"), [(0.5, []), (np.nan, [0.5]), (0.5, [np.inf])])
def test_a_test_without_finite_permutations_is_refused(observed, null):
    with pytest.raises(DeepCMEError, match="at least one permutation"):
        compute_permutation_test(observed, null)


@given(samples, st.integers(0, 2**32 - 1))
def test_blocks_of_labels_move_between_patients_with_as_many_samples(rows, seed):
    labels, patients = (np.array(column) for column in zip(*rows, strict=True))
    permuted = BinaryOutcome(labels).permute(patients, np.random.default_rng(seed)).labels

    def blocks(values: np.ndarray) -> list[tuple[int, ...]]:
        return sorted(pd.Series(values).groupby(patients).agg(tuple))

    assert blocks(permuted) == blocks(labels)


def test_labels_do_move():
    labels = np.repeat([1, 0], 20)
    permuted = BinaryOutcome(labels).permute(np.arange(40), np.random.default_rng(0)).labels
    assert (permuted != labels).any()


def test_labels_stay_within_their_stratum():
    labels = np.r_[np.repeat([1, 0], [30, 10]), np.repeat([1, 0], [5, 35])]
    cohort = np.repeat(["north", "south"], 40)
    permuted = (
        BinaryOutcome(labels).permute(np.arange(80), np.random.default_rng(0), cohort).labels
    )
    assert (permuted != labels).any()
    assert permuted[:40].sum() == 30
    assert permuted[40:].sum() == 5


def test_labels_that_were_given_are_left_as_they_are():
    labels = np.repeat([1, 0], 20)
    BinaryOutcome(labels).permute(np.arange(40), np.random.default_rng(0))
    assert labels.tolist() == [1] * 20 + [0] * 20


def test_p_value_is_uniform_where_there_is_nothing_to_find():
    p_values = simulate_permutation_p_values(studies=80, permutations=19, seed=5)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    assert (p_values <= 0.05).mean() <= 0.15
