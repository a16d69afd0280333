"""The verdict: plain words built by rule from the numbers, never by taste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepcme.base.shown import Shown, Shows
from deepcme.base.words import counted
from deepcme.report.blocks import Blocks, Figure
from deepcme.report.chance import exceeds_chance
from deepcme.report.design import find_leaks
from deepcme.report.opening.forest import find_headline_figure
from deepcme.report.opening.opening import Opening, Tile, Warned
from deepcme.report.section import Contents, Section
from deepcme.report.sections.discrimination import compute_training_shares
from deepcme.report.verdict.asked import gather_asked
from deepcme.report.verdict.facts import Facts
from deepcme.report.verdict.phrase import tell
from deepcme.report.verdict.phrases import TOPICS
from deepcme.report.verdict.sentence import make_sentence
from deepcme.report.verdict.signature import find_signature
from deepcme.report.verdict.tiles import make_tiles
from deepcme.study.designs import SplitSettings, describe_try_out

__all__ = ["Verdict"]

_FEW_EVENTS, _SAID_BY_IT = "DCM005", ("few events", "sample size")
"""A finding of the audit, and the phrases that would say the same again."""
_AUDIT = "table-audit-findings"


@dataclass(frozen=True, repr=False)
class Verdict(Shows):
    """What a reader should take away.

    Attributes
    ----------
    sentence : str
        What was found, in plain words.
    warnings : tuple of str
        Severe findings of the audit, each with its evidence.
    points : tuple of tuple of str
        What is said at more length: a topic, and its sentences.
    """

    sentence: str
    warnings: tuple[str, ...]
    points: tuple[tuple[str, str], ...]

    @property
    def paragraph(self) -> str:
        """The points after each other."""
        return " ".join(text for _, text in self.points)

    def _shown(self) -> Shown:
        warnings = [("Warning", warning) for warning in self.warnings]
        return Shown(self.sentence, facts=[*warnings, *self.points])


def make_verdict(facts: Facts, findings: Sequence[dict[str, Any]] = ()) -> Verdict:
    """Build the verdict on one model of the phrases that apply (`choose_phrases`).

    Parameters
    ----------
    facts : Facts
    findings : sequence of dict
        The audit's: code, severity, title, evidence.
    """
    points = tell(TOPICS, facts, without=find_said(findings))
    return Verdict(make_sentence(facts), find_warnings(findings, facts.split), points)


def find_warnings(findings: Sequence[dict[str, Any]], split: SplitSettings) -> tuple[str, ...]:
    """Whether it is a try-out, then the severe ones of the audit's findings."""
    severe = [f"{one['title']}: {one['evidence']}" for one in select_severe(findings)]
    return tuple(filter(None, [describe_try_out(split), *severe]))


def select_severe(findings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings of the audit that come before everything else."""
    return [finding for finding in findings if finding["severity"] == "severe"]


def find_said(findings: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Names of phrases that a severe finding says already."""
    is_said = any(finding.get("code") == _FEW_EVENTS for finding in select_severe(findings))
    return _SAID_BY_IT if is_said else ()


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
        asked=gather_asked(contents),
    )


def compute_verdict(contents: Contents) -> Verdict:
    """The verdict on a study's headline, of what the sections found."""
    return make_verdict(gather_facts(contents), contents.results.folder.read_findings())


def _write(contents: Contents) -> Blocks:
    cohort, facts = contents.results.cohort, gather_facts(contents)
    counts = (
        f"{counted(cohort['samples'], 'sample')} of {counted(cohort['patients'], 'patient')}, "
        f"{cohort['positives']:,} positive"
    )
    n, events = int(facts.rows["n"].sum()), int(facts.rows["events"].sum())
    tested = f"{counted(n, 'sample')}, {counted(events, 'event')}"
    tiles = make_tiles(
        facts, describe_patients(facts), tested, "a patient with the event and one without"
    )
    verdict = make_verdict(facts, contents.results.folder.read_findings())
    return [open_report(contents, verdict, tiles, find_headline_figure(contents), counts)]


def describe_patients(facts: Facts) -> Tile:
    """How many patients there are, with how many events, and how many were tested."""
    cohort, rows = facts.cohort, facts.rows
    patients, samples = int(cohort["patients"]), int(cohort["samples"])
    positives, noun, said = int(cohort["positives"]), "", ""
    with_event, had_it = positives, counted(positives, "event")
    if samples != patients:  # one with several samples would be counted as often
        with_event, noun = int(cohort["positive_patients"]), " samples"
        had_it = f"{with_event:,} with the event"
        said = f"{samples:,} samples, {positives:,} positive. "
    n, n_events = int(rows["n"].sum()), int(rows["events"].sum())
    unseen = "" if facts.leaks else ", by models that had not seen them"
    said += (
        f"All were tested{unseen}."
        if n == samples
        else f"Tested were {n:,}{noun}, with {n_events:,} events."
    )
    return Tile("Patients", f"{patients:,}", f"{had_it} ({with_event / patients:.0%})", said)


def open_report(
    contents: Contents,
    verdict: Verdict,
    tiles: Sequence[Tile],
    figure: Figure | None,
    counts: str,
) -> Opening:
    """The first screen of a study's report.

    Parameters
    ----------
    contents : Contents
    verdict : Verdict
    tiles : sequence of Tile
    figure : Figure or None
    counts : str
        Of the cohort.
    """
    results = contents.results
    severe = select_severe(results.folder.read_findings())
    warned = [Warned(f"{finding['title']}.", _AUDIT) for finding in severe]
    protocol, try_out = results.study.protocol, results.study.try_out
    as_published = (
        " (as published: split by sample, standardised over all rows; its AUC is not one to "
        "expect of new patients)"
        if protocol == "paper"
        else ""
    )
    return Opening(
        verdict.sentence,
        tiles,
        figure,
        [*([Warned(try_out)] if try_out else []), *warned],
        verdict.points,
        [
            f"{counts}, {results.cohort['genes']:,} genes; protocol {protocol}{as_published}. "
            f"Endpoint: {results.cohort['endpoint']}"
        ],
    )


SECTION = Section(_write)
