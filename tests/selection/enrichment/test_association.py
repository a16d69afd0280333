"""What each gene says of the outcome, and what is exchanged where patients are permuted."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from deepcme.cohort.outcome import BinaryOutcome, Endpoint
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.survival.screening import compute_score_statistics
from deepcme.selection.enrichment.association import (
    PatientPermutations,
    compute_residuals,
    compute_statistics,
)


def standardised(n, genes, seed=1):
    X = np.random.default_rng(seed).normal(size=(n, genes))
    return ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)


def test_of_labels_it_is_mantels_score_statistic():
    X, labels = standardised(30, 4), np.arange(30) % 3 == 0
    residuals = compute_residuals(BinaryOutcome(labels.astype(int)), [""] * 30)
    found = compute_statistics(residuals, X)
    by_hand = [np.sqrt(29) * pearsonr(X[:, gene], labels).statistic for gene in range(4)]
    np.testing.assert_allclose(found, by_hand, rtol=1e-5)


def test_of_times_it_is_the_score_test_of_coxs_model():
    """Its variance is that of permutations, not the information: close to, not the same."""
    random, X = np.random.default_rng(3), standardised(300, 20)
    times = random.exponential(np.exp(-0.3 * X[:, 0]))
    outcome = SurvivalOutcome(
        np.minimum(times, 1.0), times <= 1.0, Endpoint("invented", unit="years")
    )
    found = compute_statistics(compute_residuals(outcome, [""] * 300), X)
    reference = compute_score_statistics(X, outcome.follow_up)
    np.testing.assert_allclose(found, reference, atol=0.6)
    assert np.corrcoef(found, reference)[0, 1] > 0.995


def test_residuals_are_of_each_stratum_alone():
    labels = np.array([1, 1, 0, 0, 0, 0, 0, 1])
    residuals = compute_residuals(BinaryOutcome(labels), ["a"] * 4 + ["b"] * 4)
    np.testing.assert_allclose(residuals, [0.5, 0.5, -0.5, -0.5, -0.25, -0.25, -0.25, 0.75])


def test_patients_of_a_stratum_with_as_many_samples_stand_for_each_other():
    patients = ["A", "B", "B", "C", "D", "D", "E", "F"]
    strata = ["x", "x", "x", "x", "x", "x", "y", "y"]
    permutations = PatientPermutations.of(patients, strata)
    assert (permutations.n_patients, permutations.n_strata) == (6, 2)
    values = np.arange(8.0)
    drawn = np.vstack(list(permutations.draw(values, np.random.default_rng(1), 200, 64)))
    assert drawn.shape == (200, 8)
    places = [{*map(tuple, drawn[:, rows])} for rows in ([0, 3], [1, 2, 4, 5], [6, 7])]
    assert places == [
        {(0, 3), (3, 0)}, {(1, 2, 4, 5), (4, 5, 1, 2)}, {(6, 7), (7, 6)}
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [7, 500])
def test_each_permutation_is_as_likely(at_once):
    permutations = PatientPermutations.of(list("ABC"), [""] * 3)
    random = np.random.default_rng(1)
    drawn = np.vstack(list(permutations.draw(np.arange(3.0), random, 3000, at_once)))
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 6
    assert counts.min() > 400
