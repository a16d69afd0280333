"""A cohort's genes under other identifiers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import (
    COLLAPSE_RULE,
    GeneIdKind,
    GeneMapping,
    map_genes,
    strongest_of_each,
)
from deepcme.sources.reading.probemap import mapping_by_table


def gene_mapping(cohort: Cohort, to: GeneIdKind, table: Path | None) -> GeneMapping:
    """Look up the cohort's genes, in a table or among the symbols it carries.

    Raises
    ------
    DeepCMEError
        If the table cannot be read, or none is given and none is at hand.
    """
    genes = [str(gene) for gene in cohort.gene_ids]
    if table is not None:
        return mapping_by_table(genes, to, table)
    if to != "symbol" or np.all(cohort.symbols == cohort.gene_ids):
        raise DeepCMEError(
            f"The cohort does not carry {to} ids besides its own; give a table with --table."
        )
    symbols = pd.Series(cohort.symbols, index=pd.Index(genes, dtype=object))
    return map_genes(genes, symbols, to)


def with_mapped_genes(cohort: Cohort, mapping: GeneMapping) -> Cohort:
    """The cohort with its genes under their new ids; those without one are left out.

    Raises
    ------
    DeepCMEError
        If no gene has a new id.
    """
    if mapping.n_mapped == 0:
        raise DeepCMEError(f"{mapping.describe().removesuffix('.')}: nothing would be left.")
    columns, n_collapsed = strongest_of_each(cohort.X, mapping.target)
    adata = cohort.adata[:, columns].copy()
    adata.var["gene_id_before"] = adata.var["gene_id"]
    adata.var_names = pd.Index([mapping.target[column] for column in columns], dtype=object)
    adata.var["gene_id"] = adata.var_names.to_numpy()
    notes = [mapping.describe(), *mapping.doubts]
    if n_collapsed:
        notes.append(f"{n_collapsed:,} {mapping.to}s had several genes: {COLLAPSE_RULE}.")
    return cohort.derive(adata, notes=[*cohort.notes, *notes])
