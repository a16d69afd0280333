"""The cohort, who was left out of it, and what the audit found there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.cohort.flow import read_flow
from deepcme.report.blocks import Blocks, Bullets, Heading, Subheading, Table, Terms, Text
from deepcme.report.formatting import TableLayout
from deepcme.report.section import Contents, Section

PATIENT_FLOW = TableLayout(
    "Who was read, joined, labelled, left out and analysed. Events are positive samples; "
    "reasons count samples.",
    ("step", "Step", ""), ("samples", "Samples", ",.0f"), ("patients", "Patients", ",.0f"),
    ("events", "Events", ",.0f"), ("left_out", "Left out", ""),
)  # fmt: skip
_FINDINGS = TableLayout(
    "",
    ("code", "Code", ""), ("severity", "Severity", ""), ("title", "Finding", ""),
    ("evidence", "Evidence", ""), ("advice", "What to do", ""),
)  # fmt: skip


def compute_patient_flow(cohort: Mapping[str, Any]) -> pd.DataFrame:
    """Who was read, joined, labelled, left out for what reason, and analysed.

    Parameters
    ----------
    cohort : mapping
        The cohort in numbers and words, as a study's folder holds it.

    Returns
    -------
    DataFrame
        Columns step, samples, patients, events, left_out; events are the positive
        samples, missing before the samples are labelled.

    Raises
    ------
    AbsentError
        If the flow was not counted when the cohort was made.
    """
    steps = read_flow(cohort.get("flow", []))
    if not steps:
        raise AbsentError(
            "The cohort's file does not say who was read and left out: prepare it again."
        )
    counts = [
        (s.step, s.samples, s.patients, s.positives, s.describe_left_out()) for s in steps
    ]
    analysed = ("analysed", cohort["samples"], cohort["patients"], cohort["positives"], "")
    table = pd.DataFrame(
        [*counts, analysed], columns=["step", "samples", "patients", "events", "left_out"]
    )
    return table.astype({"events": "Int64"})


def _compute(contents: Contents) -> None:
    cohort = contents.results.cohort
    contents.add("patient_flow", lambda: compute_patient_flow(cohort), PATIENT_FLOW)


def _describe_cohort(cohort: Mapping[str, Any]) -> list[tuple[str, str]]:
    share = 100 * cohort["positives"] / cohort["samples"]
    terms = [
        ("Endpoint", cohort["endpoint"]),
        ("Samples", f"{cohort['samples']} ({cohort['positives']} positive, {share:.1f}%)"),
        (
            "Patients",
            f"{cohort['patients']} ({cohort['positive_patients']} with a positive sample)",
        ),
        ("Tissue", ", ".join(f"{count} {kind}" for kind, count in cohort["tissue"].items())),
        ("Genes", f"{cohort['genes']:,}, scale {cohort['scale']}"),
        ("Source", cohort["source"]),
    ]
    return [(heading, text) for heading, text in terms if text]


def _write(contents: Contents) -> Blocks:
    cohort, findings = contents.results.cohort, contents.results.folder.read_findings()
    yield Heading("Cohort and audit", "cohort")
    yield Terms(_describe_cohort(cohort), only="html")
    yield Bullets(cohort["notes"])
    if "patient_flow" in contents.tables:
        yield Subheading("Patient flow")
    yield contents.show("patient_flow", wrap=True)
    if findings:
        yield Subheading("What the audit found in the cohort as given")
        yield Table("audit_findings", _FINDINGS.show(pd.DataFrame(findings)), wrap=True)
    else:
        yield Text("The audit found nothing to object to.")


SECTION = Section(_write, _compute)
