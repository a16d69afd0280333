"""A user's own frozen signature: genes and weights in a table, checked line by line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.names import require_name
from deepcme.base.words import cleaned, few
from deepcme.cohort.genes.gene_names import genes_in
from deepcme.cohort.genes.genes import gene_key
from deepcme.cohort.genes.symbols import (
    previous_symbols,
    symbol_of_ensembl,
    symbol_today,
)
from deepcme.models.signatures.published import find_published
from deepcme.models.signatures.signature import Signature, SignatureGene
from deepcme.sources.reading.contents import contents_of
from deepcme.sources.reading.delimited import read_rows
from deepcme.sources.reading.headers import spelled_as
from deepcme.sources.reading.layout import find_table

__all__ = ["read_own_signature"]

_COLUMNS = {
    "gene": ("gene", "symbol"),
    "weight": ("weight", "coefficient"),
    "alias": ("alias", "aliases"),
    "entrez": ("entrez", "entrez id", "entrez gene id"),
    "probe": ("probe", "probes"),
    "centre": ("centre", "center"),
    "scale": ("scale",),
}
_LARGEST = 1e30  # so that no sum of them runs over
_WITHIN = (
    "The weighted sum of the genes, each with mean 0 and standard deviation 1 in the samples "
    "that it is scaled on."
)
_BESIDE_OTHERS = (
    "Of a single sample each gene is relative to the mean and the standard deviation of the "
    "sample's other genes."
)
_BY_CONSTANTS = "Of a single sample each gene is less its own centre, by its own scale."

Row = Mapping[str, str | None]


def read_own_signature(path: str | Path) -> Signature:
    """Read a signature that the user froze: a table of genes and their weights.

    Parameters
    ----------
    path : path
        CSV or TSV whose header names the columns ``gene`` and ``weight``, and may name
        ``alias``, ``entrez`` and ``probe`` (several of a gene after each other, with ``;``
        between them), and ``centre`` and ``scale``, by which one sample's value is
        standardised. Others are passed over. The signature bears the file's name without
        its ending; its score is the weighted sum of its genes.

    Raises
    ------
    DeepCMEError
        One sentence that names the file, and the gene where it is one's fault.

    Examples
    --------
    >>> import pandas as pd
    >>> from deepcme.models.signatures.own import read_own_signature
    >>> mine = pd.DataFrame({"gene": ["AURKA", "ESR1"], "weight": [1, -1]})
    >>> mine.to_csv("mine.csv", index=False)
    >>> len(read_own_signature("mine.csv").genes)
    2
    """
    path = Path(path)
    name = _name_of(path)
    rows = _read(path)
    if not rows:
        raise DeepCMEError(f"{path}: the table names no gene: add a row for each.")
    places = ["the first row", *(f"the row after {row['gene']}" for row in rows)]
    genes = tuple(
        _gene(row, f"{path}: {at}", path) for row, at in zip(rows, places, strict=False)
    )
    _require_each_once(genes, path)
    has_constants = "centre" in rows[0]
    return Signature(
        name=name,
        title=name,
        genes=genes,
        formula="weighted sum",
        within_cohort="standardise",
        single_sample="own constants" if has_constants else "sample",
        scaling=f"{_WITHIN} {_BY_CONSTANTS if has_constants else _BESIDE_OTHERS}",
    )


def _name_of(path: Path) -> str:
    """What the file calls the signature; no published one may be called so."""
    name = cleaned(path.name.partition(".")[0])
    require_name(name, f"{path}: the signature's name")
    if (published := find_published(name)) is not None:
        raise DeepCMEError(
            f"{path}: {name!r} is what the published signature {published.name} is called: "
            "give the file another name."
        )
    return name


def _read(path: Path) -> list[dict[str, str | None]]:
    """Cells by our names of their columns, None where blank; a column may be lacking."""
    if contents_of(path).kind != "text":
        raise DeepCMEError(f"{path}: a signature is a text table: save it as .csv or .tsv.")
    table = read_rows(find_table(path, []))
    columns = {}
    for ours, names in _COLUMNS.items():
        found = spelled_as(table.columns, names)
        if len(found) > 1:
            raise DeepCMEError(
                f"{path}: the columns {few(found)} all mean {ours!r}: leave one of them."
            )
        if found:
            columns[ours] = found[0]
    lacking = [column for column in ("gene", "weight") if column not in columns]
    if lacking:
        raise DeepCMEError(
            f"{path}: no column is called {lacking[0]!r}; a signature's first line names its "
            f"columns, gene,weight, and this one has {few(table.columns, 6)}."
        )
    if ("centre" in columns) != ("scale" in columns):
        raise DeepCMEError(
            f"{path}: a centre and a scale go together: give both columns, or neither."
        )
    return [
        {ours: _cell(row[column]) for ours, column in columns.items()}
        for row in table.to_dict("records")
    ]


def _cell(cell: object) -> str | None:
    text = cell.strip() if isinstance(cell, str) else ""
    return text or None


def _gene(row: Row, place: str, path: Path) -> SignatureGene:
    """A gene of the table, from its row."""
    for column, text in row.items():
        require_name(text or "-", f"{place}: the {column}")
    named = genes_in(row["gene"] or "")
    if len(named) != 1:
        what = f"{row['gene']!r} is several genes" if named else "there is no gene"
        raise DeepCMEError(f"{place}: {what}: name one, or leave the row out.")
    [gene] = named
    weight = _number(row, "weight", gene, path)
    if weight == 0:
        raise DeepCMEError(
            f"{path}: {gene}: the weight is 0, so the gene is no part of the signature: leave "
            "such genes out."
        )
    centre, scale = (
        _number(row, column, gene, path) if column in row else default
        for column, default in (("centre", 0.0), ("scale", 1.0))
    )
    if scale <= 0:
        raise DeepCMEError(f"{path}: {gene}: the scale {row['scale']!r} is not above 0.")
    aliases, probes = (genes_in(row.get(column) or "") for column in ("alias", "probe"))
    return SignatureGene(
        symbol=gene,
        weight=weight,
        aliases=_other_names(gene, aliases),
        entrez=row.get("entrez") or "",
        probes=tuple(probes),
        centre=centre,
        scale=scale,
    )


def _other_names(gene: str, aliases: list[str]) -> tuple[str, ...]:
    """The user's, the symbol of today, and the earlier ones of that."""
    today = symbol_today(gene) or symbol_of_ensembl(gene) or gene
    names = dict.fromkeys([*aliases, today, *previous_symbols(today)])
    return tuple(name for name in names if name not in ("", gene))


def _number(row: Row, column: str, gene: str, path: Path) -> float:
    text = row[column]
    if text is None:
        raise DeepCMEError(f"{path}: {gene}: there is no {column}: give a number.")
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if math.isfinite(number) and abs(number) <= _LARGEST:
        return number
    comma = ", with a decimal point" if "," in text else ""
    raise DeepCMEError(
        f"{path}: {gene}: the {column} {text!r} is not a number that can be used: give "
        f"one{comma}."
    )


def _require_each_once(genes: tuple[SignatureGene, ...], path: Path) -> None:
    """Refuse a gene that has two rows, under whatever names it has in them."""
    bearer: dict[str, str] = {}
    for gene in genes:
        keys = {gene_key(name) for name in (gene.symbol, *gene.aliases)}
        keys |= {f"Entrez {gene.entrez}"} if gene.entrez else set()
        for key in sorted(keys):
            if key in bearer:
                both = f"as {bearer[key]} and as {gene.symbol}"
                twice = "" if bearer[key] == gene.symbol else f", {both}"
                raise DeepCMEError(
                    f"{path}: {gene.symbol} has two rows{twice}: give each gene one weight."
                )
            bearer[key] = gene.symbol
