"""GEO series to a cohort: series matrix or SOFT files, counts, and tables of the genes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.gene_names import gene_names
from deepcme.cohort.genes.genes import COLLAPSE_RULE, strongest_of_each
from deepcme.cohort.scales.comparable import warn_of_other_logs
from deepcme.cohort.scales.scales import LINEAR_SCALES, Scale, doubt_logs, guess_scale
from deepcme.sources.assembly.assembly import LabelRule, assemble
from deepcme.sources.assembly.clinical_tables import ClinicalTable
from deepcme.sources.assembly.expression import (
    ONE_GENE_EACH,
    GeneNaming,
    dates_told_apart,
    on_known_scale,
    require_one_scale,
    with_genes_named,
)
from deepcme.sources.assembly.joining import join_clinical
from deepcme.sources.geo.characteristics import annotation_of_attributes
from deepcme.sources.geo.series import Series, join_platforms
from deepcme.sources.geo.series_counts import read_counts, told_scale
from deepcme.sources.geo.series_files import read_series
from deepcme.sources.reading.gene_columns import are_genes
from deepcme.sources.reading.matrices import Matrix
from deepcme.sources.reading.probemap import (
    known_targets,
    read_gene_table,
    read_platform_within,
)


def cohort_from_geo(
    series_files: Sequence[str | Path],
    label_rule: LabelRule,
    *,
    counts: str | Path | None = None,
    platforms: Sequence[str | Path] = (),
    gpl: Sequence[str] = (),
    clinical: Sequence[ClinicalTable] = (),
    patient: str | None = None,
    tissue: str | None = None,
    decimal: str = ".",
    scale: Scale | None = None,
    naming: GeneNaming = ONE_GENE_EACH,
) -> Cohort:
    """Make a cohort of a series: one file, or one file per platform.

    Characteristics of the samples become columns. With platform tables, probes
    become genes: a probe of several genes is dropped, if `naming` does not
    give it to the first, and of several probes of one gene the one with the
    highest mean is kept. Several platforms are joined at the genes they share,
    and are the batches.

    Parameters
    ----------
    series_files : sequence of path
        Series matrices, or a SOFT family file, which brings the platform tables.
    label_rule : LabelRule
    counts : path, optional
        A matrix of the series' samples, whose values are taken in place of those of
        `series_files`: NCBI's counts of a sequencing series, or another with the samples'
        accessions or titles. One table of genes goes with it.
    platforms : sequence of path
        One table of probes and symbols per platform, in the same order, or none.
    gpl : sequence of str
        Accessions of the platforms to take of a SOFT family file.
    clinical : sequence of ClinicalTable
        Tables by GSM number, besides the characteristics.
    patient, tissue, decimal, scale, naming
        As of `cohort_from_cbioportal`.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    paths = [Path(path) for path in series_files]
    tables = [Path(path) for path in platforms]
    notes = [note for table in clinical for note in table.notes]
    parts = [
        part
        for path in paths
        for part in read_series(path, notes, decimal, platforms=gpl, with_values=counts is None)
    ]
    if counts is None:
        matrix, scale = _values_of_arrays(parts, tables, scale, naming, notes)
        values_path = paths[0]
    else:
        values_path = Path(counts)
        matrix = read_counts(values_path, parts, notes, decimal)
        scale = scale or told_scale(values_path, matrix, notes)
        matrix = _genes_of_counts(matrix, values_path, tables, naming, notes)
    annotation = _annotation(parts, patient, tissue, notes).loc[matrix.samples]
    annotation, coverage = join_clinical(annotation, clinical, patient=patient)
    if patient is None and (annotation["patient"] == annotation.index).all():
        notes.append("No characteristic names the patient: every sample is its own patient.")
    files = [*paths, *([values_path] if counts is not None else [])]
    return assemble(
        on_known_scale(matrix, scale, [*notes, *coverage], values_path),
        annotation,
        label_rule,
        name=parts[0].accession,
        provenance={"source": f"GEO {parts[0].accession}", "files": [p.name for p in files]},
        patient=patient,
        tissue=tissue,
    )


def _values_of_arrays(
    parts: list[Series],
    tables: list[Path],
    asked: Scale | None,
    naming: GeneNaming,
    notes: list[str],
) -> tuple[Matrix, Scale]:
    """The values within the files, by gene, joined over platforms; and their scale."""
    probes = [_matrix_of(part) for part in parts]
    if tables and len(tables) != len(parts):
        raise DeepCMEError(
            f"{len(parts)} platforms need {len(parts)} platform tables, not {len(tables)}."
        )
    [scale, *_] = _scales(parts, probes, asked, notes)
    matrices = [
        _genes_of_part(part, matrix, table, naming, notes)
        for part, matrix, table in zip_longest(parts, probes, tables)
    ]
    names = [part.name for part in parts]
    matrix = join_platforms(matrices, names, notes)
    if scale == "log2":
        notes += _other_logs(matrix, matrices, names)
    if tables or are_genes(matrix.genes):
        matrix = with_genes_named(matrix, naming, parts[0].path, notes)
    return matrix, scale


