"""Times as one number a row, and Harrell's C of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.at_horizon import AtHorizon
from deepcme.evaluation.survival.concordance import compute_harrell_concordance
from deepcme.network.times import encode_times, rank_concordance


def test_equal_times_have_one_rank_and_the_censored_are_negative():
    y = encode_times([5.5, 0.0, 5.5, 700.25, 1e-9], [1, 0, 0, 1, 2])
    assert y.tolist() == [3, -1, -3, 4, -2]
    assert y.dtype == np.float32


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.booleans(), st.integers(0, 4)), min_size=1, max_size=30
    )
)
def test_concordance_is_that_of_an_evaluation(rows):
    """Which asks for some who are followed further."""
    further = [(9, False, 2)] * 10
    times, events, scores = map(np.array, zip(*rows, *further, strict=True))
    value = rank_concordance(scores, encode_times(times, events))
    if not events.any():
        assert np.isnan(value)
        return
    follow_up = FollowUp(times, events.astype(np.int8))
    at = AtHorizon.draw(follow_up, times[events].min(), np.random.default_rng(0), draws=0)
    assert value == pytest.approx(compute_harrell_concordance(at, scores)[0])
