"""The texts that explain, by name: of audit codes, models, statistics and what is refused.

They are CommonMark with tables, and link to each other alone, so that a terminal, a report and
the site show the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from deepcme.base.named import Named

FOLDERS = {
    "topics": "What goes wrong, and what words mean",
    "audit": "Findings of the audit",
    "models": "Models",
    "statistics": "Statistics",
}
"""Where the texts are, and what those of a folder explain."""

ALIASES = {
    "uno-c": "concordance",
    "harrell-c": "concordance",
    "c-index": "concordance",
    "sensitivity": "classification",
    "specificity": "classification",
    "ppv": "classification",
    "npv": "classification",
    "scaled-brier": "brier",
    "integrated-brier": "brier",
    "scaled-integrated-brier": "brier",
    "observed-expected": "calibration",
    "slope": "calibration",
    "intercept": "calibration",
}
"""Further names, such as those of measures that share a text. A hyphen is an underscore too."""


@dataclass(frozen=True)
class Topic:
    """One text.

    Parameters
    ----------
    name : str
        As it is asked for, such as ``DCM005``, ``LR-tuned``, ``auc`` or ``few-events``.
    folder : str
        One of `FOLDERS`.
    title : str
        Its first heading.
    text : str
        All of it, in Markdown.
    """

    name: str
    folder: str
    title: str
    text: str


@cache
def list_topics() -> tuple[Topic, ...]:
    """Every text, folder by folder, in the order of their names."""
    root = files("deepcme.explained")
    return tuple(
        _read(folder, file.name, file.read_text("utf-8"))
        for folder in FOLDERS
        for file in sorted((root / folder).iterdir(), key=lambda file: file.name.lower())
        if file.name.endswith(".md")
    )


def find_topic(name: str) -> Topic:
    """The text of a name or of one of `ALIASES`, in capital or small letters.

    Raises
    ------
    UnknownNameError
        With the nearest names.

    Examples
    --------
    >>> find_topic("dcm005").name
    'DCM005'
    """
    return Named(_by_name(), "text about", "deepcme explain")[_plain(name)]


def has_topic(name: str) -> bool:
    """Whether there is a text of this name."""
    return _plain(name) in _by_name()


@cache
def _by_name() -> dict[str, Topic]:
    topics = {_plain(topic.name): topic for topic in list_topics()}
    of_alias = {alias: topics[name] for alias, name in ALIASES.items() if name in topics}
    return of_alias | topics


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _read(folder: str, file: str, text: str) -> Topic:
    heading, *_ = text.split("\n", 1)
    return Topic(file.removesuffix(".md"), folder, heading.removeprefix("# ").strip(), text)
