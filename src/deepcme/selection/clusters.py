"""Clusters of correlated genes, so that twins do not split the vote."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from deepcme.base.errors import DeepCMEError
from deepcme.network.architecture import FloatArray

__all__ = ["cluster_genes"]

IntegerArray = NDArray[np.int64]
BooleanArray = NDArray[np.bool_]

MOST_GENES = 10_000
"""Genes up to which all pairs are compared: 10,000 take 400 MB for a minute."""
BLOCK_CUT = 0.85
TWIN_CUT = 0.3


def cluster_genes(X: FloatArray, cut: float = TWIN_CUT) -> IntegerArray:
    """Cluster genes by average linkage on ``1 - |r|``.

    Parameters
    ----------
    X : array of shape (samples, genes)
    cut : float, default 0.3
        Clusters are merged up to this mean distance, above 0 and up to 1: at
        0.3 the genes of a cluster have a mean absolute correlation of 0.7.

    Returns
    -------
    array of int64
        Cluster of each gene, numbered from 0 in the genes' order. A constant
        gene is a cluster of its own.

    Raises
    ------
    DeepCMEError
        If there are more genes than can be compared in pairs.

    References
    ----------
    .. [1] Sokal RR, Michener CD (1958). A statistical method for evaluating
       systematic relationships. University of Kansas Science Bulletin 38:1409-1438.

    Examples
    --------
    >>> import numpy as np
    >>> from deepcme.selection.clusters import cluster_genes
    >>> gene, other = np.random.default_rng(0).normal(size=(2, 50))
    >>> cluster_genes(np.column_stack([gene, other, -gene])).tolist()
    [0, 1, 0]
    """
    n_genes = X.shape[1]
    if n_genes > MOST_GENES:
        raise DeepCMEError(
            f"{n_genes:,} genes are too many to compare in pairs: cluster at most "
            f"{MOST_GENES:,}, those ranked first for example."
        )
    if n_genes == 1:
        return np.zeros(1, np.int64)
    distances = np.maximum(1 - np.abs(correlate(X)), 0)
    condensed = squareform(distances, checks=False)
    del distances
    merged = fcluster(linkage(condensed, "average"), cut, criterion="distance")
    _, first, cluster = np.unique(merged, return_index=True, return_inverse=True)
    numbers = np.argsort(np.argsort(first))
    return numbers[cluster].astype(np.int64)


def correlate(X: FloatArray) -> FloatArray:
    """Correlations of all genes; 0 with a constant gene."""
    centred = X - X.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    centred /= np.where(norms > 0, norms, 1)
    correlations: FloatArray = centred.T @ centred
    np.fill_diagonal(correlations, 1)
    return correlations


def collect_clusters(selected: BooleanArray, clusters: ArrayLike) -> BooleanArray:
    """Which clusters were hit in each selection: any gene counts for its cluster.

    Parameters
    ----------
    selected : array of bool, shape (selections, genes)
    clusters : array of int, shape (genes,)
        As `cluster_genes` gives them.

    Returns
    -------
    array of bool, shape (selections, clusters)
    """
    cluster = np.asarray(clusters)
    hits = np.zeros((len(selected), int(cluster.max()) + 1), dtype=bool)
    selection, gene = np.nonzero(selected)
    hits[selection, cluster[gene]] = True
    return hits


def describe_clusters(clusters: ArrayLike, genes: ArrayLike) -> pd.DataFrame:
    """One row per cluster: `cluster, n_genes, genes`, the names joined by a space."""
    table = pd.DataFrame(
        {"cluster": np.asarray(clusters), "gene": np.asarray(genes, dtype=str)}
    )
    return table.groupby("cluster")["gene"].agg(n_genes="count", genes=" ".join).reset_index()
