"""Running sums by the library and by hand, and what is said without the library."""

import sys

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.selection.enrichment.running_sums import (
    compute_running_sum,
    compute_running_sums,
    require_gseapy,
)

STATISTICS = np.array([0.5, -2.0, 3.0, 1.0, -1.0, 0.2])
"""Ranked: 2, 3, 0, 5, 4, 1."""


def test_the_running_sum_of_a_tiny_ranking_by_hand():
    ranked = np.sort(STATISTICS)[::-1]
    is_member = np.array([True, False, True, False, False, False])
    found = compute_running_sum(ranked, is_member)
    np.testing.assert_allclose(
        found, [3 / 3.5, 3 / 3.5 - 0.25, 0.75, 0.5, 0.25, 0.0], atol=1e-12
    )


def test_the_library_finds_the_same_score_and_its_leading_edge():
    table = compute_running_sums(STATISTICS, [np.array([0, 2]), np.array([1, 4])], seed=1)
    np.testing.assert_allclose(table["es"], [3 / 3.5, -1.0], atol=1e-9)
    assert [edge.tolist() for edge in table["leading_edge"]] == [[2], [1, 4]]
    assert (np.sign(table["nes"]) == [1, -1]).all()


def test_of_many_genes_it_is_the_farthest_point_of_the_running_sum():
    random = np.random.default_rng(1)
    statistics = random.normal(size=500).round(1)  # with equal ones among them
    sets = [random.choice(500, 30, replace=False) for _ in range(5)]
    table = compute_running_sums(statistics, sets, seed=1)
    order = np.argsort(-statistics, kind="stable")
    for genes, es in zip(sets, table["es"], strict=True):
        sums = compute_running_sum(statistics[order], np.isin(order, genes))
        assert es == pytest.approx(sums[np.abs(sums).argmax()])
    again = compute_running_sums(statistics, sets, seed=1)
    assert again.drop(columns="leading_edge").equals(table.drop(columns="leading_edge"))


@pytest.mark.parametrize("n_known", [0, 3, 25])
def test_genes_of_equal_scores_or_none_are_no_obstacle(capfd, n_known):
    """A penalty leaves many genes a score of 0."""
    scores = np.r_[np.arange(1.0, n_known + 1).round(-1), np.zeros(40 - n_known)]
    table = compute_running_sums(scores, [np.arange(20, 32), np.arange(0, 24, 2)], seed=1)
    assert np.isfinite(table[["es", "nes"]].astype(float)).all(axis=None)
    said = capfd.readouterr()
    assert said.out + said.err == ""


def test_without_the_library_one_sentence_says_the_way_out(monkeypatch):
    require_gseapy()
    monkeypatch.setitem(sys.modules, "gseapy", None)  # importing it fails
    with pytest.raises(DeepCMEError, match=r"pip install 'deepcme\[gene-sets\]'"):
        require_gseapy()
