"""Answers of a study of times: outcome, follow-up, censoring, and how it was judged."""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.words import counted, listed
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import AUC_AT_HORIZON, UNO
from deepcme.report.chance import select_ranks
from deepcme.report.checklists import models, participants
from deepcme.report.checklists.answers import Answer
from deepcme.report.design import describe_guard, find_leaks
from deepcme.report.section import Contents

_TABLES_OF_MEASURES = {
    "survival_discrimination": "Uno's and Harrell's C and AUC(t)",
    "survival_comparison": "their differences between models",
    "committee_gain": "a committee beside its members",
    "beside_clinic": "published signatures and a clinical index beside them",
    "meta_analysis": "a meta-analysis over cohorts",
    "added_value": "what genes add to clinical columns",
    "auc_over_time": "AUC over time",
    "risk_curves": "Kaplan-Meier by predicted risk",
    "survival_performance": "calibration and Brier score at the horizon",
    "net_benefit": "net benefit at the horizon",
    "classification": "sensitivity and specificity at the horizon",
    "proportional_hazards": "proportional hazards",
    "instability_summary": "instability of risks",
    "permutation": "permutation tests of C and of the risk groups",
}
_ENOUGH_EVENTS = 100
"""For an evaluation (Collins et al. 2016, Stat Med 35:214-226)."""


def _follow_up(contents: Contents) -> dict[str, dict[Any, Any]]:
    """Rows of the table of follow-up, by what they are of."""
    rows = contents.tables["follow_up"].to_dict("records")
    return {str(row["quantity"]): dict(row) for row in rows}


def _count(contents: Contents, quantity: str) -> int:
    row = _follow_up(contents).get(quantity)
    return 0 if row is None else int(row["value"])


def _until(contents: Contents) -> str:
    """The horizon in words; empty where there is none."""
    horizon = contents.results.horizon
    return "" if horizon is None else contents.results.time_scale.describe(horizon)


def _horizon_rows(contents: Contents, measure: Any) -> pd.DataFrame:
    return select_ranks(contents, contents.headline, measure)


def outcome_definition(contents: Contents) -> Answer:
    """The rule that read the times, and the horizon."""
    until = _until(contents)
    horizon = f" Risks are asked for by {until}." if until else " No horizon was named."
    return Answer(
        f"The time to the event: {contents.results.cohort['endpoint']}{horizon}",
        "how the event was defined and found, from when time counts, and why this outcome",
    )


def outcome_alike(contents: Contents) -> Answer:
    """Whether one rule read all times, and whether all were looked for alike."""
    return Answer(
        "One rule read all times and events.",
        "whether the event was looked for in all patients alike, and as often",
    )


def time_interval(contents: Contents) -> Answer:
    """From predictors to outcome: the follow-up."""
    until = _until(contents)
    horizon = f" The horizon is {until}." if until else ""
    return Answer(
        f"{_describe_follow_up(contents)}{horizon}",
        "when the sample was taken, and whether time counts from then",
    )


def _describe_follow_up(contents: Contents) -> str:
    row = _follow_up(contents)["median_follow_up"]
    if pd.isna(row["value"]):
        return "The median follow-up (reverse Kaplan-Meier) is not reached."
    scale = contents.results.time_scale
    median, low, high = (
        f"{scale.show(row[end]):.3g}" for end in ("value", "ci_low", "ci_high")
    )
    ends = "" if pd.isna(row["ci_high"]) else f" (95% interval {low} to {high})"
    return f"Median follow-up {median} {scale.unit}, by reverse Kaplan-Meier{ends}."


def flow(contents: Contents) -> Answer:
    """The flow of participants, how follow-up ended, and its length."""
    numbers = (
        " Numbers at risk stand below the curves (table 'numbers_at_risk')."
        if "numbers_at_risk" in contents.tables
        else ""
    )
    found = (
        f"{participants.describe_steps(contents)}{_describe_ends(contents)} "
        f"{_describe_follow_up(contents)}{numbers}"
    )
    return Answer(found, "" if participants.has_flow(contents) else "who was left out, and why")


def _describe_ends(contents: Contents) -> str:
    n = _count(contents, "patients")
    ends = [f"{_count(contents, 'event'):,} with the event"]
    if competing := _count(contents, "competing"):
        ends.append(f"{competing:,} with the competing event first")
    ends.append(f"{_count(contents, 'censored'):,} censored")
    return f"{counted(n, 'patient')} analysed, {', '.join(ends)}."


def inclusions(contents: Contents) -> Answer:
    """Who was left out, as PROBAST+AI asks whether those kept are representative."""
    return Answer(
        f"{participants.describe_steps(contents)}{_describe_ends(contents)}",
        "whether those analysed represent the patients that the model is for",
    )


