"""Gene scores of an ensemble are those of its mean prediction."""

import numpy as np
import pytest
from scipy.special import expit, logit

from deepcme import DeepCMEError
from deepcme.evaluation.metrics import compute_auc
from deepcme.network.attribution import compute_integrated_gradients
from deepcme.network.times import encode_times, rank_concordance
from deepcme.selection.ensemble_scores import compute_ensemble_gene_scores
from deepcme.selection.scores import PERMUTATIONS, compute_gene_scores
from tests.selection.test_scores import (
    network_of_one_gene,
    random_cox_network,
    random_network,
    times_of,
)


def test_an_ensemble_of_one_network_scores_as_the_network(random):
    weights = random_network(6, (5, 4))
    X = random.standard_normal((40, 6)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    single = compute_gene_scores(weights, X, y, np.random.default_rng(8))
    ensemble = compute_ensemble_gene_scores([[weights]], X, y, np.random.default_rng(8))
    np.testing.assert_allclose(ensemble, single, rtol=1e-4, atol=1e-6)


def test_each_network_counts_alike_however_many_snapshots_it_has(random):
    first, second = network_of_one_gene(8, 5), network_of_one_gene(8, 2)
    X = random.standard_normal((60, 8)).astype(np.float32)
    y = (X[:, 5] + X[:, 2] > 0).astype(int)
    scores = compute_ensemble_gene_scores([[first], [second, second]], X, y, random)
    assert scores["first_layer"].tolist() == [0, 0, 1, 0, 0, 1, 0, 0]
    assert (scores.loc[[2, 5]] > 0).all(axis=None)
    assert (scores.drop(index=[2, 5]) == 0).all(axis=None)


def test_permutation_importance_is_of_the_mean_probability(random):
    networks = [[random_network(4, (3,))], [network_of_one_gene(4, 1)]]
    X = random.standard_normal((30, 4)).astype(np.float32)
    y = (X[:, 1] > 0).astype(int)

    def auc(matrix):
        logits = [snapshots[0].decision_function(matrix) for snapshots in networks]
        return compute_auc(y, logit(np.mean(expit(logits), axis=0)))

    generator = np.random.default_rng(8)
    expected = np.zeros(4)
    for _ in range(PERMUTATIONS):
        order = generator.permutation(30)
        for gene in range(4):
            permuted = X.copy()
            permuted[:, gene] = X[order, gene]
            expected[gene] += (auc(X) - auc(permuted)) / PERMUTATIONS
    found = compute_ensemble_gene_scores(networks, X, y, np.random.default_rng(8))
    np.testing.assert_allclose(found["permutation"], expected, atol=1e-6)


def test_scores_for_times_are_of_the_mean_log_hazard(random):
    networks = [[random_cox_network(4, (3,))], [random_cox_network(4, (5, 2))] * 2]
    X = random.standard_normal((30, 4)).astype(np.float32)
    y = times_of(X[:, 1], random)
    encoded = encode_times(y["time"], y["event"])

    def log_hazard(matrix):
        return np.mean([of[0].decision_function(matrix) for of in networks], axis=0)

    generator = np.random.default_rng(8)
    expected = np.zeros(4)
    for _ in range(PERMUTATIONS):
        order = generator.permutation(30)
        for gene in range(4):
            permuted = X.copy()
            permuted[:, gene] = X[order, gene]
            lost = rank_concordance(log_hazard(X), encoded)
            lost -= rank_concordance(log_hazard(permuted), encoded)
            expected[gene] += lost / PERMUTATIONS
    found = compute_ensemble_gene_scores(networks, X, y, np.random.default_rng(8))
    np.testing.assert_allclose(found["permutation"], expected, atol=1e-6)
    shares = compute_integrated_gradients(networks, X, 2000)
    difference = log_hazard(X) - log_hazard(np.zeros((1, 4), np.float32))
    np.testing.assert_allclose(shares.sum(axis=1), difference, rtol=1e-2, atol=1e-3)


def test_both_classes_are_needed(random):
    with pytest.raises(DeepCMEError, match="both classes"):
        compute_ensemble_gene_scores(
            [[random_network(4, (3,))]], np.zeros((5, 4), np.float32), np.ones(5), random
        )
