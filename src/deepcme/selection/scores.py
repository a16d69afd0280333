"""Gene scores beside each other, how far they agree, and what they rest on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import spearmanr

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.scales.scales import logged
from deepcme.network.architecture import FloatArray, NetworkWeights
from deepcme.network.attribution import (
    Networks,
    compute_first_layer_scores,
    compute_integrated_gradients,
)
from deepcme.selection.targets import TWO_CLASSES, kind_of

__all__ = ["compute_gene_scores", "compute_score_agreement", "describe_genes"]

FEW_DRIVING_SAMPLES = 5
"""Genes whose variance rests on fewer samples than this are flagged."""
PATH_STEPS = 50
PERMUTATIONS = 5
_BLOCK_GENES = 2048

DoubleArray = NDArray[np.float64]


def describe_genes(cohort: Cohort) -> pd.DataFrame:
    """Describe each gene of a cohort by its spread over the samples.

    Returns
    -------
    DataFrame
        One row per gene, in the cohort's order:

        prevalence
            Share of samples that express the gene (value above the cohort's
            `absent_up_to`), 0 to 1; NaN on scales where no value means absent.
        largest_z
            Largest absolute standardised value, after log2(x + 1) on linear
            scales. A gene expressed in one of n samples has about sqrt(n).
        driving_samples
            Effective number of samples behind the gene's variance, the
            participation ratio (sum z^2)^2 / sum z^4 of its standardised
            values: near 1 where one sample is all the variance there is, a
            third of the samples for a normal distribution; 0 for a constant
            gene.
        few_driving_samples
            Whether that number is under `FEW_DRIVING_SAMPLES`: the score then tells of those
            samples, not of the disease.

    Examples
    --------
    >>> import deepcme
    >>> from deepcme.selection.scores import describe_genes
    >>> describe_genes(deepcme.datasets.transbig()).shape
    (76, 4)
    """
    blocks = range(0, cohort.n_genes, _BLOCK_GENES)
    return pd.concat([_describe_block(cohort, start) for start in blocks], ignore_index=True)


def _describe_block(cohort: Cohort, start: int) -> pd.DataFrame:
    values = cohort.X[:, start : start + _BLOCK_GENES].astype(np.float64)
    observed = np.maximum(np.count_nonzero(~np.isnan(values), axis=0), 1)
    absent = cohort.absent_up_to
    prevalence = (
        np.nan if absent is None else np.count_nonzero(values > absent, axis=0) / observed
    )
    squares = _squared_deviations(logged(values, cohort.scale))
    variance_sum = squares.sum(axis=0)
    varies = variance_sum > 0
    safe_sum = np.where(varies, variance_sum, 1.0)
    fourth = np.where(varies, (squares**2).sum(axis=0), 1.0)
    driving_samples = np.where(varies, safe_sum**2 / fourth, 0.0)
    return pd.DataFrame(
        {
            "prevalence": prevalence,
            "largest_z": np.sqrt(squares.max(axis=0) * observed / safe_sum),
            "driving_samples": driving_samples,
            "few_driving_samples": driving_samples < FEW_DRIVING_SAMPLES,
        }
    )


def _squared_deviations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared deviation from the gene's mean; 0 for missing values and constant genes."""
    missing = np.isnan(values)
    count = np.maximum((~missing).sum(axis=0), 1)
    mean = np.where(missing, 0.0, values).sum(axis=0) / count
    deviation = np.where(missing, 0.0, values - mean)
    # Rounding leaves a constant gene a tiny deviation, which is no variation.
    deviation[:, np.abs(deviation).max(axis=0) <= 1e-6 * np.abs(mean)] = 0.0
    squared: NDArray[np.float64] = deviation**2
    return squared


def compute_gene_scores(
    weights: NetworkWeights, X: FloatArray, y: ArrayLike, random: np.random.Generator
) -> pd.DataFrame:
    """Three scores of each gene, beside each other.

    Parameters
    ----------
    weights : NetworkWeights
    X : ndarray of float32, shape (samples, genes)
        Standardised expression of samples that the network was not trained on.
    y : array of 0 and 1, or records of event and time
        Their labels, of both classes, or times to an event.
    random : numpy.random.Generator
        Draws the permutations.

    Returns
    -------
    DataFrame
        One row per gene, all higher for genes that matter more:

        first_layer
            Sum of the absolute first-layer weights (paper, equation 4).
        integrated_gradients
            Mean over the samples of the absolute attribution.
        permutation
            Loss of AUC, or of Harrell's C, when the gene's values are permuted; about 0 or
            below for a gene that these samples do not need. NaN of times without a
            patient who is known to outlast the event of another.

    Raises
    ------
    DeepCMEError
        If one class is absent.
    """
    importance = compute_permutation_importance(weights, X, y, random)
    return set_beside([[weights]], X, importance)


