"""A check of the matrix: values that were standardised before the samples were split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.audit.findings import Finding, StudyDesign
from deepcme.cohort import Cohort
from deepcme.scales import LINEAR_SCALES

_NEARLY_ALL = 0.9  # share of the genes
_MEAN_WITHIN = 0.25  # standard deviations; all are 0 where no sample was left out since
_DEVIATION_WITHIN = 0.25
_RANGE_WITHIN = 1e-3
_FEWEST_GENES = 20
_FEWEST_SAMPLES = 20
_GENES_AT_ONCE = 2000


def check_standardised(cohort: Cohort, design: StudyDesign) -> Finding | None:
    """DCM011: each gene standardised, or brought to 0 to 1, over all samples.

    Of natural logs and log ratios, centred or not, the standard deviations differ
    severalfold between genes; of standardised ones they are 1 in nearly every
    gene. The tolerance allows for samples left out after the standardisation: when
    60 of 120 stay, a mean is off by about 0.09 and a deviation by about 0.07.
    """
    if (
        cohort.scale in LINEAR_SCALES
        or cohort.n_genes < _FEWEST_GENES
        or cohort.n_samples < _FEWEST_SAMPLES
    ):
        return None
    mean, deviation, lowest, highest = _moments(cohort)
    varies = deviation > 0
    mean, deviation = mean[varies], deviation[varies]
    lowest, highest = lowest[varies], highest[varies]
    if len(mean) < _FEWEST_GENES:
        return None
    standardised = (np.abs(mean) < _MEAN_WITHIN) & (np.abs(deviation - 1) < _DEVIATION_WITHIN)
    in_range = (np.abs(lowest) < _RANGE_WITHIN) & (np.abs(highest - 1) < _RANGE_WITHIN)
    if standardised.mean() >= _NEARLY_ALL:
        low, high = np.quantile(deviation, [0.05, 0.95])
        furthest = np.quantile(np.abs(mean), 0.95)
        return _finding(
            f"{standardised.mean():.0%} of {len(mean):,} genes have a mean near 0 (95% within "
            f"{furthest:.2f}) and a standard deviation near 1 (90% from {low:.2f} to "
            f"{high:.2f})."
        )
    if in_range.mean() >= _NEARLY_ALL:
        return _finding(f"{in_range.mean():.0%} of {len(mean):,} genes run from 0 to 1.")
    return None


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


def _moments(cohort: Cohort) -> tuple[NDArray[np.float64], ...]:
    """Mean, standard deviation, lowest and highest value of each gene that has values."""
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
    mean, deviation, lowest, highest = np.concatenate(parts, axis=1)
    return mean, deviation, lowest, highest
