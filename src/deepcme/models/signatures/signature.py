"""A signature: genes with published weights, and in words where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deepcme.base.words import counted

__all__ = ["Signature"]

Formula = Literal[
    "weighted sum",
    "weighted mean",
    "recurrence score",
    "correlation",
    "by ER status",
    "offset and factor",
]
"""How values of genes become a score: `formulas.compute_scores`."""

WithinCohort = Literal[
    "centre", "centre by grade", "centre by ER status", "standardise", "range", "quantiles"
]
"""What is fitted on the training part before the formula: `scaling.fit_scaler`."""

SingleSample = Literal[
    "sample", "own mean", "reference genes", "ratios", "own probes", "own constants"
]
"""What a sample's values are relative to where no other sample is used: `single.py`."""

NOT_THE_ASSAY = "Research version, not the assay."


@dataclass(frozen=True)
class SignatureGene:
    """One line of a signature's list: a gene, or a probe of one.

    Attributes
    ----------
    symbol : str
        Approved today; empty for a probe of no known gene.
    weight : float
    aliases : tuple of str
        Symbols approved earlier.
    entrez : str
    probes : tuple of str
        Of the array that the signature was made on.
    group : str
        Part of the formula that the gene belongs to, if it has parts.
    centre, scale : float
        What is taken off the value, and by what the rest is divided, before the weight.
    profile : float
        Its mean in the profile that samples are correlated with.
    """

    symbol: str
    weight: float = 1.0
    aliases: tuple[str, ...] = ()
    entrez: str = ""
    probes: tuple[str, ...] = ()
    group: str = ""
    centre: float = 0.0
    scale: float = 1.0
    profile: float = 0.0

    @property
    def label(self) -> str:
        """Its symbol, or the probe where it has none."""
        return self.symbol or next(iter(self.probes), "") or self.entrez

    @property
    def identity(self) -> str:
        """What several lines of one gene have in common."""
        return self.entrez or self.label


@dataclass(frozen=True)
class Source:
    """The paper of a signature, in its own words, and what was checked against it."""

    citation: str = ""
    doi: str = ""
    pmid: str = ""
    sentence: str = ""
    checked: str = ""
    not_checked: str = ""


@dataclass(frozen=True)
class TrainedOn:
    """Whom genes and weights come from.

    Attributes
    ----------
    sentence : str
    cohorts : tuple of str
        Names and accessions by which such a cohort is known.
    samples : tuple of str
        First and last accession of its samples, or none.
    """

    sentence: str = ""
    cohorts: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """Genes, weights and the formula that makes a score of them; higher is worse.

    Nothing of it is learned here. Signatures that come with the package are
    `published.load_signatures`; a user's own are read by `own.read_own_signature`.

    Attributes
    ----------
    name, title : str
    genes : tuple of SignatureGene
    formula : str
        One of `Formula`.
    within_cohort, single_sample : str
        One of `WithinCohort` and `SingleSample`.
    other_names : tuple of str
        By which it is found as well.
    cancer, platform : str
        What it was made for and on; empty where that is not known.
    scaling : str
        Both scalings in words.
    cut_offs : tuple of float
        Published ones, ascending.
    cut_offs_hold : tuple of str
        Scalings on which they mean what they meant.
    references : tuple of SignatureGene
        Genes that others are measured against.
    constants : mapping of str to float
        What the formula adds for each group of genes.
    trained_on : TrainedOn
    source : Source
    is_published : bool

    Examples
    --------
    >>> import deepcme
    >>> signature = deepcme.load_signature("ep")
    >>> signature.name, [gene.symbol for gene in signature.genes][:3]
    ('eight-gene-ep', ['BIRC5', 'RBBP8', 'UBE2C'])
    """

    name: str
    title: str
    genes: tuple[SignatureGene, ...]
    formula: Formula = "weighted sum"
    within_cohort: WithinCohort = "standardise"
    single_sample: SingleSample = "sample"
    other_names: tuple[str, ...] = ()
    cancer: str = ""
    platform: str = ""
    scaling: str = ""
    cut_offs: tuple[float, ...] = ()
    cut_offs_hold: tuple[str, ...] = ()
    references: tuple[SignatureGene, ...] = ()
    constants: tuple[tuple[str, float], ...] = ()
    trained_on: TrainedOn = TrainedOn()
    source: Source = Source()
    is_published: bool = False

    def describe(self) -> str:
        """What it is, how it is scaled and where it comes from, in sentences."""
        is_by_probe = len({gene.identity for gene in self.genes}) < len(self.genes)
        size = counted(len(self.genes), "probe" if is_by_probe else "gene")
        sentences = [f"{self.title}: {size}."]
        sentences += [
            sentence for sentence in (self.scaling, self.trained_on.sentence) if sentence
        ]
        if self.is_published:
            sentences += [f"Source: {self.source.citation}", NOT_THE_ASSAY]
        return " ".join(sentences)
