"""From values of a signature's genes to its score, as published or as genefu has it.

genefu: Gendoo DMA, et al. Bioinformatics 2016;32:1097-1099.
"""

from __future__ import annotations

from math import log2

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from deepcme.models.signatures.measured import FloatArray, known_mean
from deepcme.models.signatures.signature import Signature

ER_POSITIVE, ER_NEGATIVE = "ER-positive", "ER-negative"

FLOORS = {"her2": 8.0, "proliferation": 6.5}
"""Below these a group of the recurrence score counts no less."""
MIDDLE = 7.5
"""What a group of the recurrence score counts of which no gene is known."""
FEWEST_CORRELATED = 4
"""genefu correlates more than three genes."""


def compute_scores(
    signature: Signature, values: FloatArray, er_positive: NDArray[np.bool_] | None = None
) -> FloatArray:
    """Scores of samples; higher is worse.

    Parameters
    ----------
    signature : Signature
    values : ndarray of float64, shape (n_samples, n_genes)
        One column per gene of the signature, in its order, scaled as its formula needs;
        NaN where a value, or a gene, is missing.
    er_positive : ndarray of bool, shape (n_samples,), optional
        Which tumours are ER-positive, for the formula that asks for it.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        NaN for a sample of which nothing that counts is known.
    """
    weights = np.array([gene.weight for gene in signature.genes])
    match signature.formula:
        case "weighted mean":
            return _weighted_mean(values, weights)
        case "weighted sum":
            return _weighted_mean(values, weights) * float(np.abs(weights).sum())
        case "recurrence score":
            return _recurrence_score(signature, values, weights)
        case "correlation":
            return -_correlations(values, np.array([gene.profile for gene in signature.genes]))
        case "by ER status":
            return _by_er_status(signature, values, weights, er_positive)
        case "offset and factor":
            return _offset_and_factor(signature, values, weights)


def _weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted sum over the sum of the absolute weights of those present."""
    known = ~np.isnan(values)
    total = _dot(np.where(known, values, 0.0), weights)
    size = _dot(known, np.abs(weights))
    mean: FloatArray = np.divide(total, size, out=np.full(len(values), np.nan), where=size > 0)
    return mean


def _recurrence_score(
    signature: Signature, values: FloatArray, weights: FloatArray
) -> FloatArray:
    """20 (RSU - 6.7); a group is the weighted mean of its genes that are known."""
    unscaled = np.zeros(len(values))
    groups = [gene.group for gene in signature.genes]
    alone = [
        f"{group} {at}" if group == "undefined" else group for at, group in enumerate(groups)
    ]
    for group in dict.fromkeys(alone):
        of_group = np.array([name == group for name in alone])
        mean = _weighted_mean(values[:, of_group], np.abs(weights[of_group]))
        mean[np.isnan(mean)] = MIDDLE
        unscaled += weights[of_group].sum() * np.maximum(mean, FLOORS.get(group, -np.inf))
    unscaled[np.isnan(values).all(axis=1)] = np.nan
    return 20 * (unscaled - 6.7)


def _correlations(values: FloatArray, profile: FloatArray) -> FloatArray:
    """Spearman's correlation of each sample with the profile, over the genes it has."""
    found = np.full(len(values), np.nan)
    for row, sample in enumerate(values):
        known = ~np.isnan(sample)
        if known.sum() < FEWEST_CORRELATED:
            continue
        first = rankdata(sample[known])
        other = rankdata(profile[known])
        first, other = first - first.mean(), other - other.mean()
        size = np.sqrt((first @ first) * (other @ other))
        found[row] = first @ other / size if size > 0 else 0.0
    return found


def _by_er_status(
    signature: Signature,
    values: FloatArray,
    weights: FloatArray,
    er_positive: NDArray[np.bool_] | None,
) -> FloatArray:
    """Constant and weighted sum of the genes of the sample's ER status.

    A missing value counts as the mean of the sample's genes of that status.
    """
    if er_positive is None:
        raise ValueError("This formula needs the ER status of each sample.")
    groups = np.array([gene.group for gene in signature.genes])
    constants = dict(signature.constants)
    scores = np.empty(len(values))
    for group, rows in ((ER_POSITIVE, er_positive), (ER_NEGATIVE, ~er_positive)):
        of_group = values[np.ix_(rows, groups == group)]
        filled = np.where(np.isnan(of_group), known_mean(of_group, 1)[:, np.newaxis], of_group)
        scores[rows] = constants[group] + _dot(filled, weights[groups == group])
    return scores


def _offset_and_factor(
    signature: Signature, values: FloatArray, weights: FloatArray
) -> FloatArray:
    """Genes centred on the sample, less their offset, by their factor; then weighted.

    A missing value counts as the mean of the sample.
    """
    centre = np.array([gene.centre for gene in signature.genes])
    scale = np.array([gene.scale for gene in signature.genes])
    centred = values - known_mean(values, 1)[:, np.newaxis]
    filled = np.where(np.isnan(centred), 0.0, centred) + log2(500)
    unscaled = _dot((filled - centre) / scale, weights) - 2.63
    unscaled[np.isnan(values).all(axis=1)] = np.nan
    return 1.5 * unscaled + 18.95


def _dot(values: FloatArray | NDArray[np.bool_], weights: FloatArray) -> FloatArray:
    """Row by row: a matrix product would round a sample by which others are there."""
    product: FloatArray = (values * weights).sum(axis=1)
    return product
