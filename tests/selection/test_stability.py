"""Stability of selections: reference values by hand, and what happens at random."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.selection.clusters import cluster_genes
from deepcme.selection.stability import (
    StabilitySelection,
    compute_stability_index,
    count_first_genes,
    draw_half_samples,
    find_stable_genes,
    select_on_subsamples,
)
from tests.selection.problems import (
    TRUTH,
    false_selection_bound,
    make_problem,
    make_times,
    make_twins,
)

SEED = np.random.SeedSequence(5)


def test_the_index_by_hand():
    """Frequencies 1, 1/2, 1/2, 0: unbiased variances sum to 1, so 1 - (1/4) / (1/4) = 0.

    With three selections of {1, 2}, {1, 2}, {1, 3}: frequencies 1, 2/3, 1/3, 0; unbiased
    variances 3/2 * (2/9 + 2/9) = 2/3, mean 1/6; by chance 1/2 * 1/2; 1 - 4/6 = 1/3.
    """
    two = np.array([[1, 1, 0, 0], [1, 0, 1, 0]])
    assert compute_stability_index(two).value == pytest.approx(0)
    three = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]])
    assert compute_stability_index(three).value == pytest.approx(1 / 3)


def test_the_interval_by_hand():
    """Same size k = 2 of d = 4, so theorem 7's phi_i is (sum of frequencies / 4 - 1/4) / (1/4).

    The sums of frequencies are 5/3, 5/3, 4/3, so phi is 2/3, 2/3, 1/3 and its squared
    deviations sum to 2/27; the variance is 4/9 * 2/27.
    """
    index = compute_stability_index(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]]))
    half_width = 1.959964 * np.sqrt(4 / 9 * 2 / 27)
    assert index.ci_low == pytest.approx(1 / 3 - half_width, abs=1e-6)
    assert index.ci_high == pytest.approx(1 / 3 + half_width, abs=1e-6)


def test_the_same_genes_every_time_are_stable():
    index = compute_stability_index(np.tile([1, 1, 0, 0, 0], (6, 1)))
    assert (index.value, index.ci_low, index.ci_high) == (1, 1, 1)


def test_the_interval_covers_the_stability_of_random_selections(random):
    """Genes drawn at random have stability 0."""
    covered = 0
    for _ in range(300):
        chosen = np.zeros((20, 60))
        for row in chosen:
            row[random.choice(60, 6, replace=False)] = 1
        index = compute_stability_index(chosen)
        covered += index.ci_low <= 0 <= index.ci_high
    assert 0.88 <= covered / 300 <= 0.99


@pytest.mark.parametrize("value", [0, 1])
def test_nothing_chosen_has_no_stability(value):
    assert np.isnan(compute_stability_index(np.full((3, 4), value)).value)


def test_one_selection_has_no_stability():
    with pytest.raises(DeepCMEError, match="two selections"):
        compute_stability_index(np.ones((1, 4)))


def test_the_bound_by_hand():
    """20 of 5,000 genes, found in 90% of the subsamples: 400 / (0.8 * 5,000) = 0.1."""
    assert false_selection_bound(20, 5000, 0.9) == pytest.approx(0.1)
    assert find_stable_genes(np.zeros(5000), 20, 0.1)[1] == pytest.approx(0.9)


def test_the_threshold_gives_the_bound():
    frequency = np.r_[1.0, 0.9, np.zeros(98)]
    stable, threshold = find_stable_genes(frequency, 5, 0.5)
    assert threshold == pytest.approx(0.75)
    assert false_selection_bound(5, 100, threshold) == pytest.approx(0.5)
    assert np.flatnonzero(stable).tolist() == [0, 1]


def test_where_nothing_can_be_claimed_nothing_is():
    stable, threshold = find_stable_genes(np.ones(100), 20, 1.0)
    assert not stable.any()
    assert np.isnan(threshold)


def test_halves_are_complementary_and_keep_patients_together(random):
    y, patients = np.tile([0, 0, 1, 1], 10), np.repeat(np.arange(20), 2)
    halves = draw_half_samples(y, patients, 3, random)
    assert len(halves) == 6
    for first, second in zip(halves[::2], halves[1::2], strict=True):
        assert sorted(np.r_[first, second]) == list(range(40))
        assert not set(patients[first]) & set(patients[second])
        assert y[first].mean() == y[second].mean() == 0.5


def test_the_genes_behind_the_label_are_stable():
    X, y = make_problem(n=240, n_genes=60)
    options = {"n_selected": 4, "n_pairs": 5}
    found = select_on_subsamples(X, y, np.arange(240), np.arange(60), SEED, **options)
    table = found.by_gene(max_false_selections=0.5)
    assert set(np.flatnonzero(table["stable"])) <= set(TRUTH)
    assert table["frequency"][TRUTH].min() > 0.5
    assert found.indices()["value"].min() > 0.5
    assert found.n_selected == 4


@pytest.mark.parametrize(
    "ranker", ["cox-score", pytest.param("cox-lasso", marks=pytest.mark.slow)]
)
def test_the_genes_behind_the_hazard_are_stable(ranker):
    X, y = make_times(n=300, n_genes=60)
    options = {"n_selected": 4, "n_pairs": 5, "ranker": ranker}
    found = select_on_subsamples(X, y, np.arange(300), np.arange(60), SEED, **options)
    assert found.by_gene()["frequency"][TRUTH].min() > 0.5


def test_processes_change_nothing():
    X, y = make_problem()
    options = {"ranker": "l1-logistic", "n_pairs": 2}
    arguments = (X, y, np.arange(120), np.arange(40))
    one = select_on_subsamples(*arguments, np.random.SeedSequence(5), jobs=1, **options)
    two = select_on_subsamples(*arguments, np.random.SeedSequence(5), jobs=2, **options)
    np.testing.assert_array_equal(one.selected, two.selected)


def test_twins_do_not_split_the_vote():
    X, y = make_twins()
    clusters = cluster_genes(X)
    found = select_on_subsamples(
        X, y, np.arange(150), clusters, SEED, ranker="l1-logistic", n_selected=2, n_pairs=5
    )
    by_cluster = found.by_cluster()
    assert by_cluster["frequency"][:2].min() > found.by_gene()["frequency"].max() - 1e-9
    assert by_cluster["n_genes"].tolist() == [3] * 10
    levels = found.indices().set_index("level")["value"]
    assert levels["cluster"] > levels["gene"]


def test_selections_of_no_gene_claim_nothing():
    selected = np.random.default_rng(0).random((10, 40)) < 0.5
    found = StabilitySelection(selected, np.arange(40))
    assert not found.by_gene()["stable"].any()


def test_the_most_genes_that_a_frequency_of_nine_tenths_can_answer_for():
    """0.9 = 0.5 + q^2 / (2 p): 8 of 80 genes, at most 20 of however many, at least one."""
    assert [count_first_genes(p) for p in (1, 80, 79, 500, 56_602)] == [1, 8, 7, 20, 20]
    for p in (20, 80, 300, 5000):
        assert false_selection_bound(count_first_genes(p), p, 0.9) <= 1


def test_every_claim_is_a_sentence():
    """100 genes, 8 each time: the threshold is 0.5 + 64 / 200 = 82%."""
    random = np.random.default_rng(0)
    selected = np.zeros((50, 100), dtype=bool)
    selected[:, 0] = True
    for row in selected:
        row[random.permutation(99)[:7] + 1] = True
    claims = StabilitySelection(selected, np.arange(100)).claims().set_index("level")
    assert claims["n_stable"].tolist() == [1, 1]
    assert claims.loc["gene", "threshold"] == pytest.approx(0.82)
    assert claims.loc["gene", "claim"].startswith("1 gene selected in 82% of the subsamples")
    selected[:20, 0], selected[:20, 50] = False, True
    none = StabilitySelection(selected, np.arange(100)).claims()["claim"][0]
    assert none.startswith("Nothing can be claimed of genes: at most 1 false selection takes")
    many = StabilitySelection(random.random((50, 10)) < 0.5, np.arange(10)).claims()["claim"][0]
    assert "no frequency limits the false ones to 1" in many


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "ranker"),
    [
        (make_problem, "soft-path"),
        (make_times, "soft-path"),
        (make_times, "cox-lasso"),
        (make_times, "cox-score"),
    ],
)
def test_at_most_one_false_gene_is_claimed_on_null_data(make, ranker, say):
    """Twenty cohorts without any signal: the mean number of genes claimed keeps the bound."""
    claimed = []
    for seed in range(20):
        X, y = make(n_genes=80, seed=seed, null=True)
        options = {"n_selected": count_first_genes(80), "n_pairs": 15, "ranker": ranker}
        found = select_on_subsamples(
            X, y, np.arange(120), np.arange(80), np.random.SeedSequence(seed), **options
        )
        claimed.append(found.claims()["n_stable"][0])
    kind = make.__name__.removeprefix("make_")
    say(f"genes claimed on null {kind} by {ranker}, mean of 20: {np.mean(claimed):.2f}")
    assert np.mean(claimed) <= 1
