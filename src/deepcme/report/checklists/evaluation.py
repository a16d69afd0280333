"""Answers on how models were evaluated, on how many, and what came out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.words import listed
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.checklists.answers import Answer, rows_of_headline
from deepcme.report.checklists.models import paragraphs, with_probabilities
from deepcme.report.design import describe_design, describe_guard, find_leaks
from deepcme.report.section import Contents

FEW_EVENTS = 100
"""Of each outcome, for an evaluation (Collins et al. 2016, Stat Med 35:214-226)."""
_STANDARDISED = "DCM011"
_TABLES_OF_MEASURES = {
    "discrimination": "AUC and PR-AUC",
    "classification": "sensitivity, specificity and predictive values",
    "sensitivity": "sensitivity at fixed specificities",
    "calibration": "calibration and scores of the probabilities",
    "net_benefit": "net benefit",
    "comparison": "differences of AUC between models",
    "committee_gain": "a committee beside its members",
    "beside_clinic": "published signatures and a clinical index beside them",
    "added_value": "what genes add to clinical columns",
    "permutation": "a permutation test",
    "subgroups": "performance by group",
    "meta_analysis": "a meta-analysis over cohorts",
}


def design(contents: Contents) -> Answer:
    """How the data were divided."""
    results = contents.results
    return Answer(describe_design(results.study.split, is_survival=results.is_survival))


def measures(contents: Contents) -> Answer:
    """What this study evaluated."""
    told = [what for name, what in _TABLES_OF_MEASURES.items() if name in contents.tables]
    return Answer(f"{'; '.join(told)}. {paragraphs(contents)['Measures']}")


def sample_size(contents: Contents) -> Answer:
    """Events for the genes, and Riley's criteria where they were computed."""
    cohort = contents.results.cohort
    counts = (
        f"{cohort['samples']} samples, {cohort['positives']} with the event, as available; "
        f"{cohort['positives'] / cohort['genes']:.2g} events for each candidate gene."
    )
    verdict = contents.notes.get("sample_size_verdict", "")
    left = "how the size was arrived at" if verdict else "whether that is enough, and why"
    return Answer(f"{counts} {verdict}", left)


def evaluation_size(contents: Contents) -> Answer:
    """Whether each outcome has the events that an evaluation asks for."""
    sentences = []
    for row in rows_of_headline(contents, "discrimination"):
        fewer = min(row["events"], row["n"] - row["events"])
        enough = "Yes" if fewer >= FEW_EVENTS else "No"
        where = f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
        sentences.append(
            f"{enough}{where}: {row['events']:,.0f} events and "
            f"{row['n'] - row['events']:,.0f} without are tested, where {FEW_EVENTS} of each "
            "are asked for."
        )
    return Answer(" ".join(sentences))


def leakage(contents: Contents) -> Answer:
    """What of the test parts was known; what happened before, nobody here knows."""
    leaks = find_leaks(contents.results.cohort, contents.results.study)
    before = "whether genes were chosen, or values normalised, with these patients before"
    if leaks:
        return Answer(f"No: {' and '.join(leaks)}.", before)
    by = contents.results.study.split.by
    yes = f"In what was run here, yes: split by {by}, no learned step saw the test part."
    return Answer(f"{yes}{_describe_standardised(contents)}", before)


def _describe_standardised(contents: Contents) -> str:
    """What the audit found that was done to the values before, with test patients."""
    folder = contents.results.folder
    findings = folder.read_findings() if folder.has_table("audit.json") else []
    found = [finding["title"] for finding in findings if finding["code"] == _STANDARDISED]
    if not found:
        return ""
    return f" Before that, {found[0][0].lower()}{found[0][1:]} ({_STANDARDISED})."


def steps_repeated(contents: Contents) -> Answer:
    """Whether each fit repeats all that is learned."""
    if contents.results.study.preprocessing.fit_on == "all":
        return Answer("No: preprocessing was fitted once, on all rows.")
    return Answer(
        "Of what was run here, yes: preprocessing, tuning and fitting in each split anew.",
        "whether genes were chosen before, as that is then not repeated",
    )


def apparent_only(contents: Contents) -> Answer:
    """What the performance is of."""
    results = contents.results
    return Answer(
        describe_guard(results.study.split, find_leaks(results.cohort, results.study))
    )


