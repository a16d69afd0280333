"""The tables of a cohort, made of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.annotated import annotated, require_own_ids, table_of
from deepcme.cohort.making.checks import VAR_COLUMNS, own_columns
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.tissues.tissues import UNKNOWN, canonical_tissue

if TYPE_CHECKING:
    import anndata as ad


def tables_of_arrays(
    X: ArrayLike,
    outcome: Outcome,
    *,
    samples: Sequence[str],
    genes: Sequence[str],
    symbols: Sequence[str] | None,
    patients: Sequence[str] | None,
    tissue: Sequence[str] | None,
    batch: Sequence[str] | None,
    clinical: pd.DataFrame | None,
    gene_annotation: pd.DataFrame | None,
) -> ad.AnnData:
    """Samples x genes with the columns that a cohort has, as `Cohort.from_arrays` tells.

    Raises
    ------
    DeepCMEError
        If ids repeat, or the matrix is not of so many samples and genes.
    """
    matrix = np.asarray(X, dtype=np.float32)
    ids = [str(sample) for sample in samples]
    columns = {
        "sample": ids,
        "patient": ids if patients is None else list(patients),
        "tissue": UNKNOWN if tissue is None else list(map(canonical_tissue, tissue)),
        **outcome.values,
        "batch": UNKNOWN if batch is None else list(batch),
    }
    obs = table_of(ids, columns, clinical, own_columns(type(outcome)))
    gene_ids = [str(gene) for gene in genes]
    names = gene_ids if symbols is None else list(symbols)
    of_genes = {"gene_id": gene_ids, "symbol": names}
    var = table_of(gene_ids, of_genes, gene_annotation, VAR_COLUMNS)
    require_own_ids(ids, "sample")
    require_own_ids(gene_ids, "gene")
    if matrix.shape != (len(ids), len(gene_ids)):
        raise DeepCMEError(
            f"The matrix is {matrix.shape[0]} x {matrix.shape[1]}, but there are "
            f"{len(ids)} samples and {len(gene_ids)} genes."
        )
    return annotated(matrix, obs, var)
