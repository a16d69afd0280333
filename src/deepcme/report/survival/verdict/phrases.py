"""Every phrase that the verdict on a study of times can have, as `deepcme.report.verdict` has.

Who was followed, how well the headline ranks patients and whether that is above chance, what
it was compared with, what its risks by the horizon are worth, and how sure all this is.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted, listed
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.kaplan_meier import compute_median_follow_up
from deepcme.report.design import describe_test_parts
from deepcme.report.survival.verdict.facts import SurvivalFacts
from deepcme.report.verdict.against import (
    describe_interval,
    phrases_of_chance,
    phrases_of_comparator,
)
from deepcme.report.verdict.phrase import Phrase, choose, of_section
from deepcme.study.parts.added_value import CLINICAL_AND_GENES

FEW_EVENTS = 100


def _who(facts: SurvivalFacts) -> str:
    competing = (
        f" and {facts.n_competing:,} the competing event first" if facts.n_competing else ""
    )
    by = "" if facts.horizon is None else f" by {facts.until}"
    return (
        f"{counted(facts.follow_up.n, 'patient')}, followed for {_median_follow_up(facts)}: "
        f"{facts.n_events:,} had the event{by}{competing}{_observed_risk(facts)}."
    )


def _median_follow_up(facts: SurvivalFacts) -> str:
    try:
        median = compute_median_follow_up(facts.follow_up)
    except AbsentError:
        longest = facts.describe_about(float(facts.follow_up.times.max()))
        return f"up to {longest} (the median is not reached)"
    return f"a median of {facts.describe_about(median.value)}"


def _observed_risk(facts: SurvivalFacts) -> str:
    if facts.horizon is None:
        return "; no horizon was named, so that no risk is given"
    try:
        risk = compute_risk(facts.follow_up, facts.horizon)
    except AbsentError as absent:
        return f"; the risk by then cannot be estimated, as {_as_clause(str(absent))}"
    how = "Aalen-Johansen" if facts.follow_up.has_competing else "Kaplan-Meier"
    ends = _ends(risk.ci_low, risk.ci_high, "95% interval ")
    return f", a risk of {risk.value:.0%} ({how}, {ends})"


def _ends(low: float, high: float, kind: str = "") -> str:
    return "no interval" if pd.isna(low) or pd.isna(high) else f"{kind}{low:.0%} to {high:.0%}"


def _as_clause(reason: str) -> str:
    """A sentence, or a part of one, as a part of another."""
    return f"{reason[:1].lower()}{reason[1:].rstrip('.')}"


def _concordance_of_one(facts: SurvivalFacts) -> str:
    row, auc = facts.of_one, facts.auc_of_one
    if pd.isna(row["value"]):
        both = auc is not None and pd.isna(auc["value"])
        what = f"nor its AUC at {facts.until} " if both else ""
        return (
            f"{'Neither ' if both else ''}Uno's C of {facts.model} {what}can"
            f"{'' if both else 'not'} be estimated: {_as_clause(row['absent'])}."
        )
    n_unknown = int(row["n_not_estimable"])
    over = describe_test_parts(facts.split, int(row["n_splits"]) + n_unknown)
    if n_unknown:
        over += f" but {n_unknown}, where {_as_clause(row['absent'])}"
    return (
        f"One fit of {facts.model} on {facts.training_share:.0%} of them puts "
        f"{100 * row['value']:.0f} of 100 pairs in the order of their events: over {over}, "
        f"Uno's C up to {facts.describe_about(row['tau'])} is {row['value']:.3f} "
        f"({describe_interval(row, 'bootstrap', '.3f')})."
    )


def _concordance_by_cohort(facts: SurvivalFacts) -> str:
    told = "; ".join(_concordance_in(row) for _, row in facts.rows.iterrows())
    tau = facts.describe_about(facts.rows["tau"].iloc[0])
    return (
        f"Uno's C up to {tau} (of two patients, how often the one with the earlier event has "
        f"the higher risk) of one fit of {facts.model} on {facts.training_share:.0%} of the "
        f"other cohorts' patients: {told}."
    )


def _concordance_in(row: pd.Series[Any]) -> str:
    if pd.isna(row["value"]):
        return f"cannot be estimated in {row[LEFT_OUT]}"
    interval = describe_interval(row, "bootstrap", ".3f")
    events = counted(int(row["events"]), "event")
    return f"{row['value']:.3f} in {row[LEFT_OUT]} ({interval}; {events})"


def _has_auc(facts: SurvivalFacts) -> bool:
    """Whether there is more to say of the AUC than was of C."""
    row = facts.auc_of_one
    return row is not None and not (pd.isna(row["value"]) and pd.isna(facts.of_one["value"]))


def _auc(facts: SurvivalFacts) -> str:
    row = facts.auc_of_one
    assert row is not None
    if pd.isna(row["value"]):
        return f"Its AUC at {facts.until} cannot be estimated: {_as_clause(row['absent'])}."
    interval = describe_interval(row, "bootstrap", ".3f")
    return f"Its AUC at {facts.until} is {row['value']:.3f} ({interval})."


def _not_tested(facts: SurvivalFacts) -> int:
    return int(facts.cohort["patients"]) - facts.follow_up.n


def _difference(facts: SurvivalFacts) -> str:
    row = facts.planned
    if pd.isna(row["difference"]):
        return "the difference in C cannot be estimated"
    interval = describe_interval(row, "bootstrap", "+.3f")
    return f"difference in C {row['difference']:+.3f}, {interval}"


def _thirds(facts: SurvivalFacts) -> str:
    lowest, highest = facts.group("lowest"), facts.group("highest")
    if lowest is None or highest is None:
        return f"Its predictions give no thirds whose risks by {facts.until} can be told."
    low, high = (
        f"{row['risk']:.0%} ({_ends(row['ci_low'], row['ci_high'])}; "
        f"{counted(int(row['n']), 'patient')})"
        for row in (lowest, highest)
    )
    return (
        f"Risk by {facts.until} in the third predicted lowest: {low}; "
        f"predicted highest: {high}."
    )


def _selects_nothing(facts: SurvivalFacts) -> str:
    fits = "Every fit" if facts.n_nothing == facts.n_fits else f"{facts.n_nothing} of its fits"
    return f"{fits} selected no gene, as none foretold the time: that counts as C = 0.5."


def _few_events(facts: SurvivalFacts) -> str:
    return f"With {counted(facts.n_events, 'event')} expect other numbers from other patients."


def _censoring(facts: SurvivalFacts) -> str:
    beyond = f", beyond what {listed(facts.censoring)} tell," if facts.censoring else ""
    assumed = f"censoring{beyond} has nothing to do with the risk"
    if facts.horizon is None:
        return f"All this holds if {assumed}."
    share = facts.n_censored / facts.follow_up.n
    censored = f"{counted(facts.n_censored, 'patient')} ({share:.0%})"
    if not facts.is_estimable:
        return f"{censored} were censored before {facts.until}."
    return f"{censored} censored before {facts.until} count by weights: right if {assumed}."


PHRASES: tuple[Phrase[SurvivalFacts], ...] = (
    Phrase("who", lambda _: True, _who),
    Phrase("one cohort", lambda facts: not facts.by_cohort, _concordance_of_one),
    Phrase("cohorts left out", lambda facts: facts.by_cohort, _concordance_by_cohort),
    of_section("meta_analysis"),
    *phrases_of_chance(lambda facts: facts.is_estimable),
    Phrase("AUC at the horizon", _has_auc, _auc),
    Phrase(
        "not everyone tested",
        lambda facts: _not_tested(facts) > 0,
        lambda facts: (
            f"{_not_tested(facts)} of {facts.cohort['patients']} patients are in no test part."
        ),
    ),
    Phrase(
        "leak",
        lambda facts: bool(facts.leaks),
        lambda facts: (
            f"These numbers may be too good for new patients: {' and '.join(facts.leaks)}."
        ),
    ),
    Phrase("selects nothing", lambda facts: facts.n_nothing > 0, _selects_nothing),
    *phrases_of_comparator(_difference),
    Phrase(
        "added value",
        lambda facts: (
            CLINICAL_AND_GENES in facts.above_chance
            and bool(facts.notes.get("added_value_verdict"))
        ),
        lambda facts: facts.notes["added_value_verdict"],
    ),
    Phrase(
        "thirds",
        lambda facts: facts.horizon is not None and facts.is_estimable and not facts.by_cohort,
        _thirds,
    ),
    Phrase(
        "calibration",
        lambda facts: facts.is_estimable and bool(facts.notes.get("calibration_verdict")),
        lambda facts: facts.notes["calibration_verdict"],
    ),
    of_section("usefulness"),
    Phrase(
        "few events",
        lambda facts: facts.is_estimable and facts.n_events < FEW_EVENTS,
        _few_events,
    ),
    Phrase(
        "censoring", lambda facts: facts.n_censored > 0 or facts.horizon is None, _censoring
    ),
)


def choose_phrases(facts: SurvivalFacts) -> list[Phrase[SurvivalFacts]]:
    """The phrases that apply, in the order of the table."""
    return choose(PHRASES, facts)
