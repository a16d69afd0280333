"""How well the headline and its comparator do in patients of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.base.words import counted, listed
from deepcme.evaluation.groups.levels import Levels, divide_by_columns
from deepcme.evaluation.groups.subgroups import (
    FEWEST_EVENTS,
    UNKNOWN_LEVEL,
    compute_subgroups,
)
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.chance import exceeds_chance
from deepcme.report.figures.forest import ESTIMATE, forest_heading, plot_forest
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import N_AND_EVENTS, TableLayout
from deepcme.report.models import find_refitted_models
from deepcme.report.results import StudyResults
from deepcme.report.section import Contents, Section
from deepcme.study.parts.characteristics import PATIENTS

_LAYOUT = TableLayout(
    "By level of what was known at the start. AUC: share of pairs, of a sample with the event "
    "and one without it in the same level and test part, in which the first has the higher "
    "score; 95% intervals by bootstrap of patients (t, logit scale). O/E: events observed over "
    "those expected by the recalibrated probabilities; 95% intervals Wald's on the log scale, "
    "errors by patient. Differences and ratios are to the largest level of the column, with "
    "95% intervals made of those of both (square and add: Zou and Donner 2008), not corrected "
    f"for their number. Below {FEWEST_EVENTS} events, or samples without, there are counts "
    "alone.",
    ("model", "Model", ""), ("column", "By", ""), ("level", "Level", ""), ("auc", "AUC", ""),
    ("difference", "AUC difference", ""), ("ratio", "O/E", ""),
    ("ratio_of_ratios", "Ratio of O/Es", ""), *N_AND_EVENTS,
)  # fmt: skip
_CAPTION = (
    "AUC of {model} in patients of one kind (square; line: 95% interval by bootstrap of "
    "patients), beside it samples / events; the dashed line is chance. Levels of a column are "
    "compared in the table: that one interval excludes chance and another does not is no "
    "difference between them."
)


def _compute(contents: Contents) -> None:
    contents.add("subgroups", lambda: _make(contents), _LAYOUT)
    if "subgroups" not in contents.tables:
        return
    table = contents.tables["subgroups"]
    of_headline = table[table["model"] == contents.headline]
    contents.charts["subgroups"] = plot_subgroups(of_headline)
    contents.notes["subgroup_differences"] = describe_differences(
        of_headline, may_claim=exceeds_chance(contents)
    )


def _make(contents: Contents) -> pd.DataFrame:
    results = contents.results
    levels = _read_levels(results)
    contents.notes["subgroup_columns"] = describe_columns(levels)
    models = [contents.headline, results.study.comparator.model]
    predictions = results.predictions
    return compute_subgroups(
        predictions[predictions["model"].isin(models)],
        levels.of_sample,
        contents.random("subgroups"),
        recalibrated=_recalibrated(results),
        refitted=find_refitted_models(results.study),
    )


def _recalibrated(results: StudyResults) -> pd.DataFrame | None:
    """None where no model has a line that its scores rise with."""
    try:
        return results.recalibrated
    except AbsentError:
        return None


def _read_levels(results: StudyResults) -> Levels:
    if not results.folder.has_table(PATIENTS):
        raise AbsentError(
            "The study's folder is older than its table of what is known of the samples, so "
            "nothing is said of groups of patients: the same `deepcme run` adds it and fits "
            "nothing again."
        )
    characteristics = results.folder.read_table(PATIENTS)
    analysed = characteristics[_are_analysed(characteristics, results)].reset_index(drop=True)
    levels = divide_by_columns(analysed, _cohorts_left_out(analysed["sample"], results))
    if levels.of_sample.columns.empty:
        raise AbsentError(
            "The cohort has no column, such as age, receptors or centre, that divides its "
            "patients in two to six groups: nothing is said of how the model does in them."
            f"{_not_by(levels)}"
        )
    return levels


def _cohorts_left_out(samples: pd.Series, results: StudyResults) -> pd.Series | None:
    predictions = results.predictions
    if LEFT_OUT not in predictions.columns:
        return None
    tested = predictions[predictions["part"] == "test"].drop_duplicates("sample")
    return samples.map(tested.set_index("sample")[LEFT_OUT])


def _are_analysed(characteristics: pd.DataFrame, results: StudyResults) -> pd.Series[bool]:
    return characteristics["sample"].isin(results.samples.index)


def describe_columns(levels: Levels) -> str:
    """By which columns patients are looked at, and that this was not planned."""
    is_cut = any("(at " in column for column in levels.described)
    cut = (
        " Numbers of more values are cut in two at what the brackets say, which no outcome "
        "chose."
        if is_cut
        else ""
    )
    return (
        f"Patients are looked at by {listed(levels.described)}: every column of the cohort's "
        f"samples that divides them in two to six levels.{cut}{_not_by(levels)} "
        "These groups were not planned and hold few events each: what differs here is a "
        "question for other patients, not a finding."
    )


def _not_by(levels: Levels) -> str:
    return f" Not by {listed(levels.left_out)}." if levels.left_out else ""


def describe_differences(table: pd.DataFrame, *, may_claim: bool) -> str:
    """Which differences between levels are shown, in a sentence or two.

    Parameters
    ----------
    table : DataFrame
        One model's, as `compute_subgroups` gives it.
    may_claim : bool
        Whether the model is shown to exceed chance.
    """
    compared = int(table[["auc_difference", "ratio_of_ratios"]].notna().sum().sum())
    if not compared:
        return (
            f"No column has two levels of at least {FEWEST_EVENTS} events and as many samples "
            "without: whether the model does better in some patients cannot be told."
        )
    model = table["model"].iloc[0]
    if not may_claim:
        return (
            f"{model} is not shown to exceed chance, so its differences between levels are "
            "not interpreted."
        )
    told = [
        *(_auc_differs(row) for row in table[table["auc_differs"]].to_dict("records")),
        *(
            _ratio_differs(row)
            for row in table[table["observed_expected_differs"]].to_dict("records")
        ),
    ]
    corrected = f"corrected for all {counted(compared, 'comparison')} (Holm)"
    if not told:
        return (
            f"No difference between levels is shown, {corrected}; with so few events this "
            "does not show that the model does as well in all of them."
        )
    of_model = f"Levels in which {model} differs from the largest one of the column"
    return f"{of_model}, {corrected}: {'; '.join(told)}."


def _auc_differs(row: Mapping[Any, Any]) -> str:
    return (
        f"{row['column']} {row['level']} (AUC {row['auc']:.2f}, difference "
        f"{_interval(row, 'auc_difference', '+.2f')})"
    )


def _ratio_differs(row: Mapping[Any, Any]) -> str:
    return (
        f"{row['column']} {row['level']} (O/E {row['observed_expected']:.2f}, ratio "
        f"{_interval(row, 'ratio_of_ratios', '.2f')})"
    )


def _interval(row: Mapping[Any, Any], name: str, form: str) -> str:
    """A value with its interval, as far as they are known."""
    value, low, high = (row[column] for column in (name, f"{name}_low", f"{name}_high"))
    if np.isnan(value):
        return ""
    ends = f" ({low:{form}} to {high:{form}})" if np.isfinite([low, high]).all() else ""
    return f"{value:{form}}{ends}"


def plot_subgroups(table: pd.DataFrame) -> Chart:
    """Forest plot of one model's AUC by level; of a level with counts alone, these.

    Parameters
    ----------
    table : DataFrame
        One model's, as `compute_subgroups` gives it.
    """
    rows = [forest_heading("", "AUC (95%)")]
    for column, levels in table.groupby("column", sort=False):
        rows.append(forest_heading(str(column), counts=""))
        rows += [
            {
                "kind": ESTIMATE,
                "label": row["level"],
                **{end: row[of] for end, of in zip(_ENDS, _AUC, strict=True)},
                "counts": f"{row['n']:,} / {row['events']:,}",
                "numbers": _interval(row, "auc", ".2f") or _why_not(row["level"]),
            }
            for row in levels.to_dict("records")
        ]
    return plot_forest(pd.DataFrame(rows), "AUC", (0, 1), 0.5)


def _why_not(level: str) -> str:
    return "" if level == UNKNOWN_LEVEL else "too few"


_ENDS, _AUC = ("value", "ci_low", "ci_high"), ("auc", "auc_low", "auc_high")


def _show(table: pd.DataFrame) -> pd.DataFrame:
    """The table in words, a cell for each estimate and its interval."""
    rows = table.to_dict("records")
    return table.assign(
        auc=[_interval(row, "auc", ".2f") for row in rows],
        difference=[
            "largest" if row["is_reference"] else _interval(row, "auc_difference", "+.2f")
            for row in rows
        ],
        ratio=[_interval(row, "observed_expected", ".2f") for row in rows],
        ratio_of_ratios=[
            "largest" if row["is_reference"] else _interval(row, "ratio_of_ratios", ".2f")
            for row in rows
        ],
    )


def _write(contents: Contents) -> Blocks:
    yield Heading("Groups of patients", "subgroups")
    if "subgroups" not in contents.tables:
        yield Text(contents.notes["subgroups"])
        return
    yield Text(contents.notes["subgroup_differences"])
    yield Text(contents.notes["subgroup_columns"], muted=True)
    yield Figure(
        "subgroups",
        "Forest plot of the AUC by level of what was known at the start",
        _CAPTION.format(model=contents.headline),
    )
    yield contents.show("subgroups", _show(contents.tables["subgroups"]))


SECTION = Section(_write, _compute)