def all_included(contents: Contents) -> Answer:
    """Everybody with a time is in, however short it is."""
    binary = participants.all_included(contents)
    if binary.found.startswith("No"):
        kept = _describe_censored(contents)
        return Answer(f"{binary.found.strip()} {kept[0].upper()}{kept[1:]}", binary.left)
    return Answer(f"Yes: {_describe_censored(contents)} {binary.found}".strip(), binary.left)


def _describe_censored(contents: Contents) -> str:
    until = _until(contents)
    if not until:
        return f"the censored, {_count(contents, 'censored'):,}, are kept."
    censored, n = _count(contents, "censored_before_horizon"), _count(contents, "patients")
    return (
        f"those censored before {until}, {censored:,} of {counted(n, 'patient')} "
        f"({censored / n:.0%}), are kept."
    )


def complexities(contents: Contents) -> Answer:
    """Censoring, competing events and sampling."""
    study = contents.results.study
    assert study.survival is not None
    by = (
        f"by Cox regression on {listed(study.survival.censoring)}"
        if study.survival.censoring
        else "by Kaplan-Meier"
    )
    n_competing = _count(contents, "competing")
    competing = (
        f"{counted(n_competing, 'patient')} had the competing event: observed risks are "
        "Aalen-Johansen's, and measures take them for patients without the event. Cox models "
        "take it for a censoring, so that their risks may be too high, which O/E shows."
        if n_competing
        else "No competing event is known: a death before the event counts as a censoring, "
        "which makes risks too high where deaths are many."
    )
    left = "whether censoring may go with the risk in another way"
    return Answer(
        f"Censoring yes: {_describe_censored(contents)} Cox models take times as they are; "
        "whatever needs to know the outcome at a time weighs by the inverse probability of "
        f"being uncensored, estimated {by}. {competing}",
        f"{left}, {'' if n_competing else 'how many died before the event, '}"
        "and whether patients were sampled by their outcome",
    )


def missing_values(contents: Contents) -> Answer:
    """Of predictors as of any study; of the outcome, how many have no time."""
    of_predictors = participants.missing_values(contents)
    n = participants.count_without_outcome(contents)
    told = (
        f"Outcome: {counted(n, 'sample')} without a time or an event left out."
        if n
        else "Outcome: everyone analysed has a time; the censored are not missing."
    )
    left = of_predictors.left or ("why times are missing" if n else "")
    return Answer(f"{of_predictors.found} {told}", left)


def characteristics(contents: Contents) -> Answer:
    """Of all, and by what is known at the horizon."""
    answer = participants.characteristics(contents)
    if "characteristics" not in contents.tables:
        return answer
    found = answer.found.replace(
        "with and without the event.",
        "with the event, without it, and of those censored before.",
    )
    return Answer(found, answer.left)


def measures(contents: Contents) -> Answer:
    """What this study evaluated."""
    told = [what for name, what in _TABLES_OF_MEASURES.items() if name in contents.tables]
    return Answer(f"{'; '.join(told)}. {models.paragraphs(contents)['Measures']}")


def evaluation_size(contents: Contents) -> Answer:
    """Whether there are the events that an evaluation asks for."""
    until = _until(contents)
    by = f" by {until}" if until else ""
    sentences = []
    for row in _horizon_rows(contents, UNO).to_dict("records"):
        enough = "Perhaps" if row["events"] >= _ENOUGH_EVENTS else "No"
        where = f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
        sentences.append(
            f"{enough}{where}: {counted(int(row['events']), 'event')}{by} among "
            f"{counted(int(row['n']), 'patient')} are tested, where at least {_ENOUGH_EVENTS} "
            "are asked for."
        )
    return Answer(" ".join(sentences))


def overfitting(contents: Contents) -> Answer:
    """How the numbers are kept from it, and whether the models show it."""
    results = contents.results
    guard = describe_guard(results.study.split, find_leaks(results.cohort, results.study))
    numbers = f"In the estimates {guard[0].lower()}{guard[1:]}"
    return Answer(f"{numbers} {_describe_optimism(contents)}".strip())


def _describe_optimism(contents: Contents) -> str:
    """C of the headline where it was fitted, and where it was not."""
    folder, cohort = contents.results.folder, contents.results.cohort
    if not folder.has_table("metrics.csv"):
        return ""
    metrics = folder.read_table("metrics.csv")
    rows = metrics[
        (metrics["model"] == contents.headline) & (metrics["metric"] == UNO.name)
    ].dropna(subset="value")
    mean = rows.groupby("part")["value"].mean()
    if not {"train", "test"} <= set(mean.index):
        return ""
    return (
        f"In the models: {contents.headline} has a C of {mean['train']:.3f} where it was "
        f"fitted and {mean['test']:.3f} where it was not, from {cohort['positives']} events "
        f"and {cohort['genes']:,} genes."
    )


