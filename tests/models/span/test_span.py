"""Coordinates in the space that rows span say all that inner products with them do."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from deepcme.models.span.gram import compute_gram
from deepcme.models.span.span import Span, pays


def repeated_rows(random):
    X = random.normal(size=(12, 40))
    X[8:] = X[:4]
    return X


def constant_genes(random):
    X = random.normal(size=(12, 40))
    X[:, :30] = 0
    return X


def centred_rows(random):
    X = random.normal(size=(12, 40))
    return X - X.mean(axis=0)


def one_gene_that_dominates(random):
    X = random.normal(size=(12, 40))
    X[:, 7] *= 1e3
    return X


ROWS = {
    "plain": (lambda random: random.normal(size=(12, 40)), 12),
    "fewer genes than rows": (lambda random: random.normal(size=(12, 5)), 5),
    "repeated rows": (repeated_rows, 8),
    "constant genes": (constant_genes, 10),
    "centred": (centred_rows, 11),
    "one gene dominates": (one_gene_that_dominates, 12),
}


@pytest.fixture(params=ROWS)
def of_rank(request, random):
    make, rank = ROWS[request.param]
    return make(random).astype(np.float32), rank


def test_coordinates_have_the_inner_products_of_the_rows(of_rank):
    X, rank = of_rank
    gram = compute_gram(X)
    span = Span.of(gram)
    assert span.rank == rank
    products = span.coordinates @ span.coordinates.T
    np.testing.assert_allclose(products, gram, atol=1e-9 * gram.max())


def test_axes_are_orthogonal_and_the_longest_comes_first(of_rank):
    span = Span.of(compute_gram(of_rank[0]))
    products = span.coordinates.T @ span.coordinates
    lengths = np.diag(products)
    np.testing.assert_allclose(products, np.diag(lengths), atol=1e-9 * lengths[0])
    assert (np.diff(lengths) <= 0).all()


def test_of_centred_rows_they_are_principal_components(random):
    X = centred_rows(random)
    expected = PCA(5).fit_transform(X)
    coordinates = Span.of(compute_gram(X)).coordinates[:, :5]
    np.testing.assert_allclose(np.abs(coordinates), np.abs(expected), atol=1e-9)


def test_other_rows_are_projected(of_rank, random):
    """Coordinates of other rows are their inner products with the axes."""
    X, rank = of_rank
    others = random.normal(size=(4, X.shape[1])).astype(np.float32)
    span = Span.of(compute_gram(X))
    axes = span.turn_back(X, np.eye(rank))
    np.testing.assert_allclose(axes.T @ axes, np.eye(rank), atol=1e-6)
    projected = span.project(compute_gram(others, X))
    np.testing.assert_allclose(projected, others.astype(np.float64) @ axes, atol=1e-8)
    np.testing.assert_allclose(span.project(compute_gram(X)), span.coordinates)


def test_weights_turned_back_give_what_those_of_coordinates_give(of_rank, random):
    X, rank = of_rank
    span = Span.of(compute_gram(X))
    weights = random.normal(size=(rank, 3))
    of_genes = span.turn_back(X, weights)
    expected = span.coordinates @ weights
    np.testing.assert_allclose(X.astype(np.float64) @ of_genes, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(span.turn_back(X, weights[:, 0]).shape, (X.shape[1],))
    assert span.turn_back(X, weights, np.float32).dtype == np.float32


def test_some_rows_span_the_space_and_the_others_are_projected(of_rank):
    X, _ = of_rank
    gram, rows = compute_gram(X), np.array([1, 2, 5, 9])
    span = Span.of(gram, rows)
    alone = Span.of(compute_gram(X[rows]))
    np.testing.assert_allclose(span.coordinates[rows], alone.coordinates, atol=1e-6)
    np.testing.assert_allclose(span.coordinates, alone.project(gram[:, rows]), atol=1e-6)
    weights = np.ones(span.rank)
    expected = alone.turn_back(X[rows], weights)
    np.testing.assert_allclose(span.turn_back(X, weights), expected, atol=1e-6)


def test_rows_that_do_not_span_the_space_have_no_say_in_it(random):
    X = random.normal(size=(12, 40))
    poisoned = np.vstack([X[:8], 1e6 * X[8:]])
    rows = np.arange(8)
    clean, dirty = (Span.of(compute_gram(matrix), rows) for matrix in (X, poisoned))
    np.testing.assert_array_equal(dirty.basis, clean.basis)
    np.testing.assert_array_equal(dirty.coordinates[rows], clean.coordinates[rows])


def test_axes_point_the_same_way_whoever_computes_them(random):
    X = random.normal(size=(12, 40))
    span, mirrored = (Span.of(compute_gram(matrix)) for matrix in (X, X[:, ::-1].copy()))
    np.testing.assert_allclose(mirrored.coordinates, span.coordinates, atol=1e-9)
    largest = np.abs(span.basis).argmax(axis=0)
    assert (span.basis[largest, np.arange(span.rank)] > 0).all()


def test_rows_of_nothing_but_0_have_one_coordinate():
    X = np.zeros((4, 9))
    span = Span.of(compute_gram(X))
    np.testing.assert_array_equal(span.coordinates, np.zeros((4, 1)))
    np.testing.assert_array_equal(span.turn_back(X, np.ones(1)), np.zeros(9))


@pytest.mark.parametrize(
    ("n_rows", "n_genes", "expected"), [(10, 19, False), (10, 20, True), (100, 12_000, True)]
)
def test_it_pays_where_there_are_twice_as_many_genes_as_rows(n_rows, n_genes, expected):
    assert pays(n_rows, n_genes) is expected
