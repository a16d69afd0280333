"""A check of the matrix: values that were standardised before the samples were split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.audit.findings import Finding, PlannedStudy
from deepcme.cohort.cohort import Cohort

_OfGenes = NDArray[np.float64]

_NEARLY_ALL = 0.9  # share of the genes
_MEAN_WITHIN = 0.25  # all are 0 where no sample was left out since
_DEVIATION_WITHIN = 0.25  # of the median deviation
_DEVIATIONS = (0.5, 1.25)  # clipping at 2, or of one side, makes them smaller than 1
_THE_SAME = 1e-3  # of the standard deviation or range
_FEWEST_GENES = 20
_FEWEST_SAMPLES = 20
_GENES_AT_ONCE = 2000


def check_standardised(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM011: each gene standardised, ranked, or brought to one range over all samples.

    Of natural logs and log ratios, centred or not, the standard deviations differ
    severalfold between genes; of standardised ones they are 1 in nearly every
    gene, or less by as much where values were clipped. The tolerance allows for samples
    left out after the standardisation: when 60 of 120 stay, a mean is off by about 0.09
    and a deviation by about 0.07. Ranks have the same mean in every gene, ties or not.
    """
    if cohort.n_genes < _FEWEST_GENES or cohort.n_samples < _FEWEST_SAMPLES:
        return None
    moments = _moments(cohort)
    mean, deviation, lowest, highest = moments[:, moments[1] > 0]
    if len(mean) < _FEWEST_GENES:
        return None
    evidence = (
        _same_range(lowest, highest)
        or _mean_0_and_deviation_1(mean, deviation)
        or _same_mean(mean, deviation)
    )
    return None if evidence is None else _finding(evidence)


def _mean_0_and_deviation_1(mean: _OfGenes, deviation: _OfGenes) -> str | None:
    usual = float(np.median(deviation))
    alike = np.abs(deviation / usual - 1) < _DEVIATION_WITHIN
    share = np.mean((np.abs(mean) < _MEAN_WITHIN) & alike)
    if share < _NEARLY_ALL or not _DEVIATIONS[0] <= usual <= _DEVIATIONS[1]:
        return None
    low, high = np.quantile(deviation, [0.05, 0.95])
    furthest = np.quantile(np.abs(mean), 0.95)
    return (
        f"{share:.0%} of {len(mean):,} genes have a mean near 0 (95% within "
        f"{furthest:.2f}) and a standard deviation near {usual:.1g} (90% from {low:.2f} to "
        f"{high:.2f})."
    )


def _same_range(lowest: _OfGenes, highest: _OfGenes) -> str | None:
    low, high = float(np.median(lowest)), float(np.median(highest))
    tolerance = _THE_SAME * (high - low)
    share = np.mean((np.abs(lowest - low) < tolerance) & (np.abs(highest - high) < tolerance))
    if share < _NEARLY_ALL:
        return None
    return f"{share:.0%} of {len(lowest):,} genes run from {low + 0.0:.4g} to {high:.4g}."


def _same_mean(mean: _OfGenes, deviation: _OfGenes) -> str | None:
    """Other than 0, which is also the mean of centred values."""
    usual, spread = float(np.median(mean)), float(np.median(deviation))
    share = np.mean(np.abs(mean - usual) < _THE_SAME * spread)
    if share < _NEARLY_ALL or abs(usual) < _MEAN_WITHIN * spread:
        return None
    return f"{share:.0%} of {len(mean):,} genes have a mean of {usual:.4g}, as ranks have."


def _finding(evidence: str) -> Finding:
    return Finding(
        code="DCM011",
        severity="warning",
        title="Values were standardised over all samples",
        evidence=f"{evidence} Test patients took part in what standardised the training part.",
        advice=(
            "Start from the values before the standardisation: each split standardises by its "
            "training part. New samples cannot be brought to this scale one by one."
        ),
    )


def _moments(cohort: Cohort) -> NDArray[np.float64]:
    """Mean, standard deviation, lowest and highest value (rows) of each gene with values."""
    parts = []
    for start in range(0, cohort.n_genes, _GENES_AT_ONCE):
        values = cohort.X[:, start : start + _GENES_AT_ONCE]
        values = values[:, ~np.isnan(values).all(axis=0)]
        parts.append(
            np.stack(
                [
                    np.nanmean(values, axis=0, dtype=np.float64),
                    np.nanstd(values, axis=0, dtype=np.float64),
                    np.nanmin(values, axis=0),
                    np.nanmax(values, axis=0),
                ]
            )
        )
    return np.concatenate(parts, axis=1)
