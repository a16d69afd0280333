"""The genes among which a model may choose, and the reference genes that are taken off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.honest import HONEST
from deepcme.cohort.scales.scales import logged
from deepcme.network.architecture import FloatArray
from deepcme.trained.entries import Genes
from deepcme.trained.panels.names import find_genes

_ROWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Reference:
    """Reference genes, and their mean logged value in each sample of the cohort."""

    genes: Genes
    level: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """A cohort at the genes among which a model may choose.

    Attributes
    ----------
    cohort : Cohort
        At these genes, its values as they are.
    reference : Reference, optional
        What is taken off the logged values of each sample.
    notes : list of str
        What was named and not found.
    """

    cohort: Cohort
    reference: Reference | None
    notes: list[str]

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        genes: Sequence[str] | None = None,
        reference_genes: Sequence[str] | None = None,
    ) -> Self:
        """Find what is named in a cohort; reference genes are no candidates.

        Raises
        ------
        DeepCMEError
            If none of the genes is in the cohort, a reference gene is not, or has no value in
            a sample, or nothing is left to choose from.
        """
        chosen = np.ones(cohort.n_genes, dtype=np.bool_)
        notes: list[str] = []
        if genes is not None:
            columns, unknown = find_genes(cohort, genes)
            if not columns:
                raise DeepCMEError(
                    f"{cohort.name}: none of the {counted(len(genes), 'gene')} of the list is "
                    f"in the cohort ({few(unknown)}; the cohort's are "
                    f"{few(list(cohort.symbols))}): translate one of them, the cohort with "
                    "`deepcme genes map`."
                )
            if unknown:
                notes.append(
                    f"{len(unknown):,} of the {counted(len(genes), 'gene')} named are not in "
                    f"the cohort, and were left out: {few(unknown, 12)}."
                )
            chosen[:] = False
            chosen[columns] = True
        reference = None
        if reference_genes is not None:
            columns = _find_references(cohort, reference_genes)
            reference = _measure(cohort, columns)
            chosen[columns] = False
        if not chosen.any():
            raise DeepCMEError(
                f"{cohort.name}: all candidates are reference genes: name others of one."
            )
        restricted = cohort if chosen.all() else cohort[:, chosen]
        return cls(restricted, reference, notes)

    def arrays(self, *, without_reference: bool = False) -> TrainingData:
        """What fits take: logs less the level of the reference genes, where there are any."""
        data = CohortArrays.of(self.cohort)
        if self.reference is None or without_reference:
            return TrainingData(data)
        X = take_off(data.X, self.reference.level, self.cohort)
        absent = self.cohort.absent_up_to
        expressed = None if absent is None else np.asarray(absent < data.X)
        relative = CohortArrays(X, data.outcome, data.patients, "log2", None)
        return TrainingData(relative, expressed)

    def values_of(self, genes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Values of some candidates on the scale that is standardised; NaN where missing."""
        values = logged(self.cohort.X[:, genes].astype(np.float64), self.cohort.scale)
        if self.reference is not None:
            values -= self.reference.level[:, np.newaxis]
        return values


@dataclass(frozen=True, eq=False)
class TrainingData:
    """A cohort's arrays; of values less reference genes also who expresses which gene."""

    arrays: CohortArrays
    expressed: NDArray[np.bool_] | None = None

    def for_rows(self, rows: NDArray[np.int64]) -> CohortArrays:
        """The arrays, in which genes that too few of these rows express have no value.

        What is less than reference genes no longer shows who expresses a gene.
        """
        if self.expressed is None:
            return self.arrays
        rare = self.expressed[rows].mean(axis=0) < HONEST.min_prevalence
        data = self.arrays
        X = np.where(rare, np.float32(np.nan), data.X)
        return CohortArrays(X, data.outcome, data.patients, data.scale, None)


def take_off(X: FloatArray, level: NDArray[np.float64], cohort: Cohort) -> FloatArray:
    """Logged values less the level of each sample, a few samples at a time."""
    relative = np.empty(X.shape, dtype=np.float32)
    for start in range(0, len(X), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        logs = logged(X[rows].astype(np.float64), cohort.scale)
        relative[rows] = logs - level[rows, np.newaxis]
    return relative


def _find_references(cohort: Cohort, names: Sequence[str]) -> list[int]:
    columns, unknown = find_genes(cohort, names)
    if unknown or not columns:
        raise DeepCMEError(
            f"{cohort.name}: the reference genes {few(unknown)} are not in the cohort: name "
            "genes that it has."
        )
    return columns


def _measure(cohort: Cohort, columns: list[int]) -> Reference:
    values = cohort.X[:, columns].astype(np.float64)
    missing = np.isnan(values)
    if missing.any():
        row, column = np.argwhere(missing)[0]
        n_samples = counted(int(missing[:, column].sum()), "sample")
        raise DeepCMEError(
            f"{cohort.name}: the reference gene {cohort.gene_ids[columns[column]]} has no "
            f"value in {n_samples} (such as {cohort.samples[row]}): name reference genes that "
            "every sample has."
        )
    level = logged(values, cohort.scale).mean(axis=1)
    return Reference(Genes.of_cohort(cohort, columns), level)
