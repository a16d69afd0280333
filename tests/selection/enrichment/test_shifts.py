"""Sets whose genes go with the outcome as one: reference values, the null, and the truth."""

from itertools import permutations

import numpy as np
import pytest

from deepcme.selection.enrichment.association import PatientPermutations
from deepcme.selection.enrichment.shifts import compute_shifts, count_permutations
from tests.selection.enrichment.simulated_sets import PLANTED, FoundSets, PlantedSet


def standardised(n, genes, seed=1, shared=0.0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, genes)) + shared * random.normal(size=(n, 1))
    return ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)


def test_with_every_permutation_known_it_is_what_is_counted_by_hand():
    X = standardised(6, 5)
    residuals = np.array([1, 1, 1, -1, -1, -1]) / 2
    sets = [np.array([0, 1]), np.array([2, 3, 4])]
    patients = PatientPermutations.of(list("ABCDEF"), [""] * 6)
    table = compute_shifts(X, residuals, sets, patients, np.random.default_rng(1))
    scale = np.sqrt(5 / (6 * residuals @ residuals))
    statistics = np.array([scale * np.array(rows) @ X for rows in permutations(residuals)])
    shifts = np.stack(
        [statistics[:, s].mean(1) - np.delete(statistics, s, 1).mean(1) for s in sets], axis=1
    )
    spread = statistics.var(axis=1)
    sizes = np.array([2, 3])
    effects = np.maximum(0, spread - spread.mean())[:, np.newaxis]
    by_hand = shifts / np.sqrt((shifts**2).mean(0) + effects * (1 / sizes + 1 / (5 - sizes)))
    np.testing.assert_allclose(table["shift"], shifts[0], rtol=1e-5)
    np.testing.assert_allclose(table["statistic"], by_hand[0], rtol=0.05)
    share = (np.abs(by_hand) >= np.abs(by_hand[0]) - 1e-9).mean(axis=0)
    assert np.all(table["p"] >= share - 0.02)


def test_the_variance_of_correlated_genes_is_inflated_as_wu_and_smyth_have_it():
    """VIF = 1 + (m - 1) r, with r the mean correlation of the pairs of a set."""
    X = standardised(50, 12, shared=0.8)
    genes = np.array([0, 2, 5, 9])
    patients = PatientPermutations.of(range(50), [""] * 50)
    residuals = np.where(np.arange(50) < 20, 0.6, -0.4)
    (found,) = compute_shifts(
        X, residuals, [genes], patients, np.random.default_rng(1)
    ).itertuples()
    mean = np.corrcoef(X[:, genes].T)[np.triu_indices(4, 1)].mean()
    assert found.correlation == pytest.approx(mean, abs=1e-5)
    assert found.variance_inflation == pytest.approx(1 + 3 * mean, abs=1e-4)


def test_a_shift_has_an_interval_that_agrees_with_its_p():
    table = PlantedSet(samples=80, events=30, genes=400, correlated=4, random=4).test(1)
    excludes = (table["ci_low"] > 0) | (table["ci_high"] < 0)
    assert (table["ci_low"] < table["shift"]).all()
    assert (table["shift"] < table["ci_high"]).all()
    assert excludes[table["p"] <= 0.05].all()


def test_permutations_are_enough_for_one_set_to_be_claimed_alone():
    assert [count_permutations(n) for n in (1, 50, 1000, 9000)] == [
        10_000,
        10_000,
        40_000,
        100_000,
    ]
    assert 1000 / (1 + count_permutations(1000)) < 0.05


QUICK = PlantedSet(samples=40, events=18, genes=500, correlated=8, random=8)


def test_where_nothing_goes_with_the_outcome_few_sets_are_rejected():
    """One of twenty of the correlated sets and of the random ones; genes err together."""
    null = FoundSets.of(PlantedSet(**{**vars(QUICK), "effect": 0.0}), range(1, 11))
    assert null.rejected.mean() == pytest.approx(0.05, abs=0.04)
    assert null.is_claimed.mean() <= 0.2


def test_a_planted_set_is_found_first_among_correlated_ones():
    found = FoundSets.of(PlantedSet(**{**vars(QUICK), "effect": 1.8}), range(1, 4))
    assert found.is_first.all()
    assert found.is_claimed.all()


def test_the_same_seed_gives_the_same_table():
    table = QUICK.test(3)
    assert table.equals(QUICK.test(3))
    assert table.index[0] == PLANTED


@pytest.mark.slow
@pytest.mark.parametrize(
    "design",
    [
        PlantedSet(),
        PlantedSet(effect=0.5),
        PlantedSet(other_effects=0.6),
        PlantedSet(samples=100, events=15, effect=1.2),
    ],
    ids=["planted alone", "small effect", "other genes have effects", "few events"],
)
def test_in_100_cohorts_it_comes_first_in_95_and_few_claims_are_false(design):
    found = FoundSets.of(design, range(1, 101))
    assert found.is_first.sum() >= 95
    assert found.false_discoveries.mean() <= 0.05
