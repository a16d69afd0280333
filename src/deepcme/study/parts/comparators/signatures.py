"""Published signatures beside the models: scored as published, trained on nothing here.

The scaling of their genes is fitted on the training part of each split, without the outcome;
a score of a single sample, where the source states how, needs no other sample.

Tables
------
predictions.parquet       rows of each signature that is not refused, after those of the models
signatures.csv            signature, title, kind, standing, why, n_found, n_listed, gene_share,
                          weight_share, aliases, missing, cancer, platform, source, scaling,
                          trained_here, warnings, single_sample (why there is no such score),
                          spearman, spearman_low, spearman_high, same_class, n_agreement (of
                          both scores), comparator (the one that was named): all looked at
signature_scores.parquet  sample, signature, scaling, score: of single samples, if any have one
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.base.words import counted, few
from deepcme.cohort.indices.indices import NOTTINGHAM_INDEX
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.models.signatures.agreement import compute_agreement
from deepcme.models.signatures.matching import MatchedSignature
from deepcme.models.signatures.measured import FloatArray, Measured, measured
from deepcme.models.signatures.overlap import tell_preselection, tell_training_cohort
from deepcme.models.signatures.published import load_signatures
from deepcme.models.signatures.scoring import SINGLE_SAMPLE, fit_within_cohort
from deepcme.models.signatures.signature import Signature
from deepcme.models.signatures.single import score_single_samples
from deepcme.study.part import PREDICTIONS, Kept, Part, TextColumns
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES
from deepcme.study.parts.comparators.cancer import find_cancer
from deepcme.study.parts.comparators.taking_part import (
    find_other_cancer,
    match_signatures,
    with_named_signature,
)
from deepcme.study.parts.grid import TUNED, TUNED_OF_TIMES
from deepcme.study.settings import AUTOMATIC, NO_SIGNATURE
from deepcme.study.tables import concatenate, predictions_of_scores
from deepcme.study.tasks import Plan, Task

SIGNATURES, SIGNATURE_SCORES = "signatures.csv", "signature_scores.parquet"
PUBLISHED, OWN = "published", "own file"
"""Kinds of signatures."""
REFUSED = "refused"
"""The standing of one that gives no score."""
_TEXTS = (
    "signature", "title", "kind", "standing", "why", "aliases", "missing", "cancer", "platform",
    "source", "scaling", "trained_here", "warnings", "single_sample",
)  # fmt: skip
COLUMNS = (
    *_TEXTS[:5], "n_found", "n_listed", "gene_share", "weight_share", *_TEXTS[5:], "spearman",
    "spearman_low", "spearman_high", "same_class", "n_agreement", "comparator",
)  # fmt: skip
_SCORE_COLUMNS = ("sample", "signature", "scaling", "score")
_TAKEN = (CLINICAL, CLINICAL_AND_GENES, TUNED, TUNED_OF_TIMES, NOTTINGHAM_INDEX)
"""Names of models that parts of a study add."""


class Comparators(Part[Task]):
    """Signatures are quick enough to be scored with the tables."""

    name = "comparators"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = None
    stands_beside = False
    tables: ClassVar[TextColumns] = {SIGNATURES: _TEXTS, SIGNATURE_SCORES: ()}

    def bring(self, plan: Plan) -> Plan:
        signatures = match_signatures(plan.study, plan.cohort)
        named = with_named_signature(plan.study, signatures)
        return replace(plan, study=named, signatures=signatures)

    def check(self, plan: Plan) -> None:
        """Refuse a model, or a user's own signature, that takes the name of another."""
        names = [one.signature.name for one in _standing(plan.signatures)]
        for model in plan.study.models:
            if model.name in names:
                raise DeepCMEError(
                    f"a model must not be called {model.name!r}, as the signature of this name "
                    "stands beside the models: give the model another name, or leave the "
                    "signature out of signatures under [comparator]."
                )
        for name in {*_TAKEN} & {*names}:
            raise DeepCMEError(
                f"a signature must not be called {name!r}, as the study adds a model of this "
                "name: give its file another name."
            )

    def announce(self, plan: Plan) -> str:
        """Which signatures stand beside the models, and which is that of the verdict."""
        if not plan.signatures:
            if plan.study.comparator.signatures == AUTOMATIC:
                return _why_none(find_other_cancer(plan.cohort))
            return ""
        standing = _standing(plan.signatures)
        if not standing:
            return (
                f"None of {counted(len(plan.signatures), 'published signature')} has enough of "
                "its genes here to stand beside the models."
            )
        partial = [one.signature.name for one in standing if one.standing == "partial"]
        names = few([one.signature.name for one in standing], len(standing))
        sentences = [f"Beside the models, not trained here: {names}"]
        if partial:
            sentences[0] += f" (in part: {few(partial, len(partial))})"
        if plan.study.comparator.signature != NO_SIGNATURE:
            sentences.append(f"The verdict tells of {plan.study.comparator.signature}")
        return ". ".join(sentences) + "."

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """Scores in every split, and what was found of each signature."""
        if not plan.signatures:
            return _tables_of_none(plan)
        expressed = measured(plan.cohort)
        with single_thread():
            tables = {SIGNATURES: describe_signatures(plan, expressed)}
            single = compute_single_scores(plan.signatures, expressed)
            if not single.empty:
                tables[SIGNATURE_SCORES] = single
            if standing := _standing(plan.signatures):
                tables[PREDICTIONS] = compute_signature_predictions(plan, standing, expressed)
        return tables


