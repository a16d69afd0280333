"""What a gene's score rests on: how many samples express the gene, and how few drive it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort import Cohort
from deepcme.scales import LINEAR_SCALES

_BLOCK_GENES = 2048


def describe_genes(cohort: Cohort) -> pd.DataFrame:
    """Describe each gene of a cohort by its spread over the samples.

    Returns
    -------
    DataFrame
        One row per gene, in the cohort's order:

        prevalence
            Share of samples that express the gene (value above 0), 0 to 1; NaN
            on scales where 0 does not mean absent.
        largest_z
            Largest absolute standardised value, after log2(x + 1) on linear
            scales. A gene expressed in one of n samples has about sqrt(n).
        driving_samples
            Effective number of samples behind the gene's variance, the
            participation ratio (sum z^2)^2 / sum z^4 of its standardised
            values: near 1 where one sample is all the variance there is, a
            third of the samples for a normal distribution; 0 for a constant
            gene.
    """
    blocks = range(0, cohort.n_genes, _BLOCK_GENES)
    return pd.concat([_describe_block(cohort, start) for start in blocks], ignore_index=True)


def _describe_block(cohort: Cohort, start: int) -> pd.DataFrame:
    values = cohort.X[:, start : start + _BLOCK_GENES].astype(np.float64)
    observed = np.maximum(np.count_nonzero(~np.isnan(values), axis=0), 1)
    prevalence = np.count_nonzero(values > 0, axis=0) / observed
    if cohort.scale in LINEAR_SCALES:
        np.log2(values + 1, out=values)
    squares = _squared_deviations(values)
    variance_sum = squares.sum(axis=0)
    varies = variance_sum > 0
    safe_sum = np.where(varies, variance_sum, 1.0)
    fourth = np.where(varies, (squares**2).sum(axis=0), 1.0)
    return pd.DataFrame(
        {
            "prevalence": prevalence if cohort.zero_means_absent else np.nan,
            "largest_z": np.sqrt(squares.max(axis=0) * observed / safe_sum),
            "driving_samples": np.where(varies, safe_sum**2 / fourth, 0.0),
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
