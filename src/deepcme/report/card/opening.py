"""The first screen of a card: what the model tells, how well, of whom, where it was checked."""

from __future__ import annotations

from deepcme.base.notes import WARNING, is_warning
from deepcme.base.words import counted
from deepcme.report.card.card import NO_DEVICE, Card
from deepcme.report.card.limits import describe_doubts
from deepcme.report.layouts.numbers import show_estimate
from deepcme.report.opening.opening import Opening, Tile, Warned
from deepcme.trained.entries import Interval


def write_opening(card: Card) -> Opening:
    """A sentence, three numbers, warnings of the model, and that it is no device."""
    notes = card.manifest.notes
    warned = [note.removeprefix(WARNING) for note in notes if is_warning(note)]
    return Opening(
        describe(card),
        [_expected_tile(card), _patients_tile(card), _checked_tile(card)],
        warnings=[
            *(Warned(capital(text)) for text in warned),
            *(Warned(doubt, "limits") for doubt in describe_doubts(card)),
        ],
        counts=[NO_DEVICE],
    )


def describe(card: Card) -> str:
    """What the model tells, of what, and what it was learned from."""
    cohort = card.manifest.cohort
    what = (
        f"the risk of the event {card.by}" if card.survival else "the probability of the event"
    )
    return (
        f"{card.name} tells {what} from the expression of "
        f"{counted(card.model.n_genes, 'gene')}; it was learned from "
        f"{counted(cohort.patients, 'patient')} of {cohort.name}."
    )


def capital(text: str) -> str:
    """A sentence as it begins, unless with the name of a file."""
    return text if "." in text.partition(" ")[0] else f"{text[:1].upper()}{text[1:]}"


def split(interval: Interval | None) -> tuple[str, str]:
    """An estimate, and its interval in words, as far as they are known."""
    if interval is None:
        return "none", ""
    low, high = interval.ci_low, interval.ci_high
    if low is None or high is None:
        return f"{interval.value:.2f}", ""
    value, _, ends = show_estimate(interval.value, low, high).partition(" (")
    return value, f"95% interval {ends.rstrip(')')}"


def _expected_tile(card: Card) -> Tile:
    value, interval = split(card.expected_rank)
    label = f"{card.rank_heading} to expect of new patients like these"
    found = counted(card.n, card.unit)
    note = f"By cross-validation: {found}, {card.events:,} {card.having}. Chance is 0.5."
    return Tile(label, value, interval, note)


def _patients_tile(card: Card) -> Tile:
    cohort = card.manifest.cohort
    having = f"{cohort.positives:,} {card.model.having}"
    note = f"Of {cohort.name}: {counted(cohort.samples, 'sample')}, {having}."
    return Tile("Patients that it learned from", f"{cohort.patients:,}", "", note)


def _checked_tile(card: Card) -> Tile:
    if not card.checked:
        return Tile(
            "Checked in other cohorts", "none", "", "No validation was given to this card."
        )
    first = card.checked[0]
    found = first.finding(card.rank)
    value, interval = split(found.estimate if found else None)
    counts = (
        f"{counted(found.n, card.unit)}, {counted(found.events, 'event')}." if found else ""
    )
    others = len(card.checked) - 1
    more = f"{counted(others, 'other check')} below." if others else ""
    where = "its own patients" if first.brand else first.cohort
    note = " ".join(filter(None, [first.brand, counts, more]))
    return Tile(f"{card.rank_heading} in {where}", value, interval, note)