def _matrix_of(part: Series) -> Matrix:
    if part.matrix is None:
        raise DeepCMEError(
            f"{part.path}: the file holds no values, as of a sequencing series: give its "
            f"matrix with --counts, which NCBI makes for many as {part.accession}_raw_counts_"
            "GRCh38.p13_NCBI.tsv.gz, and for the genes' symbols --platform-table "
            "Human.GRCh38.p13.annot.tsv.gz."
        )
    return part.matrix


def _genes_of_part(
    part: Series, matrix: Matrix, table: Path | None, naming: GeneNaming, notes: list[str]
) -> Matrix:
    """Genes of the probes, by the table given, or else by that within the file, if it tells."""
    if table is not None:
        return _genes_of_probes(matrix, read_gene_table(table, notes), table, notes, naming)
    if part.lines_before_probes is None:
        return matrix
    place = part.path.with_name(part.name)
    try:
        within = read_platform_within(part.path, part.lines_before_probes, notes)
        return _genes_of_probes(matrix, within, place, notes, naming)
    except DeepCMEError as error:
        notes.append(
            f"{WARNING}the probes were not turned into genes ({str(error).rstrip('.')}): "
            "--platform-table gives another table."
        )
        return matrix


def _genes_of_counts(
    matrix: Matrix, path: Path, tables: list[Path], naming: GeneNaming, notes: list[str]
) -> Matrix:
    """Genes by symbol, where one table of genes is given, their Entrez ids kept beside."""
    if len(tables) > 1:
        raise DeepCMEError(f"{path}: one table of genes goes with --counts, not {len(tables)}.")
    of_ncbi = all(gene.isdecimal() for gene in matrix.genes)
    if of_ncbi:
        matrix = replace(matrix, entrez=matrix.genes)
    if tables:
        table = read_gene_table(tables[0], notes)
        matrix = _genes_of_probes(matrix, table, tables[0], notes, naming, called="rows")
    elif of_ncbi:
        notes.append(
            f"{path.name}: the genes are numbers, as NCBI's GeneIDs are: --platform-table "
            "Human.GRCh38.p13.annot.tsv.gz gives their symbols."
        )
    return with_genes_named(matrix, naming, path, notes)


def _scales(
    parts: list[Series], matrices: list[Matrix], asked: Scale | None, notes: list[str]
) -> list[Scale]:
    """The scale of each file; all are linear or none is."""
    if asked is not None:
        return [asked] * len(parts)
    scales = []
    for part, matrix in zip(parts, matrices, strict=True):
        require_one_scale(matrix, part.path)
        scale, reason = guess_scale(matrix.values)
        notes.append(f"Scale of {part.name} taken as {scale}: {reason}.")
        notes += doubt_logs(matrix.values) if scale == "log2" else []
        scales.append(scale)
    if len({found in LINEAR_SCALES for found in scales}) > 1:
        raise DeepCMEError(
            f"{parts[0].path} and the others are not on the same scale ({', '.join(scales)}); "
            "log the linear ones first, or say --scale."
        )
    if len(set(scales)) > 1:
        notes.append(
            f"{WARNING}the files were taken for different scales ({', '.join(scales)}), and "
            f"all go on as {scales[0]}: say --scale if they are of one."
        )
    return scales


def _other_logs(joined: Matrix, parts: list[Matrix], names: list[str]) -> list[str]:
    """Warnings of platforms whose values are not comparable at the genes they share."""
    ends = np.cumsum([len(part.samples) for part in parts])
    values = np.split(joined.values, ends[:-1])
    return warn_of_other_logs(dict(zip(names, values, strict=True)))


def _genes_of_probes(
    matrix: Matrix,
    table: pd.DataFrame,
    platform: Path,
    notes: list[str],
    naming: GeneNaming,
    called: str = "probes",
) -> Matrix:
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
        f"{platform.name}: by column {str(known.name)!r}, "
        f"{len(matrix.genes):,} {called} became "
        f"{len(columns):,} genes; {genes.n_nameless:,} without a gene and {genes.n_several:,} "
        f"of several genes were dropped; {n_collapsed:,} genes had several {called}: "
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
    parts: list[Series], patient: str | None, tissue: str | None, notes: list[str]
) -> pd.DataFrame:
    attributes = pd.concat([part.attributes for part in parts])
    several = len(parts) > 1 and "platform_id" in attributes.columns
    batch = attributes["platform_id"] if several else None
    return annotation_of_attributes(attributes, batch, patient, tissue, notes)
