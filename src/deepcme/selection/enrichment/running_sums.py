"""Running sums over a ranking of genes, as gene-set enrichment analysis has them.

Enrichment scores, their normalisation, leading edges and p by permuted genes are those of
GSEApy (Fang Z, Liu X, Peltz G (2023). Bioinformatics 39:btac757), an extra of the package.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import without_logs
from deepcme.selection.enrichment.association import FloatArray
from deepcme.selection.enrichment.measured import GeneIndex

GENE_PERMUTATIONS = 1_000
SMALLEST_P = 1e-10
"""Below which a p by permuted genes is not told."""


def require_gseapy() -> None:
    """Refuse to go on without the library.

    Raises
    ------
    DeepCMEError
        With the way out.
    """
    try:
        import_module("gseapy")
    except ImportError as error:
        raise DeepCMEError(
            "Gene sets need GSEApy: install it with  pip install 'deepcme[gene-sets]'.",
            topic="installing",
        ) from error


def compute_running_sums(
    statistics: FloatArray, sets: Sequence[GeneIndex], seed: int
) -> pd.DataFrame:
    """Enrichment of sets at the ends of a ranking, from the highest statistic down [1]_.

    Parameters
    ----------
    statistics : array, genes
    sets : sequence of arrays of int
        Positions of the genes of each.
    seed : int
        Of the permutations of genes.

    Returns
    -------
    DataFrame
        One row a set: `es`; `nes`, the score over its mean with permuted genes;
        `p_gene_permutation` (by [2]_), which takes genes for independent; `leading_edge`,
        the positions of its genes up to where the running sum is farthest from 0, from the
        end of the ranking inwards.

    References
    ----------
    .. [1] Subramanian A et al. (2005). Gene set enrichment analysis. PNAS 102:15545-15550.
    .. [2] Korotkevich G et al. (2021). Fast gene set enrichment analysis. bioRxiv 060012.
    """
    import gseapy

    names = np.array([f"GENE{number}" for number in range(len(statistics))])
    # A set of genes that are all 0 would have no weights.
    least = np.finfo(np.float64).eps * np.abs(statistics).max(initial=1.0)
    statistics = np.where(statistics == 0, least, statistics)
    order = np.argsort(-statistics, kind="stable")  # equal ones in one order everywhere
    with without_logs(logging.WARNING):  # such as that statistics are equal
        ranked = gseapy.prerank(
            rnk=pd.Series(statistics[order], index=names[order]),
            ascending=None,
            gene_sets={f"SET{i}": names[genes].tolist() for i, genes in enumerate(sets)},
            outdir=None,
            no_plot=True,
            min_size=1,
            max_size=len(statistics),
            permutation_num=GENE_PERMUTATIONS,
            method="multilevel",
            eps=SMALLEST_P,
            threads=1,
            seed=seed,
        )
    found = ranked.res2d.set_index("Term")
    found = found.loc[[f"SET{number}" for number in range(len(sets))]]
    return pd.DataFrame(
        {
            "es": found["ES"].to_numpy(dtype=np.float64),
            "nes": found["NES"].to_numpy(dtype=np.float64),
            "p_gene_permutation": found["NOM p-val"].to_numpy(dtype=np.float64),
            "leading_edge": [_positions(genes) for genes in found["Lead_genes"]],
        }
    )


def _positions(genes: str) -> GeneIndex:
    return np.array([gene.removeprefix("GENE") for gene in genes.split(";")], dtype=np.int64)


def compute_running_sum(statistics: FloatArray, is_member: NDArray[np.bool_]) -> FloatArray:
    """The running sum of one set over a ranking [1]_, after each gene.

    A gene of the set raises it by its share of their absolute statistics, another lowers it
    by 1 over the number of others.

    Parameters
    ----------
    statistics : array, genes
        In the order of the ranking.
    is_member : array of bool, genes

    References
    ----------
    .. [1] Subramanian A et al. (2005). Gene set enrichment analysis. PNAS 102:15545-15550.
    """
    weights = np.abs(statistics) * is_member
    sums: FloatArray = np.cumsum(weights / weights.sum() - ~is_member / (~is_member).sum())
    return sums
