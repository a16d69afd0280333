"""The verdict: plain words built by rule from the numbers, never by taste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepcme.report.blocks import Blocks, Fragment, Terms, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.design import find_leaks
from deepcme.report.section import Contents, Section
from deepcme.report.sections.discrimination import compute_training_shares
from deepcme.report.verdict.facts import Facts
from deepcme.report.verdict.phrases import choose_phrases
from deepcme.report.verdict.signature import find_signature


@dataclass(frozen=True)
class Verdict:
    """What a reader should take away.

    Attributes
    ----------
    warnings : tuple of str
        Severe findings of the audit; they come before everything else.
    paragraph : str
    """

    warnings: tuple[str, ...]
    paragraph: str


def make_verdict(facts: Facts, findings: Sequence[dict[str, Any]] = ()) -> Verdict:
    """Build the verdict on one model of the phrases that apply (`choose_phrases`).

    Parameters
    ----------
    facts : Facts
    findings : sequence of dict
        The audit's: severity, title, evidence.
    """
    paragraph = " ".join(phrase.words(facts) for phrase in choose_phrases(facts))
    return Verdict(find_warnings(findings), paragraph)


def find_warnings(findings: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The severe ones of the audit's findings, each in a sentence."""
    return tuple(
        f"{finding['title']}: {finding['evidence']}"
        for finding in findings
        if finding["severity"] == "severe"
    )


def gather_facts(contents: Contents) -> Facts:
    """What the sections found of a study's headline."""
    tables, results, model = contents.tables, contents.results, contents.headline
    table = tables["discrimination"]
    return Facts(
        model=model,
        rows=table[table["model"] == model],
        split=results.study.split,
        above_chance=[name for name in results.models if exceeds_chance(contents, name)],
        training_share=compute_training_shares(results.study, results.predictions)[model],
        cohort=results.cohort,
        leaks=find_leaks(results.cohort, results.study),
        comparison=tables.get("comparison"),
        permutation=tables.get("permutation"),
        looks=results.folder.read_looks(),
        notes=contents.notes,
        signature=find_signature(contents),
    )


def compute_verdict(contents: Contents) -> Verdict:
    """The verdict on a study's headline, of what the sections found."""
    return make_verdict(gather_facts(contents), contents.results.folder.read_findings())


def _write(contents: Contents) -> Blocks:
    cohort = contents.results.cohort
    counts = (
        f"{cohort['samples']} samples of {cohort['patients']} patients, "
        f"{cohort['positives']} positive"
    )
    return write_verdict(contents, compute_verdict(contents), counts)


def write_verdict(contents: Contents, verdict: Verdict, counts: str) -> Blocks:
    """The blocks of a verdict, with the cohort's counts below it."""
    cohort, protocol = contents.results.cohort, contents.results.study.protocol
    on_page = {
        "warnings": verdict.warnings,
        "paragraph": verdict.paragraph,
        "counts": f"{counts}, {cohort['genes']:,} genes; protocol ",
        "protocol": protocol,
    }
    said = f"{counts}, {cohort['genes']} genes; protocol {protocol}."
    return [
        Fragment("verdict.html", on_page, only="html"),
        Terms([("Read this first", warning) for warning in verdict.warnings], only="md"),
        Text(verdict.paragraph, only="md"),
        Text(f"{said} Endpoint: {cohort['endpoint']}", only="md"),
    ]


SECTION = Section(_write)
