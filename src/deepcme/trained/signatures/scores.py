"""Scores of samples by signatures, on either scaling, and what there is to say of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.notes import WARNING
from deepcme.base.words import counted, listed
from deepcme.models.signatures.agreement import Agreement, compute_agreement
from deepcme.models.signatures.matching import MatchedSignature, match_signature
from deepcme.models.signatures.measured import FloatArray, Measured, read_expression
from deepcme.models.signatures.overlap import find_training_overlap
from deepcme.models.signatures.reference import fit_on_reference
from deepcme.models.signatures.scoring import (
    SINGLE_SAMPLE,
    WITHIN_COHORT,
    FittedSignature,
    fit_within_cohort,
)
from deepcme.models.signatures.signature import NOT_THE_ASSAY, Signature
from deepcme.models.signatures.single import score_single_samples
from deepcme.trained.scales.scale_reading import FEWEST_SAMPLES
from deepcme.trained.signatures.samples import SamplesToScore

Scaling = Literal["both", "within-cohort", "single-sample"]
"""Which scores are asked for, as the command names them."""

_DECIMALS = 6
_CLASSES = {1: ("low", "high"), 2: ("low", "intermediate", "high")}


@dataclass(frozen=True, eq=False)
class Reference:
    """A cohort on which genes are scaled, and what it is called."""

    measured: Measured
    name: str


@dataclass(frozen=True)
class SignatureScores:
    """Scores of all samples by all signatures.

    Attributes
    ----------
    table : DataFrame
        A row for each sample, signature and scaling: `sample, patient, signature, scaling,
        scaled_on, score` (higher is worse; blank where a sample lacks what it needs), `class`
        (by the published cut-offs, where they hold on this scaling and the signature is
        found in full), `standing, n_found, n_listed, gene_share, weight_share`.
    notes : list of str
        What was found of each signature, and why there is no score.
    """

    table: pd.DataFrame
    notes: list[str]


def score_signatures(
    samples: SamplesToScore,
    signatures: Sequence[Signature],
    *,
    scaling: Scaling = "both",
    reference: Reference | None = None,
) -> SignatureScores:
    """Score samples by each signature, whatever became of their patients.

    Parameters
    ----------
    samples : SamplesToScore
    signatures : sequence of Signature
    scaling : {"both", "within-cohort", "single-sample"}
        Within a cohort each gene is scaled on all of these samples; a single sample is
        scored on its own.
    reference : Reference, optional
        A cohort on which the genes are scaled in place of these samples.

    Raises
    ------
    DeepCMEError
        If no sample has a score by any of them, with the reasons.
    """
    require_names_apart(signatures)
    tables, notes = [], list(samples.notes)
    why: list[str] = []
    for signature in signatures:
        table, said = score_signature(samples, signature, scaling, reference)
        tables += [] if table is None else [table]
        why += said
    if not tables:
        raise DeepCMEError(f"No sample has a score: {' '.join(why)}")
    table = pd.concat(tables, ignore_index=True)
    if table["class"].ne("").any():
        why.append(
            "Classes are by cut-offs that were published for another platform or "
            "normalisation, and may cut elsewhere here: look at the scores."
        )
    if cancers := dict.fromkeys(one.cancer for one in signatures if one.is_published):
        why.append(
            f"Published signatures were made for {listed(cancers)} cancer. {NOT_THE_ASSAY}"
        )
    return SignatureScores(table, notes + why)


def score_signature(
    samples: SamplesToScore,
    signature: Signature,
    scaling: Scaling,
    reference: Reference | None,
) -> tuple[pd.DataFrame | None, list[str]]:
    """Rows of one signature, as `score_signatures` has them; none where it has no score."""
    measured = samples.measured
    matched = match_signature(signature, measured)
    overlap = find_training_overlap(signature, measured)
    warnings = [f"{WARNING}{overlap}"] if overlap else []
    if matched.standing == "refused":
        return None, [matched.describe(), *warnings]
    ways: dict[str, Callable[[], tuple[MatchedSignature, FloatArray]]] = {
        WITHIN_COHORT: lambda: _score_within(matched, measured, reference),
        SINGLE_SAMPLE: lambda: (matched, score_single_samples(matched, measured)),
    }
    of_cohort = "these samples" if reference is None else reference.name
    tables, scored, absent = [], {}, []
    for name, score in ways.items():
        if scaling not in ("both", name.replace(" ", "-")):
            continue
        try:
            found, scores = score()
        except AbsentError as error:
            absent.append(str(error))
            continue
        scored[name] = scores
        scaled_on = of_cohort if name == WITHIN_COHORT else ""
        tables.append(_rows(samples, found, name, scores, scaled_on))
        if found.n_found < matched.n_found:
            absent.append(f"In {of_cohort} as well: {found.describe()}")
        if n_without := int(np.isnan(scores).sum()):
            absent.append(
                f"{signature.title}: {counted(n_without, 'sample')} of {len(scores):,} "
                f"{'has' if n_without == 1 else 'have'} no score on the scaling {name}, as "
                f"{'it lacks' if n_without == 1 else 'they lack'} what that needs."
            )
    if len(scored) > 1:
        absent += _describe_agreement(signature, compute_agreement(signature, *scored.values()))
    table = pd.concat(tables, ignore_index=True) if tables else None
    return table, [matched.describe(), *warnings, *absent]


def _score_within(
    matched: MatchedSignature, samples: Measured, reference: Reference | None
) -> tuple[MatchedSignature, FloatArray]:
    """Scores on the samples' own scaling or the reference's, with the genes that counted."""
    title = matched.signature.title
    if reference is not None:
        fitted = fit_on_reference(matched.signature, reference.measured, samples)
        return fitted.matched, _blank_unmeasured(fitted, samples)
    if samples.n_samples < FEWEST_SAMPLES:
        are = "is" if samples.n_samples == 1 else "are"
        raise AbsentError(
            f"{title}: genes are scaled on {FEWEST_SAMPLES} samples or more, and there {are} "
            f"{samples.n_samples}: give the cohort that they belong to with --reference."
        )
    fitted = fit_within_cohort(matched, samples, np.arange(samples.n_samples))
    return matched, _blank_unmeasured(fitted, samples)


def _blank_unmeasured(fitted: FittedSignature, samples: Measured) -> FloatArray:
    """Scores; none of a sample without a gene, who would stand at the mean of the others."""
    values = read_expression(samples, fitted.matched.columns, None)
    return np.where(np.isnan(values).all(axis=1), np.nan, fitted.score())


def _rows(
    samples: SamplesToScore,
    matched: MatchedSignature,
    scaling: str,
    scores: FloatArray,
    scaled_on: str,
) -> pd.DataFrame:
    holds = matched.standing == "full"
    blank = [""] * len(scores)
    return pd.DataFrame(
        {
            "sample": samples.measured.samples,
            "patient": samples.patients,
            "signature": matched.signature.name,
            "scaling": scaling,
            "scaled_on": scaled_on,
            "score": scores.round(_DECIMALS),
            "class": classify(matched.signature, scaling, scores) if holds else blank,
            "standing": matched.standing,
            "n_found": matched.n_found,
            "n_listed": matched.n_listed,
            "gene_share": round(matched.gene_share, _DECIMALS),
            "weight_share": round(matched.weight_share, _DECIMALS),
        }
    )


def _describe_agreement(signature: Signature, agreement: Agreement) -> list[str]:
    """How far both scalings agree, in a sentence; none where that cannot be said."""
    if np.isnan(agreement.spearman):
        return []
    sentence = (
        f"{signature.title}: the scores of {agreement.n:,} samples on the two scalings have a "
        f"Spearman correlation of {agreement.spearman:.2f} ({agreement.ci_low:.2f} to "
        f"{agreement.ci_high:.2f})"
    )
    if agreement.same_class is not None:
        sentence += f"; {agreement.same_class.value:.0%} of them are in the same class on both"
    return [f"{sentence}."]


def require_names_apart(signatures: Iterable[Signature]) -> None:
    """Refuse two signatures of one name, whose scores could not be told apart.

    Raises
    ------
    DeepCMEError
        With the name.
    """
    names: set[str] = set()
    for signature in signatures:
        if signature.name in names:
            raise DeepCMEError(
                f"Two signatures are called {signature.name!r}: name each once, and give "
                "files other names."
            )
        names.add(signature.name)


def classify(signature: Signature, scaling: str, scores: FloatArray) -> list[str]:
    """Class of each score by published cut-offs; blank where they do not hold."""
    names = _CLASSES.get(len(signature.cut_offs))
    if names is None or scaling not in signature.cut_offs_hold:
        return [""] * len(scores)
    at = np.searchsorted(signature.cut_offs, scores, side="right")
    return [
        "" if np.isnan(score) else names[place] for score, place in zip(scores, at, strict=True)
    ]
