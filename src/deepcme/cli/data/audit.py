"""`deepcme audit`: what to know of a cohort before learning from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcme.base.terminal import say, say_lines
from deepcme.cli.next_step import say_next

if TYPE_CHECKING:
    from deepcme.audit.findings import Finding
    from deepcme.verbs.auditing import Findings


def audit(
    cohort: Annotated[
        Path,
        typer.Argument(metavar="COHORT.h5ad", help="Cohort to check.", show_default=False),
    ],
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the findings as a JSON array and nothing else."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 1 if a finding is severe.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print severe findings alone.")
    ] = False,
) -> None:
    """Check a cohort for what spoils published results.

    Numbered findings, DCM001 to DCM013, each with what it rests on and what to do.
    """
    import json

    from deepcme.cohort.cohort import Cohort
    from deepcme.verbs.auditing import audit as audit_cohort

    checked = Cohort.load(cohort)
    findings = audit_cohort(checked)
    if as_json:
        say_lines(json.dumps([finding.as_dict() for finding in findings], indent=2))
    elif quiet:
        for finding in findings.severe:
            _say_finding(finding)
    else:
        say(f"{cohort}: {checked.n_samples:,} samples, {checked.endpoint}")
        for finding in findings:
            say()
            _say_finding(finding)
        say()
        _say_summary(findings)
        say_next("run", cohort)
    if strict and findings.severe:
        raise typer.Exit(1)


def _say_finding(finding: Finding) -> None:
    say(f"{finding.code} {finding.severity}: {finding.title}")
    say(f"  {finding.evidence}")
    say(f"  To do: {finding.advice}")
    say(f"  More: deepcme explain {finding.code}", whole=True)


def _say_summary(findings: Findings) -> None:
    from deepcme.base.words import counted, listed

    if findings.follow_up:
        say(f"Follow-up, which no model may learn from: {listed(findings.follow_up)}.")
    say(f"{counted(len(findings), 'finding')}, {len(findings.severe)} of them severe.")
    if findings.severe:
        say("What is severe stands in every report of this cohort until it is mended.")
