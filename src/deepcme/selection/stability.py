"""How far a selection depends on who happened to be in the cohort."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.parallel import run_parallel
from deepcme.cohort.splits import draw_holdout
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL
from deepcme.network.architecture import FloatArray
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.selection.clusters import collect_clusters
from deepcme.selection.rankers import RankerName, find_ranker
from deepcme.selection.targets import Target, kind_of

__all__ = ["compute_stability_index", "select_on_subsamples"]

FIRST_GENES = 20

IntegerArray = NDArray[np.int64]
BooleanArray = NDArray[np.bool_]


@dataclass(frozen=True)
class StabilityIndex:
    """Nogueira's stability index with its 95% interval.

    1 for the same genes every time, about 0 for genes drawn at random; NaN where no
    selection or every selection is empty or complete, when nothing is chosen.
    """

    value: float
    ci_low: float
    ci_high: float
    n_selections: int


def compute_stability_index(selected: ArrayLike) -> StabilityIndex:
    """Stability of repeated selections, corrected for chance [1]_.

    One minus the mean variance of the genes' selection over that of a random
    selection of the same mean size; the interval is normal, with the variance
    of the paper's theorem 7.

    Parameters
    ----------
    selected : array of bool, shape (selections, genes)
        Which genes were selected each time; two selections or more.

    Raises
    ------
    DeepCMEError
        If there are fewer than two selections.

    References
    ----------
    .. [1] Nogueira S, Sechidis K, Brown G (2018). On the stability of feature
       selection algorithms. Journal of Machine Learning Research 18(174):1-54.

    Examples
    --------
    >>> from deepcme.selection.stability import compute_stability_index
    >>> selected = [[True, True, False, False], [True, False, True, False]]
    >>> round(compute_stability_index(selected).value, 2)
    0.0
    """
    chosen = np.asarray(selected, dtype=np.float64)
    if chosen.ndim != 2 or len(chosen) < 2:
        raise DeepCMEError("Stability needs two selections or more, of the same genes.")
    n_selections = len(chosen)
    frequency = chosen.mean(axis=0)
    mean_share = frequency.mean()
    by_chance = mean_share * (1 - mean_share)
    if by_chance == 0:
        return StabilityIndex(np.nan, np.nan, np.nan, n_selections)
    variance = frequency * (1 - frequency) * n_selections / (n_selections - 1)
    value = 1 - variance.mean() / by_chance
    shares = chosen.mean(axis=1)
    influence = (
        chosen @ frequency / chosen.shape[1]
        - shares * mean_share
        + value / 2 * (2 * mean_share * shares - shares - mean_share + 1)
    ) / by_chance
    spread = influence - influence.mean()
    standard_error = np.sqrt(4 / n_selections**2 * np.sum(spread**2))
    half_width = stats.norm.ppf((1 + CONFIDENCE_LEVEL) / 2) * standard_error
    return StabilityIndex(
        float(value), float(value - half_width), float(value + half_width), n_selections
    )


def find_stable_genes(
    frequency: ArrayLike, n_selected: float, max_false_selections: float
) -> tuple[BooleanArray, float]:
    """Genes selected often enough for a bound on false ones, and the threshold.

    Meinshausen and Buhlmann's bound ``q^2 / ((2 threshold - 1) p)`` on the per-family
    error rate [1]_, of q genes selected of p, under their assumptions: the method is no
    worse than guessing, and it is as likely to select one false gene as another. It holds
    for subsamples of half the patients, in complementary pairs too [2]_.

    Parameters
    ----------
    frequency : array
        Share of the subsamples in which each gene was selected.
    n_selected : float
        Genes selected in each subsample.
    max_false_selections : float
        Most false selections to expect, above 0.

    Returns
    -------
    tuple
        Marks of the genes, and the threshold; where no threshold up to 1 gives
        the bound, nothing can be claimed: no gene is marked, and it is NaN.

    References
    ----------
    .. [1] Meinshausen N, Buhlmann P (2010). Stability selection. Journal of the
       Royal Statistical Society B 72:417-473, theorem 1.
    .. [2] Shah RD, Samworth RJ (2013). Variable selection with error control:
       another look at stability selection. Journal of the Royal Statistical
       Society B 75:55-80.
    """
    share = np.asarray(frequency, dtype=np.float64)
    threshold = 0.5 + n_selected**2 / (2 * len(share) * max_false_selections)
    if threshold > 1:
        return np.zeros(len(share), dtype=bool), np.nan
    return share >= threshold - 1e-12, float(threshold)


def count_first_genes(n_genes: int) -> int:
    """Genes to keep of each ranking: 20, or fewer where 20 would leave nothing to claim.

    ``sqrt(0.8 p)`` genes are the most for which a frequency of 0.9 limits the
    expected number of false ones to 1 [1]_.

    References
    ----------
    .. [1] Meinshausen N, Buhlmann P (2010). Stability selection. Journal of the
       Royal Statistical Society B 72:417-473, section 2.3.
    """
    return max(min(FIRST_GENES, int(np.sqrt(0.8 * n_genes))), 1)


def draw_half_samples(
    strata: ArrayLike, groups: ArrayLike, n_pairs: int, random: np.random.Generator
) -> list[IntegerArray]:
    """Complementary halves of the patients, stratified: two for each pair [1]_.

    `strata` are 0 and 1, or those of an outcome.

    References
    ----------
    .. [1] Shah RD, Samworth RJ (2013). Journal of the Royal Statistical Society B
       75:55-80.
    """
    halves: list[IntegerArray] = []
    for _ in range(n_pairs):
        halves.extend(draw_holdout(strata, groups, 0.5, random))
    return halves


@dataclass(frozen=True)
class StabilitySelection:
    """Selections on many subsamples.

    Attributes
    ----------
    selected : ndarray of bool, shape (subsamples, genes)
        The genes ranked among the first in each subsample.
    clusters : ndarray of int64, shape (genes,)
    """

    selected: BooleanArray
    clusters: IntegerArray

    @property
    def n_selected(self) -> int:
        """Genes selected in each subsample."""
        return int(self.selected[0].sum())

    def by_gene(self, max_false_selections: float = 1.0) -> pd.DataFrame:
        """One row per gene: `frequency, cluster, cluster_frequency, stable`.

        `stable` marks the genes for which at most `max_false_selections` false
        ones are to be expected; see `find_stable_genes`.
        """
        frequency = self.selected.mean(axis=0)
        stable, _ = find_stable_genes(frequency, self.n_selected, max_false_selections)
        by_cluster = collect_clusters(self.selected, self.clusters).mean(axis=0)
        return pd.DataFrame(
            {
                "frequency": frequency,
                "cluster": self.clusters,
                "cluster_frequency": by_cluster[self.clusters],
                "stable": stable,
            }
        )

    def by_cluster(self, max_false_selections: float = 1.0) -> pd.DataFrame:
        """One row per cluster: `cluster, n_genes, frequency, stable`."""
        hits = collect_clusters(self.selected, self.clusters)
        frequency = hits.mean(axis=0)
        n_hit = float(hits.sum(axis=1).mean())
        stable, _ = find_stable_genes(frequency, n_hit, max_false_selections)
        return pd.DataFrame(
            {
                "cluster": np.arange(len(frequency)),
                "n_genes": np.bincount(self.clusters),
                "frequency": frequency,
                "stable": stable,
            }
        )

    def claims(self, max_false_selections: float = 1.0) -> pd.DataFrame:
        """What may be claimed: `level, n_stable, threshold, claim` of genes and of clusters.

        The claim is one sentence, also where nothing can be claimed; the
        threshold is a share of the subsamples, NaN where none would be enough.
        """
        return pd.DataFrame(
            [
                {"level": level, **_claim(selected, level, max_false_selections)}
                for level, selected in self._by_level()
            ]
        )

    def indices(self) -> pd.DataFrame:
        """Nogueira's index of genes and of clusters: `level, value, ci_low, ci_high`."""
        return pd.DataFrame(
            [
                {"level": level, **vars(compute_stability_index(selected))}
                for level, selected in self._by_level()
            ]
        )

    def _by_level(self) -> list[tuple[str, BooleanArray]]:
        clusters = collect_clusters(self.selected, self.clusters)
        return [("gene", self.selected), ("cluster", clusters)]


