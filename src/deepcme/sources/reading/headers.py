"""Names of columns: spelled in many ways, and those of a matrix that are no sample."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned, counted, few
from deepcme.cohort.barcodes import canonical_id

# Of plain names; genes themselves are never called so.
_OF_GENES = re.compile(
    r"((gene|transcript|exon|eff|effective|effectivegene|feature|mapped)?length(bp|kb|inbp)?|width"
    r"|transcriptlengthincludingutrsandcds"
    r"|(gene)?(description|definition)"
    r"|chr|chrom|chromosome(scaffold)?(name)?|seqnames?|(gene|transcript|chrom)?(start|end)(bp)?"
    r"|(start|end)?position|strand|(cyto|cytogenetic|karyotype)?band|locus|maplocation"
    r"|(gene|transcript|protein)stableid(version)?|genesynonyms?|(gene|externalgene)name|(gene|hgnc|hugo|hugogene|official|approved)?symbols?|hgncid"
    r"|(gene)?biotypes?|(gene|transcript)type|(gene|transcript)id|ncbigene.*"
    r"|(gene)?(percent(age)?gc(content)?|gc(percent(age)?|content))|(exon|transcript)count"
    r"|mappability|(genbank)?accession|(refseq|uniprot)(id)?"
    r"|probe(set)?(id|name)?|idref|ilmnid|targetid|spotid|nuid|(entrez|ensembl).*"
    r"|rownames|mean|median)"
    r"([xy]|\d)?|unnamed\d+"  # as R calls a second column, and pandas one without a name
)


def plain_name(name: object) -> str:
    """A column's name without case, spaces, dots, dashes and underscores, to compare."""
    return re.sub(r"[\W_]+", "", str(name).replace("%", "percent")).lower()


def spelled_as(columns: Iterable[object], names: Iterable[str]) -> list[str]:
    """The columns that are called so in any spelling, in the order of the names."""
    plain = {plain_name(column): str(column) for column in reversed(list(columns))}
    return [plain[key] for key in map(plain_name, names) if key in plain]


def tells_of_genes(name: str) -> bool:
    """Whether a column of this name tells of genes, such as ``gene_length``."""
    return _OF_GENES.fullmatch(plain_name(name)) is not None


def asked_column(names: Sequence[str], asked: str, where: str) -> str:
    """The column that a user asks for, in its own spelling or the only other one.

    Raises
    ------
    DeepCMEError
        If it is not there, or several are called so.
    """
    if cleaned(asked) in names:
        return cleaned(asked)
    alike = [n for n in names if plain_name(asked) in map(plain_name, (n, without_origin(n)))]
    if len(alike) > 1:
        raise DeepCMEError(
            f"{where}: several are called {asked!r}: {few(alike, 12)}; say which."
        )
    if not alike:
        raise DeepCMEError(f"{where}: there is no column {asked!r}; it has {few(names, 12)}.")
    return alike[0]


def without_origin(name: str) -> str:
    """A column's name as it was before it was joined as ``patient (clinical.tsv)``."""
    return name.partition(" (")[0]


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
        name for name in names if tells_of_genes(name) and canonical_id(name) not in samples
    ]


def left_out_note(names: Sequence[str], path: Path) -> str:
    """A sentence on columns of a matrix that are no sample."""
    that, were = ("that tells", "was") if len(names) == 1 else ("that tell", "were")
    return (
        f"{path.name}: {counted(len(names), 'column')} {that} of genes and not of a sample "
        f"{were} left out ({few(names, 6)})."
    )
