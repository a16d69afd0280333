"""New samples: their expression as read, brought to a model's genes and to its scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from deepcme.bundle.manifest import Genes
from deepcme.bundle.model import Model
from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.floors import are_relative
from deepcme.gene_names import genes_in
from deepcme.genes import MIN_COVERAGE, gene_identifiers, stable_gene_id, strongest_of_each
from deepcme.network.architecture import FloatArray
from deepcme.preprocessing import Log2Transformer
from deepcme.scales import LINEAR_SCALES, Scale
from deepcme.sources.contents import contents_of
from deepcme.sources.expression import ONE_GENE_EACH, on_known_scale, with_genes_named
from deepcme.sources.matrices import read_matrix
from deepcme.words import counted, few

Normalisation = Literal["none", "cohort", "rank"]
FEWEST_SAMPLES = 20
"""Samples from which on a cohort's own means and deviations are taken without a warning."""


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
    scale : Scale
    notes : tuple of str
    patients : sequence of str, optional
        Of each sample, where known.
    """

    X: FloatArray
    samples: list[str]
    identifiers: Mapping[str, Sequence[str]]
    scale: Scale
    notes: tuple[str, ...] = ()
    patients: Sequence[str] | None = None

    @property
    def relative(self) -> bool:
        """Whether values are ratios or centred, as many negative ones tell."""
        return self.scale == "log2" and are_relative(self.X)


def expression_of(cohort: Cohort) -> Expression:
    """A cohort's expression with its genes' ids, symbols and what else its `var` names."""
    return Expression(
        cohort.X,
        [str(sample) for sample in cohort.samples],
        gene_identifiers(cohort),
        cohort.scale,
        patients=[str(patient) for patient in cohort.patients],
    )


def read_expression(path: str | Path, genes: Genes, scale: Scale | None = None) -> Expression:
    """Read a cohort (.h5ad), or a table of samples and genes, whichever way round it lies.

    Parameters
    ----------
    path : path
        ``.h5ad`` that `deepcme prepare` wrote, or ``.csv``, ``.tsv`` or ``.parquet``.
    genes : Genes
        Genes of the model: the side of the table where more of them stand.
    scale : Scale, optional
        Of a table: worked out from the values, and noted, if not given.

    Raises
    ------
    DeepCMEError
        If the file cannot be read.
    """
    path = Path(path)
    if contents_of(path).kind == "hdf5":
        return expression_of(Cohort.load(path))
    known = {key for names in _identifier_lists(genes) for key in map(_key, names)} - {""}

    def samples_in_rows(rows: Sequence[str], columns: Sequence[str]) -> bool:
        in_rows, in_columns = (
            sum(any(_key(gene) in known for gene in genes_in(name)) for name in names)
            for names in (rows, columns)
        )
        return in_columns >= in_rows

    notes: list[str] = []
    matrix = read_matrix(path, samples_in_rows, notes)
    read = on_known_scale(
        with_genes_named(matrix, ONE_GENE_EACH, path, notes), scale, notes, path
    )
    matrix = read.matrix
    identifiers = {
        "gene_id": matrix.genes,
        "symbol": matrix.symbols,
        "entrez": matrix.entrez,
    }
    return Expression(
        matrix.values,
        matrix.samples,
        {kind: names for kind, names in identifiers.items() if names is not None},
        read.scale,
        tuple(read.notes),
    )


@dataclass(frozen=True)
class GeneMatch:
    """Where the genes of a model stand in a table.

    Attributes
    ----------
    column : ndarray of int64, shape (genes,)
        Column of each gene, -1 where there is none.
    missing : list of str
        Ids of the genes without a column.
    """

    column: NDArray[np.int64]
    missing: list[str]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether each gene was found."""
        return self.column >= 0

    @property
    def coverage(self) -> float:
        """Share of the genes that were found, 0 to 1."""
        return float(self.present.mean())

    def describe(self) -> str:
        """The coverage in a sentence."""
        found = (
            f"{int(self.present.sum()):,} of the model's {len(self.column):,} genes "
            f"({self.coverage:.1%}) were found"
        )
        if not self.missing:
            return f"{found}."
        return f"{found}; {len(self.missing):,} are missing ({few(self.missing)})."


def match_genes(expression: Expression, genes: Genes) -> GeneMatch:
    """Find each gene by Ensembl id whatever its version, by symbol or by Entrez id.

    A gene is looked up under every identifier that the model knows of it, among
    every identifier of the table. Of several columns with one identifier, the
    one with the highest mean is taken.
    """
    column_of: dict[str, int] = {}
    for names in expression.identifiers.values():
        keys = [_key(name) for name in names]
        columns, _ = strongest_of_each(expression.X, keys)
        for column in columns:
            column_of.setdefault(keys[column], int(column))
    column = np.full(len(genes.id), -1, dtype=np.int64)
    for names in _identifier_lists(genes):
        for gene in np.flatnonzero(column < 0):
            column[gene] = column_of.get(_key(names[gene]), -1)
    missing = [genes.id[gene] for gene in np.flatnonzero(column < 0)]
    return GeneMatch(column, missing)


def require_coverage(match: GeneMatch, allow_missing: bool) -> None:
    """Refuse a coverage below 95% unless the user allows it.

    Raises
    ------
    DeepCMEError
        Also where no gene was found at all.
    """
    if not match.present.any():
        raise DeepCMEError(
            f"None of the model's {len(match.column):,} genes was found (they are "
            f"{few(match.missing)}): give a table with Ensembl ids, symbols or Entrez ids, or "
            "translate its genes with `deepcme genes map`."
        )
    if match.coverage < MIN_COVERAGE and not allow_missing:
        raise DeepCMEError(
            f"{match.describe().removesuffix('.')}: below {MIN_COVERAGE:.0%}, so predictions "
            "would rest on few genes; translate the genes with `deepcme genes map`, or add "
            "--allow-missing to let a missing gene count as its training mean."
        )


