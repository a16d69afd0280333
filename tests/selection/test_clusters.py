"""Clusters of correlated genes."""

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.selection import clusters
from deepcme.selection.clusters import (
    cluster_genes,
    collect_clusters,
    correlate,
    describe_clusters,
)
from tests.selection.problems import make_problem, make_twins


def test_twins_share_a_cluster_and_numbers_follow_the_genes():
    X, _ = make_twins()
    assert cluster_genes(X).tolist() == np.repeat(np.arange(10), 3).tolist()


def test_a_gene_and_its_mirror_image_are_twins():
    X, _ = make_problem()
    X[:, 1] = -X[:, 0]
    assert cluster_genes(X)[:2].tolist() == [0, 0]


def test_a_constant_gene_stands_alone():
    X, _ = make_twins()
    X[:, 4] = 1.0
    cluster = cluster_genes(X)
    assert (cluster == cluster[4]).sum() == 1
    assert correlate(X)[4, 5] == 0


def test_independent_genes_stand_alone():
    X, _ = make_problem()
    assert cluster_genes(X).tolist() == list(range(40))
    assert cluster_genes(X[:, :1]).tolist() == [0]


def test_correlations_are_numpys():
    X, _ = make_twins()
    np.testing.assert_allclose(correlate(X), np.corrcoef(X.T), atol=1e-5)


def test_any_gene_counts_for_its_cluster():
    selected = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], dtype=bool)
    hits = collect_clusters(selected, [0, 0, 1, 2])
    assert hits.tolist() == [[True, False, False], [True, False, True], [False] * 3]


def test_clusters_are_named_by_their_genes():
    table = describe_clusters([0, 1, 0], ["A", "B", "C"])
    assert table.to_dict("list") == {
        "cluster": [0, 1],
        "n_genes": [2, 1],
        "genes": ["A C", "B"],
    }


def test_too_many_genes_are_refused(monkeypatch):
    monkeypatch.setattr(clusters, "MOST_GENES", 30)
    X, _ = make_problem()
    with pytest.raises(DeepCMEError, match="40 genes are too many"):
        cluster_genes(X)
