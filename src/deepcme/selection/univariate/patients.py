"""Samples of one patient taken together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.cohort.outcome import Outcome
from deepcme.selection.univariate.ranks import Rows, Values


def find_units(outcome: Outcome, patients: ArrayLike, strata: Sequence[str]) -> Rows:
    """Number of what each sample is counted as: a patient, in a stratum, with one outcome."""
    stratum = np.asarray(strata, dtype=object)
    patient = np.asarray(patients, dtype=object)
    table = pd.DataFrame({"patient": patient, "stratum": stratum, **outcome.values})
    units = table.groupby([*table.columns], sort=False, dropna=False).ngroup()
    return np.asarray(units, dtype=np.int64)


def merge_samples(values: Values, units: Rows) -> Values:
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
