"""Which column of a table names the genes: told by what it holds, not by what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import few
from deepcme.cohort.genes.gene_names import gene_names, genes_in
from deepcme.cohort.genes.genes import GeneIdKind, stable_gene_id
from deepcme.cohort.genes.symbols import is_symbol

LEAST_SHARE = 0.5
_LEAST_DOUBTFUL_SHARE = 0.05  # among names in full, a few are symbols by chance
_MOST_CELLS_JUDGED = 5000
_WORDS: dict[GeneIdKind, str] = {
    "symbol": "human gene symbols",
    "ensembl": "Ensembl gene ids",
    "entrez": "Entrez gene ids under a name that says so",
}
# Names without spaces and marks, the most telling first; between equals they decide.
_FAMILIAR: dict[GeneIdKind, tuple[str, ...]] = {
    "symbol": (
        *("genesymbol", "symbol", "hugosymbol", "hgncsymbol", "approvedsymbol", "gene"),
        *("genename", "ilmngene", "featurename", "geneassignment"),
    ),
    "ensembl": ("ensemblgeneid", "ensemblid", "ensembl", "geneid", "geneids"),
    "entrez": (
        *("entrezgeneid", "entrezid", "entrez", "entrezgene", "ncbigeneid", "geneid"),
        *("locuslinkid", "ncbigeneidsuppliedbyncbi", "gene"),
    ),
}
_UNFAMILIAR = 100
_ENSEMBL_GENE = re.compile(r"ENSG\d{11}(_PAR_Y)?")
_WHOLE_NUMBER = re.compile(r"[1-9]\d*(\.0)?")


@dataclass(frozen=True)
class _Judged:
    """How much of a column's non-blank cells are genes' names of the kind in question."""

    column: str
    share: float
    n_genes: int
    familiarity: int


def gene_column(
    table: pd.DataFrame, kind: GeneIdKind, place: str | Path, notes: list[str]
) -> str:
    """Find the column that names genes in a way.

    At least half of its non-blank cells are such names, and not far fewer than
    in any other column; familiar names of columns decide between equals. Entrez
    ids are mere numbers, so their column must have a familiar name as well. A column
    called ``Gene Symbol`` or the like is taken with a warning where none has half of
    its names known, if some of its own are and no other has more.

    Parameters
    ----------
    table : DataFrame of str
    kind : {"symbol", "ensembl", "entrez"}
    place : str or path
        Where the table comes from, for messages.
    notes : list of str
        A warning is appended where the choice is doubtful.

    Raises
    ------
    DeepCMEError
        If there is none; the columns are listed with their shares.
    """
    judged = _judge_columns(table, kind)
    best = _best(judged, kind)
    if best is not None:
        return best.column
    doubtful = _most_known_of_familiar(judged) if kind == "symbol" else None
    if doubtful is None:
        by_share = sorted(judged, key=lambda one: -one.share)
        listed = (f"{one.column} {one.share:.0%}" for one in by_share)
        raise DeepCMEError(
            f"{place}: no column holds {_WORDS[kind]}; the shares of such names are "
            f"{few(listed, 12)}. Give a table that has them: a GEO platform table, a Xena "
            "probeMap or HGNC's."
        )
    notes.append(
        f"Warning: {place}: only {doubtful.share:.0%} of the names in column "
        f"{doubtful.column!r} are known symbols of human genes; it was taken for its name."
    )
    return doubtful.column


def are_genes(ids: Sequence[str]) -> bool:
    """Whether at least half of the ids of rows name human genes, not probes.

    By symbols or Ensembl ids; mere numbers tell nothing.
    """

    def is_gene(name: str) -> bool:
        return is_symbol(name) or _ENSEMBL_GENE.fullmatch(stable_gene_id(name)) is not None

    return _judge("", pd.Series(ids, dtype=object), "symbol", is_gene).share >= LEAST_SHARE


def symbols_in_var(var: pd.DataFrame, gene_ids: Sequence[str]) -> list[str] | None:
    """Symbols that an AnnData's `var` holds besides the genes' own ids, if it does.

    Parameters
    ----------
    var : DataFrame of shape (n_genes, n_columns)
    gene_ids : sequence of str
        The cohort's ids of the same genes.

    Returns
    -------
    symbols : list of str or None
        One per gene, blank where there is none.
    """
    texts = var.loc[:, [not pd.api.types.is_numeric_dtype(kind) for kind in var.dtypes]]
    judged = _judge_columns(texts, "symbol")
    best = _best(judged, "symbol") or _most_known_of_familiar(judged)
    if best is None:
        return None
    cells = texts[best.column].astype(object)
    names = gene_names(cells.where(cells.notna(), "").astype(str).tolist()).names
    return None if names == list(gene_ids) else names


def _judge_columns(table: pd.DataFrame, kind: GeneIdKind) -> list[_Judged]:
    """Judge by exact spelling first; by any case where no column has its names known so."""
    tests: dict[GeneIdKind, list[Callable[[str], bool]]] = {
        "symbol": [is_symbol, partial(is_symbol, any_case=True)],
        "ensembl": [lambda gene: _ENSEMBL_GENE.fullmatch(stable_gene_id(gene)) is not None],
        "entrez": [lambda gene: _WHOLE_NUMBER.fullmatch(gene) is not None],
    }
    judged: list[_Judged] = []
    for is_known in tests[kind]:
        judged = [_judge(str(name), table[name], kind, is_known) for name in table.columns]
        if _best(judged, kind) is not None:
            break
    return judged


def _judge(
    name: str, column: pd.Series, kind: GeneIdKind, is_known: Callable[[str], bool]
) -> _Judged:
    cells = column.dropna().astype(str).unique()
    step = max(1, len(cells) // _MOST_CELLS_JUDGED)
    named = [genes for genes in map(genes_in, cells[::step]) if genes]
    shares = [sum(map(is_known, genes)) / len(genes) for genes in named]
    return _Judged(
        column=name,
        share=float(np.mean(shares)) if shares else 0.0,
        n_genes=step * sum(share > 0 for share in shares),
        familiarity=_familiarity(name, kind),
    )


def _familiarity(name: str, kind: GeneIdKind) -> int:
    """How telling a column's name is, 0 the most; `_UNFAMILIAR` if it tells nothing."""
    bare = re.sub(r"[^a-z]", "", name.lower())
    if bare in _FAMILIAR[kind]:
        return _FAMILIAR[kind].index(bare)
    return _UNFAMILIAR - 1 if kind in bare else _UNFAMILIAR


def _best(judged: Sequence[_Judged], kind: GeneIdKind) -> _Judged | None:
    fit = [one for one in judged if one.share >= LEAST_SHARE]
    if kind == "entrez":
        fit = [one for one in fit if one.familiarity < _UNFAMILIAR]
        return min(fit, key=lambda one: one.familiarity, default=None)
    most = max((one.n_genes for one in fit), default=0)
    return min(
        (one for one in fit if 2 * one.n_genes >= most),
        key=lambda one: (-round(one.share, 2), one.familiarity),
        default=None,
    )


def _most_known_of_familiar(judged: Sequence[_Judged]) -> _Judged | None:
    most = max((one.n_genes for one in judged), default=0)
    return min(
        (
            one
            for one in judged
            if one.n_genes == most
            and one.share >= _LEAST_DOUBTFUL_SHARE
            and one.familiarity < _UNFAMILIAR
        ),
        key=lambda one: one.familiarity,
        default=None,
    )
