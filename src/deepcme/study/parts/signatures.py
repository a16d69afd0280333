"""A user's signature: a list of genes in a file, found among a cohort's genes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.names import holds_forbidden
from deepcme.base.words import few
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.genes.genes import gene_identifiers, gene_key
from deepcme.sources.reading.text import text_lines

_WEIGHT = re.compile(r"weight|coefficient|[+-]?\d*\.?\d+(e[+-]?\d+)?")

MIN_SIGNATURE_COVERAGE = 0.5
"""Smallest share of a signature's genes that a cohort must have."""


@dataclass(frozen=True)
class Signature:
    """A signature as a cohort has it.

    Attributes
    ----------
    name : str
        The file's name without its ending.
    genes : tuple of int
        Positions in the cohort of the columns that bear one of its identifiers.
    n_listed : int
        Genes in the file.
    missing : tuple of str
        Those that the cohort lacks.
    """

    name: str
    genes: tuple[int, ...]
    n_listed: int
    missing: tuple[str, ...]

    def describe(self) -> str:
        """What was found of it, in a sentence."""
        n_found = self.n_listed - len(self.missing)
        sentence = (
            f"Signature {self.name}: {n_found:,} of its {self.n_listed:,} genes found, as "
            f"{len(self.genes):,} columns of the cohort"
        )
        if self.missing:
            sentence += f"; {len(self.missing):,} missing ({few(self.missing)})"
        return sentence + "."


def read_signature(path: Path, cohort: Cohort) -> Signature:
    """Read a signature, one gene a line, and find its genes in a cohort.

    A gene is looked up among all identifiers that the cohort has, Ensembl ids
    by their version-less form, in capitals or not. One that has several columns,
    such as probes, brings them all. Empty lines and those that start with ``#``
    are passed over.

    Raises
    ------
    DeepCMEError
        If the file cannot be read, a line holds more than a gene, or the cohort
        lacks more than half of the genes.
    """
    listed: dict[str, str] = {}
    for number, line in enumerate(text_lines(path), start=1):
        gene = line.strip().strip('"')
        if not gene or gene.startswith("#"):
            continue
        if _has_weight(gene):
            raise DeepCMEError(
                f"{path}: line {number} has a weight beside its gene: a signature that is "
                "scored by its weights and not fitted again goes under [comparator] files "
                "(--comparator-signature); here stands one gene a line."
            )
        if any(mark in gene for mark in ",;\t") or holds_forbidden(gene):
            raise DeepCMEError(f"{path}: line {number} is not one gene: {gene!r}.")
        listed.setdefault(gene_key(gene), gene)
    if not listed:
        raise DeepCMEError(f"{path}: the signature names no gene: write one a line.")
    known: set[str] = set()
    columns: set[int] = set()
    for names in gene_identifiers(cohort).values():
        for column, name in enumerate(names):
            if gene_key(name) in listed:
                known.add(gene_key(name))
                columns.add(column)
    missing = tuple(gene for key, gene in listed.items() if key not in known)
    signature = Signature(path.stem, tuple(sorted(columns)), len(listed), missing)
    if len(missing) > (1 - MIN_SIGNATURE_COVERAGE) * len(listed):
        raise DeepCMEError(
            f"{path}: {len(missing):,} of its {len(listed):,} genes are not in the cohort "
            f"({few(missing)}; the cohort's are {few(np.unique(cohort.symbols))}): translate "
            "one of them, the cohort with `deepcme genes map`."
        )
    return signature


def _has_weight(line: str) -> bool:
    """Whether a gene and its weight stand in a line, or the names of such columns."""
    cells = [cell.strip().strip('"').lower() for cell in re.split(r"[,;\t]", line)]
    return len(cells) > 1 and any(_WEIGHT.fullmatch(cell) for cell in cells[1:])
