"""The genes that sets are compared among, and the sets as a cohort measures them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import gene_identifiers, gene_key, strongest_of_each
from deepcme.cohort.genes.symbols import symbol_today
from deepcme.models.fitting import Preparation, fit_preprocessor
from deepcme.models.preprocessing import kept_genes, transform_rows
from deepcme.sources.gene_sets import GeneSet

GeneIndex = NDArray[np.int64]
TESTED, TOO_FEW, TOO_MANY = "tested", "too few", "too many"
"""What becomes of a set by the number of its genes that are measured."""
_CONSTANT = 1e-6


@dataclass(frozen=True, eq=False)
class MeasuredGenes:
    """Genes of a cohort, each once: of several columns for one gene, the highest on average.

    Columns are of one gene if their symbols are one today, as STK6 and STK15 are AURKA.

    Attributes
    ----------
    columns : array of int
        Position in the cohort of each gene.
    names : array of str
        Its symbol, its id where there is none.
    expression : array, samples x genes
        Mean 0 within each stratum, and variance 1.
    identifiers : mapping
        Positions here of the genes that an identifier, as `gene_key` spells it, is of.
    """

    columns: GeneIndex
    names: NDArray[np.object_]
    expression: NDArray[np.float32]
    identifiers: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, cohort: Cohort, settings: Preparation, strata: Sequence[str]) -> MeasuredGenes:
        """Those of a cohort that the preprocessing keeps and that vary within a stratum.

        Parameters
        ----------
        cohort : Cohort
        settings : Preparation
            How expression is prepared; on all samples, as what is told holds for them
            together.
        strata : sequence of str
            Of each sample.
        """
        rows = np.arange(cohort.n_samples)
        preprocessor = fit_preprocessor(cohort, rows, settings)
        expression = transform_rows(preprocessor, cohort.X, rows)
        kept = kept_genes(preprocessor)
        varying = _standardise_within(expression, strata)
        kept, expression = kept[varying], expression[:, varying]
        names = map(str, cohort.gene_names[kept])
        keys = [gene_key(symbol_today(name) or name) for name in names]
        strongest, _ = strongest_of_each(cohort.X[:, kept], keys)
        columns = kept[strongest]
        place = {keys[column]: number for number, column in enumerate(strongest.tolist())}
        genes = [place[key] for key in keys]
        return cls(
            columns,
            cohort.gene_names[columns],
            expression[:, strongest],
            _index_identifiers(cohort, kept, genes),
        )

    @property
    def n(self) -> int:
        """How many genes there are."""
        return len(self.columns)

    def find(self, gene: str) -> tuple[int, ...]:
        """Positions of the genes that an identifier is of, by today's symbol if need be."""
        found = self.identifiers.get(gene_key(gene))
        return found or self.identifiers.get(gene_key(symbol_today(gene) or gene), ())


def _standardise_within(expression: NDArray[np.float32], strata: Sequence[str]) -> GeneIndex:
    """Centre each gene within strata and scale it, in place; those that vary."""
    stratum = pd.factorize(np.asarray(strata))[0]
    for value in range(stratum.max() + 1):
        rows = np.flatnonzero(stratum == value)
        expression[rows] -= expression[rows].mean(axis=0, dtype=np.float64)
    deviation = np.sqrt(np.einsum("ij,ij->j", expression, expression) / len(expression))
    varying: GeneIndex = np.flatnonzero(deviation > _CONSTANT)
    expression[:, varying] /= deviation[varying]
    return varying


def _index_identifiers(
    cohort: Cohort, columns: GeneIndex, genes: Sequence[int]
) -> dict[str, tuple[int, ...]]:
    """Genes by each of their identifiers, and by the symbol that their own became since."""
    index: dict[str, set[int]] = {}
    for names in gene_identifiers(cohort).values():
        for column, gene in zip(columns.tolist(), genes, strict=True):
            if names[column]:
                index.setdefault(gene_key(names[column]), set()).add(gene)
    renamed: dict[str, set[int]] = {}
    for column, gene in zip(columns.tolist(), genes, strict=True):
        if today := symbol_today(str(cohort.symbols[column])):
            renamed.setdefault(gene_key(today), set()).add(gene)
    return {key: tuple(sorted(found)) for key, found in {**renamed, **index}.items()}


@dataclass(frozen=True, eq=False)
class MeasuredSet:
    """A set as a cohort measures it.

    Attributes
    ----------
    gene_set : GeneSet
    genes : array of int
        Positions of its genes among the measured ones, each once, ascending.
    n_found : int
        Listed genes that are measured.
    standing : str
        `TESTED`, `TOO_FEW` or `TOO_MANY`.
    """

    gene_set: GeneSet
    genes: GeneIndex
    n_found: int
    standing: str


def find_sets(
    gene_sets: Iterable[GeneSet], measured: MeasuredGenes, fewest: int, most: int
) -> list[MeasuredSet]:
    """Find the genes of sets among those measured; a set is tested with `fewest` to `most`.

    A set that leaves fewer than `fewest` other genes has nothing to be compared with, and
    too many genes.
    """
    found = []
    for gene_set in gene_sets:
        of_genes = [measured.find(gene) for gene in gene_set.genes]
        genes = np.unique([one for several in of_genes for one in several]).astype(np.int64)
        standing = TESTED
        if len(genes) < fewest:
            standing = TOO_FEW
        elif len(genes) > min(most, measured.n - fewest):
            standing = TOO_MANY
        found.append(MeasuredSet(gene_set, genes, sum(map(bool, of_genes)), standing))
    return found
