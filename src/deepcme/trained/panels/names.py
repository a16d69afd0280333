"""Genes that are named, in a file or in a line, and where they are in a cohort."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.names import holds_forbidden
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import gene_identifiers, gene_key
from deepcme.cohort.genes.symbols import (
    previous_symbols,
    symbol_of_ensembl,
    symbol_of_entrez,
    symbol_today,
)
from deepcme.models.signatures.gene_index import GeneIndex
from deepcme.models.signatures.signature import SignatureGene
from deepcme.sources.reading.delimited import read_rows
from deepcme.sources.reading.headers import spelled_as
from deepcme.sources.reading.layout import find_table
from deepcme.sources.reading.text import text_lines

_HEADINGS = ("gene", "symbol")
_SEPARATORS = re.compile(r"[,;\t]")
_FILE = re.compile(r"\.[a-z]{2,}\Z", re.IGNORECASE)
"""How a file's name ends; an id such as ENSG00000075624.15 has its version there."""
_LONGEST_NAME = 250
"""Of a file, in letters: a system refuses to be asked about a longer one."""
_ENTREZ = re.compile(r"\d+")


def read_gene_names(path: str | Path) -> list[str]:
    r"""Read names of genes: one a line, or the column ``gene`` of a table.

    Empty lines and those that start with ``#`` are passed over.

    Raises
    ------
    DeepCMEError
        If the file cannot be read, names no gene, or a line is not one gene.

    Examples
    --------
    >>> from pathlib import Path
    >>> from deepcme.trained.panels.names import read_gene_names
    >>> _ = Path("genes.txt").write_text("ESR1\nERBB2\n")
    >>> read_gene_names("genes.txt")
    ['ESR1', 'ERBB2']
    """
    path = Path(path)
    lines = [line.strip() for line in text_lines(path)]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and _is_header(lines[0]):
        table = read_rows(find_table(path, []))
        [column, *_] = spelled_as(table.columns, _HEADINGS)
        names = [str(cell or "").strip() for cell in table[column]]
    else:
        names = [line.strip('"').strip() for line in lines]
    for number, name in enumerate(names, start=1):
        if not name or _SEPARATORS.search(name) or holds_forbidden(name):
            raise DeepCMEError(
                f"{path}: gene {number} of the list is not one gene, {name!r}: write one a "
                "line, or a table with a column gene."
            )
    if not names:
        raise DeepCMEError(f"{path}: the file names no gene: write one a line.")
    return list(dict.fromkeys(names))


def _is_header(line: str) -> bool:
    cells = [cell.strip().strip('"').casefold() for cell in _SEPARATORS.split(line)]
    return any(name in cells for name in _HEADINGS)


def names_given(given: str) -> list[str]:
    """Names in a line, with commas between them, or those in the file of that name.

    Raises
    ------
    DeepCMEError
        As `read_gene_names`.
    """
    if _FILE.search(given) or (len(given) <= _LONGEST_NAME and Path(given).exists()):
        return read_gene_names(given)
    names = dict.fromkeys(name.strip() for name in given.split(","))
    return [name for name in names if name]


def find_genes(cohort: Cohort, names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Columns of named genes, in the cohort's order, and the names that it does not have.

    A gene is looked up by the cohort's own id, Ensembl id, symbol, of today or earlier, and
    Entrez id. One that has several columns, such as probes, brings them all.
    """
    index = GeneIndex.of(gene_identifiers(cohort), np.ones(cohort.n_genes, dtype=np.bool_))
    own = {gene_key(name): column for column, name in enumerate(cohort.gene_ids)}
    columns: set[int] = set()
    unknown = []
    for name in names:
        if (column := own.get(gene_key(name))) is not None:
            columns.add(column)
            continue
        found, _ = index.by_gene(_gene(name))
        columns.update(found)
        if not found:
            unknown.append(name)
    return sorted(columns), unknown


def _gene(name: str) -> SignatureGene:
    """A gene with the other names under which it may stand."""
    of_number = _ENTREZ.fullmatch(name)
    known = symbol_of_entrez(name) if of_number else symbol_of_ensembl(name)
    today = known or symbol_today(name) or name
    aliases = tuple(dict.fromkeys([today, *previous_symbols(today)]))
    return SignatureGene(symbol=name, aliases=aliases, entrez=name if of_number else "")
