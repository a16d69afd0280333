"""Names of columns: spelled in many ways, and those of a matrix that are no sample."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from deepcme.barcodes import canonical_id

# Of plain names; genes themselves are never called so.
_OF_GENES = re.compile(
    r"(gene|transcript|exon|eff|effective|effectivegene)?length|width"
    r"|(gene)?(description|definition)"
    r"|chr|chrom|chromosome(name)?|seqnames?|(gene|chrom)?(start|end)|(start|end)?position|strand"
    r"|(gene|externalgene)name|(gene|hgnc|hugo|hugogene|official|approved)?symbols?|hgncid"
    r"|(gene)?biotypes?|(gene|transcript)type|(gene|transcript)id|(percent(age)?)?gc(content)"
    r"|(cyto|cytogenetic)?band|locus|maplocation|(genbank)?accession|(refseq|uniprot)(id)?"
    r"|probe(set)?(id|name)?|idref|ilmnid|targetid|spotid|nuid|(entrez|ensembl).*"
)


def plain_name(name: object) -> str:
    """A column's name without case, spaces, dots, dashes and underscores, to compare."""
    return re.sub(r"[\W_]+", "", str(name)).lower()


def name_in_its_file(column: str) -> str:
    """What a column is called in its file, if it was renamed beside our own of that name."""
    name = re.sub(r"_in_file$| \([^()]*\)$", "", column)
    return name if name in ("patient", "tissue", "batch") else column


def columns_that_are_no_sample(names: Iterable[str], listed: Collection[str] = ()) -> list[str]:
    """Names of columns that describe genes, such as ``gene_length`` or ``Description``.

    Parameters
    ----------
    names : iterable of str
        The columns of a matrix with genes in rows.
    listed : collection of str
        Ids that a table of samples lists: they are samples, whatever they are called.
    """
    samples = {canonical_id(sample) for sample in listed}
    return [
        name
        for name in names
        if _OF_GENES.fullmatch(plain_name(name)) and canonical_id(name) not in samples
    ]
