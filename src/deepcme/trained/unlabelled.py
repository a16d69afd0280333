"""Samples to predict, and how those of a cohort's `.h5ad` file are read without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad, require_dense_memory, with_dense_matrix
from deepcme.base.names import check_cohort_names
from deepcme.base.words import cleaned
from deepcme.cohort.genes.genes import identifiers_in
from deepcme.cohort.origin import read_origin
from deepcme.cohort.people import own_where_nobody
from deepcme.cohort.scales.scales import Scale, require_possible_values
from deepcme.network.architecture import FloatArray
from deepcme.sources.reading.ids import require_unique


@dataclass(frozen=True)
class Expression:
    """Samples x genes with all the identifiers that the genes have.

    Attributes
    ----------
    X : ndarray of float32, shape (samples, columns)
        NaN where missing.
    samples : list of str
    identifiers : mapping of str to list of str
        Kind to one identifier per column, empty where unknown.
    scale : Scale or None
        As a cohort or the user declares it; None where nothing says it.
    notes : tuple of str
    patients : sequence of str, optional
        Of each sample, where known.
    """

    X: FloatArray
    samples: list[str]
    identifiers: Mapping[str, Sequence[str]]
    scale: Scale | None
    notes: tuple[str, ...] = ()
    patients: Sequence[str] | None = None

    def of_samples(self, rows: NDArray[np.int64]) -> Expression:
        """Some samples, by their places."""
        return replace(
            self,
            X=self.X[rows],
            samples=[self.samples[row] for row in rows],
            patients=self.patients and [self.patients[row] for row in rows],
        )


def read_unlabelled(path: Path) -> Expression:
    """Read what `Cohort.save` wrote; labels may be missing, of one class, or not there.

    Raises
    ------
    DeepCMEError
        As `Cohort.load`, but for what is wrong with labels, patients or clinical columns.
    """
    adata = read_h5ad(path)
    require_dense_memory(adata.X, path)
    try:
        origin = read_origin(adata.uns)
        for table, column, where in (
            (adata.obs, "sample", "obs"),
            (adata.var, "gene_id", "var"),
        ):
            if column not in table:
                raise DeepCMEError(f"The cohort's {where} lacks {column}.")
        samples = [cleaned(str(sample)) for sample in adata.obs["sample"]]
        identifiers = identifiers_in(adata.var)
        names = pd.DataFrame({"sample": samples}), pd.DataFrame(identifiers)
        check_cohort_names(*names, origin.name, {})
        X: FloatArray = with_dense_matrix(adata).X
        require_possible_values(X, origin.scale, samples, identifiers["gene_id"])
    except DeepCMEError as error:
        raise DeepCMEError(f"{path}: {error}") from error
    require_unique(samples, "sample", path)
    patients = adata.obs.get("patient")
    if patients is not None:
        patients, _ = own_where_nobody([cleaned(str(word)) for word in patients], samples)
    return Expression(X, samples, identifiers, origin.scale, patients=patients)
