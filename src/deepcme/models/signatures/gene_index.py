"""Where a cohort's genes are, by probe, symbol, Entrez and Ensembl id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepcme.cohort.genes.gene_names import genes_in
from deepcme.cohort.genes.genes import gene_key
from deepcme.cohort.genes.symbols import symbol_of_ensembl, symbol_of_entrez
from deepcme.models.signatures.signature import SignatureGene

_WHOLE = re.compile(r"(?P<number>\d+)(\.0)?")
_PLAIN = re.compile(r"[\w.-]+")
"""A cell of one name; the others are looked into."""
_MOSTLY = 0.8


@dataclass(frozen=True)
class GeneIndex:
    """Columns of each name, Entrez id and symbol of today."""

    names: Mapping[str, list[int]]
    entrez: Mapping[str, list[int]]
    looked_up: Mapping[str, list[int]]

    @classmethod
    def of(
        cls, identifiers: Mapping[str, Sequence[str]], has_values: NDArray[np.bool_]
    ) -> GeneIndex:
        """Look through every column of names; a cell of several genes is of none.

        A gene that is missing in every sample was not measured, whatever names it has.
        """
        names: dict[str, list[int]] = defaultdict(list)
        entrez: dict[str, list[int]] = defaultdict(list)
        looked_up: dict[str, list[int]] = defaultdict(list)
        for texts in identifiers.values():
            are_entrez = _are_entrez(texts)
            for column, text in enumerate(texts):
                names_in = [text] if _PLAIN.fullmatch(text) else genes_in(text)
                if len(names_in) != 1 or not has_values[column]:
                    continue
                if (number := _WHOLE.fullmatch(names_in[0])) is not None:
                    if are_entrez:
                        _add(entrez[number["number"]], column)
                    continue
                _add(names[gene_key(names_in[0])], column)
                if (symbol := symbol_of_ensembl(names_in[0])) is not None:
                    _add(looked_up[gene_key(symbol)], column)
        return cls(dict(names), dict(entrez), dict(looked_up))

    def by_name(self, names: Iterable[str]) -> tuple[int, ...]:
        """Columns that bear one of the names."""
        found = (column for name in names for column in self.names.get(gene_key(name), ()))
        return tuple(dict.fromkeys(found))

    def by_gene(self, gene: SignatureGene) -> tuple[tuple[int, ...], str]:
        """Columns of a gene, and the earlier symbol if it was found by that."""
        if of_id := self.entrez.get(gene.entrez):
            return tuple(of_id), ""
        if not gene.symbol:
            return (), ""
        if columns := self.by_name((gene.symbol,)):
            return columns, ""
        for alias in gene.aliases:
            if columns := self.by_name((alias,)):
                return columns, alias
        by_id = (self.looked_up.get(gene_key(name)) for name in (gene.symbol, *gene.aliases))
        return tuple(next(filter(None, by_id), ())), ""


def _add(columns: list[int], column: int) -> None:
    if column not in columns:
        columns.append(column)


def _are_entrez(texts: Sequence[str]) -> bool:
    """Whether numbers among the names are Entrez ids, not numbers of rows."""
    numbers = [found["number"] for text in texts if (found := _WHOLE.fullmatch(text))]
    if not numbers:
        return False
    first = min(map(int, numbers))
    if len(numbers) > 1 and sorted(map(int, numbers)) == list(
        range(first, first + len(numbers))
    ):
        return False
    known = sum(symbol_of_entrez(number) is not None for number in numbers)
    return known >= _MOSTLY * len(numbers)
