"""The first sentence of a report: what was found, in plain words, by rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepcme.report.verdict.answers import choose_answer
from deepcme.report.verdict.comparator import find_comparator
from deepcme.report.verdict.estimate import Estimate
from deepcme.report.verdict.facts import RankingFacts

_MOST_COLUMNS = 4
_CAUTION = "; not numbers to expect of new patients"


def make_sentence(facts: RankingFacts) -> str:
    """Endpoint, how well the model ranks patients, what it is set beside, and the answer.

    Parameters
    ----------
    facts : RankingFacts
    """
    where = f" in {len(facts.rows)} cohorts left out" if facts.by_cohort else ""
    is_known = bool(facts.rows[facts.value].notna().any())
    numbers = _join([_main(facts), *(_beside(facts) if is_known else [])])
    answer = choose_answer(facts).words(facts) + (_CAUTION if facts.leaks else "")
    return f"For {facts.asked_for}{where}, the {numbers}: {answer}."


def find_estimate(facts: RankingFacts) -> Estimate:
    """How well the model ranks patients: over all, or pooled over the cohorts left out."""
    row = facts.asked.pooled if facts.by_cohort else facts.of_one
    if row is None:
        return Estimate(np.nan)
    value = "value" if facts.by_cohort else facts.value
    return Estimate(float(row[value]), float(row["ci_low"]), float(row["ci_high"]))


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
    alone = " alone" if facts.asked.gain is not None else ""
    by, estimate = f"by genes{alone} ({facts.model})", find_estimate(facts)
    if np.isfinite(estimate.value):
        pooled = "pooled " if facts.by_cohort else ""
        return f"{pooled}{facts.measure} is {estimate.show_whole()} {by}"
    if facts.by_cohort and (cohorts := show_range(facts)):
        return f"{facts.measure} is {cohorts} {by}"
    return f"{facts.measure} {by} cannot be estimated"


def _beside(facts: RankingFacts) -> list[str]:
    """What the model is set beside, with its values."""
    gain = facts.asked.gain
    if gain is not None:
        with_genes = "" if gain.genes == facts.model else f" ({gain.genes})"
        columns = f"{gain.clinical:.2f} by {name_columns(gain.columns)}"
        return [columns, f"{gain.both:.2f} by both{with_genes}"]
    comparator = find_comparator(facts)
    if comparator is None or not np.isfinite(comparator.value):
        return []
    return [f"{comparator.value:.2f} by {comparator.what}"]


def _join(parts: Sequence[str]) -> str:
    if len(parts) <= 2:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"
