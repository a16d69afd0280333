"""Checks of the matrix: genes that are hardly expressed, the scale, gaps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deepcme.audit.findings import Finding, PlannedStudy
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.scales.distribution import (
    HIGHEST_LOGGED,
    Distribution,
    describe_distribution,
)
from deepcme.cohort.scales.mixed_scales import find_mixed_scales
from deepcme.cohort.scales.scales import Scale, logged

_RARE = 0.1  # share of samples that express a gene
_OUTLIER = 10.0  # standard deviations
_GENES_AT_ONCE = 2000
_HIGHEST_LOGGED_TWICE = 5.0
_ENOUGH_GENES_TO_JUDGE = 100
_WHOLE_TRANSCRIPTOME = 20_000


def check_rare_genes(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM006: genes expressed in almost no sample, and the outliers they become."""
    absent = cohort.absent_up_to
    if absent is None:
        return None
    n_rare = n_outlying = 0
    largest = 0.0
    for values in _gene_blocks(cohort):
        known = np.nan_to_num(values, nan=absent)
        prevalence = np.mean(known > absent, axis=0)
        rare = (prevalence < _RARE) & (prevalence > 0)
        highest = _highest_z(known[:, rare], cohort.scale)
        n_rare += int(rare.sum())
        n_outlying += int((highest > _OUTLIER).sum())
        largest = max(largest, float(highest.max(initial=0.0)))
    if n_rare == 0:
        return None
    return Finding(
        code="DCM006",
        severity="warning",
        title="Genes are expressed in almost no sample",
        evidence=(
            f"{n_rare:,} of {counted(cohort.n_genes, 'gene')} are expressed in some but "
            f"fewer than {_RARE:.0%} of the samples; standardised, {n_outlying:,} of them "
            f"have a value beyond {_OUTLIER:.0f} standard deviations, the largest at "
            f"{largest:.1f} (one expressing sample alone gives "
            f"{np.sqrt(cohort.n_samples - 1):.1f})."
        ),
        advice=(
            "Filter genes by prevalence and clip standardised values (the honest protocol "
            "does both); distrust a top gene that few samples express."
        ),
    )


def _gene_blocks(cohort: Cohort) -> Iterator[NDArray[np.float32]]:
    for start in range(0, cohort.n_genes, _GENES_AT_ONCE):
        yield cohort.X[:, start : start + _GENES_AT_ONCE]


def _highest_z(values: NDArray[np.float32], scale: Scale) -> NDArray[np.float64]:
    """Largest absolute standardised value of each gene, after the log a scale needs."""
    logs = logged(values.astype(np.float64), scale)
    deviation = logs.std(axis=0)
    furthest = np.abs(logs - logs.mean(axis=0)).max(axis=0, initial=0.0)
    highest: NDArray[np.float64] = np.divide(
        furthest, deviation, out=np.zeros_like(furthest), where=deviation > 0
    )
    return highest


def check_scale(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM007: values on another scale than declared, or on two; never on the guessed one.

    Logs of logs are found as well, which no guess can tell from logs.
    """
    if cohort.n_genes < _ENOUGH_GENES_TO_JUDGE:
        return None  # a few genes may lie in any range
    found = describe_distribution(cohort.X)
    mixed = find_mixed_scales(cohort.X)
    reason = mixed.describe(cohort.samples.tolist()) if mixed else _other_scale(cohort, found)
    if reason is None:
        return None
    return Finding(
        code="DCM007",
        severity="severe",
        title=f"The values do not look like {cohort.scale}",
        evidence=(
            f"Declared as {cohort.scale}, 99% of the values run from {found.floor:.4g} to "
            f"{found.top:.4g}, 0.1% lie above {found.upper:.4g}: {reason}."
        ),
        advice=(
            "Prepare the cohort again with the right --scale: the wrong one is logged twice, "
            "or not at all."
        ),
    )


def _other_scale(cohort: Cohort, found: Distribution) -> str | None:
    if cohort.scale == "log2":
        return _not_logged_once(cohort, found)
    if cohort.scale == "counts" and found.all_whole:
        return None
    if not found.is_linear_sized:
        return (
            f"linear values pass {HIGHEST_LOGGED:.0f}, so these seem to be logged already "
            "and would be logged twice"
        )
    if cohort.scale == "counts":
        return "counts are whole numbers, and these are not"
    if found.all_whole and cohort.scale != "intensity":
        return f"all are whole numbers, as counts are and {cohort.scale} is not"
    if (
        cohort.scale == "fpkm"
        and found.sums_to_million
        and cohort.n_genes >= _WHOLE_TRANSCRIPTOME
    ):
        return "each sample sums to a million, as TPM does"
    return None


def _not_logged_once(cohort: Cohort, found: Distribution) -> str | None:
    if found.is_linear_sized and not found.is_centred:
        return f"logs hardly pass {HIGHEST_LOGGED:.0f}, so these are not logged"
    if cohort.absent_up_to == 0 and found.upper < _HIGHEST_LOGGED_TWICE:
        return (
            f"logged expression passes {_HIGHEST_LOGGED_TWICE:.0f}, so these seem to be "
            "logged twice"
        )
    return None


def check_gaps(cohort: Cohort, planned: PlannedStudy) -> Finding | None:
    """DCM010: missing values and constant genes."""
    n_missing = n_incomplete = n_constant = 0
    most_missing = 0.0
    for values in _gene_blocks(cohort):
        missing = np.isnan(values)
        per_gene = missing.sum(axis=0)
        n_missing += int(per_gene.sum())
        n_incomplete += int((per_gene > 0).sum())
        most_missing = max(most_missing, float(per_gene.max()) / cohort.n_samples)
        highest = np.where(missing, -np.inf, values).max(axis=0)
        lowest = np.where(missing, np.inf, values).min(axis=0)
        n_constant += int((highest <= lowest).sum())
    if n_missing == n_constant == 0:
        return None
    share = n_missing / cohort.X.size
    return Finding(
        code="DCM010",
        severity="warning" if share > 0.05 else "info",
        title="Values are missing or genes are constant",
        evidence=(
            f"Missing: {n_missing:,} of {cohort.X.size:,} values ({share:.2%}), in "
            f"{counted(n_incomplete, 'gene')} of {cohort.n_genes:,}, up to {most_missing:.0%} "
            f"of one gene. The same value in every sample: {counted(n_constant, 'gene')}."
        ),
        advice=(
            "Missing values take the gene's median of the training part; leave out genes that "
            "lack many. Constant genes say nothing and become 0."
        ),
    )
