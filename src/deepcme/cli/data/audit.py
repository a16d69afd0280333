"""`deepcme audit`: what to know of a cohort before learning from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.terminal import say, say_lines


def audit(
    cohort: Annotated[Path, typer.Argument(help="Cohort file (.h5ad).", show_default=False)],
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the findings as a JSON array and nothing else."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 1 if a finding is severe.")
    ] = False,
) -> None:
    """Check a cohort for what spoils published results (DCM001 to DCM013)."""
    import json

    from deepcme.base.words import listed
    from deepcme.cohort.cohort import Cohort
    from deepcme.verbs.auditing import audit as audit_cohort

    checked = Cohort.load(cohort)
    findings = audit_cohort(checked)
    if as_json:
        say_lines(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        say(f"{cohort}: {checked.n_samples:,} samples, {checked.endpoint}")
        for finding in findings:
            say()
            say(f"{finding.code} {finding.severity}: {finding.title}")
            say(f"  {finding.evidence}")
            say(f"  To do: {finding.advice}")
        say()
        if findings.follow_up:
            say(f"Follow-up, which no model may learn from: {listed(findings.follow_up)}.")
        say(f"{len(findings)} findings, {len(findings.severe)} of them severe.")
    if strict and findings.severe:
        raise typer.Exit(1)
