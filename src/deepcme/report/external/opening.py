"""The first screen of what a frozen model did on new patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.notes import WARNING, is_warning
from deepcme.base.words import counted
from deepcme.report.blocks import Figure
from deepcme.report.formatting import Shown, SideBySideLayout
from deepcme.report.layouts.numbers import show_estimate
from deepcme.report.opening.opening import Opening, Tile, Warned
from deepcme.trained.entries import Interval
from deepcme.trained.validation import Validation

NONE = "none"
"""What stands where nothing could be estimated."""


def write_opening(validation: Validation, tiles: Sequence[Tile], figure: Figure) -> Opening:
    """What was reached beside what was expected; each note once, warnings before the others.

    Parameters
    ----------
    validation : Validation
    tiles : sequence of Tile
    figure : Figure
    """
    # That the model learned from these patients stands in the sentence already.
    notes = [note for note in validation.notes if note != f"{WARNING}{validation.brand}"]
    return Opening(
        validation.describe(),
        tiles,
        figure,
        warnings=[
            Warned(_capital(note.removeprefix(WARNING))) for note in notes if is_warning(note)
        ],
        notes=[("", note) for note in notes if not is_warning(note)],
    )


def performance_tile(
    validation: Validation, measure: str, found: Mapping[Any, Any], expected: Interval | None
) -> Tile:
    """The measure of ranks, beside what was expected of it."""
    beside = (
        f"Cross-validation on {validation.manifest.cohort.name} expected "
        f"{NONE if expected is None else expected.in_brackets()}"
    )
    value, interval = split_estimate(found)
    label = f"{measure} of {validation.manifest.model.name}"
    return Tile(label, value, interval, f"{beside}; chance is 0.5.")


def patients_tile(validation: Validation, n: int, noun: str, events: str, beside: str) -> Tile:
    """Who was tested, beside whom the model learned from.

    Parameters
    ----------
    validation : Validation
    n : int
    noun : str
        What is counted.
    events : str
        How many have the event, in words.
    beside : str
        The same of the training cohort.
    """
    cohort = validation.manifest.cohort
    label = "Patients that it learned from" if validation.brand else "New patients"
    learned = f"Learned from {counted(cohort.patients, 'patient')} of {cohort.name}, {beside}."
    return Tile(label, f"{n:,}" if noun == "patient" else counted(n, noun), events, learned)


def calibration_tile(
    ratio: Mapping[Any, Any], slope: Mapping[Any, Any] | None, by: str = ""
) -> Tile:
    """Observed over expected events, and the slope under it."""
    value, interval = split_estimate(ratio)
    said = "Below 1 the risks are too high, above 1 too low."
    if slope is not None and slope["value"] == slope["value"]:
        ends = (slope["value"], slope["ci_low"], slope["ci_high"])
        said += f" Slope {show_estimate(*ends)}: 1 is right."
    return Tile(f"Observed over expected events{by}", value, interval, said)


def split_estimate(row: Mapping[Any, Any]) -> tuple[str, str]:
    """A value, and its interval in words."""
    value, low, high = (float(row[name]) for name in ("value", "ci_low", "ci_high"))
    said = show_estimate(value, low, high, decimals=None if np.isfinite(low) else 2)
    shown, _, ends = said.partition(" (")
    return shown or NONE, f"95% interval {ends.rstrip(')')}" if ends else ""


def show_calls(layout: SideBySideLayout, calls: pd.DataFrame) -> Shown:
    """What calling from each risk on gives; a row is a rule and no model."""
    shown = layout.show(calls)
    return replace(shown, headings=["Called", *shown.headings[1:]])


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
