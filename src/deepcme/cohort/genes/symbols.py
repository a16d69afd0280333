"""Human gene symbols: approved and previous ones, from a table that comes with the package.

Source: HUGO Gene Nomenclature Committee (CC0); `data/PROVENANCE.md` says which release.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_NCBI_PLACEHOLDER = re.compile(r"LOC\d+", re.IGNORECASE)
# Approved until 2016 and remembered by HGNC as an alias only; spreadsheets met it often.
_APPROVED_ONCE = ("SEP15", "SELENOF")


@dataclass(frozen=True)
class _Nomenclature:
    """Approved symbols, the symbols today of those approved earlier, and of Entrez ids."""

    approved: frozenset[str]
    previous: dict[str, set[str]]
    of_entrez: dict[str, str]
    of_ensembl: dict[str, str]
    history: dict[str, tuple[str, ...]]


def is_symbol(name: str, *, any_case: bool = False) -> bool:
    """Whether a name is, or once was, the approved symbol of a human gene.

    NCBI's ``LOC`` and a number, its name for a gene without a symbol, counts as one.
    """
    if any_case:
        found = name.upper() in _in_capitals()
    else:
        found = name in _nomenclature().approved or name in _nomenclature().previous
    return found or _NCBI_PLACEHOLDER.fullmatch(name) is not None


def symbols_today(name: str) -> set[str]:
    """Approved symbols of the genes that have, or had, this symbol; none if it is unknown.

    A symbol that is approved today stands for its own gene alone.
    """
    known = _nomenclature()
    return {name} if name in known.approved else set(known.previous.get(name, ()))


def symbol_today(name: str) -> str | None:
    """The one approved symbol of a name; None if it is unknown, or was of several genes."""
    symbols = symbols_today(name)
    return symbols.pop() if len(symbols) == 1 else None


def symbol_of_entrez(entrez: str) -> str | None:
    """Approved symbol of the gene of an Entrez id, ``7157`` or ``7157.0``, if it has one."""
    number = entrez.strip().removesuffix(".0")
    return _nomenclature().of_entrez.get(number) if number else None


def symbol_of_ensembl(gene: str) -> str | None:
    """Approved symbol of the gene of an Ensembl id, with its version or without."""
    return _nomenclature().of_ensembl.get(gene.split(".")[0]) if gene else None


def previous_symbols(symbol: str) -> tuple[str, ...]:
    """Symbols that an approved one had earlier and that stand for no other gene.

    Left out is what is approved for another gene today, or was for several.
    """
    known = _nomenclature()
    return tuple(
        name for name in known.history.get(symbol, ()) if symbols_today(name) == {symbol}
    )


@cache
def _nomenclature() -> _Nomenclature:
    packed = (files("deepcme.cohort.genes") / "data" / "hgnc_symbols.tsv.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()[1:]
    symbols, ensembl, entrez, previous = zip(*(line.split("\t") for line in lines), strict=True)
    earlier = {_APPROVED_ONCE[0]: {_APPROVED_ONCE[1]}}
    history = {}
    for symbol, names in zip(symbols, previous, strict=True):
        history[symbol] = tuple(names.split("|")) if names else ()
        for name in history[symbol]:
            earlier.setdefault(name, set()).add(symbol)
    return _Nomenclature(
        approved=frozenset(symbols),
        previous=earlier,
        of_entrez=dict(zip(entrez, symbols, strict=True)),
        of_ensembl=dict(zip(ensembl, symbols, strict=True)),
        history=history,
    )


@cache
def _in_capitals() -> frozenset[str]:
    known = _nomenclature()
    return frozenset(name.upper() for name in (*known.approved, *known.previous))
