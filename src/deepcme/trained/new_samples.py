"""New samples: their expression as read, brought to a model's genes and to its scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.annotated import require_own_ids
from deepcme.base.words import counted, few
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import (
    MIN_COVERAGE,
    gene_identifiers,
    gene_key,
    strongest_of_each,
)
from deepcme.cohort.making.frames import numbers_of_frame
from deepcme.cohort.scales.scales import Scale, require_possible_values
from deepcme.network.architecture import FloatArray
from deepcme.sources.reading.contents import contents_of
from deepcme.trained.entries import Genes
from deepcme.trained.model import GeneStatistics, Model
from deepcme.trained.normalisation import quantile_normalise, standardise_within
from deepcme.trained.scales.scale_reading import FEWEST_SAMPLES, on_model_scale, scale_to_read
from deepcme.trained.scales.scale_reading import Normalisation as Normalisation
from deepcme.trained.unlabelled import Expression as Expression
from deepcme.trained.unlabelled import (
    identifiers_of,
    read_unlabelled,
    read_unlabelled_table,
)

__all__ = ["Expression", "expression_of", "read_expression"]


def expression_of(cohort: Cohort) -> Expression:
    """A cohort's expression with its genes' ids, symbols and what else its `var` names.

    Examples
    --------
    >>> import deepcme
    >>> from deepcme.trained.new_samples import expression_of
    >>> expression_of(deepcme.datasets.transbig()).X.shape
    (198, 76)
    """
    return Expression(
        cohort.X,
        [str(sample) for sample in cohort.samples],
        gene_identifiers(cohort),
        cohort.scale,
        patients=[str(patient) for patient in cohort.patients],
    )


def read_expression(path: str | Path, genes: Genes, scale: Scale | None = None) -> Expression:
    """Read a cohort (.h5ad), or a table of samples and genes, whichever way round it lies.

    What is read of a sample does not depend on the other samples. Labels are not looked at.

    Parameters
    ----------
    path : path
        ``.h5ad`` that `deepcme prepare` wrote, or ``.csv``, ``.tsv`` or ``.parquet``.
    genes : Genes
        Genes of the model: the side of the table where more of them stand.
    scale : Scale, optional
        What the values are; by default what a cohort says of itself, and nothing of a table.

    Raises
    ------
    DeepCMEError
        If the file cannot be read.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True).model
    >>> from deepcme.trained.new_samples import read_expression
    >>> cohort[60:].save("new.h5ad")
    >>> read_expression("new.h5ad", model.manifest.genes).X.shape
    (30, 30)
    """
    path = Path(path)
    if contents_of(path).kind == "hdf5":
        cohort = read_unlabelled(path)
        return replace(cohort, scale=scale or cohort.scale)
    notes: list[str] = []
    names = (name for names in _identifier_lists(genes) for name in names)
    matrix = read_unlabelled_table(path, names, notes)
    return Expression(
        matrix.values, matrix.samples, identifiers_of(matrix), scale, tuple(notes)
    )


def expression_of_frame(
    frame: pd.DataFrame, genes: Genes, scale: Scale | None = None
) -> Expression:
    """Expression of a DataFrame, samples x genes, by their ids; genes by any identifier.

    Raises
    ------
    DeepCMEError
        If a value is no number, ids of samples repeat, or it lies the other way round.
    """
    known = {gene_key(name) for names in _identifier_lists(genes) for name in names} - {""}
    rows, columns = ([str(name) for name in of] for of in (frame.index, frame.columns))
    in_rows, in_columns = (
        sum(gene_key(name) in known for name in of) for of in (rows, columns)
    )
    if in_rows > in_columns:
        raise DeepCMEError("The DataFrame has the genes as rows: give its .T, samples x genes.")
    require_own_ids(rows, "sample")
    values = numbers_of_frame(frame)
    require_possible_values(values, scale or "log2", rows, columns)
    return Expression(values, rows, {"gene_id": columns}, scale)


@dataclass(frozen=True)
class GeneMatch:
    """Where the genes of a model stand in a table.

    Attributes
    ----------
    column : ndarray of int64, shape (genes,)
        Column of each gene, -1 where there is none; the strongest of several.
    missing : list of str
        Ids of the genes without a column.
    others : mapping of int to list of int
        Of a gene with several columns, by its place: the other ones.
    """

    column: NDArray[np.int64]
    missing: list[str]
    others: Mapping[int, list[int]] = field(default_factory=dict)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether each gene was found."""
        return self.column >= 0

    @property
    def coverage(self) -> float:
        """Share of the genes that were found, 0 to 1."""
        return float(self.present.mean())

    def values(self, X: FloatArray) -> FloatArray:
        """Values of the genes found, (samples, genes found); of several columns the highest.

        The highest in each sample, so that it does not depend on the other samples.
        """
        values = X[:, self.column[self.present]]
        place = np.cumsum(self.present) - 1
        for gene, columns in self.others.items():
            for column in columns:
                values[:, place[gene]] = np.fmax(values[:, place[gene]], X[:, column])
        return values

    def describe(self) -> str:
        """The coverage in a sentence."""
        found = (
            f"{int(self.present.sum()):,} of the model's {len(self.column):,} genes "
            f"({self.coverage:.1%}) were found"
        )
        if not self.missing:
            return f"{found}."
        return f"{found}; {len(self.missing):,} are missing ({few(self.missing)})."

    def notes(self) -> list[str]:
        """The coverage, and how many genes have several columns."""
        if not self.others:
            return [self.describe()]
        several = f"{counted(len(self.others), 'gene')} had several rows"
        return [self.describe(), f"{several}: of each sample the highest value was taken."]


