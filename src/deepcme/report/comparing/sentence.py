"""What a choice did to the measure of ranks, in one sentence by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepcme.evaluation.measures import AUC, Measure
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO, TimeMeasure
from deepcme.report.layouts.numbers import choose_decimals, show_estimate

CHOICES = (
    ("study", "Study", ""), ("protocol", "Protocol", ""), ("design", "Design", ""),
    ("split_by", "Split by", ""), ("tissue", "Tissue", ""), ("fit_on", "Standardised on", ""),
    ("ranked_within", "Ranked within", ""),
)  # fmt: skip
"""How a study was done: columns of the table, their headings and formats."""
NO_DIFFERENCE = "no demonstrated difference"
HIGHER, LOWER = "higher", "lower"

_MOST_CHOICES = 2
"""More settings that differ are read from the table, not from a sentence."""
_MOST_NUMBERS = 3
"""Likewise of differences."""
_NONE = "none: "
_ENDS = ("difference", "difference_ci_low", "difference_ci_high")


@dataclass(frozen=True)
class Compared:
    """The model that studies are compared by, and what came of it.

    Attributes
    ----------
    measure : Measure or TimeMeasure
        How patients are ranked: the AUC or, of times, Uno's C.
    first : str
        The study that the others are compared with.
    model : str
        Empty where no model is in all of the studies.
    rows : DataFrame
        Those of the model in the other studies: one each, and for each cohort left out.
    of_first : DataFrame
        Those in the first study.
    """

    measure: Measure | TimeMeasure
    first: str
    model: str
    rows: pd.DataFrame
    of_first: pd.DataFrame


def find_measure_in(table: pd.DataFrame) -> Measure | TimeMeasure:
    """The measure of ranks that the table of `compute_side_by_side` is of."""
    return UNO if UNO.name in table.columns else AUC


def find_compared(table: pd.DataFrame) -> Compared:
    """The model to tell of, with its rows: a headline that all studies have, if there is one.

    Parameters
    ----------
    table : DataFrame
        Of `compute_side_by_side`.
    """
    model, first = _find_model(table), str(table["study"].iloc[0])
    rows, is_first = table["model"] == model, table["study"] == first
    return Compared(
        find_measure_in(table), first, model, table[rows & ~is_first], table[rows & is_first]
    )


def _find_model(table: pd.DataFrame) -> str:
    """The first headline that all studies have, else the first model; empty if none is."""
    studies = table.groupby("model")["study"].nunique()
    everywhere = studies.index[studies == table["study"].nunique()]
    shared = table[table["model"].isin(everywhere)]
    if shared.empty:
        return ""
    headlines = shared.loc[shared["headline"], "model"]
    return str((headlines if len(headlines) else shared["model"]).iloc[0])


def describe_side_by_side(table: pd.DataFrame) -> str:
    """How the studies differ in the model that they have in common, as far as is shown.

    Parameters
    ----------
    table : DataFrame
        Of `compute_side_by_side`.
    """
    compared = find_compared(table)
    heading, model = compared.measure.heading, compared.model
    if not model:
        return (
            f"No model is in all of the studies: there is no difference in {heading} to tell."
        )
    if len(compared.rows) == 1:
        row, other = compared.rows.iloc[0].to_dict(), compared.of_first.iloc[0].to_dict()
        return _describe_pair(compared, row, other, _describe_choices(row, other))
    names = {name_row(compared, row): row for row in compared.rows.to_dict("records")}
    tells = len(names) <= _MOST_NUMBERS
    found: dict[str, list[str]] = {}
    for name, row in names.items():
        shown = show_difference(row)
        told = f"{name} ({shown})" if tells and shown else name
        found.setdefault(judge(row), []).append(told)
    said = [f"{verdict} in {', '.join(of)}" for verdict, of in found.items()]
    others = compared.rows["study"].unique()
    subject = f"of {model}" if len(others) > 1 else f"of {model} in {others[0]}"
    by_cohort = ", by the cohort left out" if LEFT_OUT in compared.rows.columns else ""
    return f"{heading} {subject} less that in {compared.first}{by_cohort}: {'; '.join(said)}."


def _describe_pair(
    compared: Compared, row: Mapping[Any, Any], first: Mapping[Any, Any], choices: str
) -> str:
    measure = compared.measure
    values = [row[measure.name], first[measure.name]]
    places = choose_decimals(
        *([of[end] for of in (row, first)] for end in ("ci_low", "ci_high"))
    )
    reached, reached_first = (
        f"{value:.{places}f}" if np.isfinite(value) else "unknown" for value in values
    )
    shown = show_difference(row)
    difference = f"difference {shown}: {judge(row)}" if shown else judge(row)
    return (
        f"{choices}{measure.heading} of {compared.model} {reached} in {row['study']} less "
        f"{reached_first} in {compared.first}, {difference}."
    )


def _describe_choices(row: Mapping[Any, Any], first: Mapping[Any, Any]) -> str:
    """What was chosen otherwise, if it is little."""
    said = [
        f"{heading.lower()} {row[name] or 'nothing'} instead of {first[name] or 'nothing'}"
        for name, heading, _ in CHOICES[1:]
        if row[name] != first[name]
    ]
    if not 0 < len(said) <= _MOST_CHOICES:
        return ""
    words = " and ".join(said)
    return f"{words[0].upper()}{words[1:]}: "


def judge(row: Mapping[Any, Any]) -> str:
    """What the interval of a difference shows, or why there is no difference."""
    difference, low, high = (float(row[name]) for name in _ENDS)
    if np.isnan(difference):
        why = str(row["difference_interval"])
        known = why.removeprefix(_NONE) if why.startswith(_NONE) else "it cannot be estimated"
        return f"no difference can be computed: {known}"
    if not np.isfinite([low, high]).all():
        return "its interval cannot be estimated"
    if low > 0:
        return HIGHER
    return LOWER if high < 0 else NO_DIFFERENCE


def show_difference(row: Mapping[Any, Any]) -> str:
    """A difference with its interval, or nothing."""
    return show_estimate(*(row[name] for name in _ENDS), signed=True)


def name_row(compared: Compared, row: Mapping[Any, Any]) -> str:
    """Whose difference it is: the study, the cohort left out, or both."""
    if LEFT_OUT not in compared.rows.columns:
        return str(row["study"])
    several = compared.rows["study"].nunique() > 1
    return f"{row['study']}, {row[LEFT_OUT]}" if several else str(row[LEFT_OUT])
