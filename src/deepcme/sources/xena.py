"""UCSC Xena's GDC hub: matrices of log2(x + 1), genes x samples.

Source: https://gdc.xenahubs.net; aliquots of one sample are averaged before the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.scales.distribution import describe_distribution
from deepcme.cohort.scales.floors import describe_floor, describe_logs
from deepcme.cohort.scales.scales import Scale
from deepcme.sources.assembly.assembly import LabelRule, assemble
from deepcme.sources.assembly.clinical_tables import ClinicalTable
from deepcme.sources.assembly.expression import (
    ONE_GENE_EACH,
    Expression,
    GeneNaming,
    on_known_scale,
    require_one_scale,
    with_genes_named,
    with_symbols_of,
)
from deepcme.sources.assembly.identity import annotate
from deepcme.sources.assembly.joining import join_clinical
from deepcme.sources.reading.matrices import Matrix, genes_in_rows, read_matrix


def cohort_from_xena(
    expression: str | Path,
    label_rule: LabelRule,
    *,
    clinical: Sequence[ClinicalTable] = (),
    probemap: str | Path | None = None,
    patient: str | None = None,
    tissue: str | None = None,
    decimal: str = ".",
    scale: Scale | None = None,
    naming: GeneNaming = ONE_GENE_EACH,
) -> Cohort:
    """Make a cohort of a matrix of the hub; its values are not logged again.

    A matrix of another portal that lies alike, as those of Firehose and the PanCancer
    Atlas do, is read if its scale is given.

    Parameters
    ----------
    expression : path
        ``*.htseq_fpkm.tsv.gz``, ``*.star_fpkm.tsv.gz`` and the like: Ensembl ids
        with versions in rows, 16-character sample barcodes in columns.
    label_rule : LabelRule
    clinical : sequence of ClinicalTable
        The hub's clinical, phenotype and survival tables, or others.
    probemap : path, optional
        The hub's probeMap, which gives the symbols.
    scale : Scale, optional
        What the values are, if they are not logs.
    patient, tissue, decimal, naming
        As of `cohort_from_cbioportal`.

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    path = Path(expression)
    notes = [note for table in clinical for note in table.notes]
    matrix = read_matrix(path, genes_in_rows, notes, decimal=decimal)
    matrix = with_genes_named(matrix, naming, path, notes)
    read = _of_logs(matrix, path) if scale is None else on_known_scale(matrix, scale, [], path)
    matrix = read.matrix
    notes += read.notes
    annotation, coverage = join_clinical(annotate(matrix.samples), clinical, patient=patient)
    notes += coverage
    matrix = with_symbols_of(matrix, probemap, naming, notes)
    return assemble(
        replace(read, matrix=matrix, notes=notes),
        annotation,
        label_rule,
        name=path.name.partition(".")[0],
        provenance={"source": path.name if scale else f"UCSC Xena GDC hub, {path.name}"},
        patient=patient,
        tissue=tissue,
    )


def _of_logs(matrix: Matrix, path: Path) -> Expression:
    """The matrix as it is, if its values are of the size of logs."""
    require_one_scale(matrix, path)
    found = describe_distribution(matrix.values)
    if found.is_linear_sized:
        raise DeepCMEError(
            f"{path}: 0.1% of the values are above {found.upper:.4g}, so they are not "
            "log2(x + 1) as Xena has them; say what they are with --scale."
        )
    notes = [describe_logs(matrix.values), *describe_floor(matrix.values)]
    return Expression(matrix, "log2", notes)
