"""Small signatures and cohorts for the tests of this folder."""

import numpy as np

from deepcme import Cohort
from deepcme.models.signatures.signature import Signature, SignatureGene


def signature(*weights, formula="weighted mean", **fields):
    """A signature of genes A, B, C ... with these weights."""
    genes = tuple(
        SignatureGene(letter, weight)
        for letter, weight in zip("ABCDEFGH", weights, strict=False)
    )
    return Signature("own", "own signature", genes, formula=formula, **fields)


def cohort(X, genes, scale="log2", **fields):
    """A cohort of these values; every other sample is positive."""
    n = len(X)
    return Cohort.from_arrays(
        np.asarray(X, dtype=float),
        np.arange(n) % 2,
        samples=fields.pop("samples", [f"S{i}" for i in range(n)]),
        genes=genes,
        endpoint="invented",
        scale=scale,
        **fields,
    )


def shaped_for(published, n_samples=30, seed=0, n_others=220, **fields):
    """A cohort on log2 with the genes of a published signature, and others."""
    random = np.random.default_rng(seed)
    genes = [gene.probes[0] if gene.probes else gene.symbol for gene in published.genes]
    genes += [gene.symbol for gene in published.references]
    genes = list(dict.fromkeys(genes)) + [f"other{i}" for i in range(n_others)]
    level = random.uniform(4, 12, len(genes))
    return cohort(level + random.normal(size=(n_samples, len(genes))), genes, **fields)
