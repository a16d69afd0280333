"""How well to expect a model to do: measures with intervals, and calibration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from deepcme.base.words import counted
from deepcme.evaluation.measures import MEASURES, OBSERVED_EXPECTED
from deepcme.evaluation.probabilities.miscalibration import compute_calibration_verdicts
from deepcme.evaluation.survival.measured import HORIZON_MEASURES, SLOPE
from deepcme.evaluation.survival.tables.calibration_words import describe_survival_calibration
from deepcme.report.blocks import Blocks, Figure, Heading, Table, Text
from deepcme.report.card.card import Card
from deepcme.report.figures.calibration import plot_calibration
from deepcme.report.figures.over_time import RECALIBRATED, plot_calibration_at_horizon
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import N_AND_EVENTS, PATIENTS_AND_EVENTS, TableLayout
from deepcme.report.layouts.numbers import show_estimate
from deepcme.trained.entries import Interval

NOT_KEPT = (
    "This model keeps no calibration and no groups of patients: it is of a version of deepcme "
    "that did not. Train it again for them."
)
ON_SLOPE = (
    "O/E is near 1 by construction here, as every patient is of the same cohort. The fits that "
    "are judged learned from fewer patients than the model did: in simulated cohorts of 150 "
    "its slope in new patients was higher than the one shown, by 0.1 to 0.5, and its Brier "
    "score a little better."
)
NOT_READ = "not to be read, as the model is not shown to exceed chance"
_OF_LABELS = {of.name: of.heading for of in (*MEASURES, OBSERVED_EXPECTED)}
_OF_TIMES = {of.name: of.heading for of in HORIZON_MEASURES}
_MEANS = {
    "auc": "0.5 by chance, 1 perfect", "uno_c": "0.5 by chance, 1 perfect",
    "harrell_c": "0.5 by chance, 1 perfect",
    "observed_expected": "calibration in the large: 1 is right; below, risks are too high",
    "slope": "1 is right; below, risks are too extreme",
    "brier": "0 perfect", "scaled_brier": "0 as the same risk for all, 1 perfect",
}  # fmt: skip
_ORDER = ("observed_expected", "slope", "brier", "scaled_brier")


@dataclass(frozen=True)
class Row:
    """A measure of a card."""

    name: str
    heading: str
    estimate: Interval
    means: str


def list_measures(card: Card) -> list[Row]:
    """Every measure that the model's files have of it."""
    of_kind = _of_times(card) if card.survival is not None else _of_labels(card)
    return list(of_kind)


def _of_labels(card: Card) -> Iterator[Row]:
    assert card.binary is not None
    found = card.binary.manifest.performance
    yield _row("auc", found.auc, _OF_LABELS, card.exceeds_chance)
    if found.pr_auc_chance is not None:
        means = f"{found.pr_auc_chance:.2f} by chance, 1 perfect"
        yield Row("pr_auc", "PR-AUC", found.pr_auc, means)
    if card.model.rises:
        threshold = card.binary.manifest.threshold.probability
        for name in ("sensitivity", "specificity"):
            alone = Interval(value=getattr(found, name), ci_low=None, ci_high=None)
            means = f"from {threshold:.1%} on, on the predictions that chose it: too good"
            yield Row(name, name.capitalize(), alone, means)
    if card.expected is not None:
        for name in _ORDER:
            if estimate := card.expected.measure(name):
                yield _row(name, estimate, _OF_LABELS, card.exceeds_chance)


def _of_times(card: Card) -> Iterator[Row]:
    assert card.survival is not None
    found = card.survival.manifest.performance
    for name in ("uno_c", "harrell_c", "auc", *_ORDER):
        if estimate := getattr(found, name):
            yield _row(name, estimate, _OF_TIMES, card.exceeds_chance)


def _row(
    name: str, estimate: Interval, headings: Mapping[str, str], exceeds_chance: bool
) -> Row:
    means = _MEANS[name] if exceeds_chance or name != SLOPE.name else NOT_READ
    return Row(name, headings[name], estimate, means)


def heading_of(card: Card, measure: str) -> str:
    """A measure's name for readers."""
    return (_OF_LABELS if card.survival is None else _OF_TIMES)[measure]


