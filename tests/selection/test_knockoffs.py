"""Decoys: they look like their genes, know nothing of the label, and null data stays silent."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.selection import knockoffs
from deepcme.selection.clusters import correlate
from deepcme.selection.knockoffs import (
    choose_reals,
    compete,
    draw_knockoffs,
    draw_permuted_copies,
    find_blocks,
    select_against_decoys,
)
from tests.selection.problems import TRUTH, make_problem, make_times, make_twins


def select(X, y, seed=0, **options):
    random = np.random.default_rng(seed)
    return select_against_decoys(X, y, np.arange(len(y)), random, **options)


def test_knockoffs_have_the_correlations_of_their_genes(random):
    X, _ = make_twins(n=4000)
    copies = draw_knockoffs(X, random)
    among, between = correlate(copies), correlate(np.concatenate([X, copies], 1))[:30, 30:]
    np.testing.assert_allclose(among, correlate(X), atol=0.08)
    same_block = np.repeat(np.arange(10), 3)
    others = (same_block[:, None] == same_block) & ~np.eye(30, dtype=bool)
    np.testing.assert_allclose(between[others], correlate(X)[others], atol=0.08)
    np.testing.assert_allclose(copies.mean(0), X.mean(0), atol=0.08)


def test_a_gene_alone_has_an_independent_knockoff(random):
    X, _ = make_problem(n=2000, n_genes=5, null=True)
    copies = draw_knockoffs(X, random, blocks=np.arange(5))
    between = correlate(np.concatenate([X, copies], axis=1))[:5, 5:]
    assert np.abs(between).max() < 0.1


def test_constant_genes_have_constant_knockoffs(random):
    X, _ = make_twins()
    X[:, 4] = 2.5
    np.testing.assert_array_equal(draw_knockoffs(X, random)[:, 4], X[:, 4])


def test_permuted_copies_keep_the_rows_whole(random):
    X, _ = make_twins()
    copies = draw_permuted_copies(X, random)
    np.testing.assert_allclose(correlate(copies), correlate(X), atol=1e-5)
    assert not np.array_equal(copies, X)


def test_many_genes_are_divided_before_they_are_clustered(monkeypatch):
    X, _ = make_twins()
    whole = find_blocks(X)
    monkeypatch.setattr(knockoffs, "MOST_IN_LINKAGE", 15)
    divided = find_blocks(X)
    assert sorted(set(divided)) == list(range(divided.max() + 1))
    pairs = np.arange(30)[:, None] < np.arange(30)
    together = (whole[:, None] == whole) & pairs
    assert (divided[:, None] == divided)[together].mean() > 0.7


def test_competition_by_hand():
    """Genes rank 1, 4, 6 and their decoys 2, 3, 5."""
    statistic = compete(np.array([1, 4, 6]), np.array([2, 3, 5]))
    assert statistic.tolist() == [6, -4, -2]


def test_the_choice_by_hand():
    """Reals and decoys in order R R R R R D R: (1 + 0) / 5 = 0.2, (1 + 1) / 6 = 1/3."""
    statistic = np.array([9, 8, 7, 6, 5, -4, 3])
    selected, estimate = choose_reals(statistic, 0.2)
    assert np.flatnonzero(selected).tolist() == [0, 1, 2, 3, 4]
    assert estimate == pytest.approx(0.2)
    selected, estimate = choose_reals(statistic, 0.34)
    assert np.flatnonzero(selected).tolist() == [0, 1, 2, 3, 4, 6]
    assert estimate == pytest.approx(1 / 3)


def test_four_genes_are_too_few_for_a_fifth():
    selected, estimate = choose_reals(np.array([9, 8, 7, 6, -5]), 0.2)
    assert not selected.any()
    assert np.isnan(estimate)


@pytest.mark.parametrize("decoys", ["knockoffs", "permuted"])
def test_the_genes_behind_the_label_are_selected(decoys):
    X, y = make_problem(n=400, n_genes=100)
    found = select(X, y, proportion=0.34, decoys=decoys)
    assert set(TRUTH) <= set(found.selected)
    assert len(found.selected) <= 8
    assert found.estimate <= 0.34
    assert f"{len(found.selected)} genes are selected" in found.claim
    assert ("Permuted" in found.claim) == (decoys == "permuted")
    assert found.by_block()["n_selected"].sum() == len(found.selected)


@pytest.mark.parametrize(
    "ranker", ["soft-path", pytest.param("cox-lasso", marks=pytest.mark.slow)]
)
def test_the_genes_behind_the_hazard_are_selected(ranker):
    X, y = make_times(n=400, n_genes=100)
    found = select(X, y, proportion=0.34, ranker=ranker)
    assert set(TRUTH) <= set(found.selected)
    assert found.estimate <= 0.34


@pytest.mark.slow
@pytest.mark.parametrize("ranker", ["soft-path", "cox-score"])
def test_the_proportion_of_false_genes_for_times_is_kept(ranker, say):
    """Of 40 cohorts with four true genes of 100, at most a third of those selected is false."""
    false = []
    for seed in range(40):
        X, y = make_times(n=400, n_genes=100, seed=seed)
        selected = select(X, y, seed=seed, proportion=0.34, ranker=ranker).selected
        false.append(np.mean(~np.isin(selected, TRUTH)) if len(selected) else 0.0)
    say(f"{ranker}: {np.mean(false):.3f} of the genes selected for times are false")
    assert np.mean(false) <= 0.34 + 2 * np.std(false) / np.sqrt(40)


@pytest.mark.slow
@pytest.mark.parametrize("ranker", ["soft-path", "cox-lasso", "cox-score"])
def test_null_times_seldom_report_anything(ranker, say):
    """Where no gene matters, a list of any length is false: the proportion bounds how often."""
    reported = 0
    for seed in range(100):
        X, y = make_times(n=80, n_genes=60, seed=seed, null=True)
        reported += len(select(X, y, seed=seed, ranker=ranker).selected) > 0
    say(f"{ranker}: {reported} of 100 runs on null times report genes")
    assert reported <= 28


def test_where_nothing_can_be_claimed_it_says_so():
    X, y = make_problem(n=100, n_genes=50, null=True)
    found = select(X, y, ranker="l1-logistic")
    assert len(found.selected) == 0
    assert found.claim.startswith("Nothing can be claimed")
    assert found.by_block().empty


def test_null_data_seldom_report_anything():
    reported = 0
    for seed in range(20):
        X, y = make_problem(n=80, n_genes=60, seed=seed, null=True)
        reported += len(select(X, y, seed=seed).selected) > 0
    assert reported <= 5


@pytest.mark.parametrize("proportion", [0, 1])
def test_proportions_out_of_range_are_refused(proportion):
    X, y = make_problem()
    with pytest.raises(DeepCMEError, match="proportion"):
        select(X, y, proportion=proportion)
