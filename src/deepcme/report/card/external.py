"""Where a model was checked, beside what was expected of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from deepcme.base.notes import WARNING, warnings_first
from deepcme.report.blocks import Blocks, Bullets, Heading, Subheading, Table, Text
from deepcme.report.card.card import Card
from deepcme.report.card.checked import Checked
from deepcme.report.card.performance import heading_of
from deepcme.report.formatting import PATIENTS, SAMPLES, SideBySideLayout

UNCHECKED = (
    "Not checked in another cohort, as far as this card knows. 'deepcme validate' tests the "
    "model on patients whose endpoint is known, and 'deepcme card ... --validation' takes its "
    "results into the card."
)
SHOWN = ("auc", "uno_c", "observed_expected", "slope", "brier", "scaled_brier")


def write_checked(card: Card) -> Blocks:
    """A table of all checks, and what each says."""
    yield Heading("Where it was checked", "checked")
    if not card.checked:
        yield Text(UNCHECKED)
        return
    layout = SideBySideLayout(
        "The model as it came, on patients whose endpoint is known; nothing was fitted anew.",
        {name: heading_of(card, name) for name in _table(card)["metric"].unique()},
        SAMPLES if card.survival is None else PATIENTS,
        note="95% intervals: of the AUC DeLong's, or by patient bootstrap; of others as the "
        "validation's own report says.",
    )
    shown = layout.show(_table(card))
    yield Table("checked", replace(shown, headings=["Cohort", *shown.headings[1:]]))
    for checked in card.checked:
        yield Subheading(checked.cohort)
        yield Text(describe_check(checked))
        if notes := warnings_first(checked.notes):
            yield Bullets([note.removeprefix(WARNING) for note in notes])


def _table(card: Card) -> pd.DataFrame:
    """As `SideBySideLayout` takes it: a cohort stands where models do."""
    return pd.DataFrame(
        [
            {
                "model": f"{checked.cohort} (its own)" if checked.brand else checked.cohort,
                "metric": found.measure,
                "value": found.estimate.value,
                "ci_low": found.estimate.ci_low,
                "ci_high": found.estimate.ci_high,
                "n": found.n,
                "events": found.events,
            }
            for checked in card.checked
            for found in checked.findings
            if found.measure in SHOWN
        ],
        columns=["model", "metric", "value", "ci_low", "ci_high", "n", "events"],
    ).astype({"value": float, "ci_low": float, "ci_high": float})


def describe_check(checked: Checked) -> str:
    """What was found, of which endpoint, how values were brought to the model's, and when."""
    normalised = (
        "as they came" if checked.normalise == "none" else f"normalised by {checked.normalise}"
    )
    return (
        f"{checked.found} Endpoint there: {checked.endpoint} Values {normalised}; validated on "
        f"{checked.date} by deepcme {checked.package_version}."
    )


def describe_checks(card: Card) -> Iterator[str]:
    """Each check in a sentence."""
    yield from (checked.found for checked in card.checked)
