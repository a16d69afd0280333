"""Whether the values of new samples are on the scale that they are read on.

Each sample is judged alone, by its values of the model's genes against what these were in
training. The scale that it is read on is tried first: another has to fit far better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from deepcme.cohort.scales.distribution import ALL_WHOLE, BACKGROUND_NEGATIVES, FEW_NEGATIVES
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale
from deepcme.network.architecture import FloatArray
from deepcme.trained.model import GeneStatistics

EVIDENCE = 10.0
"""Natural log of the likelihood ratio from which on another reading is taken to be meant."""
INDEPENDENT_GENES = 40
"""Genes vary together: more of them count as so many."""
FITS = 2.5
"""Root mean square of standardised values up to which a reading fits; about 1 in training."""
NEGATIVES_APART = 0.25
"""Shares of negative values that differ by less may be of one kind."""
RARELY = 1e-3
"""A share of negative values is another one if it would come about more rarely by chance."""
MOSTLY_WHOLE = 0.5
"""Estimated counts are broken, but hardly most of them."""

LOGGED = "values fit log2(x + 1) of {scale}, not {scale} itself: say --scale log2 if they do"
LINEAR = "values fit linear ones, not logs: say which with --scale, and log2(x + 1) is taken"
_NO_WAY = (
    ", which cannot be converted: --normalise cohort takes each gene relative to its mean in "
    "20 or more samples"
)
RELATIVE = (
    f"values are log ratios or centred values, and the model takes expression levels{_NO_WAY}"
)
LEVELS = (
    "values are expression levels, hardly any below 0, and the model takes log ratios, centred "
    f"values or logs far below 0{_NO_WAY}"
)
COUNTS = (
    "values are whole numbers, as counts are, far from the training data: say --scale {scale} "
    "if they are {scale} all the same"
)
NO_COUNTS = (
    "values are broken numbers, as no counts are, far from the training data: say --scale "
    "counts if they are counts all the same"
)

_Chosen = NDArray[np.bool_]
_ROWS_AT_ONCE = 16
_LN2 = float(np.log(2))


@dataclass(frozen=True)
class TrainingValues:
    """What the model knows of the values of some of its genes, all of which varied.

    Attributes
    ----------
    statistics : GeneStatistics
        On the scale after any log.
    scale : Scale
        Of the training cohort.
    relative : bool
        Whether its values were ratios or centred.
    far_distance : float
        Root mean square of standardised values beyond which a sample is far outside.
    clip : float
        Largest absolute standardised value.
    """

    statistics: GeneStatistics
    scale: Scale
    relative: bool
    far_distance: float
    clip: float

    def standardise(self, values: FloatArray, is_linear: bool) -> NDArray[np.float64]:
        """Values that are read as linear or as logs, standardised and clipped."""
        values = values.astype(np.float64)
        logs = np.log2(np.maximum(values, 0) + 1) if is_linear else values
        z = (logs - self.statistics.mean) / self.statistics.scale
        return np.asarray(np.clip(z, -self.clip, self.clip), dtype=np.float64)

    def distances(self, values: FloatArray, is_linear: bool) -> NDArray[np.float64]:
        """Root mean square of each sample's standardised values."""
        z = self.standardise(values, is_linear)
        return np.asarray(np.sqrt(np.nanmean(z**2, axis=1)), dtype=np.float64)

    @property
    def negative(self) -> float:
        """Share of negative values to expect of a sample."""
        if not self.relative:
            return 0.0
        below = norm.cdf(-self.statistics.mean / self.statistics.scale)
        return float(np.mean(below))


def find_other_scales(
    values: FloatArray, training: TrainingValues, declared: Scale | None
) -> list[str]:
    """Why each sample cannot be on the scale that it is read on; empty where it can be.

    Logs are told from linear values by the likelihood of the sample under each reading,
    its genes normal on the log scale with the means and deviations of the training data.

    Parameters
    ----------
    values : ndarray of float32, shape (samples, genes)
        As they came; NaN where missing, but some in each sample.
    training : TrainingValues
        Of the same genes.
    declared : Scale or None
        What the user or the cohort says; None for the scale of the model, in which
        case counts are told from other linear values as well.
    """
    reasons: list[str] = []
    for start in range(0, len(values), _ROWS_AT_ONCE):
        block = values[start : start + _ROWS_AT_ONCE]
        reasons += _judge(block, training, declared or training.scale, declared is None)
    return reasons


