"""Answers on who was studied: flow, characteristics, follow-up, missing values, groups."""

from __future__ import annotations

import re
from collections import Counter

from deepcme.base.words import counted, few, listed
from deepcme.cohort.flow import FlowStep, count_unlabelled, describe_reasons, read_flow
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.checklists.answers import (
    Answer,
    known_columns,
    percent,
    rows_of_headline,
)
from deepcme.report.design import strata_column
from deepcme.report.section import Contents
from deepcme.study.designs import LeaveOneCohortOutDesign
from deepcme.study.parts.added_value import GENE_SCORE

_TREATMENT = re.compile(r"treat|chemo|therapy|tamoxifen|radio|surgery|adjuvant|regimen")
_GROUPS = re.compile(
    r"(^|[\W_])(age|sex|gender|race|ethnic\w*|er|her2|cent(er|re)|site|cohort)"
)
_AT_DIAGNOSIS = "pathologic-m1"
HORIZON = "event-within-horizon"


def source(contents: Contents) -> Answer:
    """Where the data are from."""
    named = contents.results.cohort["source"]
    return Answer(
        f"{named}." if named else "",
        "the design (cohort, trial, registry, or patients sampled by their outcome), why these "
        "data were chosen, and whether their patients are those that the model is for",
    )


def eligibility(contents: Contents) -> Answer:
    """Which tissue was kept."""
    kinds = contents.results.cohort["tissue"].items()
    tissue = ", ".join(f"{count:,} {kind}" for kind, count in kinds)
    return Answer(
        f"Samples by tissue: {tissue}." if tissue else "",
        "which patients were eligible, and how they were found",
    )


def treatments(contents: Contents) -> Answer:
    """Columns that may tell of a treatment."""
    told = [name for name in known_columns(contents) if _TREATMENT.search(name.lower())]
    return Answer(
        f"Columns that may tell of it: {listed(told)}." if told else "",
        "which treatments were given and when, and how the analysis dealt with them",
    )


def _steps(contents: Contents) -> list[FlowStep]:
    return read_flow(contents.results.cohort.get("flow", []))


def has_flow(contents: Contents) -> bool:
    """Whether it was counted who was read and left out."""
    return bool(_steps(contents))


def describe_steps(contents: Contents) -> str:
    """Counts by step; empty of a cohort whose flow was not counted."""
    steps = "; ".join(map(_describe_step, _steps(contents)))
    return f"{steps}. " if steps else ""


def count_without_outcome(contents: Contents) -> int:
    """Samples left out where the outcome was read, as it was blank or impossible."""
    unlabelled = count_unlabelled(_steps(contents))
    return unlabelled.censored + unlabelled.blank + unlabelled.others


def _describe_flow(contents: Contents) -> str:
    """Counts by step; of a cohort whose flow was not counted, what is analysed."""
    cohort = contents.results.cohort
    analysed = (
        f"{cohort['samples']} samples of {cohort['patients']} patients analysed, "
        f"{cohort['positives']} with the event and "
        f"{cohort['samples'] - cohort['positives']} without."
    )
    return f"{describe_steps(contents)}{analysed}"


def _describe_step(step: FlowStep) -> str:
    counts = f"{step.step}: {step.samples:,} samples of {step.patients:,} patients"
    left_out = step.describe_left_out()
    return f"{counts} ({left_out} left out)" if left_out else counts


def flow(contents: Contents) -> Answer:
    """The flow of participants, and their follow-up."""
    follow_up = "median follow-up (reverse Kaplan-Meier) and the number at risk"
    if contents.results.cohort.get("endpoint_name") == _AT_DIAGNOSIS:
        at_once = "The outcome is that at diagnosis: there is no follow-up."
        return Answer(f"{_describe_flow(contents)} {at_once}")
    before = "" if _steps(contents) else "who was read and left out, and why; "
    return Answer(_describe_flow(contents), before + follow_up)


def inclusions(contents: Contents) -> Answer:
    """Who was left out, as PROBAST+AI asks whether those kept are representative."""
    shown = (
        " Table 'left_out' has those without a label beside those kept."
        if "left_out" in contents.tables
        else ""
    )
    return Answer(
        f"{_describe_flow(contents)}{shown}",
        "whether those analysed represent the patients that the model is for",
    )


