"""UCSC Xena's GDC hub: matrices of log2(x + 1), genes x samples.

Source: https://gdc.xenahubs.net; aliquots of one sample are averaged before the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepcme.cohort import Cohort
from deepcme.errors import DeepCMEError
from deepcme.sources.assembly import Expression, LabelRule, assemble
from deepcme.sources.clinical import ClinicalTable
from deepcme.sources.identity import annotate
from deepcme.sources.joining import join_clinical
from deepcme.sources.probemap import symbols_of
from deepcme.sources.reading import read_matrix

_HIGHEST_LOGGED = 50.0


def cohort_from_xena(
    expression: str | Path,
    label_rule: LabelRule,
    *,
    clinical: Sequence[ClinicalTable] = (),
    probemap: str | Path | None = None,
) -> Cohort:
    """Make a cohort of a matrix of the GDC hub; its values are not logged again.

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

    Raises
    ------
    DeepCMEError
        One sentence naming the file, sample or gene.
    """
    path = Path(expression)
    matrix = read_matrix(path, sample_ids=()).T
    values = matrix.to_numpy(dtype=np.float32)
    highest = float(np.nanmax(values, initial=0.0))
    if highest > _HIGHEST_LOGGED:
        raise DeepCMEError(
            f"{path}: the values reach {highest:.4g}, so they are not log2(x + 1) as Xena's "
            "GDC hub has them; use `deepcme prepare table` with the right --scale."
        )
    annotation, coverage = join_clinical(annotate(matrix.index.tolist()), clinical)
    genes = matrix.columns.tolist()
    symbols = None
    if probemap is not None:
        symbols, note = symbols_of(genes, Path(probemap))
        coverage = [*coverage, note]
    return assemble(
        Expression(
            values=values,
            samples=annotation.index.tolist(),
            genes=genes,
            symbols=symbols,
            scale="log2",
            notes=["The values are log2(x + 1) already and are not logged again.", *coverage],
        ),
        annotation,
        label_rule,
        name=path.name.partition(".")[0],
        provenance={"source": f"UCSC Xena GDC hub, {path.name}"},
    )
