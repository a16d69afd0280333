"""Samples to score by signatures: of a cohort, labelled or not, or a table of expression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepcme.cohort.genes.genes import identifiers_in
from deepcme.cohort.scales.scales import Scale
from deepcme.models.signatures.measured import Measured, origin_words
from deepcme.models.signatures.signature import Signature
from deepcme.sources.assembly.expression import on_known_scale
from deepcme.sources.reading.contents import contents_of
from deepcme.trained.unlabelled import (
    identifiers_of,
    open_unlabelled,
    patients_of,
    read_unlabelled_table,
)


@dataclass(frozen=True, eq=False)
class SamplesToScore:
    """Samples with expression, whose patient each is, and what was noted in reading them.

    A patient is blank where nothing says who it is.
    """

    measured: Measured
    patients: Sequence[str]
    notes: tuple[str, ...]


def read_samples_to_score(
    path: str | Path, signatures: Iterable[Signature], scale: Scale | None = None
) -> SamplesToScore:
    """Read a cohort (.h5ad), or a table of samples and genes, whichever way round it lies.

    Labels are not looked at; clinical columns of a cohort are kept.

    Parameters
    ----------
    path : path
        ``.h5ad`` that `deepcme prepare` wrote, or ``.csv``, ``.tsv`` or ``.parquet``.
    signatures : iterable of Signature
        Those to score: their genes stand along one side of a table.
    scale : Scale, optional
        What the values are; by default what a cohort says of itself, and worked out of a
        table, and noted.

    Raises
    ------
    DeepCMEError
        If the file cannot be read, or its values cannot be on the scale.
    """
    path = Path(path)
    if contents_of(path).kind == "hdf5":
        return _of_cohort(path, scale)
    notes: list[str] = []
    matrix = read_unlabelled_table(path, _names(signatures), notes)
    expression = on_known_scale(matrix, scale, notes, path)
    matrix = expression.matrix
    measured = Measured(
        X=matrix.values,
        samples=matrix.samples,
        identifiers=identifiers_of(matrix),
        scale=expression.scale,
        clinical=pd.DataFrame(index=pd.RangeIndex(len(matrix.samples))),
        origin=path.name,
    )
    return SamplesToScore(measured, [""] * measured.n_samples, tuple(expression.notes))


def _of_cohort(path: Path, scale: Scale | None) -> SamplesToScore:
    adata, origin = open_unlabelled(path)
    samples = adata.obs["sample"].tolist()
    measured = Measured(
        X=adata.X,
        samples=samples,
        identifiers=identifiers_in(adata.var),
        scale=scale or origin.scale,
        clinical=adata.obs,
        origin=origin_words(origin.name, origin.provenance, adata.obs),
    )
    return SamplesToScore(measured, patients_of(adata) or [""] * len(samples), ())


def _names(signatures: Iterable[Signature]) -> Iterable[str]:
    """Every name that a gene of the signatures may have in a table."""
    for signature in signatures:
        for gene in (*signature.genes, *signature.references):
            yield from (gene.symbol, gene.entrez, *gene.aliases, *gene.probes)
