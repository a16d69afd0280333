"""Values of another platform brought to what a model knows: by gene, or by rank in a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from deepcme.network.architecture import FloatArray


def standardise_within(values: NDArray[np.floating]) -> FloatArray:
    """Each gene by its mean and deviation in these samples; 0 where missing or constant."""
    count = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    mean = np.nansum(values, axis=0, dtype=np.float64) / count
    deviation = np.where(np.isnan(values), 0.0, values - mean)
    scale = np.sqrt((deviation**2).sum(axis=0) / count)
    varies = scale > 10 * np.finfo(np.float32).eps * np.abs(mean)
    standardised = np.divide(deviation, scale, out=np.zeros_like(deviation), where=varies)
    return np.asarray(standardised, dtype=np.float32)


def quantile_normalise(values: FloatArray, reference: FloatArray) -> FloatArray:
    """Put the sorted reference, by rank, in the place of each sample's values."""
    quantiles = np.sort(reference)
    points = (np.arange(len(quantiles)) + 0.5) / len(quantiles)
    normalised = np.full_like(values, np.nan)
    for row, sample in enumerate(values):
        known = ~np.isnan(sample)
        at = (rankdata(sample[known]) - 0.5) / max(int(known.sum()), 1)
        normalised[row, known] = np.interp(at, points, quantiles)
    return normalised
