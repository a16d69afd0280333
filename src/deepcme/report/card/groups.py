"""How well a model does in groups of its own patients, as questions and not as findings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deepcme.base.words import counted, listed
from deepcme.evaluation.groups.between_levels import OBSERVED_EXPECTED, with_ends
from deepcme.evaluation.groups.subgroups import FEWEST_EVENTS
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.card.card import Card
from deepcme.report.card.performance import NOT_KEPT
from deepcme.report.figures.styles import Chart
from deepcme.report.figures.subgroups import plot_subgroups
from deepcme.report.formatting import N_AND_EVENTS, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.layouts.numbers import show_estimates
from deepcme.report.sections.groups.subgroup_words import (
    describe_fairness,
    describe_interactions,
)
from deepcme.trained.entries import Interval
from deepcme.trained.expected.expected import FEWEST_OF_A_LEVEL, Subgroups

NONE = (
    "The cohort has no column, such as age, receptors or centre, that divides its patients in "
    "two to six groups: nothing is known of how the model does in them."
)
_COLUMNS = ("column", "measure", "levels", "statistic", "p_value", "p_holm")


def write_groups(card: Card) -> Blocks:
    """Words by rule, a forest plot and the table; or why there is nothing."""
    yield Heading("In groups of patients", "groups")
    if card.expected is None:
        yield Text(NOT_KEPT)
        return
    groups = card.expected.subgroups
    if not groups.levels:
        yield Text(NONE)
        yield Text(_left_out(groups), muted=True)
        return
    yield Text(describe_groups(card))
    yield Text(describe_fairness_of(card))
    yield Text(_looked_at(groups), muted=True)
    yield Figure(
        "groups",
        f"Forest plot of {card.rank_heading} and O/E by level; the numbers are in the table",
        f"{card.rank_heading} and O/E of held-out patients of one kind (square; line: 95% "
        f"interval), beside it {card.unit}s / events. Dashed: chance, and O/E of 1; dotted: "
        "all patients. p: of the interaction, whether the levels of a column differ at all, "
        "before correction. That one interval excludes chance and another does not is no "
        "difference between them.",
    )
    yield Table("groups", _lay_out(card).show(_show(card)))


def describe_groups(card: Card) -> str:
    """Whether levels differ, corrected for how often it was asked."""
    levels, tests = compute_frames(card)
    return describe_interactions(
        tests, levels, _headings(card), [], may_claim=card.exceeds_chance
    )


def describe_fairness_of(card: Card) -> str:
    """What is known of the groups that fairness is usually asked of."""
    if card.expected is None:
        return NOT_KEPT
    if not card.expected.subgroups.levels:
        return NONE
    return describe_fairness(compute_frames(card)[0], _headings(card))


def _headings(card: Card) -> dict[str, str]:
    return {card.rank: card.rank_heading, OBSERVED_EXPECTED: "O/E"}


def _looked_at(groups: Subgroups) -> str:
    small = (
        f" {counted(groups.small, 'level')} of fewer than {FEWEST_OF_A_LEVEL} patients: "
        "nothing is kept, as it would tell of single ones."
        if groups.small
        else ""
    )
    return (
        f"Patients are looked at by {listed(groups.by)}: columns of the cohort's samples, "
        "found by their names and values alone. None was planned and the levels hold few "
        "events each: what differs here is a question for other patients and not a finding. "
        f"Levels with fewer than {FEWEST_EVENTS} events, or as many without, have their "
        "counts alone."
        f"{small} {_left_out(groups)}"
    ).strip()


def _left_out(groups: Subgroups) -> str:
    return f"Not by {listed(groups.not_by)}." if groups.not_by else ""


def compute_frames(card: Card) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Levels and interaction tests as the tables of reports have them."""
    assert card.expected is not None
    groups = card.expected.subgroups
    rows = []
    for level in groups.levels:
        row = level.model_dump(include={"column", "level", "is_reference", "n", "events"})
        row |= {"model": card.name, "absent": level.absent, "gain": np.nan}
        row |= _columns(level.rank, with_ends(card.rank))
        row |= _columns(level.observed_expected, with_ends(OBSERVED_EXPECTED))
        row |= _columns(level.difference, with_ends("difference"))
        row |= _columns(level.ratio, with_ends("ratio"))
        row[f"{card.rank}_error"] = _number(level.rank_error)
        row[f"{OBSERVED_EXPECTED}_error"] = _number(level.observed_expected_error)
        rows.append(row)
    tests = [test.model_dump() for test in groups.interactions]
    return pd.DataFrame(rows), pd.DataFrame(tests, columns=list(_COLUMNS))


def _columns(interval: Interval | None, names: tuple[str, str, str]) -> dict[str, float]:
    if interval is None:
        return dict.fromkeys(names, np.nan)
    ends = interval.value, _number(interval.ci_low), _number(interval.ci_high)
    return dict(zip(names, ends, strict=True))


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _lay_out(card: Card) -> TableLayout:
    return TableLayout(
        f"{card.rank_heading} and O/E in groups of the training patients while they were held "
        "out.",
        ("of", "Level", ""), ("rank", f"{card.rank_heading} (95%)", "s"),
        ("difference", "Difference (95%)", "s"), ("observed", "O/E (95%)", "s"),
        ("ratio", "Ratio of O/Es (95%)", "s"),
        *(N_AND_EVENTS if card.survival is None else PATIENTS_AND_EVENTS),
        note="Pairs of the same level and test part; 95% intervals by bootstrap of patients of "
        "ranks, and Wald's or bootstrap of O/E. Differences and ratios are to the largest "
        "level of the column (square and add). They take the fitted models as they are.",
    )  # fmt: skip


def _show(card: Card) -> pd.DataFrame:
    table = compute_frames(card)[0]
    absent = table["absent"].ne("")
    ranks = pd.Series(show_estimates(table, with_ends(card.rank)))
    return pd.DataFrame(
        {
            "of": table["column"] + ": " + table["level"],
            "rank": ranks.where(~absent, table["absent"]),
            "difference": _beside(table, "difference"),
            "observed": show_estimates(table, with_ends(OBSERVED_EXPECTED)),
            "ratio": _beside(table, "ratio"),
            "n": table["n"],
            "events": table["events"],
        }
    )


def _beside(table: pd.DataFrame, name: str) -> list[str]:
    shown = show_estimates(table, with_ends(name), signed=name == "difference")
    return [
        "largest" if is_reference else text
        for is_reference, text in zip(table["is_reference"], shown, strict=True)
    ]


def draw_groups(card: Card) -> dict[str, Chart]:
    """The forest plot, where any level has an estimate."""
    if card.expected is None or not any(
        level.rank is not None for level in card.expected.subgroups.levels
    ):
        return {}
    levels, tests = compute_frames(card)
    overall = {
        name: found.value
        for name, found in (
            (card.rank, card.expected_rank),
            (OBSERVED_EXPECTED, card.expected.measure(OBSERVED_EXPECTED)),
        )
        if found is not None
    }
    return {"groups": plot_subgroups(levels, tests, _headings(card), overall)}
