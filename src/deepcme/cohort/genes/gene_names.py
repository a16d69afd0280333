"""What stands where a gene's name should: a name, none, several, or a row that sums up.

Sources: the counters' manuals (HTSeq, STAR, featureCounts) for rows that sum up; Affymetrix
NetAffx for ``///`` between genes and the fields of ``gene_assignment``; the Firehose
pipeline of TCGA for ``SYMBOL|1234``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from deepcme.base.words import cleaned, says_nothing
from deepcme.cohort.genes.symbols import is_symbol, symbols_today

AmbiguousRule = Literal["drop", "first"]
"""What becomes of a row that names several genes."""

SUMMARY_ROW = (
    r"__\w+|N_[a-z]\w*|no_feature|ambiguous|too_low_aQual|not_aligned|alignment_not_unique|"
    r"Assigned|Unassigned_\w+|gene_id|normalized_count|raw_count|scaled_estimate|"
    r"[Tt]otal|TOTAL|(Hybridization|Composite Element) REF"
)
"""Names of rows in which counters sum up, or repeat a header, as a regular expression."""

_SUMMARY_ROW = re.compile(SUMMARY_ROW)
_BETWEEN_GENES = re.compile(r"\s*(?:///|;)\s*|\s+//\s+")
_BETWEEN_SYMBOLS = re.compile(r"\s*[|,]\s*")
_ASSIGNMENT_FIELDS = 5  # accession // symbol // title // cytoband // Entrez id
_SYMBOL_AND_ENTREZ = re.compile(r"(?P<symbol>[^|]*)\|(?P<entrez>\d+)")
_ENSEMBL = r"ENSG\d{11}(\.\d+)?(_PAR_Y)?"
_ENSEMBL_AND_SYMBOL = re.compile(
    rf"(?P<first>{_ENSEMBL})[|_:](?!PAR_Y)(?P<after>[^|]+)"
    rf"|(?P<before>[^|]+)[|_:](?P<last>{_ENSEMBL})"
)
_ONE_WORD = re.compile(r"[A-Z0-9-]*[A-Z][A-Z0-9-]*(\.\d+)?", re.IGNORECASE)
_PLACEHOLDERS = ("0", "-1", "None")
# ``#REF!``, ``1.00E+10`` of an id with an E among its digits, and a name that was logical.
_MADE_BY_SPREADSHEET = re.compile(r"#[A-Z0/]+[!?]|\d(\.\d+)?E\+\d+|TRUE|FALSE")
_WHOLE_WITH_FRACTION = re.compile(r"(?P<number>[1-9]\d*)\.0")
_REPEATED = re.compile(r"(?P<name>.+)\.\d{1,2}")


def is_summary_row(name: str) -> bool:
    """Whether a row of a counter's table sums up reads, or repeats the header.

    ``__no_feature`` and ``no_feature`` of HTSeq, ``N_unmapped`` of STAR,
    ``Unassigned_MultiMapping`` of featureCounts, ``normalized_count`` of Firehose.
    """
    return _SUMMARY_ROW.fullmatch(name) is not None


def is_no_name(name: str) -> bool:
    """Whether a name says that there is none: ``---``, ``0``, ``-1``, ``NA``, blank, None.

    Nor is what a spreadsheet leaves of a name: ``#REF!``, ``1.00E+10``, ``TRUE``. An
    approved symbol always is one: UNK is a gene.
    """
    if name in _PLACEHOLDERS or _MADE_BY_SPREADSHEET.fullmatch(name):
        return True
    return says_nothing(name) and name not in symbols_today(name)


def genes_in(cell: str) -> list[str]:
    """The genes that a cell names, each once; none where it names none.

    ``A /// B``, ``A;B`` and ``A // B`` are several genes; so are ``A|B`` and
    ``A,B`` if a part is a known symbol. ``TP53|7157`` and ``ENSG00000141510|TP53``
    name one gene twice, the symbol or the Ensembl id is taken. Of a ``gene_assignment``
    (``NM_000546 // TP53 // title // 17p13.1 // 7157``), the second field is the gene.
    """
    if _ONE_WORD.fullmatch(cell):
        return _named((cell,))
    cell = cleaned(cell)
    if "//" in cell:
        records = [record.split(" // ") for record in cell.split("///")]
        if all(len(fields) == _ASSIGNMENT_FIELDS for fields in records):
            return _named(fields[1].strip() for fields in records)
    genes = _named(_BETWEEN_GENES.split(cell))
    return _in_one_word(genes[0]) if len(genes) == 1 else genes


def _in_one_word(word: str) -> list[str]:
    """The genes of a word such as ``TP53|7157``, ``ENSG00000141510_TP53`` or ``TP53|EGFR``."""
    if number := _WHOLE_WITH_FRACTION.fullmatch(word):
        return [number["number"]]
    if pair := _SYMBOL_AND_ENTREZ.fullmatch(word):
        return _named((pair["symbol"],)) or [pair["entrez"]]
    if pair := _ENSEMBL_AND_SYMBOL.fullmatch(word):
        return [pair["first"] or pair["last"]]
    parts = _named(_BETWEEN_SYMBOLS.split(word))
    return parts if len(parts) > 1 and any(map(is_symbol, parts)) else [word]


def _named(parts: Iterable[str]) -> list[str]:
    return [part for part in dict.fromkeys(parts) if not is_no_name(part)]


def split_symbol_and_entrez(names: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Symbols and Entrez ids of names such as ``TP53|7157``, if most names are such pairs.

    ``?|100130426`` has no symbol, which is blank then; so is the Entrez id of a
    name that is not a pair.
    """
    pairs = [_SYMBOL_AND_ENTREZ.fullmatch(name) for name in names]
    if 2 * sum(pair is not None for pair in pairs) <= len(names):
        return None
    symbols = [
        pair["symbol"] if pair else name for pair, name in zip(pairs, names, strict=True)
    ]
    return (
        ["" if is_no_name(symbol) else symbol for symbol in symbols],
        [pair["entrez"] if pair else "" for pair in pairs],
    )


def symbols_beside_ensembl(names: Sequence[str]) -> list[str] | None:
    """Symbols in names such as ``ENSG00000141510|TP53``, if most names are such pairs.

    Blank where a name is not.
    """
    pairs = [_ENSEMBL_AND_SYMBOL.fullmatch(name) for name in names]
    if 2 * sum(pair is not None for pair in pairs) <= len(names):
        return None
    symbols = [(pair["after"] or pair["before"]) if pair else "" for pair in pairs]
    return ["" if is_no_name(symbol) else symbol for symbol in symbols]


def named_as_repeated(names: Sequence[str]) -> list[str]:
    """Names that R gives a second row of a gene: ``TP53.1`` beside ``TP53``.

    A name that is a symbol itself is none, nor are old aliases such as ``AIP-1``.
    """
    there = set(names)
    matches = [_REPEATED.fullmatch(name) for name in names]
    return [
        name
        for name, match in zip(names, matches, strict=True)
        if match and match["name"] in there and is_symbol(match["name"]) and not is_symbol(name)
    ]


@dataclass(frozen=True)
class GeneNames:
    """The gene of each row, blank where it has none or too many, and how many those are."""

    names: list[str]
    n_nameless: int
    n_several: int
    n_summary: int = 0

    def notes(self, nameless: str = "without a gene's name") -> list[str]:
        """What was dropped, in sentences; `nameless` says what the nameless rows lack."""
        return [
            f"{n:,} rows {what} were dropped."
            for n, what in (
                (self.n_nameless, nameless),
                (self.n_several, "of several genes"),
                (self.n_summary, "that sum up reads or repeat a header"),
            )
            if n
        ]


def gene_names(cells: Sequence[str], ambiguous: AmbiguousRule = "drop") -> GeneNames:
    """Read the gene of each cell of a column that names genes.

    Parameters
    ----------
    cells : sequence of str
    ambiguous : {"drop", "first"}
        A cell of several genes has none, or the first of them.
    """
    summary = {cell for cell in cells if is_summary_row(cell)}
    genes = {cell: genes_in(cell) for cell in set(cells) - summary}
    genes |= {cell: [] for cell in summary}
    counts = [len(genes[cell]) for cell in cells]
    n_summary = sum(cell in summary for cell in cells)
    most = 1 if ambiguous == "drop" else max(counts, default=0)
    return GeneNames(
        names=[genes[cell][0] if 0 < len(genes[cell]) <= most else "" for cell in cells],
        n_nameless=counts.count(0) - n_summary,
        n_several=sum(count > most for count in counts),
        n_summary=n_summary,
    )


def row_names(ids: Sequence[str], ambiguous: AmbiguousRule = "drop") -> GeneNames:
    """Read the gene of each row id of a matrix.

    As `gene_names`, but ``NA`` is a gene here, since every row of a matrix is
    called something, and so is ``0`` where the rows are numbered from 0.
    """
    numbered = len(ids) > 1 and set(ids) == set(map(str, range(len(ids))))
    read = gene_names(ids, ambiguous)
    kept = [
        gene_id if gene_id == "NA" or numbered else name
        for gene_id, name in zip(ids, read.names, strict=True)
    ]
    n_kept = sum(bool(now) and not before for now, before in zip(kept, read.names, strict=True))
    return GeneNames(kept, read.n_nameless - n_kept, read.n_several, read.n_summary)
