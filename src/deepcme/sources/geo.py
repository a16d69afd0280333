"""GEO series to a cohort: series matrix files, and platform tables that name the genes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.cohort import UNKNOWN, Cohort
from deepcme.comparable import warn_of_other_logs
from deepcme.errors import DeepCMEError
from deepcme.gene_names import gene_names
from deepcme.genes import COLLAPSE_RULE, strongest_of_each
from deepcme.notes import WARNING
from deepcme.scales import LINEAR_SCALES, Scale, doubt_logs, guess_scale
from deepcme.sources.assembly import LabelRule, assemble
from deepcme.sources.characteristics import tissue_of_characteristics
from deepcme.sources.clinical import ClinicalTable
from deepcme.sources.expression import (
    ONE_GENE_EACH,
    GeneNaming,
    dates_told_apart,
    on_known_scale,
    require_one_scale,
    with_genes_named,
)
from deepcme.sources.gene_columns import are_genes
from deepcme.sources.joining import join_clinical
from deepcme.sources.matrices import Matrix
from deepcme.sources.patient_ids import patients_of
from deepcme.sources.patients import people_column
from deepcme.sources.probemap import known_targets, read_gene_table
from deepcme.sources.series_matrix import (
    SeriesMatrix,
    join_platforms,
    read_series_matrix,
    with_one_key_each,
)


def cohort_from_geo(
    series_matrices: Sequence[str | Path],
    label_rule: LabelRule,
    *,
    platforms: Sequence[str | Path] = (),
    clinical: Sequence[ClinicalTable] = (),
    patient: str | None = None,
    tissue: str | None = None,
    decimal: str = ".",
    scale: Scale | None = None,
    naming: GeneNaming = ONE_GENE_EACH,
) -> Cohort:
    """Make a cohort of a series, from one file or from one file per platform.

    Characteristics of the samples become columns. With platform tables, probes
    become genes: a probe of several genes is dropped, if `naming` does not
    give it to the first, and of several probes of one gene the one with the
    highest mean is kept. Several platforms are joined at the genes they share,
    and are the batches.

    Parameters
    ----------
    series_matrices : sequence of path
    label_rule : LabelRule
    platforms : sequence of path
        One table of probes and symbols per file, in the same order, or none.
    clinical : sequence of ClinicalTable
        Tables by GSM number, besides the characteristics.
    patient, tissue : str, optional
        The columns that name the patients and state the tissue.
    decimal : str
        The decimal point of the numbers.
    scale : Scale, optional
        Worked out from the values, and noted, if not given.
    naming : GeneNaming
        What becomes of a probe of several genes, and of genes that became dates.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    paths = [Path(path) for path in series_matrices]
    if platforms and len(platforms) != len(paths):
        raise DeepCMEError(
            f"{len(paths)} series matrix files need {len(paths)} platform tables, "
            f"not {len(platforms)}."
        )
    notes = [note for table in clinical for note in table.notes]
    parts = [read_series_matrix(path, notes, decimal) for path in paths]
    [scale, *_] = _scales(parts, paths, scale, notes)
    matrices = [part.matrix for part in parts]
    if platforms:
        matrices = [
            _genes_of_probes(matrix, Path(platform), notes, naming)
            for matrix, platform in zip(matrices, platforms, strict=True)
        ]
    matrix = join_platforms(matrices, paths, notes)
    if scale == "log2":
        notes += _other_logs(matrix, matrices, paths)
    if platforms or are_genes(matrix.genes):
        matrix = with_genes_named(matrix, naming, paths[0], notes)
    annotation = _annotation(parts, patient, tissue, notes)
    annotation, coverage = join_clinical(annotation, clinical, patient=patient)
    if patient is None and (annotation["patient"] == annotation.index).all():
        notes.append("No characteristic names the patient: every sample is its own patient.")
    return assemble(
        on_known_scale(matrix, scale, [*notes, *coverage], paths[0]),
        annotation,
        label_rule,
        name=parts[0].accession,
        provenance={"source": f"GEO {parts[0].accession}", "files": [p.name for p in paths]},
        patient=patient,
        tissue=tissue,
    )


