"""Gene identifiers: Ensembl, symbols and Entrez, and the way from one to another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import few
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.gene_names import genes_in

GeneIdKind = Literal["ensembl", "entrez", "symbol"]

COLLAPSE_RULE = "of several rows for one gene, the one with the highest mean is kept"
MIN_COVERAGE = 0.95
_IDENTIFIER_COLUMNS = {
    *("gene_id", "gene_id_before", "gene id", "gene", "gene_name"),
    *("symbol", "gene symbol", "gene_symbol", "hugo_symbol"),
    *("ensembl_gene_id", "ensembl_id", "ensembl"),
    *("entrez_gene_id", "entrez_id", "entrez", "entrezgene_id"),
}

_ENSEMBL = re.compile(r"(?P<stable>ENSG\d{11})(\.\d+)?(?P<par>_PAR_Y)?")
_ENSEMBL_PAR_Y = re.compile(r"ENSGR(?P<digits>\d{10})(\.\d+)?")


def gene_key(identifier: str) -> str:
    """What all spellings of one identifier have in common."""
    return stable_gene_id(identifier).casefold()


def stable_gene_id(gene: str) -> str:
    """Ensembl id without its version; other ids come back as they are.

    The copy of a gene in the pseudoautosomal region of Y, spelled
    ``ENSGR0000002586.1`` up to GENCODE v24 and ``ENSG00000002586.20_PAR_Y``
    since, becomes ``ENSG00000002586_PAR_Y``.
    """
    match = _ENSEMBL.fullmatch(gene)
    if match:
        return match["stable"] + (match["par"] or "")
    match = _ENSEMBL_PAR_Y.fullmatch(gene)
    if match:
        return f"ENSG0{match['digits']}_PAR_Y"
    return gene


def gene_identifiers(cohort: Cohort) -> dict[str, list[str]]:
    """Every column of a cohort's `var` that identifies genes, the cohort's own ids first."""
    return identifiers_in(cohort.adata.var)


def identifiers_in(var: pd.DataFrame) -> dict[str, list[str]]:
    """Every column of a `var` that identifies genes, its ``gene_id`` first."""
    return {
        str(column): _texts(var[column])
        for column in ("gene_id", *var.columns)
        if str(column).lower() in _IDENTIFIER_COLUMNS
    }


def _texts(column: pd.Series) -> list[str]:
    values = column.astype(object)
    return ["" if pd.isna(value) else str(value).strip() for value in values]


def strongest_of_each(
    values: NDArray[np.float32], names: Sequence[str]
) -> tuple[NDArray[np.int64], int]:
    """Columns to keep so that each name occurs once; `COLLAPSE_RULE` says which.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_columns)
    names : sequence of str
        One per column; an empty name is never kept.

    Returns
    -------
    columns : ndarray of int
        In the order of the first occurrence of each name.
    n_collapsed : int
        Names that occurred more than once.
    """
    total, n_known = np.zeros(len(names)), np.zeros(len(names), dtype=np.int64)
    for row in values:  # one at a time, so that nothing of the matrix's size is made
        known = ~np.isnan(row)
        np.add(total, row, out=total, where=known)
        n_known += known
    mean = np.divide(total, n_known, out=np.full(len(names), -np.inf), where=n_known > 0)
    table = pd.DataFrame({"name": list(names), "mean": mean})
    table = table[table["name"] != ""]
    strongest = table.groupby("name", sort=False)["mean"].idxmax()
    n_collapsed = int((table["name"].value_counts() > 1).sum())
    return strongest.to_numpy(dtype=np.int64), n_collapsed


@dataclass(frozen=True)
class GeneMapping:
    """Where each gene of a list goes, and how many found a place.

    `target` holds one name per gene, empty where there is none; `doubts` are
    warnings about the table.
    """

    genes: tuple[str, ...]
    target: tuple[str, ...]
    to: str
    n_ambiguous: int
    doubts: tuple[str, ...] = ()

    @property
    def n_mapped(self) -> int:
        """Genes with a target."""
        return sum(name != "" for name in self.target)

    @property
    def coverage(self) -> float:
        """Share of genes with a target, 0 to 1."""
        return self.n_mapped / len(self.genes)

    def describe(self) -> str:
        """The coverage in a sentence."""
        unmapped = [
            gene for gene, name in zip(self.genes, self.target, strict=True) if name == ""
        ]
        sentence = (
            f"{self.n_mapped:,} of {len(self.genes):,} genes ({self.coverage:.1%}) have a "
            f"known {self.to}"
        )
        if unmapped:
            sentence += f"; {len(unmapped):,} have none ({few(unmapped)})"
        if self.n_ambiguous:
            sentence += f", {self.n_ambiguous:,} of them because they have several"
        return sentence + "."

    def require_coverage(self, allow_missing: bool) -> None:
        """Refuse a coverage below 95% unless the user allows it."""
        if self.coverage < MIN_COVERAGE and not allow_missing:
            raise DeepCMEError(
                f"{self.describe().removesuffix('.')}: below {MIN_COVERAGE:.0%}, so either "
                "give a table of the right annotation release or add --allow-missing."
            )


def map_genes(genes: Sequence[str], known: pd.Series, to: str) -> GeneMapping:
    """Look genes up, Ensembl ids by their version-less form.

    Parameters
    ----------
    genes : sequence of str
    known : Series of str
        Cells that name targets, indexed by gene id; an id with several different
        targets, in one cell or in several, has none.
    to : str
        What the targets are, for messages.
    """
    pairs = pd.DataFrame(
        {
            "gene": [stable_gene_id(str(gene)) for gene in known.index],
            "target": [genes_in(str(cell)) for cell in known.fillna("")],
        }
    )
    pairs = pairs.explode("target").dropna().drop_duplicates()
    several = pairs["gene"].duplicated(keep=False)
    ambiguous = set(pairs.loc[several, "gene"])
    unique = pairs[~several]
    lookup = dict(zip(unique["gene"], unique["target"], strict=True))
    stable = [stable_gene_id(gene) for gene in genes]
    return GeneMapping(
        genes=tuple(genes),
        target=tuple(lookup.get(gene, "") for gene in stable),
        to=to,
        n_ambiguous=sum(gene in ambiguous for gene in stable),
    )
