"""A signature scaled on one cohort, to score samples of another measured in the same way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepcme.base.errors import AbsentError
from deepcme.cohort.cohort import Cohort
from deepcme.models.signatures.matching import MatchedSignature, match_signature
from deepcme.models.signatures.measured import Measured, known_mean, measured, read_expression
from deepcme.models.signatures.scoring import FittedSignature, fit_within_cohort
from deepcme.models.signatures.signature import Signature

__all__ = ["fit_on_reference"]

FARTHEST = 3.0
"""Standard deviations of the reference by which values may lie apart, as a median of genes."""


def fit_on_reference(
    signature: Signature, reference: Cohort | Measured, samples: Cohort | Measured
) -> FittedSignature:
    """Fit the scaling on every sample of a reference, for other samples to be scored.

    Only genes that both have count.

    Parameters
    ----------
    signature : Signature
    reference : Cohort or Measured
    samples : Cohort or Measured
        Those that the result scores.

    Raises
    ------
    AbsentError
        If too little of the signature was measured in both, or the values lie so far apart
        that they cannot be of one platform and normalisation.
    """
    reference, samples = measured(reference), measured(samples)
    there, here = match_signature(signature, reference), match_signature(signature, samples)
    there, here = keep_common(there, here), keep_common(here, there)
    rows = np.arange(reference.n_samples)
    fitted = fit_within_cohort(there, reference, rows)
    apart = compute_distance(there, reference, here, samples)
    if apart > FARTHEST:
        raise AbsentError(
            f"{signature.title}: its genes lie {apart:.1f} standard deviations from those of "
            "the reference (median of the genes): the samples are of another platform or "
            "normalisation, on which its scaling means nothing."
        )
    return replace(fitted, matched=here, cohort=samples)


def keep_common(matched: MatchedSignature, other: MatchedSignature) -> MatchedSignature:
    """The match without genes that the other cohort lacks."""
    genes = matched.signature.genes
    columns = tuple(
        own if theirs else ()
        for own, theirs in zip(matched.columns, other.columns, strict=True)
    )
    kept = {gene.identity for gene, own in zip(genes, columns, strict=True) if own}
    is_found = np.array([gene.identity in kept for gene in genes])
    weights = np.abs([gene.weight for gene in genes])
    return replace(
        matched,
        columns=columns,
        by_alias=tuple(
            pair for pair in matched.by_alias if pair[0] not in _missing(matched, is_found)
        ),
        missing=_missing(matched, is_found),
        n_found=int(is_found.sum()),
        gene_share=float(is_found.mean()),
        weight_share=float(weights[is_found].sum() / weights.sum()),
    )


def compute_distance(
    there: MatchedSignature, reference: Measured, here: MatchedSignature, samples: Measured
) -> float:
    """Median over genes of how far their means lie apart, in the reference's deviations."""
    known = read_expression(reference, there.columns, None)
    mean = known_mean(known, 0)
    spread = np.sqrt(known_mean((known - mean) ** 2, 0))
    shift = np.abs(known_mean(read_expression(samples, here.columns, None), 0) - mean)
    varies = spread > 0
    apart = shift[varies] / spread[varies]
    return float(np.nanmedian(apart)) if np.isfinite(apart).any() else 0.0


def _missing(matched: MatchedSignature, is_found: np.ndarray) -> tuple[str, ...]:
    genes = zip(matched.signature.genes, is_found, strict=True)
    return tuple(gene.label for gene, found in genes if not found)
