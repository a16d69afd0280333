"""Every phrase that a verdict can have: its name, when it is said, and its words.

The verdict is what applies of the table `PHRASES`, in its order, by topic: what was asked and
how good the model is, whether that is above chance, what it was compared with, what else the
sections found, and how sure it is. A phrase that claims a gain or a loss is marked: it is
said only of what exceeds chance (`deepcme.report.chance`), so that a report on noise says any
of them in at most 5 of 100.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from deepcme.base.words import few
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.design import describe_test_parts, strata_column
from deepcme.report.verdict.against import (
    describe_interval,
    phrases_of_chance,
    phrases_of_comparator,
    phrases_of_permutation,
)
from deepcme.report.verdict.facts import Facts
from deepcme.report.verdict.phrase import Phrase, Topics, choose, of_section
from deepcme.report.verdict.signature import phrases_of_signature
from deepcme.study.designs import RepeatedDesign

FEW_EVENTS = 100
_COHORTS_TOLD = 3
_BASELINES_TOLD = 4


def choose_phrases(facts: Facts) -> list[Phrase[Facts]]:
    """The phrases that apply, in the order of the table."""
    return choose(PHRASES, facts)


def _auc_of_one(facts: Facts) -> str:
    row, column = facts.of_one, strata_column(facts.split)
    over = describe_test_parts(facts.split, int(row["n_splits"]))
    within = f", within levels of {column}," if column else ""
    return (
        f"The AUC of one fit of {facts.model} on {facts.training_share:.0%} of these patients"
        f"{within or ','} averaged over {over}, is {_auc(row)}."
    )


def _auc_by_cohort(facts: Facts) -> str:
    rows = facts.rows.sort_values("auc") if _has_many(facts) else facts.rows
    aucs = [_auc(row, f" in {row[LEFT_OUT]}") for _, row in rows.iterrows()]
    found = (
        f"{aucs[0]} to {aucs[-1]}, the ends of {len(aucs)} cohorts"
        if _has_many(facts)
        else "; ".join(aucs)
    )
    column, draws = strata_column(facts.split), int(facts.rows["n_splits"].min())
    within = f", within levels of {column}," if column else ""
    over = f" (mean of {draws} draws of the validation part)" if draws > 1 else ""
    return (
        f"One fit of {facts.model} on {facts.training_share:.0%} of the other cohorts' patients"
        f"{over} has an AUC{within} of {found}."
    )


def _has_many(facts: Facts) -> bool:
    return facts.by_cohort and len(facts.rows) > _COHORTS_TOLD


def _auc(row: pd.Series[Any], where: str = "") -> str:
    of = f" of {int(row['n_patients'])} patients" if row["n"] != row["n_patients"] else ""
    return (
        f"{row['auc']:.3f}{where} ({describe_interval(row, 'bootstrap', '.3f')}; "
        f"{int(row['n'])} samples{of}, {int(row['events'])} events)"
    )


def _not_tested(facts: Facts) -> int:
    return int(facts.cohort["samples"] - facts.rows["n"].sum())


def _tested(facts: Facts) -> str:
    why = (
        "random splits leave some out"
        if isinstance(facts.split, RepeatedDesign)
        else "the others are in no test part"
    )
    cohort, rows = facts.cohort, facts.rows
    noun = "patients" if cohort["patients"] == cohort["samples"] else "samples"
    return (
        f"Tested were {rows['n'].sum()} of {cohort['samples']} {noun}, with "
        f"{rows['events'].sum()} of {cohort['positives']} events: {why}."
    )


def _across_levels(facts: Facts) -> str:
    pooled = facts.of_one[["pooled_auc", "pooled_ci_low", "pooled_ci_high"]]
    pooled = pooled.set_axis(["auc", "ci_low", "ci_high"])
    interval = describe_interval(pooled, "bootstrap", ".3f")
    return f"Ranked across levels it is {pooled['auc']:.3f} ({interval})."


def _numbers(facts: Facts) -> str:
    row = facts.planned
    return (
        f"AUC difference {row['difference']:+.3f}, {describe_interval(row, 't', '+.3f')}; "
        f"posterior, flat prior: better {row['probability_better']:.2f}, worse "
        f"{row['probability_worse']:.2f}, within {row['margin']:g} either way "
        f"{row['probability_equivalent']:.2f}"
    )


def _holm(facts: Facts, found: str) -> str:
    return f"Corrected for all {facts.n_compared} comparisons (Holm), it {found}."


def _few_events(facts: Facts) -> str:
    row = facts.fewest
    where = f" in {row[LEFT_OUT]}" if facts.by_cohort else ""
    return (
        f"With {int(row['events'])} events{where} these numbers are imprecise: expect others "
        "from other patients."
    )


_FOUND: tuple[Phrase[Facts], ...] = (
    Phrase("one cohort", lambda facts: not facts.by_cohort, _auc_of_one),
    Phrase("cohorts left out", lambda facts: facts.by_cohort, _auc_by_cohort),
    of_section("meta_analysis"),
    *phrases_of_chance(lambda facts: not facts.permutation_decides),
    *phrases_of_permutation("labels"),
    Phrase("not everyone tested", lambda facts: _not_tested(facts) > 0, _tested),
    of_section("labelled_alone"),
    Phrase(
        "leak",
        lambda facts: bool(facts.leaks),
        lambda facts: (
            f"This AUC may be too high for new patients: {' and '.join(facts.leaks)}."
        ),
    ),
    Phrase("across levels", lambda facts: facts.is_stratified, _across_levels),
)
_COMPARED: tuple[Phrase[Facts], ...] = (
    *phrases_of_comparator(_numbers),
    Phrase(
        "no comparator",
        lambda facts: facts.n_compared > 0 and not facts.has_comparator,
        lambda _: "No comparator was named before the study was run.",
    ),
    Phrase(
        "better than others",
        lambda facts: bool(facts.beaten),
        lambda facts: _holm(facts, f"did better than {few(facts.beaten, _BASELINES_TOLD)}"),
        claims=True,
    ),
    Phrase(
        "worse than others",
        lambda facts: bool(facts.unbeaten),
        lambda facts: _holm(facts, f"did worse than {few(facts.unbeaten, _BASELINES_TOLD)}"),
        claims=True,
    ),
    Phrase(
        "told apart from none",
        lambda facts: facts.n_compared > 0 and not (facts.beaten or facts.unbeaten),
        lambda facts: f"It is told apart from none of {facts.n_compared} baselines (Holm).",
    ),
    Phrase(
        "cohorts are not compared",
        lambda facts: facts.by_cohort,
        lambda _: "No test compares it with baselines: each test part is another population.",
    ),
    *phrases_of_signature("AUC"),
    of_section("added_value"),
)
_RISKS: tuple[Phrase[Facts], ...] = (of_section("calibration"), of_section("usefulness"))
_HOW_SURE: tuple[Phrase[Facts], ...] = (
    of_section("sample_size"),
    Phrase(
        "few events",
        lambda facts: facts.n_rarer < FEW_EVENTS and not facts.notes.get("sample_size_verdict"),
        _few_events,
    ),
)
TOPICS: Topics[Facts] = (
    ("Found", _FOUND),
    ("Compared", _COMPARED),
    ("Risks", _RISKS),
    ("How sure", _HOW_SURE),
)
PHRASES: tuple[Phrase[Facts], ...] = tuple(phrase for _, of in TOPICS for phrase in of)
