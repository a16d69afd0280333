"""Sets of genes as they are published: GMT files, gzipped or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import cleaned
from deepcme.sources.reading.text import text_lines

_HOW = "write its name, a description and its genes on one line, between tabs (GMT)"


@dataclass(frozen=True)
class GeneSet:
    """A set of genes, as a file lists it.

    Attributes
    ----------
    name : str
    genes : tuple of str
        Each once, as the file spells it.
    file : str
        The name of the file.
    """

    name: str
    genes: tuple[str, ...]
    file: str


def read_gene_sets(paths: Iterable[Path]) -> tuple[GeneSet, ...]:
    """Read the sets of GMT files [1]_, a line each: name, description and genes, between tabs.

    Empty lines are passed over, and so is a set that two files have alike.

    Raises
    ------
    DeepCMEError
        If a file cannot be read, lists no set, or has a line that is none; or if two sets of
        one name are of different genes. It names the file and the line.

    References
    ----------
    .. [1] Liberzon A et al. (2011). Molecular signatures database (MSigDB) 3.0.
       Bioinformatics 27:1739-1740.
    """
    found: dict[str, GeneSet] = {}
    for path in paths:
        listed = list(_each_set(path))
        if not listed:
            raise DeepCMEError(f"{path}: the file lists no gene set: {_HOW}.")
        for place, gene_set in listed:
            known = found.setdefault(gene_set.name, gene_set)
            if set(known.genes) != set(gene_set.genes):
                raise DeepCMEError(
                    f"{place} has the set {gene_set.name}, which {known.file} has with other "
                    "genes: rename one of them."
                )
    return tuple(found.values())


def _each_set(path: Path) -> Iterator[tuple[str, GeneSet]]:
    """The sets of a file, each with its place."""
    for number, line in enumerate(text_lines(path), start=1):
        if not line.strip():
            continue
        place = f"{path}: line {number}"
        name, *rest = (cleaned(field) for field in line.split("\t"))
        genes = tuple(dict.fromkeys(filter(None, rest[1:])))
        if not name or not genes:
            raise DeepCMEError(f"{place} is no gene set: {_HOW}.")
        yield place, GeneSet(name, genes, path.name)
