"""What is said of the genes of highest score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.base.words import counted
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.report.figures.genes import CLAIMED_FDR
from deepcme.report.models import members_of
from deepcme.report.sections.genes.table import FEW, MEASURES, find_measure
from deepcme.selection.scores import FEW_DRIVING_SAMPLES
from deepcme.selection.univariate.univariate import AUC, C
from deepcme.study.genes.scores import CLEAR_SHARE, HIGHER, LOWER, TOP_GENES
from deepcme.study.resolved import Study
from deepcme.study.settings import ModelSettings

_HOW_ALONE = {
    AUC: "the AUC, its interval by DeLong's variance on the logit scale, p by the test of Mann "
    "and Whitney (normal approximation, within strata where there are any)",
    C: "Harrell's C, its interval by the infinitesimal jackknife on the logit scale, p by the "
    "score test of its ranks in Cox's model",
}


def find_learned(models: Sequence[ModelSettings], name: str) -> str:
    """What a model of a study of times learned, in words."""
    kind = next((model.kind for model in models if model.name == name), None)
    is_classifier = kind is not None and BinaryOutcome.kind in kind.outcomes
    return "whether the event comes by the horizon" if is_classifier else "the times"


def describe_whose_genes(study: Study, model: str) -> str:
    """Whose gene scores these are, where they are not those of the model of the verdict."""
    headline = study.headline
    if model == headline.name:
        return ""
    learned = (
        "" if study.survival is None else f", which learned {find_learned(study.models, model)}"
    )
    estimator = next(of.estimator for of in study.models if of.name == model)
    is_member = headline.kind.is_committee and estimator in members_of(headline)
    member = (
        f"; a model like it is one of the members of {headline.name}, the others have no gene "
        "scores"
        if is_member
        else ""
    )
    return f"{headline.name} gives no gene scores: these are of {model}{learned}{member}."


def summarise_genes(genes: pd.DataFrame) -> str:
    """How far the order of the genes can be believed, and how many stand a test alone."""
    top = genes.head(TOP_GENES)
    first, last = top["score"].iloc[0], top["score"].iloc[-1]
    typical = top["sd"].median()
    sentences = []
    if typical >= first - last:
        sentences.append(
            f"The order says little: from rank 1 to rank {len(top)} the score falls by "
            f"{first - last:.3f}, and that of one gene varies over the splits by {typical:.3f} "
            "(standard deviation)."
        )
    n_tested = _count_tested(genes)
    if n_tested:
        claimed = genes["fdr"] <= CLAIMED_FDR
        n_claimed, of_top = int(claimed.sum()), int(claimed.head(TOP_GENES).sum())
        sentences.append(
            f"By itself, {n_claimed:,} of {counted(n_tested, 'gene')} "
            f"{'goes' if n_claimed == 1 else 'go'} with the outcome at a false-discovery rate "
            f"up to {CLAIMED_FDR}, {of_top or 'none'} of them among these {len(top)}."
        )
        sentences.append(_say_agreement(top))
    return " ".join(filter(None, sentences))


def _say_agreement(top: pd.DataFrame) -> str:
    """How many genes go with the outcome as they go with the model's score."""
    clear = top[top["direction"].isin([HIGHER, LOWER])]
    if clear.empty:
        return ""
    alone = clear[find_measure(top)] - 0.5
    n_same = int((np.sign(alone) == np.sign(clear["risk_correlation"])).sum())
    return (
        f"Of {counted(len(clear), 'gene')} here with a clear direction in the model, {n_same} "
        f"{'goes' if n_same == 1 else 'go'} the same way by "
        f"{'itself' if n_same == 1 else 'themselves'}."
    )


def explain_columns(genes: pd.DataFrame, within: str) -> list[tuple[str, str]]:
    """What is told of each gene, by headings; of a folder that lacks something, without it.

    Parameters
    ----------
    genes : DataFrame
    within : str
        Columns within which patients are compared; may be empty.
    """
    model = genes["model"].iloc[0]
    terms = [
        (
            "Score",
            f"How much weight {model} gives the gene, averaged over the splits. It does not "
            "say that the gene is a cause, nor that it is needed: genes that go together share "
            "their weight.",
        )
    ]
    if genes["direction"].notna().any():
        terms.append(
            (
                "Direction",
                f"Whether test patients to whom {model} gives a higher risk express more or "
                "less of the gene, in the fits that did not see them; unclear where fewer than "
                f"{CLEAR_SHARE:.0%} of the splits agree. It is of the gene with all that goes "
                "with it, and no sign of a weight, of which a network has many for each gene.",
            )
        )
    measure = find_measure(genes)
    if measure is not None and _count_tested(genes):
        n, events = int(genes["n"].max()), int(genes["events"].max())
        compared = f", compared within {within}" if within else ""
        terms.append(
            (
                "Alone",
                f"{MEASURES[measure]} of the gene by itself, without any model, on all "
                f"{counted(n, 'patient')} with {counted(events, 'event')}{compared}: above "
                "0.5, higher expression goes with the event. Nothing is held out, and the "
                "model learned from the same patients: this describes the cohort and confirms "
                "nothing. FDR: the false-discovery rate, over all genes.",
            )
        )
    return terms


def _count_tested(genes: pd.DataFrame) -> int:
    return 0 if find_measure(genes) is None else int(genes["fdr"].notna().sum())


def describe_flags(genes: pd.DataFrame) -> str:
    """What the flag of a gene means, where a gene has it."""
    if not genes["few_driving_samples"].any():
        return ""
    return (
        f"Flag: of a gene with {FEW} fewer than {FEW_DRIVING_SAMPLES} samples carry what it "
        "varies by, and its score tells of those samples rather than of the disease."
    )


def describe_gene_methods(genes: pd.DataFrame) -> str:
    """How what is told of genes was computed, for a methods section."""
    sentences = [
        "Score of a gene: the sum of its absolute first-layer weights (equation 4 of Kim et "
        "al. 2023), averaged over the snapshots and networks of an ensemble and over the "
        "splits; 0 in a split that left the gene out."
    ]
    if genes["direction"].notna().any():
        sentences.append(
            "Direction: correlation of the gene's rank with that of the model's score among "
            "the patients of a test part (Haufe et al. 2014), averaged over the splits."
        )
    measure = find_measure(genes)
    if measure is not None:
        sentences.append(
            f"Each gene alone, on all patients: {_HOW_ALONE[measure]}; false-discovery rates "
            "over all genes (Benjamini and Hochberg 1995)."
        )
    sentences.append(
        "Genes of few samples: the participation ratio of their standardised values z, (sum "
        f"of z^2)^2 over the sum of z^4, is below {FEW_DRIVING_SAMPLES}."
    )
    return " ".join(sentences)
