"""Inner products of rows, in double precision whatever the rows are of."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.models.span import gram as gram_module
from deepcme.models.span.gram import compute_gram, read_gram


@pytest.fixture(name="X")
def rows(random):
    return random.normal(size=(7, 50)).astype(np.float32)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(gram_module, "BLOCK_GENES", 16)


@pytest.mark.parametrize("order", ["C", "F"])
def test_products_are_those_of_double_precision(X, order):
    exact = X.astype(np.float64)
    gram = compute_gram(np.asarray(X, order=order))
    assert gram.dtype == np.float64
    np.testing.assert_allclose(gram, exact @ exact.T, rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(gram, gram.T)


def test_products_with_other_rows(X, random):
    others = random.normal(size=(3, 50))
    expected = X.astype(np.float64) @ others.T
    np.testing.assert_allclose(compute_gram(X, others), expected, rtol=1e-13, atol=1e-13)
    assert compute_gram(X, others).shape == (7, 3)


def test_a_large_mean_costs_no_digits(random):
    """In single precision the products of these rows would be wrong in the fourth digit."""
    X = (1e3 + random.normal(size=(4, 5000))).astype(np.float32)
    exact = X.astype(np.longdouble)
    np.testing.assert_allclose(compute_gram(X), (exact @ exact.T).astype(float), rtol=1e-13)


def test_a_row_that_is_not_finite_spoils_no_others(X):
    poisoned = X.copy()
    poisoned[5:] = np.nan
    np.testing.assert_array_equal(compute_gram(poisoned)[:5, :5], compute_gram(X)[:5, :5])


def test_what_is_given_is_taken_and_what_is_not_is_computed(X):
    np.testing.assert_array_equal(read_gram(None, X), compute_gram(X))
    given = compute_gram(X.astype(np.float64))
    assert read_gram(given, X) is given


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda gram: gram[:5, :5], r"gram has shape \(5, 5\), but X has 7 rows"),
        (lambda gram: gram * np.nan, "gram holds values that are not finite"),
        (lambda gram: 4 * gram, r"gram is not that of X: the squares of row 0 add up to"),
        (lambda gram: gram[::-1][:, ::-1], "gram is not that of X"),
    ],
)
def test_that_of_another_matrix_is_refused(X, change, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        read_gram(change(compute_gram(X)), X)
