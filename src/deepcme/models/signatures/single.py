"""Scores of samples one by one: no sample's score depends on another sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.scales.scales import logged
from deepcme.models.signatures.er_status import read_er_status
from deepcme.models.signatures.formulas import compute_scores
from deepcme.models.signatures.matching import MatchedSignature
from deepcme.models.signatures.measured import (
    FloatArray,
    Measured,
    known_mean,
    measured,
    read_expression,
)
from deepcme.models.signatures.scoring import require_enough

__all__ = ["score_single_samples"]

FEWEST_OTHERS = 200
"""Genes beside the signature's whose mean and spread in a sample say what is usual there."""
FEWEST_REFERENCES = 3
AT_REFERENCES = 10.0
"""What a gene counts that is expressed as the reference genes of the recurrence score."""
RATIO_NEGATIVES, AT_FLOOR = 0.1, 0.15
"""A sample's logs are ratios if so many are negative and no more share the lowest value."""
_ROWS_AT_ONCE = 64


def score_single_samples(matched: MatchedSignature, cohort: Cohort | Measured) -> FloatArray:
    """Scores of samples by published constants or by what else was measured in each.

    Parameters
    ----------
    matched : MatchedSignature
    cohort : Cohort or Measured

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Higher is worse; NaN for a sample that lacks what its score needs.

    Raises
    ------
    AbsentError
        If the cohort has no such reference, with what is lacking.

    Examples
    --------
    >>> import deepcme
    >>> from deepcme.models.signatures.single import score_single_samples
    >>> cohort = deepcme.datasets.transbig()
    >>> matched = deepcme.match_signature(deepcme.load_signature("gene76"), cohort)
    >>> len(score_single_samples(matched, cohort))
    198
    """
    require_enough(matched)
    cohort, signature = measured(cohort), matched.signature
    values = read_expression(cohort, matched.columns, None)
    match signature.single_sample:
        case "sample":
            values = _beside_others(matched, cohort, values)
        case "reference genes":
            values = _beside_references(matched, cohort, values)
        case "ratios":
            values = _ratios(matched, cohort, values)
        case "own mean":
            values = _expression(matched, cohort, values)
        case "own constants":
            centre = np.array([gene.centre for gene in signature.genes])
            values = (values - centre) / np.array([gene.scale for gene in signature.genes])
        case "own probes":
            return _published_sums(matched, cohort, values)
    return _known(compute_scores(signature, values), matched)


def _beside_others(
    matched: MatchedSignature, cohort: Measured, values: FloatArray
) -> FloatArray:
    """Values less the mean of the sample's other genes, by their standard deviation."""
    others = np.ones(cohort.n_genes, dtype=bool)
    others[[column for columns in matched.columns for column in columns]] = False
    if others.sum() < FEWEST_OTHERS:
        raise AbsentError(
            f"A single sample has no {matched.signature.title} here: that needs "
            f"{FEWEST_OTHERS} genes beside the signature's to tell what is usual in the "
            f"sample, and there {'is' if others.sum() == 1 else 'are'} {others.sum()}."
        )
    scaled = np.full_like(values, np.nan)
    for start in range(0, len(values), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        beside = logged(cohort.X[block][:, others].astype(np.float64), cohort.scale)
        mean = known_mean(beside, 1)[:, np.newaxis]
        spread = np.sqrt(known_mean((beside - mean) ** 2, 1))[:, np.newaxis]
        enough = ((~np.isnan(beside)).sum(axis=1)[:, np.newaxis] >= FEWEST_OTHERS) & (
            spread > 0
        )
        np.divide(values[block] - mean, spread, out=scaled[block], where=enough)
    return scaled


def _beside_references(
    matched: MatchedSignature, cohort: Measured, values: FloatArray
) -> FloatArray:
    """Values less the mean of the reference genes, plus 10."""
    title, listed = matched.signature.title, matched.signature.references
    found = [columns for columns in matched.references if columns]
    if len(found) < FEWEST_REFERENCES:
        raise AbsentError(
            f"A single sample has no {title} here: {len(found)} of its "
            f"{counted(len(listed), 'reference gene')} were measured, and "
            f"{FEWEST_REFERENCES} are needed."
        )
    values = _expression(matched, cohort, values)
    references = read_expression(cohort, found, None)
    enough = (~np.isnan(references)).sum(axis=1) >= FEWEST_REFERENCES
    level = np.where(enough, known_mean(references, 1), np.nan)
    return values - level[:, np.newaxis] + AT_REFERENCES


def _ratios(matched: MatchedSignature, cohort: Measured, values: FloatArray) -> FloatArray:
    """Values as they are, where they are ratios."""
    relative = _are_ratios(cohort)
    if not relative.any():
        raise AbsentError(
            f"A single sample has no {matched.signature.title} here: the profile is of ratios "
            "to a pool of tumours, and these values are none."
        )
    return np.where(relative[:, np.newaxis], values, np.nan)


def _published_sums(
    matched: MatchedSignature, cohort: Measured, values: FloatArray
) -> FloatArray:
    """Published constants and sums of the array's own probes, by the clinical ER status."""
    title = matched.signature.title
    if matched.n_by_probe < matched.n_listed:
        raise AbsentError(
            f"A single sample has no {title} here: its constants need all "
            f"{matched.n_listed} probes of {matched.signature.platform}, and "
            f"{matched.n_by_probe} were measured."
        )
    values = _expression(matched, cohort, values)
    read = read_er_status(cohort.clinical)
    if read is None:
        raise AbsentError(
            f"A single sample has no {title} here: no column says which tumours are "
            "ER-positive, and ESR1 alone does not without other samples."
        )
    status = read[0]
    scores = compute_scores(matched.signature, values, status == 1)
    return _known(np.where(np.isnan(status), np.nan, scores), matched)


def _expression(matched: MatchedSignature, cohort: Measured, values: FloatArray) -> FloatArray:
    """Values as they are, where they are no ratios."""
    relative = _are_ratios(cohort)
    if relative.all():
        raise AbsentError(
            f"A single sample has no {matched.signature.title} here: its constants are for "
            "expression, and these values are ratios or centred."
        )
    return np.where(relative[:, np.newaxis], np.nan, values)


def _are_ratios(cohort: Measured) -> NDArray[np.bool_]:
    """Whether the values of each sample are ratios, or centred, by these values alone."""
    if cohort.scale != "log2":
        return np.zeros(cohort.n_samples, dtype=bool)
    return np.array([_are_centred(sample[~np.isnan(sample)]) for sample in cohort.X])


def _are_centred(sample: NDArray[np.float32]) -> bool:
    if len(sample) == 0:
        return False
    at_floor = np.mean(sample == sample.min())
    return bool(np.mean(sample < 0) >= RATIO_NEGATIVES and at_floor <= AT_FLOOR)


def _known(scores: FloatArray, matched: MatchedSignature) -> FloatArray:
    if np.isnan(scores).all():
        raise AbsentError(
            f"No single sample has a {matched.signature.title} here: every sample lacks "
            "values that it is measured against."
        )
    return scores
