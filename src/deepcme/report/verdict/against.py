"""Phrases of a verdict on any outcome: against chance, and against the comparator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from deepcme.base.words import counted, few
from deepcme.report.chance import describe_unfinished, is_unfinished
from deepcme.report.sections.nulls import describe_looks
from deepcme.report.verdict.facts import RankingFacts
from deepcme.report.verdict.phrase import Phrase

Facts = TypeVar("Facts", bound=RankingFacts)


def describe_interval(row: pd.Series[Any], kind: str, form: str) -> str:
    """The interval of a row in words, or that there is none; its name where it has a kind."""
    if not np.isfinite([row["ci_low"], row["ci_high"]]).all():
        return "no interval can be given"
    named = f"95% {kind} interval " if kind else ""
    return f"{named}{row['ci_low']:{form}} to {row['ci_high']:{form}}"


def phrases_of_chance(by_interval: Callable[[Facts], bool]) -> tuple[Phrase[Facts], ...]:
    """Whether the intervals show more than chance, where they decide that."""

    def lacks_evidence(facts: Facts) -> bool:
        return by_interval(facts) and not facts.is_above_chance

    return (
        Phrase(
            "above chance",
            lambda facts: by_interval(facts) and facts.is_above_chance,
            _why_above_chance,
            claims=True,
        ),
        Phrase(
            "at chance",
            lambda facts: (
                lacks_evidence(facts) and not facts.by_cohort and not _is_below(facts)
            ),
            _why_not,
        ),
        Phrase(
            "below chance",
            lambda facts: lacks_evidence(facts) and _is_below(facts),
            lambda _: (
                "This interval lies below 0.5, as without any signal it may: not shown to be "
                "above chance."
            ),
        ),
        Phrase(
            "cohorts at chance",
            lambda facts: lacks_evidence(facts) and facts.by_cohort,
            lambda facts: f"Not shown to be above chance in {few(facts.cohorts_at_chance)}.",
        ),
    )


def _why_above_chance(facts: RankingFacts) -> str:
    if not facts.by_cohort:
        return "This interval excludes 0.5: above chance."
    if not facts.cohorts_at_chance:
        return "Every interval excludes 0.5: above chance."
    return (
        "The pooled interval excludes 0.5: above chance on average, though not shown by itself "
        f"in {few(facts.cohorts_at_chance)}."
    )


def _why_not(facts: RankingFacts) -> str:
    if not np.isfinite(facts.of_one["ci_low"]):
        return "Without an interval it is not shown to be above chance."
    return "This interval holds 0.5: not shown to be above chance."


def _is_below(facts: RankingFacts) -> bool:
    return not facts.by_cohort and bool(facts.of_one["ci_high"] < 0.5)


def phrases_of_permutation(what: str) -> tuple[Phrase[Facts], ...]:
    """What permuted outcomes show, where they decide what chance is, or that they cannot.

    Parameters
    ----------
    what : str
        Was permuted.
    """

    def describe(facts: Facts) -> str:
        return _permuted(facts, what)

    return (
        Phrase(
            "above chance by permutation",
            lambda facts: facts.permutation_decides and facts.is_above_chance,
            describe,
            claims=True,
        ),
        Phrase(
            "at chance by permutation",
            lambda facts: facts.permutation_decides and not facts.is_above_chance,
            describe,
        ),
        Phrase(
            "permutation that decides nothing",
            lambda facts: facts.permutation is not None and not facts.permutation_decides,
            _decides_nothing,
        ),
    )


def _permuted(facts: RankingFacts, what: str) -> str:
    assert facts.permutation is not None
    row = facts.permutation.iloc[0]
    found = "above chance" if facts.is_above_chance else "not shown to be above chance"
    test = (
        f"With permuted {what} {row['n_as_good']:,.0f} of {row['n_permutations']:,.0f} reruns "
        f"did as well: p = {row['p_value']:.3f}, {found}."
    )
    return " ".join(filter(None, [test, describe_looks(facts.looks)]))


def _decides_nothing(facts: RankingFacts) -> str:
    assert facts.permutation is not None
    if is_unfinished(facts.permutation):
        so_far = describe_unfinished(facts.permutation)
        return f"{so_far}; nothing is concluded before all are done."
    n = int(facts.permutation["n_permutations"].iloc[0])
    return f"{counted(n, 'permutation')} cannot reject (smallest p 1/{n + 1})."


def phrases_of_comparator(numbers: Callable[[Facts], str]) -> tuple[Phrase[Facts], ...]:
    """How the model does against the comparator that was named beforehand.

    Parameters
    ----------
    numbers : callable
        The planned difference in words.
    """
    return (
        Phrase(
            "win",
            _claims_win,
            lambda facts: (
                f"{facts.model} did better than {_comparator(facts)} ({numbers(facts)})."
            ),
            claims=True,
        ),
        Phrase(
            "loss",
            _claims_loss,
            lambda facts: (
                f"{facts.model} did worse than {_comparator(facts)} ({numbers(facts)})."
            ),
            claims=True,
        ),
        Phrase(
            "tie",
            lambda facts: facts.has_comparator and not facts.favours,
            lambda facts: (
                f"No demonstrated advantage over {_comparator(facts)} ({numbers(facts)})."
            ),
        ),
        Phrase(
            "difference without signal",
            lambda facts: (
                bool(facts.favours) and not _claims_win(facts) and not _claims_loss(facts)
            ),
            lambda facts: (
                f"No difference from {_comparator(facts)}, is claimed, as {facts.favours} is "
                f"not shown to be above chance ({numbers(facts)})."
            ),
        ),
    )


def _comparator(facts: RankingFacts) -> str:
    return f"{facts.planned['baseline']}, the comparator named beforehand"


def _claims_win(facts: RankingFacts) -> bool:
    return facts.favours == facts.model and facts.is_above_chance


def _claims_loss(facts: RankingFacts) -> bool:
    return facts.favours not in ("", facts.model) and facts.favours in facts.above_chance
