"""Networks of scores in the span of their rows, and those of genes that equal them."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.models.span.gram import compute_gram
from deepcme.models.span.scores import SpanScores
from deepcme.network.architecture import Hyperparameters, initialise_weights
from tests.models.span.ill_conditioned import KINDS_OF_ROWS

ROWS = np.arange(25)


@pytest.fixture(params=KINDS_OF_ROWS, ids=lambda make: make.__name__)
def matrix(request, random):
    return np.ascontiguousarray(request.param(random), dtype=np.float32)


def scores_of(matrix):
    return SpanScores(matrix, compute_gram(matrix))


def make_network(inputs, random):
    """A network whose normalisation is as training leaves it: that of its inputs."""
    weights = initialise_weights(inputs.shape[1], Hyperparameters(hidden_layers=(8, 4)), random)
    first = weights.blocks[0]
    product = inputs.astype(np.float64) @ first.weight
    first.running_mean = product.mean(axis=0).astype(np.float32)
    first.running_var = product.var(axis=0).astype(np.float32)
    return weights


def enter(scores, rows=ROWS):
    return scores.enter(rows, np.random.default_rng(5))


def test_they_and_the_starting_weights_move_as_genes_do(matrix):
    """As many times as there are more genes than axes, and the start is as many times nearer."""
    inputs, start = enter(scores_of(matrix))
    assert inputs.dtype == np.float32
    assert inputs.flags.c_contiguous
    genes_per_axis = 300 / inputs.shape[1]
    assert np.sqrt(np.mean(np.square(inputs[ROWS]))) == pytest.approx(genes_per_axis, rel=1e-5)
    assert start == pytest.approx(1 / genes_per_axis)


def test_inner_products_are_those_of_the_rows(matrix):
    """The axes are turned, each after another generator, and nothing is lost by that."""
    scores = scores_of(matrix)
    inputs, other = (
        scores.enter(ROWS, np.random.default_rng(seed)).samples.astype(np.float64)
        for seed in (1, 2)
    )
    assert np.abs(other - inputs).max() > 0.1 * np.abs(inputs).max()
    expected = compute_gram(matrix)[ROWS][:, ROWS]
    for samples in (inputs, other):
        products = compute_gram(samples)[ROWS][:, ROWS]
        np.testing.assert_allclose(
            products / np.trace(products), expected / np.trace(expected), atol=1e-6
        )


def test_networks_of_genes_give_what_those_of_scores_give(matrix, random):
    others = random.permutation(matrix[::-1]) + 0.1 * matrix.std() * random.normal(
        size=(40, 300)
    )
    others = others.astype(np.float32)
    scores = scores_of(matrix)
    networks = []
    for rows in (ROWS, np.arange(10, 40)):
        inputs, _ = enter(scores, rows)
        networks.append([make_network(inputs[rows], random) for _ in range(2)])
    of_genes = scores.turn_back(networks)
    for X in (matrix, others):
        for pair, turned, inputs in zip(networks, of_genes, scores.of(X), strict=True):
            for weights, other in zip(pair, turned, strict=True):
                assert other.blocks[0].weight.dtype == np.float32
                np.testing.assert_allclose(
                    other.decision_function(X), weights.decision_function(inputs), atol=1e-5
                )


def test_scores_of_the_samples_themselves_are_those_trained_on(matrix):
    scores = scores_of(matrix)
    inputs, _ = enter(scores)
    (again,) = scores.of(matrix)
    np.testing.assert_allclose(again, inputs, atol=1e-6 * np.abs(inputs).max())


def test_rows_held_out_have_no_say_in_axes_or_scale(random):
    matrix = random.normal(size=(40, 300)).astype(np.float32)
    poisoned = matrix.copy()
    poisoned[25:] *= 1e4
    clean, dirty = (enter(scores_of(of)).samples for of in (matrix, poisoned))
    np.testing.assert_array_equal(dirty[ROWS], clean[ROWS])


def test_a_matrix_that_was_changed_after_the_fit_is_refused(random):
    matrix = random.normal(size=(40, 300)).astype(np.float32)
    scores = scores_of(matrix)
    inputs, _ = enter(scores)
    matrix[3, 5] += 1
    for use in (lambda: list(scores.of(matrix)), lambda: scores.turn_back([[inputs]])):
        with pytest.raises(DeepCMEError, match="was changed afterwards: fit on a copy"):
            use()