def match_genes(expression: Expression, genes: Genes) -> GeneMatch:
    """Find each gene by Ensembl id whatever its version, by symbol or by Entrez id.

    A gene is looked up under every identifier that the model knows of it, among
    every identifier of the table.
    """
    columns_of: dict[str, list[int]] = {}
    for names in expression.identifiers.values():
        keys = [gene_key(name) for name in names]
        strongest = {
            keys[place]: int(place) for place in strongest_of_each(expression.X, keys)[0]
        }
        of_these = {key: [place] for key, place in strongest.items()}
        for place, key in enumerate(keys):
            if place != strongest.get(key, place):
                of_these[key].append(place)
        columns_of = {**of_these, **columns_of}
    column = np.full(len(genes.id), -1, dtype=np.int64)
    others: dict[int, list[int]] = {}
    for names in _identifier_lists(genes):
        for gene in np.flatnonzero(column < 0):
            if found := columns_of.get(gene_key(names[gene])):
                column[gene] = found[0]
                if found[1:]:
                    others[int(gene)] = found[1:]
    missing = [genes.id[gene] for gene in np.flatnonzero(column < 0)]
    return GeneMatch(column, missing, others)


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
        If means and deviations would be those of under 20 samples.

    References
    ----------
    .. [1] Bolstad BM et al. (2003). A comparison of normalization methods for high
       density oligonucleotide array data based on variance and bias.
       Bioinformatics 19:185-193.
    """
    if normalise == "cohort":
        require_own_statistics(len(expression.samples), "--normalise rank needs one")
    scale, notes = scale_to_read(
        expression.X, expression.samples, expression.scale, model, normalise
    )
    values = known_values(expression, match, model, normalise)
    values, said = on_model_scale(values, scale, model)
    statistics, present = model.statistics, match.present
    if normalise == "cohort":
        standardised = standardise_within(values)
    else:
        if normalise == "rank":
            values = quantile_normalise(values, statistics.mean[present])
        standardised = _standardise_by_training(values, statistics, present)
    clip = model.manifest.preprocessing.clip
    Z = np.zeros((len(values), len(present)), dtype=np.float32)
    Z[:, present] = np.clip(standardised, -clip, clip, out=standardised)
    # A gene that was constant in training has untrained weights.
    Z[:, statistics.scale == 0] = 0.0
    return Z, [*notes, *said]


def _standardise_by_training(
    values: FloatArray, statistics: GeneStatistics, present: NDArray[np.bool_]
) -> FloatArray:
    """By the training means and deviations, in place: tables of all genes are large."""
    np.copyto(values, statistics.median[present], where=np.isnan(values))
    spread = statistics.scale[present]
    values -= statistics.mean[present]
    np.divide(values, spread, out=values, where=spread > 0)
    values[:, ~(spread > 0)] = 0.0
    return values


def require_own_statistics(n_samples: int, otherwise: str) -> None:
    """Refuse samples that are too few for means and deviations of their own.

    Raises
    ------
    DeepCMEError
        It ends in the way out.
    """
    if n_samples < FEWEST_SAMPLES:
        are = "is 1" if n_samples == 1 else f"are {n_samples}"
        raise DeepCMEError(
            "--normalise cohort takes the mean and deviation of each gene from the samples: it "
            f"needs {FEWEST_SAMPLES} or more, and there {are}; {otherwise}."
        )


def known_values(
    expression: Expression, match: GeneMatch, model: Model, normalise: Normalisation
) -> FloatArray:
    """Values of the genes found, as they came; NaN where missing.

    Where no value means that a gene is not expressed, as of arrays, a 0 far below all that
    the gene was in training stands for a missing value.
    """
    values = match.values(expression.X)
    trained = model.manifest.preprocessing
    if normalise == "none" and trained.min_prevalence == 0:
        statistics = model.statistics
        never_0 = (statistics.mean > trained.clip * statistics.scale)[match.present]
        values[(values == 0) & never_0] = np.nan
    return values
