"""The sentences on permutations: what their number allows, and after how many looks."""

import numpy as np
import pandas as pd
import pytest

from deepcme.report.chance import can_reject
from deepcme.report.sections.nulls import describe_permutation


def permutation(p_value, low, high, n_as_good=0, n_permutations=1000):
    return pd.DataFrame(
        [
            {
                "p_value": p_value,
                "ci_low": low,
                "ci_high": high,
                "n_permutations": n_permutations,
                "n_as_good": n_as_good,
            }
        ]
    )


def test_the_permutation_test_is_a_sentence():
    assert describe_permutation(permutation(0.001, 0.0, 0.0038)) == (
        "With permuted labels the whole pipeline did at least as well in 0 of 1,000 reruns: p = "
        "0.001 (95% Monte-Carlo interval 0.000 to 0.004), above chance."
    )
    text = describe_permutation(permutation(0.3, 0.27, 0.33, 300))
    assert "300 of 1,000 reruns: p = 0.300" in text
    assert text.endswith("0.270 to 0.330), not shown to be above chance.")
    text = describe_permutation(permutation(0.045, 0.03, 0.06))
    assert "above chance, which more permutations could change." in text


def test_ten_permutations_say_that_they_cannot_reject_and_claim_nothing():
    text = describe_permutation(permutation(1 / 11, 0.0, 0.28, n_permutations=10))
    assert text == (
        "With permuted labels the whole pipeline did at least as well in 0 of 10 reruns. 10 "
        "permutations cannot reject, as the smallest p is 1/11 = 0.091: 19 or more can."
    )
    text = describe_permutation(permutation(1 / 20, 0.0, 0.17, n_permutations=19))
    assert "p = 0.050" in text
    assert "above chance" in text
    assert "cannot reject" not in text


def test_unfinished_permutations_are_told_and_nothing_is_concluded():
    table = permutation(1 / 31, 0.0, 0.11, n_permutations=30).assign(n_asked=50)
    assert describe_permutation(table) == (
        "30 of 50 permutations so far: p = 0.032 (95% Monte-Carlo interval 0.000 to 0.110). With "
        "permuted labels the whole pipeline did at least as well in 0 of 30 reruns. Nothing is "
        "concluded before all are done: the same command does the other 20."
    )
    assert not can_reject(table)
    assert can_reject(table.assign(n_asked=30))


def test_several_looks_are_said():
    table = permutation(0.01, 0.0, 0.03, n_permutations=99)
    assert describe_permutation(table, [19, 99]).endswith(
        "Looked at after 19, 99 permutations: with several looks p <= 0.05 comes by chance in "
        "more than 5 of 100 (about 7 after four)."
    )
    assert describe_permutation(table, [None, 99]).endswith(
        "Earlier looks at fewer permutations are possible, but were not kept: with several, "
        "p <= 0.05 comes by chance in more than 5 of 100."
    )
    for once in ([99], [10, 99], []):
        assert "look" not in describe_permutation(table, once), "what cannot reject is no look"


def test_looks_at_growing_numbers_of_permutations_reject_as_often_as_is_said():
    """Under the null the AUC's rank among all permutations is uniform."""
    random = np.random.default_rng(7)
    beaten = random.uniform(size=200_000)
    n_as_good, rejected, shares, before = 0, np.zeros(len(beaten), dtype=bool), [], 0
    for n in (19, 39, 99, 199):
        n_as_good, before = n_as_good + random.binomial(n - before, beaten), n
        rejected |= (1 + n_as_good) / (1 + n) <= 0.05
        shares.append(rejected.mean())
    assert shares == pytest.approx([0.05, 0.061, 0.069, 0.073], abs=0.002)
