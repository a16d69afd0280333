"""The Monte-Carlo error is of the repeats: folds of one drawing count together."""

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.over_splits import compute_monte_carlo_error


def rows_of(*parts):
    """Test rows of splits 1, 2, ...: the samples of each."""
    return pd.DataFrame(
        [(split, sample) for split, part in enumerate(parts, start=1) for sample in part],
        columns=["split", "sample"],
    )


def values(*of_splits):
    return pd.Series(of_splits, index=range(1, len(of_splits) + 1))


def test_folds_that_divide_everyone_are_one_repeat():
    rows = rows_of("abc", "de", "ade", "bc")
    error = compute_monte_carlo_error(rows, values(0.5, 0.7, 0.6, 0.8))
    assert error == pytest.approx(np.std([0.6, 0.7], ddof=1) / np.sqrt(2))
    shuffled = rows.sample(frac=1, random_state=1)
    assert compute_monte_carlo_error(shuffled, values(0.5, 0.7, 0.6, 0.8)) == error


def test_random_parts_are_repeats_of_their_own():
    rows = rows_of("abc", "cd", "abd")
    error = compute_monte_carlo_error(rows, values(0.5, 0.7, 0.6))
    assert error == pytest.approx(0.1 / np.sqrt(3))


def test_one_repeat_tells_nothing_of_its_error():
    assert np.isnan(compute_monte_carlo_error(rows_of("abc", "de"), values(0.5, 0.7)))


def test_it_is_the_deviation_of_the_mean_over_drawings_anew(random):
    """Of scores held fixed, means over two drawings vary as their error says."""
    label, score = random.permutation(np.repeat([0, 1], 30)), random.normal(size=60)
    means, squares = [], []
    for _ in range(300):
        parts, aucs = [], []
        for part in [p for _ in range(2) for p in np.split(random.permutation(60), 5)]:
            parts.append(part)
            aucs.append(np.cov(label[part], score[part])[0, 1])
        means.append(np.mean(aucs))
        squares.append(compute_monte_carlo_error(rows_of(*parts), values(*aucs)) ** 2)
    assert np.sqrt(np.mean(squares)) == pytest.approx(np.std(means), rel=0.15)
