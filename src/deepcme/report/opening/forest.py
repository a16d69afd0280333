"""The picture that a report of labels opens with: every model, signature and the clinic.

Where cohorts were left out, a report of times has it too: the model in each cohort and pooled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.blocks import Figure
from deepcme.report.figures.forest import (
    ESTIMATE,
    HOLLOW,
    POOLED,
    PREDICTION,
    Axis,
    forest_heading,
    forest_row,
    plot_forest,
)
from deepcme.report.figures.roles import Roles
from deepcme.report.figures.styles import Chart
from deepcme.report.layouts.numbers import choose_decimals, show_estimate
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.report.sections.comparators.compared import INDEX
from deepcme.study.others.arms import names_beside
from deepcme.study.parts.added_value import CLINICAL, CLINICAL_AND_GENES
from deepcme.study.parts.comparators.clinical_index import PARTIAL
from deepcme.study.parts.comparators.signatures import OWN, PUBLISHED

NAME = "headline"
_CHANCE = 0.5
_LOWEST = 0.4
_GENES, _SIGNATURES, _CLINIC = "Genes, trained here", "Signatures, as published", "Clinic"
_NEW = "a new cohort"
_MADE_HERE = " *"


def compute_forest(contents: Contents) -> pd.DataFrame:
    """How each model, signature and the clinic rank the same patients.

    Values and intervals are those of the tables of discrimination, and of the cohorts pooled.

    Parameters
    ----------
    contents : Contents
        With all other tables.

    Returns
    -------
    DataFrame
        In the order to draw: `group, model, label, kind` (as a forest plot's), `value, ci_low,
        ci_high, n, events`.

    Raises
    ------
    AbsentError
        If no value can be estimated.
    """
    ranks = _select_ranks(contents)
    if LEFT_OUT in ranks.columns:
        table = pd.concat([_cohorts(contents, ranks), _others_pooled(contents)])
    else:
        table = _sort(contents, ranks)
    table = table.dropna(subset=["value"]).reset_index(drop=True)
    if table.empty:
        raise AbsentError("Nothing ranks these patients in a way that can be estimated.")
    columns = ["group", "model", "label", "kind", "value", "ci_low", "ci_high", "n", "events"]
    return table[columns]


def _select_ranks(contents: Contents) -> pd.DataFrame:
    results = contents.results
    if not results.is_survival:
        return contents.tables["discrimination"].rename(columns={"auc": "value"})
    table = contents.tables["survival_discrimination"]
    return table[table["measure"] == results.ranked_by.name]


def _cohorts(contents: Contents, ranks: pd.DataFrame) -> pd.DataFrame:
    """The headline in each cohort left out, pooled, and where a new cohort may lie."""
    model = contents.headline
    group = f"{model}, by cohort left out"
    rows = ranks[ranks["model"] == model].assign(kind=ESTIMATE)
    rows = rows.assign(label=rows[LEFT_OUT].astype(str))
    pooled = _select_pooled(contents)
    pooled = pooled[pooled["model"] == model].assign(kind=POOLED)
    pooled = pooled.assign(label=[f"pooled over {k}" for k in pooled["k"]])
    new = pooled.assign(kind=PREDICTION, label=_NEW)
    new[["ci_low", "ci_high"]] = new[["prediction_low", "prediction_high"]]
    return pd.concat([rows, pooled, new]).assign(group=group)


def _others_pooled(contents: Contents) -> pd.DataFrame:
    pooled = _sort(contents, _select_pooled(contents))
    pooled = pooled[pooled["model"] != contents.headline]
    return pooled.assign(group=pooled["group"] + ", pooled")


def _select_pooled(contents: Contents) -> pd.DataFrame:
    table = contents.tables.get("meta_analysis")
    if table is None:
        columns = [
            "model", "measure", "value", "ci_low", "ci_high", "prediction_low",
            "prediction_high", "k", "n", "events",
        ]  # fmt: skip
        return pd.DataFrame(columns=columns)
    return table[table["measure"] == contents.results.ranked_by.name]


def _sort(contents: Contents, ranks: pd.DataFrame) -> pd.DataFrame:
    """Rows by group, with what each is called and how it is drawn."""
    described = contents.tables.get("beside_clinic")
    kinds: dict[Any, str] = {}
    marks = pd.DataFrame(columns=["standing", "warned"])
    if described is not None:
        described = described.drop_duplicates("model").set_index("model")
        kinds, marks = described["kind"].to_dict(), described[["standing", "warned"]]
    rows = []
    for model in _order(contents.results, kinds, contents.headline):
        of_model = ranks[ranks["model"] == model]
        partial = model in marks.index and marks.loc[model, "standing"] == PARTIAL
        warned = model in marks.index and bool(marks.loc[model, "warned"])
        label = f"{model}{' (partial)' if partial else ''}{_MADE_HERE if warned else ''}"
        kind = HOLLOW if partial else ESTIMATE
        rows.append(of_model.assign(group=_group(model, kinds), label=label, kind=kind))
    table = pd.concat(rows)
    places = {_GENES: 0, _SIGNATURES: 1, _CLINIC: 2}
    return table.sort_values("group", key=lambda of: of.map(places), kind="stable")


def _order(results: StudyResults, kinds: dict[str, str], headline: str) -> list[str]:
    """The headline and its comparator first; none that learned from other cohorts as well."""
    study = results.study
    beside = {name for model in study.models for name in names_beside(model.name, study)}
    first = [name for name in (headline, study.comparator.model) if name]
    names = dict.fromkeys([*first, *results.models])
    return [name for name in names if name not in beside]


def _group(model: str, kinds: dict[str, str]) -> str:
    if kinds.get(model) in (PUBLISHED, OWN):
        return _SIGNATURES
    is_clinical = model in (CLINICAL, CLINICAL_AND_GENES) or kinds.get(model) == INDEX
    return _CLINIC if is_clinical else _GENES


def plot_headline(table: pd.DataFrame, measure: str, what: str, roles: Roles) -> Chart:
    """Draw the table of `compute_forest`, with its numbers beside it.

    Parameters
    ----------
    table : DataFrame
    measure : str
        Heading of the values.
    what : str
        What `n` counts.
    roles : Roles
    """
    rows = [*_rows(table, measure, what, roles)]
    low = float(np.nanmin([_LOWEST, *table["ci_low"], *table["value"]]))
    axis = Axis(f"{measure} with 95% interval", (np.floor(10 * low) / 10, 1.0), _CHANCE)
    description = (
        f"Forest plot: {measure} of {table['model'].nunique()} models, signatures and clinical "
        "predictors, with 95% intervals; 0.5 is chance."
    )
    return plot_forest(pd.DataFrame(rows), axis, description)


def _rows(
    table: pd.DataFrame, measure: str, what: str, roles: Roles
) -> Iterator[dict[str, Any]]:
    """The rows under a heading for each group; counts where they are not the same of all."""
    decimals = choose_decimals(table["ci_low"], table["ci_high"])
    tells_counts = _find_counts(table) is None
    columns = (f"{measure} (95%)", f"{what} / events" if tells_counts else "")
    for group, of_group in table.groupby("group", sort=False):
        yield forest_heading(str(group), *columns)
        columns = ("", "")
        for row in of_group.to_dict("records"):
            ends = [row[name] for name in ("value", "ci_low", "ci_high")]
            is_new = row["kind"] == PREDICTION
            numbers = show_estimate(*ends, decimals=decimals)
            yield forest_row(
                row["label"],
                ends,
                numbers.partition("(")[2].rstrip(")") if is_new else numbers,
                counts=f"{row['n']:,.0f} / {row['events']:,.0f}"
                if tells_counts and not is_new
                else "",
                kind=row["kind"],
                colour=roles.colour(row["model"]),
            )


def _find_counts(table: pd.DataFrame) -> tuple[int, int] | None:
    """Patients or samples, and events, if they are the same in every row."""
    counts = table[["n", "events"]].astype(int).drop_duplicates()
    n, events = counts.iloc[0]
    return (int(n), int(events)) if len(counts) == 1 else None


def find_headline_figure(contents: Contents) -> Figure | None:
    """The picture with its caption, where there is one."""
    if NAME not in contents.charts:
        return None
    table, results = contents.tables[NAME], contents.results
    heading, counts = results.ranked_by.heading, _find_counts(table)
    of = (
        ""
        if counts is None
        else f" ({counted(counts[0], _noun(contents))}, {counted(counts[1], 'event')})"
    )
    where = (
        "in each cohort left out, and pooled over them,"
        if LEFT_OUT in results.predictions.columns
        else f"on the same patients{of},"
    )
    parts = [
        f"{heading} {where} with 95% intervals; the dashed line is chance.",
        "Hollow: a part of the signature's genes." if (table["kind"] == HOLLOW).any() else "",
        "* made with patients of this cohort."
        if table["label"].str.endswith(_MADE_HERE).any()
        else "",
    ]
    label = f"{heading} of every model, signature and clinical predictor with its interval"
    return Figure(NAME, label, " ".join(filter(None, parts)))


def _compute(contents: Contents) -> None:
    """Drawn where no curves of one cohort's patients open the report."""
    results = contents.results
    by_cohort = LEFT_OUT in results.predictions.columns
    if "risk_curves" in contents.charts and not by_cohort:
        return
    heading, what = results.ranked_by.heading, f"{_noun(contents)}s"
    contents.add(
        NAME,
        lambda: compute_forest(contents),
        draw=lambda table: plot_headline(table, heading, what, contents.roles),
    )


def _noun(contents: Contents) -> str:
    return "patient" if contents.results.is_survival else "sample"


SECTION = Section(lambda _: (), _compute)
"""Draws for the first screen, and writes nothing: of what all other sections found."""
