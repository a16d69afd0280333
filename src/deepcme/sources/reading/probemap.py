"""Tables that translate gene ids or probes: Xena probeMaps, GEO platform tables, HGNC's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import few
from deepcme.cohort.genes.genes import GeneIdKind, GeneMapping, map_genes, stable_gene_id
from deepcme.sources.reading.contents import contents_of
from deepcme.sources.reading.delimited import read_rows
from deepcme.sources.reading.gene_columns import gene_column
from deepcme.sources.reading.layout import find_table
from deepcme.sources.reading.reading import read_table
from deepcme.sources.reading.text import text_lines

_MOST_LINES_BEFORE_TABLE = 5000
PLATFORM_TABLE_BEGIN = "!platform_table_begin"
PLATFORM_TABLE_END = "!platform_table_end"


def read_gene_table(path: Path, notes: list[str]) -> pd.DataFrame:
    """Read a table of gene identifiers, as text; lower-case column names.

    A GEO platform file may come with its description; other tables with
    comment lines that start with ``#``, ``!`` or ``^``.

    Raises
    ------
    DeepCMEError
        If the file is not a table.
    """
    if contents_of(path).kind == "text":
        skip, end_mark = _place_of_table(path)
        found = find_table(path, notes, separators="\t,", skip=skip, end_mark=end_mark)
        return _in_lower_case(read_rows(found), path)
    return _in_lower_case(read_table(path, notes), path)


def read_platform_within(path: Path, lines_before: int, notes: list[str]) -> pd.DataFrame:
    """Read a table of a platform that stands within a larger file, as `read_gene_table`."""
    found = find_table(
        path, notes, separators="\t", skip=lines_before, end_mark=PLATFORM_TABLE_END
    )
    return _in_lower_case(read_rows(found), path)


def _in_lower_case(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    table.columns = pd.Index([str(column).strip().lower() for column in table.columns])
    if table.columns.has_duplicates:
        raise DeepCMEError(f"{path}: two columns have the same name.")
    return table


def _place_of_table(path: Path) -> tuple[int, str | None]:
    """How many lines come before the table, and the mark that ends it, if there is one."""
    lines = text_lines(path)
    start = []
    for number, line in enumerate(islice(lines, _MOST_LINES_BEFORE_TABLE)):
        if line.lower().startswith(PLATFORM_TABLE_BEGIN):
            if not any(rest.lower().startswith(PLATFORM_TABLE_END) for rest in lines):
                raise DeepCMEError(
                    f"{path}: the table that {PLATFORM_TABLE_BEGIN} begins has no line "
                    f"{PLATFORM_TABLE_END}: the file is cut short; download it again."
                )
            return number + 1, PLATFORM_TABLE_END
        start.append(line)
    before = (n for n, line in enumerate(start) if line[:1] not in ("#", "!", "^"))
    return next(before, 0), None


def known_targets(
    table: pd.DataFrame, to: GeneIdKind, genes: Sequence[str], path: Path, notes: list[str]
) -> pd.Series:
    """Cells that name the targets, by gene id: one column against the one that holds the genes.

    Both columns are found by what they hold.

    Parameters
    ----------
    table : DataFrame
    to : {"symbol", "ensembl", "entrez"}
    genes : sequence of str
    path : path
        Where the table comes from, for messages.
    notes : list of str
        A warning is appended where the choice of the column is doubtful.

    Returns
    -------
    targets : Series of str
        Named after its column, indexed by gene id, which may repeat.

    Raises
    ------
    DeepCMEError
        If no column holds such targets, or none holds any of the genes.
    """
    target = gene_column(table, to, path, notes)
    wanted = {stable_gene_id(gene) for gene in genes}
    found = {
        name: sum(stable_gene_id(str(cell).strip()) in wanted for cell in table[name].dropna())
        for name in table.columns
    }
    key = max(found, key=lambda name: found[name])
    if found[key] == 0:
        raise DeepCMEError(f"{path}: no column holds any of the genes ({few(genes)}).")
    known = table[table[key].notna()]
    index = known[key].astype(str).str.strip()
    return pd.Series(known[target].to_numpy(), index=index, dtype=object, name=target)


def mapping_by_table(genes: Sequence[str], to: GeneIdKind, path: Path) -> GeneMapping:
    """Where genes go by a table of identifiers; the doubts are on that table."""
    doubts: list[str] = []
    known = known_targets(read_gene_table(path, doubts), to, genes, path, doubts)
    return replace(map_genes(genes, known, to), doubts=tuple(doubts))
