"""Ranks of many genes at once, and the samples that genes are measured of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Rows = NDArray[np.int64]
Values = NDArray[np.float32]

_GENES_AT_ONCE = 2048


def compute_midranks(values: NDArray[np.floating]) -> FloatArray:
    """Ranks within each row, from 1; equal values share the mean of theirs.

    As `scipy.stats.rankdata` has them, several times faster for rows by the thousand.
    """
    n = values.shape[1]
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    is_first = np.ones(values.shape, dtype=bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=is_first[:, 1:])
    first = np.flatnonzero(is_first)
    n_equal = np.diff(first, append=values.size)
    ranks = np.empty(values.shape)
    shared = np.repeat(first % n + (n_equal + 1) / 2, n_equal)
    np.put_along_axis(ranks, order, shared.reshape(values.shape), axis=1)
    return ranks


def measured_alike(values: Values) -> Iterator[tuple[Rows, Rows]]:
    """Genes, some at a time, with the samples of which each of them is measured.

    Parameters
    ----------
    values : array, samples x genes
        NaN where a gene is not measured.
    """
    missing = np.isnan(values)
    complete = np.flatnonzero(~missing.any(axis=0))
    all_rows = np.arange(len(values))
    for start in range(0, len(complete), _GENES_AT_ONCE):
        yield complete[start : start + _GENES_AT_ONCE], all_rows
    lacking = np.flatnonzero(missing.any(axis=0))
    if not len(lacking):
        return
    packed = pd.DataFrame(np.packbits(missing[:, lacking], axis=0).T)
    for positions in packed.groupby([*packed.columns]).indices.values():
        genes = lacking[np.asarray(positions)]
        yield genes, np.flatnonzero(~missing[:, genes[0]])
