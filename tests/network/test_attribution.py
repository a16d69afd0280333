"""Integrated gradients add up, and name the genes that matter."""

import numpy as np
import pytest

from deepcme import DeepCMEEnsemble
from deepcme.network.attribution import compute_integrated_gradients


@pytest.fixture(params=[True, False], ids=["batch_norm", "bias"])
def ensemble(request, random):
    X = random.normal(size=(120, 12)).astype(np.float32)
    y = (X[:, 0] - X[:, 1] > 0).astype(int)
    model = DeepCMEEnsemble(
        hidden_layers=(8, 5),
        batch_norm=request.param,
        penalty_strength=1.0,
        max_epochs=40,
        learning_rate=1e-2,
        random_state=0,
    )
    return model.fit(X, y), X


def test_shares_add_up_to_the_log_odds(ensemble):
    model, X = ensemble
    shares = compute_integrated_gradients(model.networks_, X, steps=400)
    at_mean = model.decision_function(np.zeros((1, 12), np.float32))
    np.testing.assert_allclose(
        shares.sum(axis=1), model.decision_function(X) - at_mean, atol=0.02
    )


def test_shares_are_the_integral_of_the_gradient(ensemble):
    """Central differences along the path, for one sample and gene."""
    model, X = ensemble
    sample, gene, steps, h = X[3:4], 0, 400, 1e-3
    total = 0.0
    for alpha in (np.arange(steps) + 0.5) / steps:
        up, down = alpha * sample, alpha * sample
        up[0, gene] += h
        down[0, gene] -= h
        total += (model.decision_function(up) - model.decision_function(down))[0] / (2 * h)
    expected = sample[0, gene] * total / steps
    shares = compute_integrated_gradients(model.networks_, sample, steps)
    assert shares[0, gene] == pytest.approx(expected, rel=0.02, abs=0.005)


def test_the_genes_that_matter_have_the_largest_shares(ensemble):
    model, X = ensemble
    shares = np.abs(compute_integrated_gradients(model.networks_, X)).mean(axis=0)
    assert set(np.argsort(-shares)[:2]) == {0, 1}


def test_a_gene_at_its_mean_has_no_share(ensemble):
    model, X = ensemble
    X = X[:70].copy()
    X[:, 5] = 0.0
    assert (compute_integrated_gradients(model.networks_, X)[:, 5] == 0).all()
