"""Samples to predict or to score, read without labels of a cohort's `.h5ad` file or a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.annotated import read_h5ad, require_dense_memory, with_dense_matrix
from deepcme.base.names import check_cohort_names
from deepcme.base.words import cleaned
from deepcme.cohort.genes.gene_names import genes_in
from deepcme.cohort.genes.genes import gene_key, identifiers_in
from deepcme.cohort.origin import Origin, read_origin
from deepcme.cohort.people import own_where_nobody
from deepcme.cohort.scales.scales import Scale, require_possible_values
from deepcme.network.architecture import FloatArray
from deepcme.sources.assembly.expression import ONE_GENE_EACH, with_genes_named
from deepcme.sources.reading.ids import require_unique
from deepcme.sources.reading.matrices import Matrix, read_matrix

if TYPE_CHECKING:
    import anndata as ad


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
        """Some samples, by their places; of all in their order nothing is copied."""
        if np.array_equal(rows, np.arange(len(self.samples))):
            return self
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
    adata, origin = open_unlabelled(path)
    samples = [str(sample) for sample in adata.obs["sample"]]
    patients = patients_of(adata)
    identifiers = identifiers_in(adata.var)
    return Expression(adata.X, samples, identifiers, origin.scale, patients=patients)


def open_unlabelled(path: Path) -> tuple[ad.AnnData, Origin]:
    """Checked values, clean sample ids and the origin of what `Cohort.save` wrote.

    Raises
    ------
    DeepCMEError
        As `read_unlabelled`.
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
        adata = with_dense_matrix(adata)
        require_possible_values(adata.X, origin.scale, samples, identifiers["gene_id"])
    except DeepCMEError as error:
        raise DeepCMEError(f"{path}: {error}") from error
    require_unique(samples, "sample", path)
    adata.obs["sample"] = samples
    return adata, origin


def patients_of(adata: ad.AnnData) -> Sequence[str] | None:
    """Patient of each sample, where a cohort's file says it."""
    patients = adata.obs.get("patient")
    if patients is None:
        return None
    samples = adata.obs["sample"].tolist()
    return own_where_nobody([cleaned(str(word)) for word in patients], samples)[0]


def read_unlabelled_table(path: Path, genes: Iterable[str], notes: list[str]) -> Matrix:
    """Read a table of samples and genes, whichever way round it lies.

    Parameters
    ----------
    path : path
        ``.csv``, ``.tsv`` or ``.parquet``.
    genes : iterable of str
        Names of genes, blank ones among them: those that are asked for stand along one side.
    notes : list of str
        Gets a sentence for what a user may not expect.
    """
    known = set(map(gene_key, genes)) - {""}

    def samples_in_rows(rows: Sequence[str], columns: Sequence[str]) -> bool:
        in_rows, in_columns = (
            sum(any(gene_key(gene) in known for gene in genes_in(name)) for name in names)
            for names in (rows, columns)
        )
        return in_columns >= in_rows

    matrix = read_matrix(path, samples_in_rows, notes)
    return with_genes_named(matrix, ONE_GENE_EACH, path, notes, collapse=False)


def identifiers_of(matrix: Matrix) -> dict[str, list[str]]:
    """Every kind of identifier that the genes of a table have, its own ids first."""
    kinds = {"gene_id": matrix.genes, "symbol": matrix.symbols, "entrez": matrix.entrez}
    return {kind: names for kind, names in kinds.items() if names is not None}