def set_beside(networks: Networks, X: FloatArray, permutation: DoubleArray) -> pd.DataFrame:
    """The three scores, of which that by permutation is known."""
    attributions = compute_integrated_gradients(networks, X, PATH_STEPS)
    return pd.DataFrame(
        {
            "first_layer": compute_first_layer_scores(networks),
            "integrated_gradients": np.abs(attributions).mean(axis=0),
            "permutation": permutation,
        }
    )


def compute_permutation_importance(
    weights: NetworkWeights,
    X: FloatArray,
    y: ArrayLike,
    random: np.random.Generator,
    repeats: int = PERMUTATIONS,
) -> DoubleArray:
    """Mean loss of AUC, or Harrell's C, when one gene's values are permuted [1]_ [2]_.

    Parameters
    ----------
    weights : NetworkWeights
    X : ndarray of float32, shape (samples, genes)
        Standardised expression of held-out samples.
    y : array of 0 and 1, or records of event and time
    random : numpy.random.Generator
    repeats : int
        Permutations over the samples, the same ones for all genes.

    Returns
    -------
    ndarray of float64, shape (genes,)

    Raises
    ------
    DeepCMEError
        If one class is absent.

    References
    ----------
    .. [1] Breiman L (2001). Random forests. Machine Learning 45:5-32.
    .. [2] Fisher A, Rudin C, Dominici F (2019). All models are wrong, but many are
       useful. Journal of Machine Learning Research 20(177):1-81.
    """
    discriminate = make_discrimination(y)
    first = weights.blocks[0]
    activation = first.pre_activation(X.astype(np.float64))
    gene_weights = first.weight.astype(np.float64) * first.slope

    def of_activation(values: DoubleArray) -> float:
        """Given the first block's output before the ReLU."""
        logits = weights.product_above(values).astype(np.float32)
        return float(discriminate(logits[np.newaxis])[0])

    intact = of_activation(activation)
    importance = np.zeros(X.shape[1])
    for _ in range(repeats):
        order = random.permutation(len(X))
        change = X[order].astype(np.float64) - X
        for gene in range(X.shape[1]):
            # A gene reaches the network through the first layer alone, and linearly.
            permuted = activation + np.outer(change[:, gene], gene_weights[gene])
            importance[gene] += intact - of_activation(permuted)
    return importance / repeats


def make_discrimination(y: ArrayLike) -> Callable[[NDArray[np.floating]], DoubleArray]:
    """AUC of each row of scores of these samples, or Harrell's C, NaN without a pair.

    Raises
    ------
    DeepCMEError
        If a class is absent.
    """
    target = np.asarray(y)
    kind = kind_of(target)
    if kind is TWO_CLASSES and len(np.unique(target)) < 2:
        raise DeepCMEError("Permutation importance needs samples of both classes.")
    return partial(kind.discriminate, encoded=kind.encode(target))


def compute_score_agreement(scores: pd.DataFrame, k: int = 30) -> pd.DataFrame:
    """How far scores order the genes alike.

    Parameters
    ----------
    scores : DataFrame
        One column for each score, one row for each gene; higher matters more.
    k : int
        Size of the two lists of first genes that are compared.

    Returns
    -------
    DataFrame
        One row for each pair of scores: `score, other, spearman, overlap,
        expected_overlap, k`; `overlap` is the share of the first k genes in
        common, which is k over the number of genes by chance; the correlation is
        NaN where one score is the same for all genes, both where one is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from deepcme.selection.scores import compute_score_agreement
    >>> scores = pd.DataFrame({"one": [4, 3, 2, 1], "other": [4, 3, 1, 2]})
    >>> agreement = compute_score_agreement(scores, k=2)
    >>> agreement[["spearman", "overlap", "expected_overlap"]].round(2).values.tolist()
    [[0.8, 1.0, 0.5]]
    """
    k = min(k, len(scores))
    rows = []
    for score, other in combinations(scores.columns, 2):
        first = set(scores[score].nlargest(k).index)
        second = set(scores[other].nlargest(k).index)
        complete = scores[[score, other]].notna().all(axis=None)
        rows.append(
            {
                "score": score,
                "other": other,
                "spearman": _rank_correlation(scores[score], scores[other]),
                "overlap": len(first & second) / k if complete else np.nan,
                "expected_overlap": k / len(scores),
                "k": k,
            }
        )
    return pd.DataFrame(rows)


def _rank_correlation(first: pd.Series[float], second: pd.Series[float]) -> float:
    if first.nunique() < 2 or second.nunique() < 2:
        return np.nan
    return float(spearmanr(first, second).statistic)