def _scales(
    parts: list[SeriesMatrix], paths: list[Path], asked: Scale | None, notes: list[str]
) -> list[Scale]:
    """The scale of each file; all are linear or none is."""
    if asked is not None:
        return [asked] * len(parts)
    scales = []
    for part, path in zip(parts, paths, strict=True):
        require_one_scale(part.matrix, path)
        scale, reason = guess_scale(part.matrix.values)
        notes.append(f"Scale of {path.name} taken as {scale}: {reason}.")
        notes += doubt_logs(part.matrix.values) if scale == "log2" else []
        scales.append(scale)
    if len({found in LINEAR_SCALES for found in scales}) > 1:
        raise DeepCMEError(
            f"{paths[0]} and the other files are not on the same scale ({', '.join(scales)}); "
            "log the linear ones first, or say --scale."
        )
    if len(set(scales)) > 1:
        notes.append(
            f"{WARNING}the files were taken for different scales ({', '.join(scales)}), and "
            f"all go on as {scales[0]}: say --scale if they are of one."
        )
    return scales


def _other_logs(joined: Matrix, parts: list[Matrix], paths: list[Path]) -> list[str]:
    """Warnings of platforms whose values are not comparable at the genes they share."""
    ends = np.cumsum([len(part.samples) for part in parts])
    values = np.split(joined.values, ends[:-1])
    return warn_of_other_logs({path.name: v for path, v in zip(paths, values, strict=True)})


def _genes_of_probes(
    matrix: Matrix, platform: Path, notes: list[str], naming: GeneNaming
) -> Matrix:
    table = read_gene_table(platform, notes)
    known = known_targets(table, "symbol", matrix.genes, platform, notes)
    genes = gene_names(_by_probe(known, matrix.genes), naming.ambiguous)
    entrez = None
    if naming.repair_dates:
        with suppress(DeepCMEError):  # a platform table need not have Entrez ids
            numbers = known_targets(table, "entrez", matrix.genes, platform, notes)
            entrez = _by_probe(numbers, matrix.genes)
    names = dates_told_apart(genes.names, entrez, naming, platform.name, notes)
    columns, n_collapsed = strongest_of_each(matrix.values, names)
    notes.append(
        f"{platform.name}: by column {str(known.name)!r}, {len(matrix.genes):,} probes became "
        f"{len(columns):,} genes; {genes.n_nameless:,} without a gene and {genes.n_several:,} "
        f"of several genes were dropped; {n_collapsed:,} genes had several probes: "
        f"{COLLAPSE_RULE}."
    )
    return replace(matrix.of_genes(columns), genes=[names[place] for place in columns])


def _by_probe(known: pd.Series, probes: list[str]) -> list[str]:
    """One cell per probe, of all the genes that the rows of a probe name."""
    cells = known.dropna().astype(str)
    if not cells.index.is_unique:
        cells = cells.groupby(level=0).agg(" /// ".join)
    return cells.reindex(probes, fill_value="").tolist()


def _annotation(
    parts: list[SeriesMatrix], patient: str | None, tissue: str | None, notes: list[str]
) -> pd.DataFrame:
    attributes = with_one_key_each(pd.concat([part.attributes for part in parts]), notes)
    # Where another column is asked for, what is odd about this one is of no concern.
    patients = _patients(attributes, notes if patient is None else [])
    several = len(parts) > 1 and "platform_id" in attributes.columns
    own = pd.DataFrame(
        {
            "patient": patients,
            "tissue": tissue_of_characteristics(attributes, tissue, notes),
            "batch": attributes["platform_id"].fillna(UNKNOWN) if several else UNKNOWN,
        }
    )
    return pd.concat([own, _renamed_if_taken(attributes, own.columns)], axis=1)


def _patients(attributes: pd.DataFrame, notes: list[str]) -> list[str]:
    samples = attributes.index.astype(str).tolist()
    column = people_column(attributes, "Characteristics", notes)
    return (
        samples if column is None else patients_of(samples, attributes[column], notes, column)
    )


def _renamed_if_taken(attributes: pd.DataFrame, taken: pd.Index) -> pd.DataFrame:
    return attributes.rename(
        columns={name: f"{name} (characteristic)" for name in attributes if name in taken}
    )