def show_interval(estimate: Interval) -> str:
    """An estimate with its interval, as far as it has one."""
    if estimate.ci_low is None or estimate.ci_high is None:
        return f"{estimate.value:.2f}"
    return show_estimate(estimate.value, estimate.ci_low, estimate.ci_high)


def write_performance(card: Card) -> Blocks:
    """The measures as a table, calibration in words and as a chart."""
    yield Heading("How well to expect it to do", "performance")
    rows = list_measures(card)
    table = pd.DataFrame(
        {
            "measure": [row.heading for row in rows],
            "value": [show_interval(row.estimate) for row in rows],
            "means": [row.means for row in rows],
            "n": card.n,
            "events": card.events,
        }
    )
    yield Table("expected", _lay_out(card).show(table), wrap=True)
    if card.expected is None:
        yield Text(NOT_KEPT)
        return
    yield Text(describe_calibration(card))
    yield Text(f"{ON_SLOPE} How the risks were made: {card.expected.method}.", muted=True)
    for note in card.expected.notes:
        yield Text(note)
    yield _figure(card)


def _lay_out(card: Card) -> TableLayout:
    performance = (card.survival or card.binary).manifest.performance  # type: ignore[union-attr]
    times = f"{counted(performance.folds, 'fold')}, {counted(performance.repeats, 'time')}"
    return TableLayout(
        "What to expect of new patients like those that it learned from, with 95% intervals.",
        ("measure", "Measure", ""), ("value", "Value (95%)", "s"),
        ("means", "How to read it", ""),
        *(N_AND_EVENTS if card.survival is None else PATIENTS_AND_EVENTS),
        note=f"{performance.method} ({times}).",
    )  # fmt: skip


def describe_calibration(card: Card) -> str:
    """What O/E and slope show, by the rules of reports.

    Of scores that know nothing the slope of held-out patients is below 0 by construction, as
    whoever is held out is not among those whose outcomes gave the line.
    """
    if not card.exceeds_chance:
        return "Whether its risks are right is not asked: it is not shown to exceed chance."
    expected = card.expected
    assert expected is not None
    named = "this model"
    counts = {"n": expected.n, "events": expected.events, "n_splits": expected.n_splits}
    table = pd.DataFrame(
        [
            {"model": named, "metric": row.name, "measure": row.name, "absent": "not estimable",
             "value": row.value, "ci_low": row.ci_low, "ci_high": row.ci_high, **counts}
            for row in expected.measures
        ]
    ).astype({"value": float, "ci_low": float, "ci_high": float})  # fmt: skip
    if card.survival is not None:
        return describe_survival_calibration(table, named, card.survival.until, refitted=True)
    return str(compute_calibration_verdicts(table)["verdict"].iloc[0])


def draw_calibration(card: Card) -> dict[str, Chart]:
    """The calibration curve, or groups at the horizon, where there are events enough."""
    expected = card.expected
    if expected is None or not expected.groups:
        return {}
    groups = pd.DataFrame([group.model_dump() for group in expected.groups])
    groups = groups.assign(model=card.name)
    if card.survival is not None:
        if groups["observed"].isna().all():
            return {}
        return {"calibration": plot_calibration_at_horizon(groups.assign(risks=RECALIBRATED))}
    curve, histogram = (
        pd.DataFrame([row.model_dump() for row in rows]).assign(model=card.name)
        for rows in (expected.curve, expected.histogram)
    )
    return {"calibration": plot_calibration(curve, groups, histogram)}


def _figure(card: Card) -> Figure:
    if card.survival is not None:
        caption = (
            f"Observed against mean predicted risk {card.by} of held-out patients, in groups "
            "of equal size, with 95% intervals of the observed risk. The dashed line is "
            "perfect."
        )
    else:
        caption = (
            "Observed share against predicted risk of held-out patients. The line is a "
            "logistic regression on a restricted cubic spline of the log-odds with its "
            "pointwise 95% band; points are groups of equal size with Wilson's 95% intervals; "
            "bars below: how often which risk was given to patients with and without the "
            "event. The dashed line is perfect."
        )
    return Figure("calibration", "Observed against predicted risk", caption)
