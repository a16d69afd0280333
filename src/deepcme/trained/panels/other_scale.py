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
    model: Model, X: FloatArray, references: FloatArray, scale: Scale
) -> list[str]:
    """Why each sample cannot be on the scale that it is read on; empty where it can be.

    Logs are told from linear values by the likelihood of the sample under each reading, its
    genes normal on the log scale with the means and deviations of the training data: a ratio
    of e^10 or more for the other reading, which has to be within 2.5 deviations (root mean
    square). Genes beyond 40 count as 40, and zeros not at all: they are 0 on both. Linear
    values of which more than one in ten are negative (intensities: four) are ratios.

    Parameters
    ----------
    model : Model
        A panel.
    X : ndarray of float64, shape (samples, genes)
        As they came; NaN where missing.
    references : ndarray of float64, shape (samples, reference genes)
    scale : Scale
        On which they are read.
    """
    is_linear = scale in LINEAR_SCALES
    varies = model.statistics.scale > 0
    known = ~np.isnan(X) & varies
    count = known.sum(axis=1)
    clip = model.manifest.preprocessing.clip
    as_linear = _deviations(model, _logs(X), _logs(references))
    as_linear[X < 0] = clip
    as_logs = _deviations(model, X, references)
    told = known & (X != 0)
    ratios = 0.5 * (as_logs**2 - as_linear**2) - np.log((np.maximum(X, 0.0) + 1.0) * _LN2)
    n_told = told.sum(axis=1)
    total = np.where(told, ratios, 0.0).sum(axis=1)
    evidence = total / np.maximum(n_told, 1) * np.minimum(n_told, INDEPENDENT_GENES)
    other = as_logs if is_linear else as_linear
    square = np.where(known, other**2, 0.0).sum(axis=1) / np.maximum(count, 1)
    is_other = ((-evidence if is_linear else evidence) >= EVIDENCE) & (square <= FITS**2)
    most = BACKGROUND_NEGATIVES if scale == "intensity" else FEW_NEGATIVES
    is_ratio = is_linear & ((X < 0).sum(axis=1) > most * np.maximum(count, 1))
    words = (LOGGED if is_linear else LINEAR).format(scale=scale)
    return [
        RELATIVE if ratio else words if found else ""
        for ratio, found in zip(is_ratio, is_other, strict=True)
    ]


def _logs(values: FloatArray) -> FloatArray:
    return np.asarray(np.log2(np.maximum(values, 0.0) + 1.0))


def _deviations(model: Model, values: FloatArray, references: FloatArray) -> FloatArray:
    """Standardised and clipped, less the reference genes."""
    from deepcme.trained.panels.values import standardise_panel

    if references.shape[1]:
        values = values - references.mean(axis=1, keepdims=True)
    return standardise_panel(model, values)
