"""TRIPOD+AI and PROBAST+AI, filled where the study knows the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from deepcme.report.blocks import Blocks, Folded, Heading, Text
from deepcme.report.checklists.answers import STATUSES, count_answers
from deepcme.report.checklists.probast import compute_probast
from deepcme.report.checklists.tripod import compute_tripod
from deepcme.report.formatting import TableLayout
from deepcme.report.section import Contents, Section

LAYOUT = TableLayout(
    "What the study says to each item, and what is left to the author.",
    ("number", "Item", ""), ("topic", "Topic", ""), ("asks", "Asks", ""),
    ("answer", "Answer", ""), ("status", "Who answers", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Checklist:
    """A checklist of a study: its name, its source, and its table with how much is filled."""

    name: str
    source: str
    table: pd.DataFrame
    filled: str

    @property
    def share(self) -> str:
        """How many of its items the study answers, wholly or in part, of how many."""
        answered = int(self.table["status"].ne(STATUSES[-1]).sum())
        return f"{answered} of {len(self.table)}"


def checklists_of(contents: Contents) -> Iterator[Checklist]:
    """Both checklists of a report, once its contents are computed."""
    for name, title, items, source in (
        ("tripod", "TRIPOD+AI", "items", "Collins et al., BMJ 2024;385:e078378"),
        ("probast", "PROBAST+AI", "questions", "Moons et al., BMJ 2025;388:e082505"),
    ):
        table = contents.tables[name]
        yield Checklist(title, source, table, count_answers(table, items))


def _compute(contents: Contents) -> None:
    contents.add("tripod", lambda: compute_tripod(contents), LAYOUT)
    contents.add("probast", lambda: compute_probast(contents), LAYOUT)


def _write(contents: Contents) -> Blocks:
    yield Heading("Reporting guidelines", "reporting")
    yield Text(
        "In our words, not those of the guidelines, whose own checklists hold. The command "
        "'deepcme checklist' writes both as a document to fill in.",
        muted=True,
    )
    for name, checklist in zip(("tripod", "probast"), checklists_of(contents), strict=True):
        yield Text(checklist.name, only="md")
        yield Folded(
            f"{checklist.name}: {checklist.share} filled in",
            [
                Text(f"{checklist.filled} After {checklist.source}."),
                contents.show(name, wrap=True, unfolded=True),
            ],
        )


SECTION = Section(_write, _compute)
