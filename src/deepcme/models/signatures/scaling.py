"""How a gene's values are brought to the scale of a formula, fitted on the training part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcme.models.signatures.measured import FloatArray, known_mean
from deepcme.models.signatures.signature import WithinCohort

HIGHEST = 15.0
"""Of the scale of the recurrence score, which begins at 0."""
LOW_QUANTILE, HIGH_QUANTILE = 0.025, 0.975
AT_LOW, AT_HIGH = 6.0, 14.0
"""Where genefu puts these quantiles of a gene for the 8-gene score, within 1 and 15."""


@dataclass(frozen=True, eq=False)
class Scaler:
    """A line for each gene: ``base + slope * (value - shift)``, within limits.

    A missing value takes the gene's mean of the training part; a gene without any value
    there stays missing.

    Attributes
    ----------
    fill, shift, slope, base : ndarray of float64, shape (n_genes,)
    limits : tuple of float
    """

    fill: FloatArray
    shift: FloatArray
    slope: FloatArray
    base: FloatArray
    limits: tuple[float, float] = (-np.inf, np.inf)

    def scale(self, values: FloatArray) -> FloatArray:
        """Scaled values."""
        filled = np.where(np.isnan(values), self.fill, values)
        scaled = self.base + self.slope * (filled - self.shift)
        return np.clip(scaled, *self.limits)


def fit_scaler(values: FloatArray, how: WithinCohort) -> Scaler:
    """Learn each gene's line from values of the training part.

    Parameters
    ----------
    values : ndarray of float64, shape (n_samples, n_genes)
        log2 expression, NaN where missing.
    how : str
        ``range`` is genefu's of the recurrence score: from the lowest to the highest value
        to 0 to 15. ``quantiles`` is genefu's of the 8-gene score: the 2.5 % and 97.5 %
        quantiles to 6 and 14, within 1 and 15. ``standardise`` gives mean 0 and
        standard deviation 1 (divisor n); all others take the mean off alone. A
        gene that is constant counts as in the middle.
    """
    mean = known_mean(values, 0)
    nothing, one = np.zeros_like(mean), np.ones_like(mean)
    if how == "range":
        low, high = _quantile(values, 0.0), _quantile(values, 1.0)
        slope, base = _stretch(high - low, HIGHEST), nothing
        base = np.where(slope == 0, HIGHEST / 2, base)
        return Scaler(mean, low, slope, base)
    if how == "quantiles":
        low, high = _quantile(values, LOW_QUANTILE), _quantile(values, HIGH_QUANTILE)
        slope = _stretch(high - low, AT_HIGH - AT_LOW)
        base = np.where(slope == 0, (AT_LOW + AT_HIGH) / 2, AT_LOW)
        return Scaler(mean, low, slope, base, (1.0, 15.0))
    if how == "standardise":
        deviation = np.sqrt(known_mean((values - mean) ** 2, 0))
        return Scaler(mean, mean, _stretch(deviation, 1.0), nothing)
    return Scaler(mean, mean, one, nothing)


def _quantile(values: FloatArray, share: float) -> FloatArray:
    """Quantile of each gene's known values, between them by a line; NaN where none is."""
    found = np.full(values.shape[1], np.nan)
    for gene, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        if len(known):
            found[gene] = np.quantile(known, share)
    return found


def _stretch(width: FloatArray, onto: float) -> FloatArray:
    """Slope that maps a width onto another; 0 for none, or one that rounding left."""
    slope: FloatArray = np.divide(onto, width, out=np.zeros_like(width), where=~(width <= 1e-6))
    return slope
