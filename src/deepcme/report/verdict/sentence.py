"""The first sentence of a report: what was found, in plain words, by rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepcme.report.verdict.answers import choose_answer
from deepcme.report.verdict.comparator import find_comparator
from deepcme.report.verdict.estimate import Estimate
from deepcme.report.verdict.facts import RankingFacts

_MOST_COLUMNS = 4
_CAUTION = "; not to be expected in new patients"


def make_sentence(facts: RankingFacts) -> str:
    """Endpoint, how well the model ranks patients, what it is set beside, and the answer.

    Parameters
    ----------
    facts : RankingFacts
    """
    where = f" in {len(facts.rows)} cohorts left out" if facts.by_cohort else ""
    numbers = ", ".join(filter(None, [_main(facts), *_beside(facts)]))
    answer = choose_answer(facts).words(facts) + (_CAUTION if facts.leaks else "")
    return f"For {facts.asked_for}{where}, {numbers}: {answer}."


def find_estimate(facts: RankingFacts) -> Estimate:
    """How well the model ranks patients: over all, or pooled over the cohorts left out."""
    if not facts.by_cohort:
        row = facts.of_one
        return Estimate(float(row[facts.value]), float(row["ci_low"]), float(row["ci_high"]))
    row = facts.asked.pooled
    if row is None:
        return Estimate(np.nan)
    return Estimate(float(row["value"]), float(row["ci_low"]), float(row["ci_high"]))


def show_range(facts: RankingFacts) -> str:
    """The lowest and the highest value of the cohorts left out."""
    values = facts.rows[facts.value].dropna()
    return f"{values.min():.2f} to {values.max():.2f}" if len(values) else ""


def name_columns(columns: Sequence[str]) -> str:
    """Clinical columns in words; of many the first ones, and how many more."""
    names = [name.replace("_", " ") for name in columns]
    if len(names) > _MOST_COLUMNS:
        more = len(names) - (_MOST_COLUMNS - 1)
        names = [*names[: _MOST_COLUMNS - 1], f"{more} more columns"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _main(facts: RankingFacts) -> str:
    genes = "genes alone" if facts.asked.gain is not None else "the genes"
    subject, estimate = f"{genes} ({facts.model})", find_estimate(facts)
    if np.isfinite(estimate.value):
        pooled = "a pooled" if facts.by_cohort else facts.article
        return f"{subject} reach {pooled} {facts.measure} of {estimate.show_whole()}"
    if facts.by_cohort and (cohorts := show_range(facts)):
        return f"{subject} reach {facts.article} {facts.measure} of {cohorts}"
    return f"{subject} have no {facts.measure} that can be estimated"


def _beside(facts: RankingFacts) -> list[str]:
    """What the model is set beside, with its values."""
    gain = facts.asked.gain
    if gain is not None:
        by = "" if gain.genes == facts.model else f" ({gain.genes})"
        columns = f"{name_columns(gain.columns)} {gain.clinical:.2f}"
        return [columns, f"both{by} {gain.both:.2f}"]
    comparator = find_comparator(facts)
    if comparator is None:
        return []
    value = f" {comparator.value:.2f}" if np.isfinite(comparator.value) else ""
    return [f"{comparator.name}{value}"] if value else []
