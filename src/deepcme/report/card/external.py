"""Where a model was checked, beside what was expected of it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from deepcme.base.notes import WARNING, warnings_first
from deepcme.report.blocks import Blocks, Bullets, Heading, Subheading, Table, Text
from deepcme.report.card.card import Card
from deepcme.report.card.checked import Checked
from deepcme.report.card.performance import heading_of, show_interval
from deepcme.report.formatting import N_AND_EVENTS, PATIENTS_AND_EVENTS, TableLayout

UNCHECKED = (
    "Not checked in another cohort, as far as this card knows. 'deepcme validate' tests the "
    "model on patients whose endpoint is known, and 'deepcme card ... --validation' takes its "
    "results into the card."
)
SHOWN = ("auc", "uno_c", "observed_expected", "slope", "brier", "scaled_brier")
_LAYOUT = (("cohort", "Cohort", ""), ("measure", "Measure", ""), ("value", "Value (95%)", "s"))


def write_checked(card: Card) -> Blocks:
    """A table of all checks, and what each says."""
    yield Heading("Where it was checked", "checked")
    if not card.checked:
        yield Text(UNCHECKED)
        return
    layout = TableLayout(
        "The model as it came, on patients whose endpoint is known, with 95% intervals; "
        "nothing was fitted anew.",
        *_LAYOUT,
        *(N_AND_EVENTS if card.survival is None else PATIENTS_AND_EVENTS),
        note="AUC: DeLong's interval, or by patient bootstrap. Others as the validation's own "
        "report says.",
    )
    yield Table("checked", layout.show(_table(card)), wrap=True)
    for checked in card.checked:
        yield Subheading(checked.cohort)
        yield Text(describe_check(checked))
        if notes := warnings_first(checked.notes):
            yield Bullets([note.removeprefix(WARNING) for note in notes])


def _table(card: Card) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "cohort": f"{checked.cohort} (its own)" if checked.brand else checked.cohort,
                "measure": heading_of(card, found.measure),
                "value": show_interval(found.estimate),
                "n": found.n,
                "events": found.events,
            }
            for checked in card.checked
            for found in checked.findings
            if found.measure in SHOWN
        ],
        columns=["cohort", "measure", "value", "n", "events"],
    )


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
