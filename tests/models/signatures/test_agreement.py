"""How far two scalings of a signature agree, with an interval that covers."""

import numpy as np
import pytest

from deepcme.models.signatures.agreement import compute_agreement
from deepcme.models.signatures.published import load_signature

NAN = np.nan
INDEX, PROFILE = load_signature("ggi"), load_signature("gene70")


def test_spearmans_correlation_and_its_interval_by_hand():
    """Ranks 1 2 3 4 5 6 against 2 1 4 3 6 5: 1 - 6 * 6 / 210; tanh(1.18356 -+ 1.31151)."""
    found = compute_agreement(INDEX, np.arange(6.0), np.array([2.0, 1, 4, 3, 6, 5]))
    assert found.n == 6
    assert found.spearman == pytest.approx(0.8285714)
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.12725, 0.98649), abs=1e-5)


def test_samples_without_either_score_are_left_out():
    found = compute_agreement(
        INDEX, np.array([1, 2, NAN, 4.0, 5]), np.array([1, 2, 3.0, 4, NAN])
    )
    assert found.n == 3
    assert np.isnan(found.spearman)


def test_scores_in_the_same_order_agree_wholly():
    found = compute_agreement(INDEX, np.arange(9.0), np.arange(9.0) ** 3)
    assert (found.spearman, found.ci_low, found.ci_high) == (1.0, 1.0, 1.0)


def test_scores_that_do_not_vary_have_no_correlation():
    assert np.isnan(compute_agreement(INDEX, np.ones(9), np.arange(9.0)).spearman)


def test_the_share_in_the_same_class_is_by_the_published_cut_off():
    """At -0.3 and above the prognosis is poor."""
    within, single = np.array([-0.5, -0.3, 0.1, 0.2]), np.array([-0.4, -0.31, 0.0, -0.3])
    same = compute_agreement(PROFILE, within, single).same_class
    assert (same.value, same.events, same.n) == (0.75, 3, 4)
    assert same.ci_low < 0.75 < same.ci_high


def test_there_are_no_classes_where_cut_offs_do_not_hold_on_both_scalings():
    assert compute_agreement(INDEX, np.arange(9.0), np.arange(9.0)).same_class is None


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_95_of_100_intervals_hold_the_true_correlation(random, correlation):
    true = 6 / np.pi * np.arcsin(correlation / 2)
    n_held = 0
    for _ in range(400):
        first = random.normal(size=60)
        other = correlation * first + np.sqrt(1 - correlation**2) * random.normal(size=60)
        found = compute_agreement(INDEX, first, other)
        n_held += found.ci_low <= true <= found.ci_high
    assert 0.92 <= n_held / 400 <= 0.98
