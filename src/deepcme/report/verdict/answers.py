"""Every answer that the first sentence can give: its name, when it is given, and its words.

The first of `ANSWERS` that applies is given. One that claims a gain or a loss is marked, and
said only where the verdict's own phrase would be: of what exceeds chance
(`deepcme.report.chance`), of genes beside clinical columns by the rule of their section.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from deepcme.evaluation.nulls import LEVEL
from deepcme.report.added_value_verdict import Effect
from deepcme.report.verdict.comparator import Comparator, find_comparator
from deepcme.report.verdict.facts import RankingFacts
from deepcme.report.verdict.gain import Gain
from deepcme.report.verdict.phrase import Phrase

_COHORTS_NAMED = 2
_THESE = "these clinical columns"


def _too_few(facts: RankingFacts) -> bool:
    """Whether every interval holds both chance and what would be a good model, or is none."""
    low, high = (facts.rows[end].to_numpy(np.float64) for end in ("ci_low", "ci_high"))
    is_known = np.isfinite(low) & np.isfinite(high)
    tells_nothing = (low <= 0.5) & (high >= facts.good)
    return not facts.is_above_chance and bool((tells_nothing | ~is_known).all())


def _differs(facts: RankingFacts) -> bool:
    """Whether cohorts differ by more than chance makes them (Cochran's Q)."""
    row = facts.asked.pooled
    return row is not None and bool(chi2.sf(row["q"], row["k"] - 1) <= LEVEL)


def _gain(facts: RankingFacts) -> Gain | None:
    return facts.asked.gain


def _has_effect(facts: RankingFacts, effect: Effect) -> bool:
    gain = _gain(facts)
    return facts.is_above_chance and gain is not None and gain.effect is effect


def _by_loss_alone(facts: RankingFacts) -> str:
    """That the log loss tells it, where what is read beside it, the ranks, does not."""
    gain = _gain(facts)
    if gain is None or gain.loss is None:
        return ""
    ranks, loss = gain.difference, gain.loss
    tells_too = ranks.low > 0 if loss.value > 0 else ranks.high < 0
    return "" if tells_too else " (by log loss alone)"


def _columns_are_better(facts: RankingFacts) -> bool:
    gain = _gain(facts)
    return facts.is_above_chance and gain is not None and gain.columns_beat_genes


def _columns_better(facts: RankingFacts) -> str:
    gain = _gain(facts)
    assert gain is not None
    genes = "the genes" if gain.genes == facts.model else gain.genes
    return f"no demonstrated gain over {_THESE}, which beat {genes}"


def _compared(facts: RankingFacts) -> Comparator | None:
    """With whom the model is compared, where it is not a matter of clinical columns."""
    if _gain(facts) is not None:
        return None
    comparator = find_comparator(facts)
    return comparator if comparator is not None and comparator.is_compared else None


def _short(facts: RankingFacts) -> str:
    comparator = _compared(facts)
    assert comparator is not None
    return comparator.short


def _is_less(facts: RankingFacts) -> bool:
    comparator = _compared(facts)
    return (
        comparator is not None
        and comparator.is_better
        and comparator.model in facts.above_chance
    )


def _is_better(facts: RankingFacts) -> bool:
    comparator = _compared(facts)
    return facts.is_above_chance and comparator is not None and comparator.is_worse


def _in_cohorts(facts: RankingFacts) -> str:
    cohorts, n = facts.cohorts_at_chance, len(facts.rows)
    if len(cohorts) == n:
        return "in any cohort"
    if len(cohorts) <= _COHORTS_NAMED:
        return f"in {' and '.join(cohorts)}"
    return f"in {len(cohorts)} of {n} cohorts"


ANSWERS: tuple[Phrase[RankingFacts], ...] = (
    Phrase("less", _is_less, lambda facts: f"less than {_short(facts)}", claims=True),
    Phrase("too few events", _too_few, lambda _: "too few events to tell"),
    Phrase(
        "cohorts at chance",
        lambda facts: (
            not facts.is_above_chance and facts.by_cohort and not facts.permutation_decides
        ),
        lambda facts: f"not shown to be above chance {_in_cohorts(facts)}",
    ),
    Phrase(
        "at chance",
        lambda facts: not facts.is_above_chance,
        lambda _: "not shown to be above chance",
    ),
    Phrase(
        "differs",
        lambda facts: facts.by_cohort and _differs(facts),
        lambda _: "above chance on average, but it differs between cohorts",
        claims=True,
    ),
    Phrase(
        "above chance on average",
        lambda facts: facts.by_cohort and bool(facts.cohorts_at_chance),
        lambda facts: f"above chance on average, not shown {_in_cohorts(facts)}",
        claims=True,
    ),
    Phrase(
        "above chance everywhere",
        lambda facts: facts.by_cohort,
        lambda _: "above chance in every cohort",
        claims=True,
    ),
    Phrase(
        "adds",
        lambda facts: _has_effect(facts, Effect.ADDS),
        lambda facts: f"the genes add to {_THESE}{_by_loss_alone(facts)}",
        claims=True,
    ),
    Phrase(
        "harms",
        lambda facts: _has_effect(facts, Effect.HARMS),
        lambda facts: f"{_THESE} predict worse with the genes{_by_loss_alone(facts)}",
        claims=True,
    ),
    Phrase("columns better", _columns_are_better, _columns_better, claims=True),
    Phrase(
        "no gain over columns",
        lambda facts: _gain(facts) is not None,
        lambda _: f"no demonstrated gain over {_THESE}",
    ),
    Phrase("better", _is_better, lambda facts: f"better than {_short(facts)}", claims=True),
    Phrase(
        "no gain",
        lambda facts: _compared(facts) is not None,
        lambda facts: f"no demonstrated gain over {_short(facts)}",
    ),
    Phrase(
        "not compared",
        lambda _: True,
        lambda _: "above chance, and compared with nothing",
        claims=True,
    ),
)
"""The answers, of which the first that applies is given; the last one always does."""


def choose_answer(facts: RankingFacts) -> Phrase[RankingFacts]:
    """The answer that the first sentence gives."""
    return next(answer for answer in ANSWERS if answer.when(facts))