def both_evaluated(contents: Contents) -> Answer:
    """Discrimination, calibration and net benefit, as far as this study has them."""
    rows = _horizon_rows(contents, UNO)
    if rows["value"].isna().all():
        discrimination = "Discrimination: it cannot be estimated."
    else:
        having = "without" if rows["ci_low"].isna().any() else "with"
        discrimination = f"Discrimination: yes, {having} intervals."
    if "survival_performance" not in contents.tables:
        why = contents.notes.get("survival_performance", "there is no horizon.")
        return Answer(f"{discrimination} Calibration and net benefit: no. {why}")
    benefit = "yes" if "net_benefit" in contents.tables else "no"
    return Answer(
        f"{discrimination} Calibration by {_until(contents)}: yes, with intervals. "
        f"Net benefit: {benefit}."
    )


def analyses(contents: Contents) -> Answer:
    """Patients and events that each analysis rests on."""
    until = _until(contents)
    by = f" by {until}" if until else ""
    tested = "; ".join(
        f"{row[LEFT_OUT] + ': ' if LEFT_OUT in row else ''}{row['n']:,.0f} patients, "
        f"{row['events']:,.0f} with the event{by}"
        for row in _horizon_rows(contents, UNO).to_dict("records")
    )
    predictions = contents.results.predictions
    rows = predictions[
        (predictions["model"] == contents.headline) & (predictions["part"] == "train")
    ]
    of_fits = rows.assign(event=rows["event"] == 1).groupby("split")["event"]
    sizes = of_fits.agg(["size", "sum"]).mean()
    return Answer(
        f"Tested: {tested}. One fit of {contents.headline} learns from {sizes['size']:.0f} "
        f"samples, {sizes['sum']:.0f} with the event, in the mean; each table has its own "
        "counts."
    )


def performance(contents: Contents) -> Answer:
    """The headline's C, its AUC(t), and where the rest stands."""
    until = _until(contents)
    parts = [f"Uno's C of {contents.headline}: {_list_values(contents, UNO)}."]
    if until:
        parts.append(f"AUC at {until}: {_list_values(contents, AUC_AT_HORIZON)}.")
    tables = [name for name in _TABLES_OF_MEASURES if name in contents.tables]
    parts.append(f"All models and measures: tables {', '.join(map(repr, tables))}.")
    return Answer(" ".join(parts))


def _list_values(contents: Contents, measure: Any) -> str:
    return "; ".join(
        f"{row[LEFT_OUT] + ' ' if LEFT_OUT in row else ''}{_value(row)}"
        for row in _horizon_rows(contents, measure).to_dict("records")
    )


def _value(row: dict[Any, Any]) -> str:
    if pd.isna(row["value"]):
        return "cannot be estimated"
    if pd.isna(row["ci_low"]):
        return f"{row['value']:.3f} (no interval)"
    return f"{row['value']:.3f} (95% {row['ci_low']:.3f} to {row['ci_high']:.3f})"


def output(contents: Contents) -> Answer:
    """What models give."""
    until = _until(contents)
    if not until:
        found = "A score that ranks patients, higher where worse; no risk, without a horizon."
        return Answer(found, "what users are given")
    risks = ", ".join(f"{risk:.0%}" for risk in contents.results.study.decisions.thresholds)
    return Answer(
        f"The risk of the event by {until}, and a score that ranks patients. Net benefit is "
        f"looked at where one would act at risks of {risks}.",
        "what users are given, and why this horizon and these thresholds",
    )


def updating(contents: Contents) -> Answer:
    """Recalibration, which is all that deepcme updates."""
    if "survival_performance_recalibrated" not in contents.tables:
        return Answer("No model was updated or recalibrated.")
    return Answer(
        "Beside the models as fitted, their risks are recalibrated (table "
        "'survival_performance_recalibrated')."
    )


def results_by_cluster(contents: Contents) -> Answer:
    """Performance in each cohort."""
    if LEFT_OUT in contents.tables["survival_discrimination"].columns:
        told = _list_values(contents, UNO)
        pooled = contents.notes.get("meta_analysis_verdict", "")
        return Answer(f"Uno's C of {contents.headline} by cohort left out: {told}. {pooled}")
    return participants.results_by_cluster(contents)
