"""Which columns of a cohort are a signature's genes, and whether they are enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from deepcme.base.words import counted, few
from deepcme.cohort.cohort import Cohort
from deepcme.models.signatures.gene_index import GeneIndex
from deepcme.models.signatures.measured import Measured, measured
from deepcme.models.signatures.signature import Signature, SignatureGene

__all__ = ["MatchedSignature", "match_signature"]

FULL_SHARE, PARTIAL_SHARE = 0.8, 0.5

Standing = Literal["full", "partial", "refused"]


@dataclass(frozen=True)
class MatchedSignature:
    """A signature and the columns of one cohort that are its genes.

    Attributes
    ----------
    signature : Signature
    columns : tuple of tuple of int
        One entry per gene of the signature: its columns; none where it is missing, or
        where an earlier line of the same gene has them.
    references : tuple of tuple of int
        The same of the genes that others are measured against.
    n_by_probe : int
        Genes found as the probe that the signature lists.
    by_alias : tuple of pairs of str
        Symbol, and the name by which it was found.
    missing : tuple of str
    n_found, n_listed : int
    gene_share, weight_share : float
        Share of the genes, and of their absolute weights, that were found.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.datasets.transbig()
    >>> matched = deepcme.match_signature(deepcme.load_signature("gene76"), cohort)
    >>> matched.missing, matched.describe().split(": ")[-1]
    ((), 'full.')
    """

    signature: Signature
    columns: tuple[tuple[int, ...], ...]
    references: tuple[tuple[int, ...], ...]
    n_by_probe: int
    by_alias: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    n_found: int
    n_listed: int
    gene_share: float
    weight_share: float

    @property
    def standing(self) -> Standing:
        """``full`` from 80 % of the genes and of the weight, ``partial`` from 50 %."""
        share = min(self.gene_share, self.weight_share)
        if share >= FULL_SHARE:
            return "full"
        return "partial" if share >= PARTIAL_SHARE else "refused"

    def describe(self) -> str:
        """Coverage, names used and genes missing, in sentences."""
        sentence = (
            f"{self.signature.title}: {self.n_found} of {self.n_listed} genes "
            f"({self.gene_share:.1%}), with {self.weight_share:.1%} of the weight, were "
            f"measured: {self.standing}"
        )
        if self.standing == "refused":
            sentence += f", as less than {PARTIAL_SHARE:.0%} makes no score"
        sentences = [sentence]
        if self.by_alias:
            pairs = few([f"{symbol} as {name}" for symbol, name in self.by_alias], 6)
            sentences.append(f"Found under an earlier symbol: {pairs}")
        if n_several := sum(len(columns) > 1 for columns in self.columns):
            sentences.append(f"Mean of several columns: {counted(n_several, 'gene')}")
        if self.missing:
            sentences.append(f"Missing: {few(tuple(dict.fromkeys(self.missing)), 12)}")
        return ". ".join(sentences) + "."


def match_signature(signature: Signature, cohort: Cohort | Measured) -> MatchedSignature:
    """Find a signature's genes in a cohort.

    A gene is looked for as the signature's own probe, then by its Entrez id, its
    symbol of today and its earlier symbols, in every column that identifies genes. Of
    several columns under the first name that is found, the mean is taken. Several probes of
    one gene count one by one where the probes themselves were measured; else the first line
    of the gene has its columns and the others have none, as in the R package genefu.

    Parameters
    ----------
    signature : Signature
    cohort : Cohort or Measured

    Returns
    -------
    MatchedSignature
        Never refused here: its `standing` says whether the genes are enough for a score.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.datasets.transbig()
    >>> matched = deepcme.match_signature(deepcme.load_signature("gene76"), cohort)
    >>> matched.n_found, matched.n_listed, matched.standing
    (76, 76, 'full')
    """
    index = measured(cohort).index
    found = _find(signature.genes, index)
    weights = [abs(gene.weight) for gene in signature.genes]
    is_found = [one.is_found for one in found]
    total = sum(weights)
    of_found = sum(weight for weight, yes in zip(weights, is_found, strict=True) if yes)
    pairs = [(one.gene.symbol, one.alias) for one in found if one.alias]
    return MatchedSignature(
        signature=signature,
        columns=tuple(one.columns for one in found),
        references=tuple(one.columns for one in _find(signature.references, index)),
        n_by_probe=sum(one.by_probe for one in found),
        by_alias=tuple(dict.fromkeys(pairs)),
        missing=tuple(one.gene.label for one in found if not one.is_found),
        n_found=sum(is_found),
        n_listed=len(found),
        gene_share=sum(is_found) / len(found),
        weight_share=of_found / total if total else 0.0,
    )


@dataclass(frozen=True)
class _Found:
    gene: SignatureGene
    columns: tuple[int, ...] = ()
    is_found: bool = False
    by_probe: bool = False
    alias: str = ""


def _find(genes: Sequence[SignatureGene], index: GeneIndex) -> list[_Found]:
    """Each gene with its columns: first those listed as probes, as others may share them."""
    by_probe = {at: index.by_name(gene.probes) for at, gene in enumerate(genes)}
    served = {gene.identity for at, gene in enumerate(genes) if by_probe[at]}
    found = []
    for at, gene in enumerate(genes):
        if by_probe[at]:
            found.append(_Found(gene, by_probe[at], is_found=True, by_probe=True))
            continue
        columns, alias = index.by_gene(gene)
        if gene.identity in served:
            found.append(_Found(gene, is_found=True, alias=alias))
        else:
            found.append(_Found(gene, columns, is_found=bool(columns), alias=alias))
            served |= {gene.identity} if columns else set()
    return found
