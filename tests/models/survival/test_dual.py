"""Genes as coordinates of the patients, from the inner products of their rows."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.models.span.gram import compute_gram
from deepcme.models.survival.cox_ridge import CoxRidge
from deepcme.models.survival.dual import DualGenes
from tests.models.survival.patients import X, Y


@pytest.mark.parametrize("shift", [0.0, 8.0, 1e3, 1e5])
def test_coordinates_are_those_of_genes_less_their_means(shift):
    """Also where the means are so large that inner products would lose the patients in them."""
    genes = DualGenes.of(X + shift, np.arange(150))
    centred = X - X.mean(axis=0)
    inner = genes.coordinates @ genes.coordinates.T
    np.testing.assert_allclose(inner, centred @ centred.T, atol=1e-8)
    np.testing.assert_allclose(genes.means, X.mean(axis=0) + shift, atol=1e-9)
    assert genes.coordinates.shape == (90, 89)
    of_coordinates = np.linspace(-1, 1, 89)
    coefficients = genes.coefficients(X + shift, of_coordinates)
    np.testing.assert_allclose(
        centred @ coefficients, genes.coordinates @ of_coordinates, atol=1e-8
    )


def test_a_ridge_is_the_same_to_the_bit_with_the_gram_matrix_given():
    ridge = CoxRidge((1.0, 0.3), random_state=0)
    computed = ridge.fit(X, Y).coef_.tobytes()
    gram = compute_gram(X)
    assert ridge.fit(X, Y, gram=gram).coef_.tobytes() == computed
    rest, held_out = X[:70], X[70:]
    scored = ridge.score_held_out(rest, Y[:70], np.arange(70), held_out)
    again = ridge.score_held_out(rest, Y[:70], np.arange(70), held_out, gram=gram[:70, :70])
    np.testing.assert_allclose(again, scored, atol=1e-10)


def test_a_gram_matrix_of_other_rows_is_refused():
    with pytest.raises(DeepCMEError, match="gram is not that of X"):
        CoxRidge(penalties=(0.3,)).fit(X, Y, gram=compute_gram(2 * X))
