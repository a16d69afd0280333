"""Whether a sample's values of a panel's genes are on another scale than they are read on.

As `scales.scale_fit` tells it of models of all genes, by what a few genes can tell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.cohort.scales.distribution import BACKGROUND_NEGATIVES, FEW_NEGATIVES
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale
from deepcme.trained.model import Model
from deepcme.trained.scales.scale_fit import (
    EVIDENCE,
    FITS,
    INDEPENDENT_GENES,
    LINEAR,
    LOGGED,
    RELATIVE,
)

FloatArray = NDArray[np.float64]

_LN2 = float(np.log(2))


def find_other_scale(
    X: FloatArray, scale: Scale, as_linear: FloatArray, as_logs: FloatArray, model: Model
) -> list[str]:
    """Why each sample cannot be on the scale that it is read on; empty where it can be.

    Logs are told from linear values by the likelihood of the sample under each reading, its
    genes normal on the log scale with the means and deviations of the training data: a ratio
    of e^10 or more for the other reading, which has to be within 2.5 deviations (root mean
    square). Genes beyond 40 count as 40, and zeros not at all: they are 0 on both. Linear
    values of which more than one in ten are negative (intensities: four) are ratios.

    Parameters
    ----------
    X : ndarray of float64, shape (samples, genes)
        As they came; NaN where missing.
    scale : Scale
        On which they are read.
    as_linear, as_logs : ndarray of float64, of the same shape
        Standardised, as the values would be under each reading.
    model : Model
        A panel.
    """
    is_linear = scale in LINEAR_SCALES
    known = ~np.isnan(as_linear) & (model.statistics.scale > 0)
    n_known = np.maximum(known.sum(axis=1), 1)
    reasons = np.full(len(X), "", dtype=object)
    negative = X < 0
    if negative.any():
        as_linear = np.where(negative, model.manifest.preprocessing.clip, as_linear)
    evidence = _evidence_of_linear(X, known & (X != 0), as_linear, as_logs)
    found = (-evidence if is_linear else evidence) >= EVIDENCE
    if found.any():
        other = np.where(known, as_logs if is_linear else as_linear, 0.0)
        found &= (other**2).sum(axis=1) <= FITS**2 * n_known
        reasons[found] = (LOGGED if is_linear else LINEAR).format(scale=scale)
    if is_linear and negative.any():
        most = BACKGROUND_NEGATIVES if scale == "intensity" else FEW_NEGATIVES
        reasons[negative.sum(axis=1) > most * n_known] = RELATIVE
    return list(reasons)


def _evidence_of_linear(
    X: FloatArray, told: NDArray[np.bool_], as_linear: FloatArray, as_logs: FloatArray
) -> FloatArray:
    """Log-likelihood ratio of linear values against logs, of each sample."""
    ratios = 0.5 * (as_logs**2 - as_linear**2) - np.log((np.maximum(X, 0.0) + 1.0) * _LN2)
    ratios[~told] = 0.0
    n_told = told.sum(axis=1)
    mean = ratios.sum(axis=1) / np.maximum(n_told, 1)
    return np.asarray(mean * np.minimum(n_told, INDEPENDENT_GENES))
