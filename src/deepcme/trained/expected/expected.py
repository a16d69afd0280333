"""What to expect of a model in detail: the contents of ``expected.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal, Self, TypeVar

import numpy as np
import pandas as pd

from deepcme.evaluation.groups.between_levels import (
    OBSERVED_EXPECTED,
    difference_columns,
    with_ends,
)
from deepcme.evaluation.groups.levels import Levels
from deepcme.trained.entries import Count, Interval, Part, Probability

P = TypeVar("P", bound=Part)

RANKED_ANEW = (
    "in which the genes were ranked and refitted anew at the size, strength and refit that the "
    "panel was given by all patients"
)
"""How the scores came to be that a panel is calibrated by: not quite without those held out."""
FEWEST_OF_A_LEVEL = 10
"""Patients; what is of fewer would tell of single ones."""


class Measured(Part):
    """A measure of the risks, and how its interval was made; no value that cannot be had."""

    name: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    interval: str


class CurvePoint(Part):
    """A point of the calibration curve, with its pointwise 95% band."""

    predicted: Probability
    observed: float | None
    ci_low: float | None
    ci_high: float | None


class RiskGroup(CurvePoint):
    """Patients of like risk: mean predicted and observed risk.

    `n` and `events` count rows of repeated splits of a model of yes or no, patients of one of
    times; of times `followed` are known to be without the event by the horizon.
    """

    n: Count
    events: Count
    followed: Count | None = None


class Bar(Part):
    """How many held-out predictions had a risk from `low` to `high`."""

    low: Probability
    high: Probability
    events: Count
    non_events: Count


class Level(Part):
    """How well the model does in patients of one kind; `absent` says why there are no numbers.

    Differences and ratios are to the level that is the reference, the largest of its column.
    `rank_error` is the standard error of the logit, `observed_expected_error` that of the
    logarithm, with which levels are set beside each other.
    """

    column: str
    level: str
    is_reference: bool
    rank: Interval | None
    rank_error: float | None
    difference: Interval | None
    observed_expected: Interval | None
    observed_expected_error: float | None
    ratio: Interval | None
    n: Count
    events: Count
    absent: str


class Interaction(Part):
    """Whether a measure differs among the levels of a column, all at once."""

    column: str
    measure: str
    levels: Count
    statistic: float
    p_value: Probability
    p_holm: Probability


class Subgroups(Part):
    """How well the model does in groups of its own patients, none of which was planned.

    `by` are the columns as they were divided, `not_by` those that were not and why;
    `small` counts levels of fewer than ten patients, of which nothing is kept.
    """

    by: list[str]
    not_by: list[str]
    small: Count
    levels: list[Level]
    interactions: list[Interaction]


class Expected(Part):
    """Calibration, and performance in groups of patients, of held-out patients.

    Each patient's risk is by a calibration that the patient had no part in (`method`). `n`
    counts what `unit` says, `n_splits` the test parts.
    """

    format: Literal["deepcme expected performance"] = "deepcme expected performance"
    schema_version: Literal[1] = 1
    method: str
    rank: Literal["auc", "uno_c"]
    unit: Literal["samples", "patients"]
    n: Count
    events: Count
    n_patients: Count
    n_splits: Count
    measures: list[Measured]
    curve: list[CurvePoint]
    groups: list[RiskGroup]
    histogram: list[Bar]
    notes: list[str]
    subgroups: Subgroups

    def to_json(self) -> str:
        """As the file has it."""
        return json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """What a file has.

        Raises
        ------
        pydantic.ValidationError
            If it is no such content.
        """
        return cls.model_validate_json(text)

    def measure(self, name: str) -> Interval | None:
        """A measure of the risks; None where there is none."""
        for found in self.measures:
            if found.name == name and found.value is not None:
                return Interval(value=found.value, ci_low=found.ci_low, ci_high=found.ci_high)
        return None


def rows_as(kind: type[P], table: pd.DataFrame) -> list[P]:
    """Each row of a table as a part, of the columns that it has; what is not finite is None."""
    columns = [name for name in kind.model_fields if name in table.columns]
    return [
        kind.model_validate({name: _known(value) for name, value in row.items()})
        for row in table[columns].to_dict("records")
    ]


def _known(value: Any) -> Any:
    """Numbers as Python's own; None for what is missing or infinite."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


def describe_subgroups(
    levels: Levels, table: pd.DataFrame, interactions: pd.DataFrame, rank: str
) -> Subgroups:
    """What is kept of the levels; nothing of those of fewer than ten patients.

    Parameters
    ----------
    levels : Levels
    table, interactions : DataFrame
        As `compute_subgroups` and `compute_interactions` give them.
    rank : str
        The measure of ranks.
    """
    is_small = table["n_patients"] < FEWEST_OF_A_LEVEL
    return Subgroups(
        by=list(levels.described),
        not_by=list(levels.left_out),
        small=int(is_small.sum()),
        levels=[_level(row, rank) for row in table[~is_small].to_dict("records")],
        interactions=rows_as(Interaction, interactions),
    )


def no_subgroups(levels: Levels) -> Subgroups:
    """Where no column divides the patients."""
    return Subgroups(by=[], not_by=list(levels.left_out), small=0, levels=[], interactions=[])


def _level(row: dict[Any, Any], rank: str) -> Level:
    return Level(
        column=str(row["column"]),
        level=str(row["level"]),
        is_reference=bool(row["is_reference"]),
        rank=_interval(row, with_ends(rank)),
        rank_error=_known(float(row[f"{rank}_error"])),
        difference=_interval(row, difference_columns(rank)),
        observed_expected=_interval(row, with_ends(OBSERVED_EXPECTED)),
        observed_expected_error=_known(float(row[f"{OBSERVED_EXPECTED}_error"])),
        ratio=_interval(row, difference_columns(OBSERVED_EXPECTED)),
        n=int(row["n"]),
        events=int(row["events"]),
        absent=row["absent"],
    )


def _interval(row: dict[Any, Any], names: Iterable[str]) -> Interval | None:
    value, low, high = (_known(float(row[name])) for name in names)
    return None if value is None else Interval(value=value, ci_low=low, ci_high=high)
