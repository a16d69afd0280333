"""What a checklist is: items, and for each what the study says and what the author must."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from deepcme.report.section import Contents

AUTHOR = "Author must state"
STATUSES = ("study", "partly", "author")


@dataclass(frozen=True)
class Answer:
    """What a study says to an item, in sentences, and what is left to the author, as a clause.

    No item is answered for good: each answer is made of the study at hand, and what a study
    cannot know stays with the author.
    """

    found: str = ""
    left: str = ""

    @property
    def status(self) -> str:
        """Who answers: the study, the author, or each partly."""
        if not self.found:
            return "author"
        return "partly" if self.left else "study"

    def __str__(self) -> str:
        left = f"{AUTHOR}: {self.left}." if self.left else ""
        return " ".join(filter(None, [self.found.strip(), left]))


@dataclass(frozen=True)
class Item:
    """An item: its number, its topic, what it asks in our words, and who answers it how."""

    number: str
    topic: str
    asks: str
    answer: Callable[[Contents], Answer]


def by_author(what: str) -> Callable[[Contents], Answer]:
    """For an item that no study can answer."""
    return lambda _: Answer(left=what)


def by_outcome(
    binary: Callable[[Contents], Answer], times: Callable[[Contents], Answer]
) -> Callable[[Contents], Answer]:
    """For an item that a study of times answers otherwise than one of labels."""
    return lambda contents: (times if contents.results.is_survival else binary)(contents)


def answer_items(items: Sequence[Item], contents: Contents) -> pd.DataFrame:
    """A checklist as a table: number, topic, asks, answer, status."""
    rows = []
    for item in items:
        answer = item.answer(contents)
        rows.append((item.number, item.topic, item.asks, str(answer), answer.status))
    return pd.DataFrame(rows, columns=["number", "topic", "asks", "answer", "status"])


def count_answers(table: pd.DataFrame, items: str = "items") -> str:
    """How much of a checklist is filled, as a sentence."""
    study, partly, author = ((table["status"] == status).sum() for status in STATUSES)
    return (
        f"{study + partly} of {len(table)} {items} are answered by the study, {partly} of "
        f"these in part; {author} are left to the author."
    )


def percent(part: int, of: int) -> str:
    """A share in words: ``28 of 142 (20%)``."""
    share = f" ({part / of:.0%})" if of else ""
    return f"{part:,} of {of:,}{share}"


def known_columns(contents: Contents) -> list[str]:
    """Characteristics of the patients that the report has."""
    if "characteristics" not in contents.tables:
        return []
    names = contents.tables["characteristics"]["characteristic"].drop_duplicates().tolist()
    return [str(name) for name in names[2:]]  # after samples and patients


def rows_of_headline(contents: Contents, name: str) -> list[dict[Any, Any]]:
    """Rows of a table of models that are of the model which the study is about."""
    if name not in contents.tables:
        return []
    table = contents.tables[name]
    of_headline = table[table["model"] == contents.headline]
    return [dict(row) for row in of_headline.to_dict("records")]
