"""The three numbers that a report opens with: how good, on whom, and beside what."""

from __future__ import annotations

import numpy as np

from deepcme.report.opening.opening import Tile
from deepcme.report.verdict.answers import choose_answer
from deepcme.report.verdict.comparator import Comparator, find_comparator
from deepcme.report.verdict.estimate import Estimate
from deepcme.report.verdict.facts import RankingFacts
from deepcme.report.verdict.gain import Gain
from deepcme.report.verdict.sentence import find_estimate, name_columns, show_range


def make_tiles(facts: RankingFacts, patients: Tile, counted: str, pairs: str) -> list[Tile]:
    """Performance, patients, and what the model is set beside.

    Parameters
    ----------
    facts : RankingFacts
    patients : Tile
        Who was looked at, which each kind of outcome has its own words for.
    counted : str
        The patients and events of the first number.
    pairs : str
        Which pairs the measure of ranks counts.
    """
    return [_performance(facts, counted, pairs), patients, _beside(facts)]


def _performance(facts: RankingFacts, counted: str, pairs: str) -> Tile:
    estimate = find_estimate(facts)
    where = f", {len(facts.rows)} cohorts left out" if facts.by_cohort else ""
    label = f"{facts.measure} of {facts.model}{where}"
    if not np.isfinite(estimate.value):
        by_cohort = show_range(facts) if facts.by_cohort else ""
        return Tile(label, by_cohort or "none", "", f"Not to be estimated; {counted}.")
    ranked = f"{estimate.value:.0%}".rstrip("%")
    said = [f"{ranked} of 100 pairs of {pairs} are ranked rightly; 50 is chance", counted]
    row = facts.asked.pooled
    if facts.by_cohort and row is not None:
        new = Estimate(0.0, float(row["prediction_low"]), float(row["prediction_high"]))
        said.insert(1, f"by cohort {show_range(facts)}, in a new one {new.show_ends()}")
    return Tile(label, estimate.show(), _ends(estimate), f"{'; '.join(said)}.")


def _beside(facts: RankingFacts) -> Tile:
    gain = facts.asked.gain
    if gain is not None:
        return _of_gain(facts, gain)
    comparator = find_comparator(facts)
    if comparator is None:
        none = "No comparator was named before the study was run."
        return Tile("Compared with", "nothing", "", none)
    if not comparator.is_compared:
        return _not_compared(facts, comparator)
    difference = comparator.difference
    said = [
        f"{facts.measure} less that of {comparator.short}",
        choose_answer(facts).words(facts),
        *_trained_beside(facts, comparator),
    ]
    return Tile(
        f"Against {comparator.name}",
        difference.show(signed=True),
        _ends(difference, signed=True),
        f"{_capital('; '.join(said))}.",
    )


def _of_gain(facts: RankingFacts, gain: Gain) -> Tile:
    by = "" if gain.genes == facts.model else f" ({gain.genes})"
    said = [
        f"{facts.measure} of both{by} {gain.both:.2f}, of columns alone {gain.clinical:.2f}",
        choose_answer(facts).words(facts),
    ]
    if gain.loss is not None:
        said.append(f"judged by the fall in log loss, {gain.loss.show_whole(signed=True)}")
    return Tile(
        f"Added by genes to {name_columns(gain.columns)}",
        gain.difference.show(signed=True),
        _ends(gain.difference, signed=True),
        f"{_capital('; '.join(said))}.",
    )


def _not_compared(facts: RankingFacts, comparator: Comparator) -> Tile:
    is_known = bool(np.isfinite(comparator.value))
    pooled = ", pooled" if facts.by_cohort and is_known else ""
    why = (
        "Not tested against it: each test part is another population."
        if facts.by_cohort
        else "The difference to it cannot be estimated."
    )
    value = f"{comparator.value:.2f}" if is_known else "not known"
    return Tile(f"{facts.measure} of {comparator.name}{pooled}", value, "", why)


def _trained_beside(facts: RankingFacts, comparator: Comparator) -> list[str]:
    """The comparison with the trained model that was named, where another is told first."""
    if not facts.has_comparator or facts.planned["baseline"] == comparator.model:
        return []
    row = facts.planned
    ends = (float(row[name]) for name in ("difference", "ci_low", "ci_high"))
    difference = Estimate(*ends)
    if not np.isfinite(difference.value):
        return []
    return [f"against {row['baseline']} {difference.show_whole(signed=True)}"]


def _ends(estimate: Estimate, *, signed: bool = False) -> str:
    ends = estimate.show_ends(signed=signed)
    return f"95% interval {ends}" if estimate.has_interval else ends


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
