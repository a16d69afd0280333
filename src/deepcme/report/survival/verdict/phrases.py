"""Every phrase that the verdict on a study of times can have, as `deepcme.report.verdict` has.

Who was followed, how well the headline ranks patients and whether that is above chance, what
it was compared with, what its risks by the horizon are worth, and how sure all this is.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted, listed
from deepcme.evaluation.intervals import Estimate
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

FEW_EVENTS = 100


def _who(facts: SurvivalFacts) -> str:
    follow_up = facts.follow_up
    by = "" if facts.horizon is None else f" by {facts.until}"
    events = f"{facts.n_events:,} had the event{by}"
    if facts.horizon is not None and follow_up.n_events > facts.n_events:
        events += f" ({follow_up.n_events:,} ever)"
    competing = (
        f" and {facts.n_competing:,} the competing event first" if facts.n_competing else ""
    )
    return (
        f"{counted(follow_up.n, 'patient')} were followed for {_median_follow_up(facts)}; "
        f"{events}{competing}. {_observed_risk(facts)}".strip()
    )


def _median_follow_up(facts: SurvivalFacts) -> str:
    try:
        median = compute_median_follow_up(facts.follow_up)
    except AbsentError:
        longest = facts.describe_time(float(facts.follow_up.times.max()))
        return f"up to {longest} (a median follow-up is not reached)"
    return f"a median of {facts.describe_time(median.value)} (reverse Kaplan-Meier)"


def _observed_risk(facts: SurvivalFacts) -> str:
    if facts.horizon is None:
        return "No horizon was named: no risks are given."
    try:
        risk = compute_risk(facts.follow_up, facts.horizon)
    except AbsentError as absent:
        return f"The risk by then cannot be estimated: {absent}"
    how = "Aalen-Johansen" if facts.follow_up.has_competing else "Kaplan-Meier"
    return f"The risk by then is {_percent(risk)} ({how})."


def _percent(risk: Estimate | pd.Series[Any]) -> str:
    """A risk with its interval; that of a row in its column `risk`."""
    value = risk.value if isinstance(risk, Estimate) else risk["risk"]
    low, high = (
        (risk.ci_low, risk.ci_high)
        if isinstance(risk, Estimate)
        else (risk["ci_low"], risk["ci_high"])
    )
    if pd.isna(low) or pd.isna(high):
        return f"{value:.0%}, without an interval"
    return f"{value:.0%}, 95% interval {low:.0%} to {high:.0%}"


def _concordance_of_one(facts: SurvivalFacts) -> str:
    row = facts.of_one
    if pd.isna(row["value"]):
        return f"Uno's C of {facts.model} cannot be estimated: {_why(row['absent'])}"
    over = describe_test_parts(facts.split, int(row["n_splits"] + row["n_not_estimable"]))
    if row["n_not_estimable"]:
        over += f", {int(row['n_not_estimable'])} of which do not tell"
    return (
        f"Of two patients of whom it is known who had the event first, one fit of "
        f"{facts.model} on {facts.training_share:.0%} of these patients gives that one the "
        f"higher risk in {100 * row['value']:.0f} of 100 pairs: Uno's C up to "
        f"{facts.describe_time(row['tau'])} is {row['value']:.3f} "
        f"({describe_interval(row, 'bootstrap', '.3f')}; averaged over {over})."
    )


def _why(absent: str) -> str:
    """A reason as the end of a sentence."""
    return f"{absent.rstrip('.')}."


def _concordance_by_cohort(facts: SurvivalFacts) -> str:
    told = "; ".join(_concordance_in(row) for _, row in facts.rows.iterrows())
    return (
        f"Uno's C up to {facts.describe_time(facts.rows['tau'].iloc[0])} (of two patients, how "
        f"often the one with the earlier event has the higher risk) of one fit of "
        f"{facts.model} on {facts.training_share:.0%} of the other cohorts' patients: "
        f"{told}."
    )


def _concordance_in(row: pd.Series[Any]) -> str:
    if pd.isna(row["value"]):
        return f"cannot be estimated in {row[LEFT_OUT]}"
    interval = describe_interval(row, "bootstrap", ".3f")
    events = counted(int(row["events"]), "event")
    return f"{row['value']:.3f} in {row[LEFT_OUT]} ({interval}; {events})"


def _auc(facts: SurvivalFacts) -> str:
    row = facts.auc_of_one
    assert row is not None
    if pd.isna(row["value"]):
        return f"Its AUC at {facts.until} cannot be estimated: {_why(row['absent'])}"
    return (
        f"Its AUC at {facts.until}, of those with the event by then against those without, is "
        f"{row['value']:.3f} ({describe_interval(row, 'bootstrap', '.3f')})."
    )


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
        return f"Its predicted risks give no thirds whose risks by {facts.until} can be told."
    return (
        f"By {facts.until} the event had come to {_percent(lowest)}, of the third at lowest "
        f"predicted risk, and to {_percent(highest)}, of the highest."
    )


def _selects_nothing(facts: SurvivalFacts) -> str:
    fits = "Every fit" if facts.n_nothing == facts.n_fits else f"{facts.n_nothing} of its fits"
    return f"{fits} selected no gene, as none foretold the time: that counts as C = 0.5."


def _few_events(facts: SurvivalFacts) -> str:
    by = "" if facts.horizon is None else f" by {facts.until}"
    return (
        f"With {counted(facts.n_events, 'event')}{by} these numbers are imprecise: expect "
        "others from other patients."
    )


def _censoring(facts: SurvivalFacts) -> str:
    beyond = f", beyond what {listed(facts.censoring)} tell," if facts.censoring else ""
    assumed = f"censoring{beyond} has nothing to do with the risk"
    if facts.horizon is None:
        return f"All this holds if {assumed}."
    share = facts.n_censored / facts.follow_up.n
    return (
        f"{counted(facts.n_censored, 'patient')} ({share:.0%}) were censored before "
        f"{facts.until}: they count by weights of those followed longer, which is right if "
        f"{assumed}."
    )


PHRASES: tuple[Phrase[SurvivalFacts], ...] = (
    Phrase("who", lambda _: True, _who),
    Phrase("one cohort", lambda facts: not facts.by_cohort, _concordance_of_one),
    Phrase("cohorts left out", lambda facts: facts.by_cohort, _concordance_by_cohort),
    *phrases_of_chance(lambda facts: bool(facts.rows["value"].notna().any())),
    Phrase("AUC at the horizon", lambda facts: facts.auc_of_one is not None, _auc),
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
    Phrase("thirds", lambda facts: facts.horizon is not None and not facts.by_cohort, _thirds),
    of_section("calibration"),
    of_section("usefulness"),
    Phrase("few events", lambda facts: facts.n_events < FEW_EVENTS, _few_events),
    Phrase(
        "censoring", lambda facts: facts.n_censored > 0 or facts.horizon is None, _censoring
    ),
)


def choose_phrases(facts: SurvivalFacts) -> list[Phrase[SurvivalFacts]]:
    """The phrases that apply, in the order of the table."""
    return choose(PHRASES, facts)