def _judge(
    values: FloatArray, training: TrainingValues, scale: Scale, tell_counts: bool
) -> list[str]:
    is_linear = scale in LINEAR_SCALES
    far = training.distances(values, is_linear) > training.far_distance
    other_fits = training.distances(values, not is_linear) <= FITS
    evidence = _evidence_of_linear(values, training) * (-1 if is_linear else 1)
    more, fewer = _other_negatives(values, training, scale)
    reasons: dict[str, _Chosen] = {
        RELATIVE: more & (far | is_linear),
        (LOGGED if is_linear else LINEAR): other_fits & (evidence >= EVIDENCE),
        LEVELS: fewer & far,
    }
    if tell_counts and is_linear:
        whole = _share_of_whole(values)
        reasons |= (
            {NO_COUNTS: far & (whole < MOSTLY_WHOLE)}
            if scale == "counts"
            else {COUNTS: far & (whole >= ALL_WHOLE)}
        )
    return [reason.format(scale=scale) for reason in first_reasons(reasons)]


def find_other_centres(
    values: FloatArray, training: TrainingValues, declared: Scale | None
) -> list[str]:
    """As `find_other_scales`, but only ratios are told from levels, by negative values."""
    scale = declared or training.scale
    more, fewer = _other_negatives(values, training, scale)
    return first_reasons({RELATIVE: more, LEVELS: fewer})


def first_reasons(reasons: Mapping[str, _Chosen]) -> list[str]:
    """The first reason that holds for each sample, or none, of those it may hold for."""
    return [str(reason) for reason in np.select([*reasons.values()], [*reasons], "")]


def _evidence_of_linear(values: FloatArray, training: TrainingValues) -> NDArray[np.float64]:
    """Log-likelihood ratio of linear values against logs, of each sample.

    A value of 0 says nothing: it is 0 on both. Standardised values are clipped, so that no
    gene decides alone; a negative value is as unlikely of linear ones as can be.
    """
    told = np.isfinite(values) & (values != 0)
    shifted = np.maximum(values.astype(np.float64), 0) + 1
    z_linear = np.where(values < 0, training.clip, training.standardise(values, True))
    z_logged = training.standardise(values, False)
    ratios = 0.5 * (z_logged**2 - z_linear**2) - np.log(shifted * _LN2)
    count = told.sum(axis=1)
    mean = np.where(told, ratios, 0).sum(axis=1) / np.maximum(count, 1)
    return np.asarray(mean * np.minimum(count, INDEPENDENT_GENES), dtype=np.float64)


def _other_negatives(
    values: FloatArray, training: TrainingValues, scale: Scale
) -> tuple[_Chosen, _Chosen]:
    """Samples with far more negative values than levels have, or far fewer than ratios."""
    n_values = np.isfinite(values).sum(axis=1)
    n_negative = (values < 0).sum(axis=1)
    expected = training.negative
    apart = n_negative / n_values - expected
    chance = float(np.clip(expected, 0.01, 0.99))
    most = {"log2": NEGATIVES_APART, "intensity": BACKGROUND_NEGATIVES}.get(
        scale, FEW_NEGATIVES
    )
    more = (apart > most) & (binom.sf(n_negative - 1, n_values, chance) < RARELY)
    fewer = (apart < -NEGATIVES_APART) & (binom.cdf(n_negative, n_values, chance) < RARELY)
    never = np.zeros(len(values), dtype=bool)
    return (never, fewer) if training.relative else (more, never)


def _share_of_whole(values: FloatArray) -> NDArray[np.float64]:
    """Share of whole numbers among the values of each sample that are not 0."""
    known = np.isfinite(values) & (values != 0)
    whole = known & (values == np.rint(values))
    return np.asarray(whole.sum(axis=1) / np.maximum(known.sum(axis=1), 1), dtype=np.float64)
