"""What a signature needs of a cohort: values, what they are called, and clinical columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import gene_identifiers
from deepcme.cohort.scales.scales import Scale, logged
from deepcme.models.signatures.gene_index import GeneIndex

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """Samples with expression; they need no outcome.

    Attributes
    ----------
    X : ndarray of float32, shape (n_samples, n_genes)
        NaN where missing.
    samples : sequence of str
    identifiers : mapping of str to list of str
        As `gene_identifiers` gives them: each kind with one name per gene.
    scale : str
        Values on a linear scale are taken to log2(x + 1) before anything else.
    clinical : DataFrame
        One row per sample; the status of oestrogen receptors and the grade are read of it.
    origin : str
        All that is known of where the samples come from, to be searched for names.
    """

    X: NDArray[np.float32]
    samples: Sequence[str]
    identifiers: Mapping[str, Sequence[str]]
    scale: Scale
    clinical: pd.DataFrame
    origin: str = ""

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.X)

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return int(self.X.shape[1])

    @cached_property
    def index(self) -> GeneIndex:
        """Where each gene is that has a value in any sample."""
        has_values = np.asarray((~np.isnan(self.X)).any(axis=0))
        return GeneIndex.of(self.identifiers, has_values)


def measured(cohort: Cohort | Measured) -> Measured:
    """A cohort without its outcome; what is measured already comes back as it is."""
    if isinstance(cohort, Measured):
        return cohort
    return Measured(
        X=cohort.X,
        samples=list(cohort.samples),
        identifiers=gene_identifiers(cohort),
        scale=cohort.scale,
        clinical=cohort.obs,
        origin=origin_words(cohort.name, cohort.provenance, cohort.obs),
    )


def origin_words(name: str, provenance: Mapping[str, Any], obs: pd.DataFrame) -> str:
    """All that a cohort's name, provenance and groups of samples tell of where it is from."""
    told = {key: provenance[key] for key in provenance if key != "left_out"}
    groups = [column for column in ("batch", "cohort") if column in obs]
    words = [name, json.dumps(told, default=str)]
    words += [str(value) for column in groups for value in obs[column].unique()]
    return "\n".join(words)


def read_expression(
    cohort: Measured, columns: Sequence[tuple[int, ...]], rows: NDArray[np.int64] | None
) -> FloatArray:
    """log2 expression of genes, each the mean of its columns; NaN where nothing is known.

    Parameters
    ----------
    cohort : Measured
    columns : sequence of tuple of int
        Columns of each gene; none gives NaN.
    rows : ndarray of int, or None
        Which samples; None for all.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_genes)
    """
    wanted = [column for of_gene in columns for column in of_gene]
    X = cohort.X[:, wanted] if rows is None else cohort.X[:, wanted][rows]
    values = logged(X.astype(np.float64), cohort.scale)
    expression = np.full((len(values), len(columns)), np.nan)
    start = 0
    for gene, of_gene in enumerate(columns):
        if of_gene:
            expression[:, gene] = known_mean(values[:, start : start + len(of_gene)], axis=1)
        start += len(of_gene)
    return expression


def known_mean(values: FloatArray, axis: int) -> FloatArray:
    """Mean of the values that are known; NaN where none is."""
    known = ~np.isnan(values)
    n = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    mean: FloatArray = np.divide(total, n, out=np.full(np.shape(n), np.nan), where=n > 0)
    return mean
