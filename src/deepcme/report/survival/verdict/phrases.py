"""Every phrase that the verdict on a study of times can have, as `deepcme.report.verdict` has.

Who was followed, how well the headline ranks patients and whether that is above chance, what
it was compared with, what its risks by the horizon are worth, and how sure all this is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted, listed
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.cumulative_incidence import compute_risk
from deepcme.evaluation.survival.kaplan_meier import compute_median_follow_up
from deepcme.report.design import describe_test_parts
from deepcme.report.opening.opening import Tile
from deepcme.report.survival.verdict.facts import SurvivalFacts
from deepcme.report.verdict.against import (
    describe_interval,
    phrases_of_chance,
    phrases_of_comparator,
    phrases_of_permutation,
)
from deepcme.report.verdict.phrase import Phrase, Topics, choose, of_section
from deepcme.report.verdict.signature import phrases_of_signature
from deepcme.study.parts.added_value import CLINICAL_AND_GENES

FEW_EVENTS = 100
MOST_COHORTS_TOLD = 3


def _who(facts: SurvivalFacts) -> str:
    competing = (
        f" and {facts.n_competing:,} the competing event first" if facts.n_competing else ""
    )
    by, censored = "", ""
    if facts.horizon is not None:
        by = f" by {facts.until}"
        share = facts.n_censored / facts.follow_up.n
        censored = f", {facts.n_censored:,} ({share:.0%}) were censored before"
    return (
        f"{counted(facts.follow_up.n, 'patient')}, followed for {_median_follow_up(facts)}: "
        f"{facts.n_events:,} had the event{by}{competing}{censored if facts.n_censored else ''}"
        f"{_observed_risk(facts)}."
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
    return f"; the risk is {risk.value:.0%} ({how}, {ends})"


def _ends(low: float, high: float, kind: str = "") -> str:
    return "no interval" if pd.isna(low) or pd.isna(high) else f"{kind}{low:.0%} to {high:.0%}"


def describe_followed(facts: SurvivalFacts) -> Tile:
    """How many patients, for how long, and how many had the event."""
    by = "" if facts.horizon is None else f" by {facts.until}"
    n_others = _not_tested(facts)
    untested = f"; {n_others:,} others are in no test part" if n_others else ""
    risk = _observed_risk(facts).removeprefix("; ")
    return Tile(
        "Patients",
        f"{facts.follow_up.n:,}",
        f"{counted(facts.n_events, 'event')}{by}",
        f"Followed for {_median_follow_up(facts)}; {risk}{untested}.",
    )


def _as_clause(reason: str) -> str:
    """A sentence, or a part of one, as a part of another."""
    return f"{reason[:1].lower()}{reason[1:].rstrip('.')}"


def _concordance_of_one(facts: SurvivalFacts) -> str:
    row = facts.of_one
    if pd.isna(row["value"]):
        return f"Uno's C of {facts.model} cannot be estimated: {_as_clause(row['absent'])}."
    n_unknown = int(row["n_not_estimable"])
    over = describe_test_parts(facts.split, int(row["n_splits"]) + n_unknown)
    lost = (
        f", over {over} but {n_unknown}, where {_as_clause(row['absent'])}" if n_unknown else ""
    )
    return (
        f"One fit of {facts.model} on {facts.training_share:.0%} of them has a Uno's C up to "
        f"{facts.describe_about(row['tau'])} of {row['value']:.3f} "
        f"({describe_interval(row, 'bootstrap', '.3f')}){lost}."
    )


def _concordance_by_cohort(facts: SurvivalFacts) -> str:
    rows, tau = facts.rows, facts.describe_about(facts.rows["tau"].iloc[0])
    if len(rows) > MOST_COHORTS_TOLD and rows["value"].notna().any():
        ends = rows.dropna(subset="value").sort_values("value").iloc[[0, -1]]
        low, high = _concordances_in(ends)
        told = f"{low} to {high}, the ends of {len(rows)} cohorts"
    else:
        told = "; ".join(_concordances_in(rows))
    return (
        f"One fit of {facts.model} on {facts.training_share:.0%} of the other cohorts' "
        f"patients has a Uno's C up to {tau} of {told}."
    )


def _concordances_in(rows: pd.DataFrame) -> list[str]:
    """Of each cohort; intervals are named at the first."""
    kind, told = "bootstrap", []
    for _, row in rows.iterrows():
        if pd.isna(row["value"]):
            told.append(f"a value that cannot be estimated in {row[LEFT_OUT]}")
            continue
        interval = describe_interval(row, kind, ".3f")
        kind = "" if np.isfinite(row["ci_low"]) else kind
        events = counted(int(row["events"]), "event")
        told.append(f"{row['value']:.3f} in {row[LEFT_OUT]} ({interval}; {events})")
    return told


def _not_tested(facts: SurvivalFacts) -> int:
    return int(facts.cohort["patients"]) - facts.follow_up.n


def _difference(facts: SurvivalFacts) -> str:
    row = facts.planned
    if pd.isna(row["difference"]):
        return "the difference in C cannot be estimated"
    interval = describe_interval(row, facts.kind_of_others, "+.3f")
    return f"difference in C {row['difference']:+.3f}, {interval}"


def _thirds(facts: SurvivalFacts) -> str:
    lowest, highest = facts.group("lowest"), facts.group("highest")
    if lowest is None or highest is None:
        return f"Its predictions give no thirds whose risks by {facts.until} can be told."
    low, high = (
        f"{row['risk']:.0%} ({_ends(row['ci_low'], row['ci_high'])})"
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
    return f"All this holds if censoring{beyond} has nothing to do with the risk."


def _tells_calibration(facts: SurvivalFacts) -> bool:
    """Of cohorts left out the section tells, one by one."""
    is_told = facts.is_estimable and bool(facts.notes.get("calibration_verdict"))
    return is_told and not facts.by_cohort


def _tells_sample_size(facts: SurvivalFacts) -> bool:
    return bool(facts.notes.get("sample_size_verdict"))


def _calibration(facts: SurvivalFacts) -> str:
    return facts.notes["calibration" if facts.kind_of_others else "calibration_verdict"]


_ASKED: tuple[Phrase[SurvivalFacts], ...] = (Phrase("who", lambda _: True, _who),)
_FOUND: tuple[Phrase[SurvivalFacts], ...] = (
    Phrase("one cohort", lambda facts: not facts.by_cohort, _concordance_of_one),
    Phrase("cohorts left out", lambda facts: facts.by_cohort, _concordance_by_cohort),
    of_section("meta_analysis"),
    *phrases_of_chance(lambda facts: facts.is_estimable and not facts.permutation_decides),
    *phrases_of_permutation("outcomes"),
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
)
_COMPARED: tuple[Phrase[SurvivalFacts], ...] = (
    *phrases_of_comparator(_difference),
    Phrase(
        "added value",
        lambda facts: (
            CLINICAL_AND_GENES in facts.above_chance
            and bool(facts.notes.get("added_value_verdict"))
        ),
        lambda facts: facts.notes["added_value_verdict"],
    ),
    *phrases_of_signature("Uno's C"),
)
_RISKS: tuple[Phrase[SurvivalFacts], ...] = (
    Phrase(
        "thirds",
        lambda facts: facts.horizon is not None and facts.is_estimable and not facts.by_cohort,
        _thirds,
    ),
    Phrase(
        "calibration",
        _tells_calibration,
        _calibration,
    ),
    of_section("usefulness"),
)
_HOW_SURE: tuple[Phrase[SurvivalFacts], ...] = (
    Phrase(
        "sample size",
        lambda facts: _tells_sample_size(facts) and not _tells_calibration(facts),
        lambda facts: facts.notes["sample_size_verdict"],
    ),
    Phrase(
        "few events",
        lambda facts: (
            facts.is_estimable
            and facts.n_events < FEW_EVENTS
            and not (_tells_calibration(facts) or _tells_sample_size(facts))
        ),
        _few_events,
    ),
    Phrase(
        "censoring",
        lambda facts: facts.is_estimable and (facts.n_censored > 0 or facts.horizon is None),
        _censoring,
    ),
)
TOPICS: Topics[SurvivalFacts] = (
    ("Asked", _ASKED),
    ("Found", _FOUND),
    ("Compared", _COMPARED),
    ("Risks", _RISKS),
    ("How sure", _HOW_SURE),
)
PHRASES: tuple[Phrase[SurvivalFacts], ...] = tuple(phrase for _, of in TOPICS for phrase in of)


def choose_phrases(facts: SurvivalFacts) -> list[Phrase[SurvivalFacts]]:
    """The phrases that apply, in the order of the table."""
    return choose(PHRASES, facts)