def _claim(
    selected: BooleanArray, level: str, max_false_selections: float
) -> dict[str, int | float | str]:
    frequency, n_selected = selected.mean(axis=0), float(selected.sum(axis=1).mean())
    stable, threshold = find_stable_genes(frequency, n_selected, max_false_selections)
    n_stable, bound = int(stable.sum()), f"{max_false_selections:g} false selection"
    if np.isnan(threshold):
        claim = (
            f"Nothing can be claimed of {level}s: with {n_selected:.3g} of "
            f"{len(frequency):,} selected each time, no frequency limits the false ones to "
            f"{max_false_selections:g}."
        )
    elif n_stable == 0:
        claim = (
            f"Nothing can be claimed of {level}s: at most {bound} takes "
            f"{threshold:.0%} of the subsamples, and the most frequent {level} is selected in "
            f"{frequency.max():.0%}."
        )
    else:
        claim = (
            f"{n_stable} {level}{'s' * (n_stable > 1)} selected in {threshold:.0%} of the "
            f"subsamples or more, with at most {bound} to be expected if false {level}s are "
            "as likely as each other to be selected."
        )
    return {"n_stable": n_stable, "threshold": threshold, "claim": claim}


def select_on_subsamples(
    X: FloatArray,
    y: Target,
    groups: ArrayLike,
    clusters: IntegerArray,
    seed: np.random.SeedSequence,
    *,
    ranker: RankerName = "soft-path",
    n_selected: int = FIRST_GENES,
    n_pairs: int = 25,
    jobs: int = 1,
) -> StabilitySelection:
    """Rank the genes on random halves of the patients and keep the first of each.

    Parameters
    ----------
    X : ndarray of float32, shape (samples, genes)
        Standardised expression.
    y : array of 0 and 1, or records of event and time
    groups : array
        Patient of each row.
    clusters : array
        Cluster of each gene, as `cluster_genes` gives them.
    seed : numpy.random.SeedSequence
    ranker : {"soft-path", "l1-logistic", "cox-lasso", "mean-rank", "t-test",
        "cox-score"}
    n_selected : int
        Genes kept of each ranking.
    n_pairs : int
        Pairs of complementary halves.
    jobs : int
        Processes; the result does not depend on it.
    """
    draw_seed, *rank_seeds = seed.spawn(1 + 2 * n_pairs)
    halves = draw_half_samples(
        kind_of(y).strata(y), groups, n_pairs, np.random.default_rng(draw_seed)
    )
    patients = np.asarray(groups)
    calls = (
        (X, y, patients, rows, ranker, rank_seed)
        for rows, rank_seed in zip(halves, rank_seeds, strict=True)
    )
    selected = np.zeros((len(halves), X.shape[1]), dtype=bool)
    with closing(run_parallel(_rank_half, calls, jobs)) as first:
        for row, order in zip(selected, first, strict=True):
            row[order[:n_selected]] = True
    return StabilitySelection(selected, np.asarray(clusters, dtype=np.int64))


def _rank_half(
    X: FloatArray,
    y: Target,
    groups: NDArray[np.generic],
    rows: IntegerArray,
    ranker: RankerName,
    seed: np.random.SeedSequence,
) -> IntegerArray:
    with one_thread_a_task():
        random = np.random.default_rng(seed)
        return find_ranker(ranker, kind_of(y))(X[rows], y[rows], groups[rows], random)