def overfitting(contents: Contents) -> Answer:
    """How the numbers are kept from it, and whether the models show it."""
    results = contents.results
    guard = describe_guard(results.study.split, find_leaks(results.cohort, results.study))
    numbers = f"In the estimates {guard[0].lower()}{guard[1:]}"
    return Answer(f"{numbers} {_describe_optimism(contents)}")


def _describe_optimism(contents: Contents) -> str:
    """AUC of the headline where it was fitted, and where it was not."""
    predictions = contents.results.predictions
    rows = predictions[
        (predictions["model"] == contents.headline)
        & predictions["part"].isin(["train", "test"])
    ]
    auc = compute_metrics(rows).groupby("part")["value"].mean()
    held_out = rows_of_headline(contents, "discrimination")
    not_fitted = (
        ", ".join(f"{row['auc']:.3f} in {row[LEFT_OUT]}" for row in held_out)
        if held_out and LEFT_OUT in held_out[0]
        else f"{auc['test']:.3f}"
    )
    cohort = contents.results.cohort
    slope = next(
        (
            f" Calibration slope {row['value']:.2f} ({row['ci_low']:.2f} to "
            f"{row['ci_high']:.2f}), below 1 where models overfit."
            for row in rows_of_headline(contents, "calibration")
            if row["metric"] == "slope" and LEFT_OUT not in row
        ),
        "",
    )
    return (
        f"In the models: {contents.headline} has an AUC of {auc['train']:.3f} where it was "
        f"fitted and {not_fitted} where it was not, from {cohort['positives']} events and "
        f"{cohort['genes']:,} genes.{slope}"
    )


def both_evaluated(contents: Contents) -> Answer:
    """Discrimination and calibration, as far as this study has them."""
    having, lacking = with_probabilities(contents)
    rows = rows_of_headline(contents, "discrimination")
    without = any(pd.isna(row["ci_low"]) for row in rows)
    discrimination = f"Discrimination: yes, {'without' if without else 'with'} intervals."
    if "calibration" not in contents.tables:
        why = contents.notes.get("calibration", "no model gives probabilities.")
        return Answer(f"{discrimination} Calibration: no. {why[0].upper()}{why[1:]}")
    but = f", not of {listed(lacking)}, without probabilities" if lacking else ""
    calibration = f"Calibration: of {listed(having)}, with intervals{but}."
    few = [int(min(row["events"], row["n"] - row["events"])) for row in rows]
    weak = (
        f" With {min(few)} of the rarer outcome tested, good calibration cannot be shown."
        if few and min(few) < FEW_EVENTS
        else ""
    )
    benefit = " Net benefit: yes." if "net_benefit" in contents.tables else " Net benefit: no."
    return Answer(f"{discrimination} {calibration}{weak}{benefit}")


def analyses(contents: Contents) -> Answer:
    """Samples and events that each analysis rests on."""
    tested = _counts(rows_of_headline(contents, "discrimination"))
    predictions = contents.results.predictions
    rows = predictions[
        (predictions["model"] == contents.headline) & (predictions["part"] == "train")
    ]
    of_fits = rows.groupby("split")["label"].agg(["size", "sum"]).mean()
    return Answer(
        f"Tested: {tested}. One fit of {contents.headline} learns from {of_fits['size']:.0f} "
        f"samples, {of_fits['sum']:.0f} with the event, in the mean; each table has its own "
        "counts."
    )


def _counts(rows: list[dict[Any, Any]]) -> str:
    return "; ".join(
        f"{row[LEFT_OUT] + ': ' if LEFT_OUT in row else ''}{row['n']:,.0f} samples, "
        f"{row['events']:,.0f} with the event"
        for row in rows
    )


def performance(contents: Contents) -> Answer:
    """The headline's AUC, and where the rest stands."""
    of_each = "; ".join(
        f"{row[LEFT_OUT] + ' ' if LEFT_OUT in row else ''}{row['auc']:.3f} "
        f"({_interval(row['ci_low'], row['ci_high'])})"
        for row in rows_of_headline(contents, "discrimination")
    )
    others = [name for name in _TABLES_OF_MEASURES if name in contents.tables]
    tables = f"All models and measures: tables {', '.join(map(repr, others))}."
    return Answer(f"AUC of {contents.headline}: {of_each}. {tables}")


def _interval(low: float, high: float) -> str:
    return "no interval" if pd.isna(low) else f"95% {low:.3f} to {high:.3f}"