def _identifier_lists(genes: Genes) -> list[list[str]]:
    return [genes.id, *genes.others.values()]


def _key(identifier: str) -> str:
    """What two spellings of one identifier have in common."""
    return stable_gene_id(identifier).casefold()


def standardise(
    expression: Expression, match: GeneMatch, model: Model, normalise: Normalisation
) -> tuple[FloatArray, list[str]]:
    """Bring samples to what the networks take; also say what was converted.

    Parameters
    ----------
    normalise : {"none", "cohort", "rank"}
        ``none``: the training cohort's means and deviations. ``cohort``: those of
        these samples. ``rank``: the values of a sample are replaced, in the
        order of their ranks, by the sorted means of the training cohort [1]_.

    Raises
    ------
    DeepCMEError
        If the scale cannot be converted to the model's, or a sample has no value of its
        genes.

    References
    ----------
    .. [1] Bolstad BM et al. (2003). A comparison of normalization methods for high
       density oligonucleotide array data based on variance and bias.
       Bioinformatics 19:185-193.
    """
    values, notes = _on_model_scale(expression, match, model, normalise)
    _require_values(values, expression.samples)
    statistics, present = model.statistics, match.present
    if normalise == "cohort":
        standardised = standardise_within(values)
        if len(values) < FEWEST_SAMPLES:
            notes.append(
                f"Warning: {len(values)} samples are few to take means and deviations from "
                f"(--normalise cohort); {FEWEST_SAMPLES} or more are advisable."
            )
    else:
        if normalise == "rank":
            values = _quantile_normalised(values, statistics.mean[present])
        values = np.where(np.isnan(values), statistics.median[present], values)
        scale = statistics.scale[present]
        deviation = values - statistics.mean[present]
        standardised = np.divide(
            deviation, scale, out=np.zeros_like(deviation), where=scale > 0
        )
    Z = np.zeros((len(values), len(present)), dtype=np.float32)
    clip = model.manifest.preprocessing.clip
    Z[:, present] = np.clip(standardised, -clip, clip)
    # A gene that was constant in training has untrained weights.
    Z[:, statistics.scale == 0] = 0.0
    return Z, notes


def _require_values(values: FloatArray, samples: Sequence[str]) -> None:
    """Refuse a sample whose prediction would be that of the training medians."""
    empty = np.flatnonzero(np.isnan(values).all(axis=1))
    if len(empty):
        raise DeepCMEError(
            f"{counted(len(empty), 'sample')} ({few((samples[int(row)] for row in empty), 6)}) "
            "without a value of any of the model's genes: leave them out."
        )


def _on_model_scale(
    expression: Expression, match: GeneMatch, model: Model, normalise: Normalisation
) -> tuple[FloatArray, list[str]]:
    """Values of the genes found, logged where the model's are; NaN where missing."""
    trained = model.manifest.preprocessing
    values = expression.X[:, match.column[match.present]]
    is_linear = expression.scale in LINEAR_SCALES
    if expression.relative != trained.relative and normalise != "cohort":
        raise DeepCMEError(
            f"The samples hold {_kind(expression.relative)} and the model was trained on "
            f"{_kind(trained.relative)}, which cannot be converted: use --normalise cohort, "
            "which takes each gene relative to its mean in these samples."
        )
    if is_linear and trained.log2 and expression.scale != trained.scale and normalise == "none":
        raise DeepCMEError(
            f"The samples are {expression.scale} and the model was trained on "
            f"{trained.scale}, which cannot be converted gene by gene: prepare them as "
            f"{trained.scale}, or use --normalise cohort or rank."
        )
    if is_linear and trained.log2:
        return Log2Transformer().fit_transform(values), []
    if is_linear:
        return Log2Transformer().fit_transform(values), [
            f"log2(x + 1) of the samples' {expression.scale} was taken, as the model was "
            "trained on logged values."
        ]
    if trained.log2:
        return values, [
            "The samples are logged already; their values are taken as "
            f"log2({trained.scale} + 1)."
        ]
    return values, []


def _kind(relative: bool) -> str:
    return "log ratios or centred values" if relative else "expression levels"


def standardise_within(values: FloatArray) -> FloatArray:
    """Each gene by its mean and deviation in these samples; 0 where missing or constant."""
    count = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    mean = np.nansum(values, axis=0, dtype=np.float64) / count
    deviation = np.where(np.isnan(values), 0.0, values - mean)
    scale = np.sqrt((deviation**2).sum(axis=0) / count)
    varies = scale > 10 * np.finfo(np.float32).eps * np.abs(mean)
    standardised = np.divide(deviation, scale, out=np.zeros_like(deviation), where=varies)
    return np.asarray(standardised, dtype=np.float32)


def _quantile_normalised(values: FloatArray, reference: FloatArray) -> FloatArray:
    """Put the sorted reference, by rank, in the place of each sample's values."""
    quantiles = np.sort(reference)
    points = (np.arange(len(quantiles)) + 0.5) / len(quantiles)
    normalised = np.full_like(values, np.nan)
    for row, sample in enumerate(values):
        known = ~np.isnan(sample)
        at = (rankdata(sample[known]) - 0.5) / max(int(known.sum()), 1)
        normalised[row, known] = np.interp(at, points, quantiles)
    return normalised