def all_included(contents: Contents) -> Answer:
    """Whether everybody who was read is analysed and tested, and if not why."""
    steps, cohort = _steps(contents), contents.results.cohort
    untested = _describe_untested(contents)
    if not steps:
        return Answer(untested, "whether all enrolled patients are in the file, and if not why")
    reasons: Counter[str] = Counter()
    for step in steps:
        reasons.update(step.left_out)
    n_left_out = reasons.total()
    if not n_left_out:
        found = f"All {cohort['samples']:,} samples that were read are analysed. {untested}"
        return Answer(found, "whether all enrolled patients are in the file")
    beside = (
        "Table 'left_out' has those without a label beside those kept."
        if "left_out" in contents.tables
        else contents.notes.get("left_out", "")
    )
    return Answer(
        f"No: {counted(n_left_out, 'sample')} left out ({describe_reasons(reasons)})"
        f". {beside} {untested}",
        "why, and whether all other enrolled patients are in the file",
    )


def _describe_untested(contents: Contents) -> str:
    predictions = contents.results.predictions
    tested = predictions.loc[predictions["part"] == "test", "sample"].nunique()
    n = contents.results.cohort["samples"]
    return f"{n - tested:,} of these are in no test part." if tested < n else ""


def complexities(contents: Contents) -> Answer:
    """Whether censoring, competing events and sampling were accounted for."""
    unlabelled, cohort = count_unlabelled(_steps(contents)), contents.results.cohort
    sampling = "whether patients were sampled by their outcome"
    name = cohort.get("endpoint_name", "")
    if unlabelled.censored:
        return Answer(
            f"No: {percent(unlabelled.censored, unlabelled.samples)} samples, censored before "
            "the horizon, were left out, which takes no account of them (weights by the "
            "probability of being censored, or a model of the time to the event, would). A "
            "death before the event counts as censoring.",
            f"{sampling}, and how many died before",
        )
    if unlabelled.blank:
        blank = percent(unlabelled.blank, unlabelled.samples)
        return Answer(
            f"Not here: {blank} samples without a label were left out, whatever the reason.",
            "whether they have none as their follow-up ended early, whether deaths before the "
            f"event are among those without it, and {sampling}",
        )
    if name == _AT_DIAGNOSIS:
        at_once = "The outcome is that at diagnosis, which nothing censors."
        return Answer(at_once, sampling)
    if name == HORIZON:
        nobody = "Nobody was left out as censored before the horizon."
        return Answer(nobody, f"whether deaths before the event were many, and {sampling}")
    if name == "any-distant-metastasis":
        short = "No: where none is recorded it counts as none, however short the follow-up."
        return Answer(short, sampling)
    return Answer(left=f"how long each patient was followed, deaths before, and {sampling}")


def characteristics(contents: Contents) -> Answer:
    """Tables of characteristics, by outcome and of those left out."""
    columns = known_columns(contents)
    if not columns:
        why = contents.notes.get("characteristics", "").rstrip(".").split(":")[0]
        said = f" ({why[0].lower()}{why[1:]})" if why else ""
        return Answer(
            left=f"characteristics of the patients by outcome{said}, dates, treatments"
        )
    found = f"Table 'characteristics': {listed(columns)}, with and without the event."
    left = "dates and treatments, and differences between demographic groups"
    if "left_out" in contents.tables:
        return Answer(
            f"{found} Table 'left_out': those without a label beside those kept.", left
        )
    if not count_unlabelled(_steps(contents)) and _steps(contents):
        return Answer(found, left)
    return Answer(found, f"characteristics of those left out, {left}")


def missing_values(contents: Contents) -> Answer:
    """How much was missing and how it was handled, and not whether appropriately."""
    parts = [part for part in (_missing_genes(contents), _missing_clinical(contents)) if part]
    if all("no value is missing" in part for part in parts):
        return Answer(" ".join(parts))
    why = "why values are missing, and whether this handling is appropriate"
    return Answer(" ".join(parts), why)


