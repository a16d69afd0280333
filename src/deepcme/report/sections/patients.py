"""The cohort, who was left out of it, and what the audit found there.

Characteristics are described and not tested, as STROBE (item 14) and TRIPOD+AI (item 20) ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted, few
from deepcme.cohort.characteristics import describe_groups
from deepcme.cohort.flow import count_unlabelled, read_flow
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.evaluation.survival.tables.evaluated import follow_patients
from deepcme.report.blocks import Blocks, Bullets, Heading, Subheading, Table, Terms, Text
from deepcme.report.formatting import TableLayout
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.report.sections.unlabelled import describe_labelled_alone, describe_unlabelled
from deepcme.report.survival.follow_up import (
    FOLLOW_UP,
    compute_follow_up,
    group_by_end,
    show_follow_up,
)
from deepcme.study.parts.characteristics import PATIENTS

MOST_COLUMNS = 15
_ROW = (("characteristic", "Characteristic", ""), ("value", "Value", ""))
_HOW = (
    "Of numbers the median and in brackets the quartiles; of words, and of numbers of at most "
    "five values, samples and in brackets their share of those known."
)
CHARACTERISTICS = TableLayout(
    "Characteristics by outcome; described, not tested.",
    *_ROW, ("all", "All", ""), ("event", "With the event", ""),
    ("no_event", "Without it", ""), note=_HOW,
)  # fmt: skip
SURVIVAL_CHARACTERISTICS = TableLayout(
    "Characteristics by what is known at the horizon (without one: at the end of follow-up); "
    "described, not tested. Where those censored before differ from the others, censoring may "
    "go with the risk.",
    *_ROW, ("all", "All", ""), ("event", "With the event", ""),
    ("no_event", "Without it", ""), ("censored", "Censored before", ""), note=_HOW,
)  # fmt: skip
LEFT_OUT = TableLayout(
    "Those left out as they had no label, beside those kept; described, not tested.",
    ("step", "Of", ""), *_ROW, ("kept", "Kept", ""), ("left_out", "Left out", ""),
    optional=("step",), note=_HOW,
)  # fmt: skip
PATIENT_FLOW = TableLayout(
    "Who was read, joined, labelled, left out and analysed. Events are positive samples; "
    "reasons count samples.",
    ("step", "Step", ""), ("samples", "Samples", ",.0f"), ("patients", "Patients", ",.0f"),
    ("events", "Events", ",.0f"), ("left_out", "Left out", ""),
)  # fmt: skip
SURVIVAL_FLOW = TableLayout(
    "Who was read, joined, left out and analysed; reasons count samples.", *PATIENT_FLOW.columns
)
_FINDINGS = TableLayout(
    "Findings, before anything was learned.",
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


def read_patients(results: StudyResults) -> pd.DataFrame:
    """What is known of the samples beside expression and outcome, by sample.

    Raises
    ------
    AbsentError
        If the study was run before that was kept, or nothing is known.
    """
    if not results.folder.has_table(PATIENTS):
        raise AbsentError(
            "The study's folder does not have its patients' characteristics: run it again in "
            "the same folder, which fits nothing that is there."
        )
    table = results.folder.read_table(PATIENTS).set_index("sample")
    if table.empty or table.shape[1] == 0:
        raise AbsentError("The cohort's file has no characteristics of its patients.")
    return table


def compute_characteristics(
    patients: pd.DataFrame,
    samples: pd.DataFrame,
    first: Sequence[str] = (),
    horizon: float | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """Characteristics of all samples, and of those with and without the event.

    Of times, those censored before the horizon are a third group.

    Parameters
    ----------
    patients : DataFrame
        Characteristics, indexed by sample.
    samples : DataFrame
        ``patient`` and ``label``, or ``time`` and ``event``, indexed by sample.
    first : sequence of str
        Columns that go before the others.
    horizon : float, optional
        Of times, if they have one.

    Returns
    -------
    table : DataFrame
        Columns characteristic, value, all, event, no_event, and censored of times; text,
        ready to be read.
    not_shown : list of str
        Columns beyond the first 15.
    """
    known = samples.join(patients, how="inner", rsuffix=" of the file")
    if "label" in samples.columns:
        event = known["label"].to_numpy() == 1
        by_outcome = {"event": event, "no_event": ~event}
    else:
        by_outcome = group_by_end(known, horizon)
    groups = {"all": np.ones(len(known), dtype=bool), **by_outcome}
    table = known.drop(columns=list(samples.columns))
    described = describe_groups(table, known["patient"], groups, most=MOST_COLUMNS, first=first)
    return _as_table(described, tuple(groups)), described["not_shown"]


def compute_left_out(cohort: Mapping[str, Any], known: Sequence[str]) -> pd.DataFrame:
    """Characteristics of those who had no label, beside those who had one.

    Parameters
    ----------
    cohort : mapping
        The cohort in numbers and words.
    known : sequence of str
        Columns that may be shown: characteristics, and no follow-up.

    Returns
    -------
    DataFrame
        Columns characteristic, value, kept, left_out, and step where there are several.

    Raises
    ------
    AbsentError
        If nobody was left out so, or nothing is known of them.
    """
    steps = read_flow(cohort.get("flow", []))
    if steps and not count_unlabelled(steps):
        has = "a time and an event" if cohort.get("outcome") == "survival" else "a label"
        raise AbsentError(f"Every sample had {has}.")
    if not cohort.get("left_out"):
        raise AbsentError(
            "The cohort's file does not say who was left out as without a label: prepare it "
            "again."
        )
    tables = []
    for described in cohort["left_out"]:
        columns = [column for column in described["columns"] if column["column"] in known]
        told = {**described, "columns": columns[:MOST_COLUMNS]}
        tables.append(_as_table(told, ("kept", "left_out")).assign(step=described["step"]))
    table = pd.concat(tables, ignore_index=True)
    return table if len(tables) > 1 else table.drop(columns="step")


def _as_table(described: Mapping[str, Any], groups: Sequence[str]) -> pd.DataFrame:
    rows = [
        (heading, "", *(f"{described[of][group]:,}" for group in groups))
        for heading, of in (("Samples", "samples"), ("Patients", "patients"))
    ]
    sizes = described["samples"]
    for column in described["columns"]:
        by_group = [column[group] for group in groups]
        n_of = [sizes[group] for group in groups]
        rows += [(column["column"], *row) for row in _rows_of(by_group, n_of)]
    return pd.DataFrame(rows, columns=["characteristic", "value", *groups])


def _rows_of(by_group: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> Iterator[Any]:
    """Rows of one column: its quartiles or words, then how many are missing."""
    if not any(told.get("words") for told in by_group):
        yield "median (quartiles)", *(_quartiles(told.get("quartiles")) for told in by_group)
    for word in next((told["words"] for told in by_group if told.get("words")), {}):
        known = [sum(told.get("words", {}).values()) for told in by_group]
        counts = [told.get("words", {}).get(word, 0) for told in by_group]
        yield word, *map(_share, counts, known)
    if any(told["missing"] for told in by_group):
        yield "missing", *map(_share, (told["missing"] for told in by_group), sizes)


def _quartiles(values: Sequence[float] | None) -> str:
    if not values:
        return ""
    low, median, high = (f"{value:.4g}" for value in values)
    return f"{median} ({low} to {high})"


def _share(count: int, of: int) -> str:
    return f"{count:,} ({100 * count / of:.1f}%)" if of else f"{count:,}"


def _compute(contents: Contents) -> None:
    results, cohort = contents.results, contents.results.cohort
    flow = SURVIVAL_FLOW if results.is_survival else PATIENT_FLOW
    contents.add("patient_flow", lambda: compute_patient_flow(cohort), flow)
    if results.is_survival:
        contents.add("follow_up", lambda: _compute_follow_up(results), FOLLOW_UP)
    if warning := describe_unlabelled(cohort):
        contents.notes["unlabelled"] = warning
    if warning := describe_labelled_alone(cohort):
        contents.notes["labelled_alone_verdict"] = warning
    clinical = results.study.clinical

    def characteristics() -> pd.DataFrame:
        first = clinical.columns if clinical else ()
        patients = read_patients(results)
        table, not_shown = compute_characteristics(
            patients, results.samples, first, results.horizon
        )
        if not_shown:
            contents.notes["characteristics_not_shown"] = (
                f"{counted(len(not_shown), 'further column')} not shown: {few(not_shown, 30)}."
            )
        return table

    def left_out() -> pd.DataFrame:
        return compute_left_out(cohort, list(read_patients(results).columns))

    layout = SURVIVAL_CHARACTERISTICS if results.is_survival else CHARACTERISTICS
    contents.add("characteristics", characteristics, layout)
    contents.add("left_out", left_out, LEFT_OUT)


def _compute_follow_up(results: StudyResults) -> pd.DataFrame:
    """Of all patients of the study, tested or not."""
    rows = results.predictions
    everyone = follow_patients(rows, pd.Index(rows["patient"].unique()))
    return compute_follow_up(everyone, results.horizon)


def _describe_cohort(cohort: Mapping[str, Any]) -> list[tuple[str, str]]:
    share = f"{100 * cohort['positives'] / cohort['samples']:.1f}%"
    n_samples, n_patients = cohort["positives"], cohort["positive_patients"]
    samples, patients = (
        (f"{n_samples} with the event", f"{n_patients} with the event")
        if cohort.get("outcome") == SurvivalOutcome.kind
        else (f"{n_samples} positive, {share}", f"{n_patients} with a positive sample")
    )
    terms = [
        ("Samples", f"{cohort['samples']} ({samples})"),
        ("Patients", f"{cohort['patients']} ({patients})"),
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
    if warning := contents.notes.get("unlabelled"):
        yield Text(warning)
    yield from _write_follow_up(contents)
    if "characteristics" in contents.tables:
        yield Subheading("Characteristics by outcome")
        yield contents.show("characteristics", wrap=True)
        if further := contents.notes.get("characteristics_not_shown"):
            yield Text(further, muted=True)
    if "left_out" in contents.tables:
        yield Subheading("Left out against kept")
        yield contents.show("left_out", wrap=True)
    if findings:
        yield Subheading("What the audit found in the cohort as given")
        yield Table("audit_findings", _FINDINGS.show(pd.DataFrame(findings)), wrap=True)
    else:
        yield Text("The audit found nothing to object to.")


def _write_follow_up(contents: Contents) -> Blocks:
    if "follow_up" not in contents.tables:
        return
    results = contents.results
    shown = show_follow_up(contents.tables["follow_up"], results.time_scale, results.horizon)
    yield Subheading("Follow-up")
    yield contents.show("follow_up", shown, wrap=True)


SECTION = Section(_write, _compute)
