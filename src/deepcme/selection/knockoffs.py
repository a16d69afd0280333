"""Decoy genes: how many of the genes ranked first would be there by chance.

Every gene gets a decoy that cannot matter. Genes and decoys are ranked
together, and the decoys among the first say how many of the genes there are
false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.covariance import ledoit_wolf

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted
from deepcme.network.architecture import FloatArray
from deepcme.selection.clusters import BLOCK_CUT, cluster_genes
from deepcme.selection.rankers import RankerName, find_ranker, ranks_of
from deepcme.selection.targets import Target, kind_of

__all__ = ["select_against_decoys"]

IntegerArray = NDArray[np.int64]
BooleanArray = NDArray[np.bool_]
DoubleArray = NDArray[np.float64]
DecoyKind = Literal["knockoffs", "permuted"]

MOST_IN_LINKAGE = 5000
"""Genes that are clustered at once; more are divided beforehand."""
DIVISION_ROUNDS = 10
DEFAULT_PROPORTION = 0.2


def find_blocks(X: FloatArray, cut: float = BLOCK_CUT) -> IntegerArray:
    """Blocks of genes that are nearly uncorrelated with the other blocks.

    Average linkage on 1 - |r|, by default cut where the mean |correlation| is
    0.15. More than 5,000 genes are first divided by k-means on |r|, so that the
    linkage is feasible and every gene keeps a decoy. No label is looked at: a
    filter by association would have to, and would spoil the comparison with the
    decoys.
    """
    block = np.empty(X.shape[1], dtype=np.int64)
    n_blocks = 0
    for genes in _divide(X):
        block[genes] = cluster_genes(X[:, genes], cut) + n_blocks
        n_blocks = int(block[genes].max()) + 1
    return block


def _divide(X: FloatArray) -> list[IntegerArray]:
    """Sets of at most 5,000 genes, correlated genes mostly in one."""
    n_genes = X.shape[1]
    if n_genes <= MOST_IN_LINKAGE:
        return [np.arange(n_genes)]
    values = X - X.mean(axis=0)
    values /= np.maximum(np.linalg.norm(values, axis=0), np.finfo(np.float32).tiny)
    n_centres = int(np.ceil(2 * n_genes / MOST_IN_LINKAGE))
    centres = values[:, np.linspace(0, n_genes - 1, n_centres).astype(np.int64)]
    for _ in range(DIVISION_ROUNDS):
        correlation = centres.T @ values
        nearest = np.abs(correlation).argmax(axis=0)
        signs = np.sign(correlation[nearest, np.arange(n_genes)])
        centres = np.stack(
            [
                values[:, nearest == centre] @ signs[nearest == centre]
                for centre in range(n_centres)
            ],
            axis=1,
        )
        centres /= np.maximum(np.linalg.norm(centres, axis=0), np.finfo(np.float32).tiny)
    sets = [np.flatnonzero(nearest == centre) for centre in range(n_centres)]
    return [
        part
        for genes in sets
        if len(genes)
        for part in np.array_split(genes, np.ceil(len(genes) / MOST_IN_LINKAGE))
    ]


def draw_knockoffs(
    X: FloatArray, random: np.random.Generator, blocks: ArrayLike | None = None
) -> FloatArray:
    """Second-order Gaussian knockoffs [1]_ of standardised genes, block by block.

    A knockoff has the correlations of its gene with all other genes of the
    block, and given those it has nothing to do with the label. Genes of
    different blocks are treated as independent. Within a block the covariance is
    shrunken [2]_, and every gene keeps the largest equal share of its own
    variance that the block allows.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
    random : numpy.random.Generator
    blocks : array of int, optional
        Block of each gene, by default as `find_blocks` gives them.

    Returns
    -------
    ndarray of float32, shape (samples, genes)

    References
    ----------
    .. [1] Candes E, Fan Y, Janson L, Lv J (2018). Panning for gold: model-X
       knockoffs for high dimensional controlled variable selection. Journal of
       the Royal Statistical Society B 80:551-577.
    .. [2] Ledoit O, Wolf M (2004). A well-conditioned estimator for
       large-dimensional covariance matrices. Journal of Multivariate Analysis
       88:365-411.
    """
    block = find_blocks(X) if blocks is None else np.asarray(blocks)
    knockoffs = np.empty_like(X)
    for number in np.unique(block):
        genes = np.flatnonzero(block == number)
        knockoffs[:, genes] = _draw_block(X[:, genes].astype(np.float64), random)
    return knockoffs


def _draw_block(X: DoubleArray, random: np.random.Generator) -> DoubleArray:
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    varies = deviation > 0
    knockoffs = X.copy()
    if varies.any():
        scaled = (X[:, varies] - mean[varies]) / deviation[varies]
        drawn = _draw_standardised_block(scaled, random)
        knockoffs[:, varies] = drawn * deviation[varies] + mean[varies]
    return knockoffs


def _draw_standardised_block(X: DoubleArray, random: np.random.Generator) -> DoubleArray:
    """Draw from the Gaussian that X and its knockoffs would have together, given X."""
    n_genes = X.shape[1]
    correlation = np.ones((1, 1)) if n_genes == 1 else _shrunken_correlation(X)
    smallest = float(np.linalg.eigvalsh(correlation)[0])
    own = min(1.0, 2 * smallest)
    solved = own * np.linalg.inv(correlation)
    covariance = 2 * own * np.eye(n_genes) - own * solved
    # Rounding may leave an eigenvalue that should be 0 a little below it.
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    knockoffs: DoubleArray = X - X @ solved
    knockoffs += random.standard_normal(X.shape) @ root.T
    return knockoffs


def _shrunken_correlation(X: DoubleArray) -> DoubleArray:
    covariance, _ = ledoit_wolf(X)
    scale = np.sqrt(np.diag(covariance))
    correlation: DoubleArray = covariance / np.outer(scale, scale)
    return correlation


def draw_permuted_copies(X: FloatArray, random: np.random.Generator) -> FloatArray:
    """All genes with the samples in another order: cheap decoys.

    They keep the correlations among genes but have none with the genes
    themselves. A gene that follows a true one therefore beats its decoy more
    often than not, and the estimated proportion of false genes is too low.
    """
    return X[random.permutation(len(X))]


@dataclass(frozen=True)
class DecoySelection:
    """What may be claimed about genes that were ranked against decoys.

    Attributes
    ----------
    table : DataFrame
        One row per gene: `block`, `statistic` (positive where the gene beats
        its decoy, larger the earlier it ranks) and `selected`.
    proportion : float
        False-discovery proportion that was asked for.
    estimate : float
        Estimated proportion among the selected genes; NaN if there is none.
    claim : str
        The result in one sentence, also where nothing can be claimed.
    """

    table: pd.DataFrame
    proportion: float
    estimate: float
    claim: str

    @property
    def selected(self) -> IntegerArray:
        """Positions of the selected genes."""
        return np.flatnonzero(self.table["selected"].to_numpy())

    def by_block(self) -> pd.DataFrame:
        """One row per block with a selected gene: `block, n_genes, n_selected`.

        Genes of a block are correlated: that one of them matters is better
        founded than which.
        """
        blocks = self.table.groupby("block")["selected"]
        table = blocks.agg(n_genes="size", n_selected="sum").reset_index()
        return table[table["n_selected"] > 0].reset_index(drop=True)


def select_against_decoys(
    X: FloatArray,
    y: Target,
    groups: ArrayLike,
    random: np.random.Generator,
    *,
    proportion: float = DEFAULT_PROPORTION,
    decoys: DecoyKind = "knockoffs",
    ranker: RankerName = "soft-path",
    blocks: ArrayLike | None = None,
) -> DecoySelection:
    """Select genes of which about a given proportion is false.

    Genes and decoys are ranked together; a gene competes with its own decoy.
    Of the longest list of genes that beat their decoys, down to some rank, that
    keeps ``(1 + decoys) / reals`` within the proportion, the reals are selected
    [1]_. The 1 makes the smallest list one of ``1 / proportion`` genes, and
    keeps data without any signal from reporting genes.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes), C order
        Standardised expression.
    y : array of 0 and 1, or records of event and time
    groups : array
        Patient of each row.
    random : numpy.random.Generator
    proportion : float
        Above 0, below 1.
    decoys : {"knockoffs", "permuted"}
        Permuted copies are cheap, but genes that only follow a true gene pass
        too often, see `draw_permuted_copies`.
    ranker : {"soft-path", "l1-logistic", "cox-lasso", "mean-rank", "t-test",
        "cox-score"}
    blocks : array of int, optional
        Block of each gene, by default as `find_blocks` gives them.

    Raises
    ------
    DeepCMEError
        If the proportion is out of range.

    References
    ----------
    .. [1] Barber RF, Candes E (2015). Controlling the false discovery rate via
       knockoffs. Annals of Statistics 43:2055-2085.
    """
    if not 0 < proportion < 1:
        raise DeepCMEError(f"The proportion must lie between 0 and 1, not {proportion}.")
    block = find_blocks(X) if blocks is None else np.asarray(blocks)
    copies = (
        draw_knockoffs(X, random, block)
        if decoys == "knockoffs"
        else draw_permuted_copies(X, random)
    )
    both = np.concatenate([X, copies], axis=1)
    del copies
    ranks = ranks_of(find_ranker(ranker, kind_of(y))(both, y, groups, random))
    statistic = compete(*np.split(ranks, 2))
    selected, estimate = choose_reals(statistic, proportion)
    table = pd.DataFrame({"block": block, "statistic": statistic, "selected": selected})
    claim = _claim(int(selected.sum()), estimate, proportion, decoys)
    return DecoySelection(table, proportion, estimate, claim)


def compete(ranks: IntegerArray, decoy_ranks: IntegerArray) -> IntegerArray:
    """Statistic of each gene: its sign says who ranks first, its size how early."""
    earliest = np.minimum(ranks, decoy_ranks)
    statistic: IntegerArray = np.sign(decoy_ranks - ranks) * (2 * len(ranks) + 1 - earliest)
    return statistic


def choose_reals(statistic: ArrayLike, proportion: float) -> tuple[BooleanArray, float]:
    """Mark the genes selected, and estimate the proportion of false ones among them.

    Parameters
    ----------
    statistic : array
        As `compete` gives it.
    proportion : float

    Returns
    -------
    tuple
        Marks of the genes, and the estimate; NaN where none is selected.
    """
    values = np.asarray(statistic)
    order = np.argsort(-np.abs(values), kind="stable")
    reals = np.cumsum(values[order] > 0)
    estimates = (1 + np.cumsum(values[order] < 0)) / np.maximum(reals, 1)
    within = np.flatnonzero(estimates <= proportion)
    selected = np.zeros(len(values), dtype=bool)
    if not len(within):
        return selected, np.nan
    last = within[-1]
    selected[order[: last + 1]] = values[order[: last + 1]] > 0
    return selected, float(estimates[last])


def _claim(n_selected: int, estimate: float, proportion: float, decoys: DecoyKind) -> str:
    if n_selected == 0:
        return (
            f"Nothing can be claimed: no list of genes has an estimated proportion of false "
            f"ones of {proportion:g} or less. This does not mean that no gene matters."
        )
    warning = (
        " Permuted copies understate it where genes are correlated."
        if decoys == "permuted"
        else ""
    )
    return (
        f"{counted(n_selected, 'gene')} {'is' if n_selected == 1 else 'are'} selected, of "
        f"which about {estimate:.0%} are estimated to be false.{warning}"
    )
