"""Each gene alone: its AUC or Harrell's C with interval, p and false-discovery rate.

They are of all patients that are given, and nothing is held out: a description of these
patients, beside what a model that learned from them makes of a gene.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import false_discovery_control, norm

from deepcme.base.errors import AbsentError
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.intervals import NORMAL_QUANTILE
from deepcme.selection.enrichment.association import compute_residuals, compute_scale
from deepcme.selection.univariate.patients import find_units, merge_samples
from deepcme.selection.univariate.ranks import (
    FloatArray,
    Rows,
    Values,
    compute_midranks,
    measured_alike,
)
from deepcme.selection.univariate.separation import compute_areas, compute_concordances

AUC, C = "univariate_auc", "univariate_c"
"""What a gene alone is measured by: of labels, and of times to an event."""


def name_measure(outcome: Outcome) -> str:
    """The column of the measure of an outcome."""
    return C if isinstance(outcome, SurvivalOutcome) else AUC


def compute_univariate(
    values: Values, outcome: Outcome, patients: ArrayLike, strata: Sequence[str]
) -> pd.DataFrame:
    """How well each gene alone tells who has the event, or has it first.

    Of a patient with several samples in a stratum and of one outcome the mean counts. What is
    missing of a gene is left out of it.

    Parameters
    ----------
    values : array, samples x genes
        On any scale: only their order within a stratum matters.
    outcome : Outcome
        Of the samples: labels, or times to an event.
    patients : array of str
    strata : sequence of str
        Of each sample, within which patients are compared.

    Returns
    -------
    DataFrame
        One row a gene: `univariate_auc` (`compute_areas`) or `univariate_c`
        (`compute_concordances`), above 0.5 where higher expression goes with the event;
        `ci_low, ci_high`, 95%, symmetric on the logit scale and NaN where the measure is 0 or
        1; `p`, of two sides, by the score test of the gene's ranks within strata
        (`compute_residuals`), which of labels in one stratum is the test of Mann and Whitney
        without continuity correction; `fdr` (Benjamini and Hochberg 1995), over all genes
        that vary; `n` and `events`, of patients.
    """
    whose = find_units(outcome, patients, strata)
    values, first = merge_samples(values, whose), np.unique(whose, return_index=True)[1]
    outcome, stratum = outcome.take(first), np.asarray(strata, dtype=object)[first]
    table = np.full((values.shape[1], 6), np.nan)
    for genes, rows in measured_alike(values):
        table[genes] = _describe_block(values, genes, rows, outcome, stratum)
    columns = (name_measure(outcome), "ci_low", "ci_high", "p", "n", "events")
    found = pd.DataFrame(table, columns=list(columns))
    found = found.astype({"n": np.int64, "events": np.int64})
    tested = found["p"].notna().to_numpy()
    found.insert(4, "fdr", np.nan)
    if tested.any():
        found.loc[tested, "fdr"] = false_discovery_control(found.loc[tested, "p"])
    return found


def _describe_block(
    values: Values, genes: Rows, rows: Rows, outcome: Outcome, strata: NDArray[np.object_]
) -> FloatArray:
    """A row a gene: measure, ends of its interval, p, patients, events."""
    found = np.full((len(genes), 6), np.nan)
    if not len(rows):
        found[:, 4:] = 0
        return found
    of_rows, whole = outcome.take(rows), strata[rows]
    block = np.ascontiguousarray(values[np.ix_(rows, genes)].T)
    groups = [np.asarray(group) for group in pd.Series(whole).groupby(whole).indices.values()]
    ranks = np.empty(block.shape)
    for group in groups:
        ranks[:, group] = compute_midranks(block[:, group])
    if isinstance(of_rows, SurvivalOutcome):
        measure, variance = compute_concordances(ranks, of_rows.follow_up, groups)
    else:
        measure, variance = compute_areas(ranks, of_rows.events, groups)
    found[:, 0] = measure
    found[:, 1:3] = _interval(measure, variance)
    found[:, 3] = _test(ranks, of_rows, whole, groups)
    found[:, 4:] = len(rows), of_rows.events.sum()
    return found


def _interval(measure: FloatArray, variance: FloatArray) -> FloatArray:
    """Both ends, symmetric on the logit scale."""
    inside = (measure > 0) & (measure < 1) & (variance > 0)
    ends = np.full((len(measure), 2), np.nan)
    value = measure[inside]
    half_width = NORMAL_QUANTILE * np.sqrt(variance[inside]) / (value * (1 - value))
    ends[inside] = expit(logit(value)[:, np.newaxis] + np.outer(half_width, [-1, 1]))
    return ends


def _test(
    ranks: FloatArray, outcome: Outcome, strata: NDArray[np.object_], groups: Sequence[Rows]
) -> FloatArray:
    """The p of each gene; NaN of one that does not vary in any stratum, or without an event."""
    p = np.full(len(ranks), np.nan)
    try:
        residuals = compute_residuals(outcome, strata.tolist())
    except AbsentError:
        return p
    centred = ranks.copy()
    for group in groups:
        centred[:, group] -= ranks[:, group].mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.einsum("ij,ij->i", centred, centred) / ranks.shape[1])
    varying = deviation > 0
    if not (residuals @ residuals and varying.any()):
        return p
    statistic = centred[varying] @ residuals / deviation[varying]
    p[varying] = 2 * norm.sf(np.abs(compute_scale(residuals, len(groups)) * statistic))
    return p
