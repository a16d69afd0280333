"""What to know of a cohort before learning from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import pandas as pd

from deepcme.audit.audit import audit_cohort
from deepcme.audit.findings import Finding
from deepcme.audit.follow_up import find_follow_up_columns
from deepcme.base.shown import Shown, Shows, names_in_line
from deepcme.base.words import counted
from deepcme.cohort.cohort import Cohort
from deepcme.verbs.reading import as_cohort

__all__ = ["Findings", "audit"]


class Findings(Shows, Sequence[Finding]):
    """What the audit found, in the order of its codes; a sequence of findings.

    Attributes
    ----------
    name : str
        Of the cohort.
    follow_up : list of str
        Columns of the follow-up, which no model may learn from.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> findings = deepcme.audit(cohort)
    >>> sorted(findings.frame().columns)[:2]
    ['advice', 'code']
    """

    def __init__(self, name: str, found: Sequence[Finding], follow_up: list[str]) -> None:
        self.name = name
        self.follow_up = follow_up
        self._found = list(found)

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> list[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | list[Finding]:
        return self._found[index]

    @property
    def severe(self) -> list[Finding]:
        """Those that make results misleading unless something is done."""
        return [finding for finding in self._found if finding.severity == "severe"]

    def frame(self) -> pd.DataFrame:
        """One row for each: code, severity, title, evidence, advice."""
        columns = ["code", "severity", "title", "evidence", "advice"]
        return pd.DataFrame([finding.as_dict() for finding in self._found], columns=columns)

    def _shown(self) -> Shown:
        facts = [
            (
                f"{finding.code} {finding.severity}",
                f"{finding.title}. {finding.evidence} To do: {finding.advice}",
            )
            for finding in self._found
        ]
        if self.follow_up:
            facts.append(("Follow-up", names_in_line(self.follow_up)))
        title = (
            f"Audit of {self.name}: {counted(len(self), 'finding')}, "
            f"{len(self.severe)} of them severe"
        )
        return Shown(
            title, facts=facts, end="More: .frame(), .severe, .follow_up; deepcme explain CODE."
        )


def audit(cohort: Cohort | str | Path) -> Findings:
    """Check a cohort for what spoils published results (DCM001 to DCM013).

    As `deepcme audit` does.

    Parameters
    ----------
    cohort : Cohort or path

    Returns
    -------
    Findings
        A sequence of findings, as a table with `frame`.

    Examples
    --------
    >>> import deepcme
    >>> findings = deepcme.audit(deepcme.datasets.transbig())
    >>> [finding.code for finding in findings]
    ['DCM005', 'DCM012']
    """
    checked = as_cohort(cohort)
    return Findings(checked.name, audit_cohort(checked), find_follow_up_columns(checked))