def _missing_genes(contents: Contents) -> str:
    cohort = contents.results.cohort
    handled = "takes the median of its gene, learned where the model is fitted"
    if (missing := cohort.get("missing_values")) is None:
        return f"Expression: how much is missing was not counted; what is {handled}."
    if not missing["values"]:
        return "Expression: no value is missing."
    share = missing["values"] / (cohort["samples"] * cohort["genes"])
    return (
        f"Expression: {missing['values']:,} values ({share:.2%}) are missing, of "
        f"{counted(missing['genes'], 'gene')} in {counted(missing['samples'], 'sample')}; "
        f"each {handled}."
    )


def _missing_clinical(contents: Contents) -> str:
    if "clinical_columns" not in contents.tables:
        return ""
    n = contents.results.cohort["samples"]
    table = contents.tables["clinical_columns"].drop_duplicates("column")
    by_column = table.set_index("column")["missing"].to_dict()
    clinical = contents.results.study.clinical
    # Named as the table has them: it guards what a spreadsheet would take for a formula.
    named = [str(name) for name in by_column if name != GENE_SCORE]
    counts = ", ".join(f"{name} {percent(int(by_column[name]), n)}" for name in named)
    if not any(by_column[name] for name in named):
        return f"Clinical columns ({listed(named)}): no value is missing."
    indicator = clinical is not None and clinical.missing == "indicator"
    return (
        f"Clinical columns, missing: {counts}; a number takes the median, a word the most "
        "frequent one, of training and validation part"
        f"{', with an indicator of being missing beside it' if indicator else ''}."
    )


def clusters(contents: Contents) -> Answer:
    """Whether the analysis tells cohorts or batches apart."""
    split = contents.results.study.split
    if isinstance(split, LeaveOneCohortOutDesign):
        pooled = (
            "a random-effects meta-analysis pools them (table 'meta_analysis')"
            if "meta_analysis" in contents.tables
            else "they are not pooled"
        )
        return Answer(
            f"Each cohort (column {split.cohort_column}) is left out in turn and judged by "
            f"itself; {pooled}."
        )
    if column := strata_column(split):
        return Answer(
            f"Splits are stratified by {column}, and patients are ranked within its levels; "
            "the models themselves do not tell the levels apart."
        )
    if batches := contents.results.cohort.get("batches"):
        levels = ", ".join(f"{counted(n, 'level')} of {name}" for name, n in batches.items())
        found = f"No: samples are of {levels}, which the analysis does not tell apart."
        return Answer(found, "why that does no harm")
    return Answer(left="of how many centres, platforms or batches the samples are")


def measured_alike(contents: Contents) -> Answer:
    """Of how many batches the samples are."""
    batches = contents.results.cohort.get("batches") or {}
    levels = ", ".join(f"{counted(n, 'level')} of {name}" for name, n in batches.items())
    return Answer(
        f"Samples are of {levels}." if levels else "",
        "whether all samples were measured on one platform, by one protocol",
    )


def results_by_cluster(contents: Contents) -> Answer:
    """Performance in each cohort."""
    rows = [row for row in rows_of_headline(contents, "discrimination") if LEFT_OUT in row]
    if not rows and not contents.results.cohort.get("batches"):
        return Answer(left="performance by centre, where there are several")
    if not rows:
        return clusters(contents)
    of_each = "; ".join(
        f"{row[LEFT_OUT]} {row['auc']:.3f} ({row['ci_low']:.3f} to {row['ci_high']:.3f})"
        for row in rows
    )
    pooled = contents.notes.get("meta_analysis_verdict", "")
    return Answer(f"AUC of {contents.headline} by cohort left out: {of_each}. {pooled}")


def fairness(contents: Contents) -> Answer:
    """Performance by group, where there is such a table."""
    if "subgroups" in contents.tables:
        columns = contents.tables["subgroups"]["column"].drop_duplicates()
        return Answer(
            "Table 'subgroups' has discrimination, O/E and net benefit by level of "
            f"{listed(columns)}. {contents.notes.get('fairness', '')}",
            "between which groups the model should be fair, and what was done for it",
        )
    named = [name for name in known_columns(contents) if _GROUPS.search(name.lower())]
    such = f"such as by {few(named, 6)}" if named else "such as by age, sex, ER or centre"
    return Answer(left=f"performance by group, {such}, and what was done for fairness")