COMPARATORS = Comparators()


def _standing(matched: Iterable[MatchedSignature]) -> list[MatchedSignature]:
    """Those of which enough was measured for a score."""
    return [one for one in matched if one.standing != REFUSED]


def compute_signature_predictions(
    plan: Plan, matched: Iterable[MatchedSignature], expressed: Measured
) -> pd.DataFrame:
    """Rows of signatures as `deepcme.study.tables.compute_predictions` has those of models.

    Scaled on the training part of each split, and on nothing else.
    """
    return concatenate(
        [
            predictions_of_scores(
                plan.cohort,
                number,
                split,
                one.signature.name,
                fit_within_cohort(one, expressed, split.train).score(),
            )
            for one in matched
            for number, split in enumerate(plan.splits, start=1)
        ]
    )


def compute_single_scores(
    matched: Iterable[MatchedSignature], expressed: Measured
) -> pd.DataFrame:
    """Scores of samples one by one, of the signatures and samples that have such."""
    tables = []
    for one in _standing(matched):
        try:
            scores = score_single_samples(one, expressed)
        except AbsentError:
            continue
        table = pd.DataFrame(
            {
                "sample": expressed.samples,
                "signature": one.signature.name,
                "scaling": SINGLE_SAMPLE,
                "score": scores,
            }
        )
        tables.append(table[np.isfinite(scores)])
    return concatenate(tables, _SCORE_COLUMNS)


def describe_signatures(plan: Plan, expressed: Measured) -> pd.DataFrame:
    """A row of `COLUMNS` for each signature that was looked at, those refused too."""
    cancer, named = find_cancer(plan.cohort), plan.study.comparator.signature
    rows = [_describe(one, expressed, cancer, named) for one in plan.signatures]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _describe(
    matched: MatchedSignature, expressed: Measured, cancer: str, named: str
) -> dict[str, Any]:
    signature = matched.signature
    row = _describe_itself(signature) | {
        "standing": matched.standing,
        "why": "" if matched.standing == "full" else matched.describe(),
        "n_found": matched.n_found,
        "n_listed": matched.n_listed,
        "gene_share": matched.gene_share,
        "weight_share": matched.weight_share,
        "aliases": "; ".join(f"{name} for {symbol}" for symbol, name in matched.by_alias),
        "missing": "; ".join(matched.missing),
        "comparator": signature.name == named,
    }
    if matched.standing == REFUSED:
        return row
    row["trained_here"] = tell_training_cohort(signature, expressed)
    warnings = (_warn_of_cancer(signature, cancer), tell_preselection(signature, expressed))
    row["warnings"] = " ".join(filter(None, warnings))
    everyone = np.arange(expressed.n_samples)
    within = fit_within_cohort(matched, expressed, everyone).score()
    return row | _compare_scalings(matched, expressed, within)


def _describe_itself(signature: Signature) -> dict[str, Any]:
    """What is known of it in any cohort."""
    return {
        **dict.fromkeys(_TEXTS, ""),
        "signature": signature.name,
        "title": signature.title,
        "kind": PUBLISHED if signature.is_published else OWN,
        "cancer": signature.cancer,
        "platform": signature.platform,
        "source": signature.source.citation,
        "scaling": signature.scaling,
        "comparator": False,
    }


def _compare_scalings(
    matched: MatchedSignature, expressed: Measured, within: FloatArray
) -> dict[str, Any]:
    """How far the scores within the cohort and of single samples agree, or why there is one."""
    try:
        single = score_single_samples(matched, expressed)
    except AbsentError as absent:
        return {"single_sample": str(absent)}
    found = compute_agreement(matched.signature, within, single)
    return {
        "spearman": found.spearman,
        "spearman_low": found.ci_low,
        "spearman_high": found.ci_high,
        "same_class": np.nan if found.same_class is None else found.same_class.value,
        "n_agreement": found.n,
    }


def _warn_of_cancer(signature: Signature, cancer: str) -> str:
    if not signature.cancer or signature.cancer == cancer:
        return ""
    made_for = f"Made for {signature.cancer} cancer"
    if cancer:
        return f"{made_for}; the cohort says that it is of another one ({cancer})."
    return f"{made_for}; the cohort does not say of which it is."


def _tables_of_none(plan: Plan) -> dict[str, pd.DataFrame]:
    """Why none stands beside the models, where the study did not leave them out."""
    section, cancer = plan.study.comparator, find_other_cancer(plan.cohort)
    if section.signatures != AUTOMATIC or not cancer:
        return {}
    rows = [
        _describe_itself(signature) | {"standing": REFUSED, "why": _why_none(cancer)}
        for signature in load_signatures()
    ]
    return {SIGNATURES: pd.DataFrame(rows, columns=list(COLUMNS))}


def _why_none(cancer: str) -> str:
    return (
        f"The cohort says that it is of another cancer ({cancer}) than breast cancer, which "
        "the published signatures were made for: they are left out unless signatures under "
        "[comparator] names them."
    )
