"""Samples of one patient taken together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.outcome import Outcome
from deepcme.selection.univariate.ranks import Values


def find_units(
    outcome: Outcome, patients: Sequence[str], strata: Sequence[str]
) -> NDArray[np.intp]:
    """Number of what each sample is counted as: a patient, in a stratum, with one outcome."""
    stratum = np.asarray(strata, dtype=object)
    table = pd.DataFrame({"patient": patients, "stratum": stratum, **outcome.values})
    return table.groupby([*table.columns], sort=False, dropna=False).ngroup().to_numpy()


def merge_samples(values: Values, units: NDArray[np.intp]) -> Values:
    """Mean of the samples of each unit, of what is measured; NaN where nothing is."""
    _, first, n_samples = np.unique(units, return_index=True, return_counts=True)
    if len(first) == len(units):
        return values
    merged = values[first]
    for unit in np.flatnonzero(n_samples > 1):
        rows = values[units == unit]
        n_measured = np.count_nonzero(~np.isnan(rows), axis=0)
        total = np.nansum(rows, axis=0)
        merged[unit] = np.where(n_measured, total / np.maximum(n_measured, 1), np.nan)
    return merged
