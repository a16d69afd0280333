"""What a model is for and not for, and whom it was learned from."""

from __future__ import annotations

from collections.abc import Iterator

from deepcme.base.words import counted, listed
from deepcme.report.blocks import Blocks, Heading, Terms
from deepcme.report.card.card import NO_DEVICE, Card

ALWAYS_OUT_OF_SCOPE = (
    "Diagnosis and treatment of anybody; patients, tissues and platforms unlike those that it "
    "learned from."
)
_SCALES = {
    "fpkm": "FPKM", "tpm": "TPM", "rsem": "RSEM", "counts": "counts of reads",
    "log2": "log2 values", "intensity": "intensities",
}  # fmt: skip


def write_purpose(card: Card) -> Blocks:
    """What it tells, for what and whom, and not for what."""
    yield Heading("What it is for, and what it is not for", "purpose")
    yield Terms(
        [
            ("Tells", describe_output(card)),
            ("Intended use", card.answer("intended_use")),
            ("Users", card.answer("users")),
            ("Patients whom it is for", card.answer("population")),
            ("Not for", describe_out_of_scope(card)),
            ("What it is", NO_DEVICE),
        ]
    )


def describe_output(card: Card) -> str:
    """What a prediction is."""
    if card.survival is not None:
        return (
            f"The risk of the event {card.by}, a third of risk, and the risk by any earlier "
            f"time up to {card.survival.in_words(card.survival.manifest.follow_up.last_time)} "
            f"of follow-up. The event: {card.manifest.endpoint}"
        )
    assert card.binary is not None
    threshold = card.binary.manifest.threshold
    calls = (
        f", and a call from {threshold.probability:.1%} on ({threshold.method})"
        if card.model.rises
        else ", and no call"
    )
    return f"The probability of the event{calls}. The event: {card.manifest.endpoint}"


def describe_out_of_scope(card: Card) -> str:
    """What it is not for: always, and by the user."""
    said = card.answers.get("out_of_scope", "")
    return f"{ALWAYS_OUT_OF_SCOPE} {said}".strip()


def write_patients(card: Card) -> Blocks:
    """Whom it was learned from."""
    yield Heading("Whom it was learned from", "patients")
    yield Terms([*describe_patients(card)])


def describe_patients(card: Card) -> Iterator[tuple[str, str]]:
    """Cohort, counts, tissue, endpoint, follow-up and scale; and what only the user knows."""
    cohort, manifest = card.manifest.cohort, card.manifest
    yield "Cohort", cohort.name
    yield "Source", cohort.source or "Not given in the cohort's file"
    yield (
        "Patients",
        f"{counted(cohort.patients, 'patient')}, {cohort.positive_patients:,} "
        f"{card.model.having}",
    )
    yield "Samples", f"{counted(cohort.samples, 'sample')}, {cohort.positives:,} of these"
    tissue = [f"{kind} {number:,}" for kind, number in cohort.tissue.items()]
    yield "Tissue", listed(tissue) if tissue else "Not given in the cohort's file"
    yield "Endpoint", manifest.endpoint
    if card.survival is not None:
        follow_up = card.survival.manifest.follow_up
        performance = card.survival.manifest.performance
        yield (
            "Follow-up",
            f"in {follow_up.unit}, horizon {card.survival.until}, risks up to "
            f"{card.survival.in_words(follow_up.last_time)}; {performance.events:,} of "
            f"{counted(performance.n, 'patient')} had the event {card.by}, an observed risk of "
            f"{performance.observed_risk:.1%}",
        )
    yield "Values", describe_scale(card)
    yield "Platform", card.answer("platform")
    for label, key in (
        ("Setting", "setting"), ("Dates", "dates"), ("Eligibility", "eligibility"),
        ("Treatments", "treatments"), ("Whom they stand for", "representative"),
    ):  # fmt: skip
        yield label, card.answer(key)


def describe_scale(card: Card) -> str:
    """What values the model takes."""
    trained = card.manifest.preprocessing
    parts = [_SCALES.get(trained.scale, trained.scale)]
    if trained.relative:
        parts.append("ratios or centred values")
    if trained.log2:
        parts.append("of which the model takes log2(x + 1)")
    clip = f"standardised and clipped at {trained.clip:g} deviations"
    return f"{', '.join(parts)}; {clip}"
