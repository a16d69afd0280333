"""What may be said of groups of patients: words by rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.words import counted, listed, words_of_name
from deepcme.evaluation.groups.between_levels import OBSERVED_EXPECTED, with_ends
from deepcme.evaluation.groups.levels import Levels
from deepcme.evaluation.groups.subgroups import FEWEST_EVENTS
from deepcme.evaluation.nulls import LEVEL
from deepcme.report.layouts.numbers import as_percent

_ASKED_OF_FAIRNESS = {
    "age", "sex", "gender", "race", "ethnicity", "ethnic", "ancestry", "centre", "center",
    "site", "hospital", "institution", "cohort",
}  # fmt: skip


def describe_columns(levels: Levels, named: Collection[str], planned: Collection[str]) -> str:
    """By which columns patients are looked at, and whether that was planned.

    Parameters
    ----------
    levels : Levels
    named : collection of str
        Columns that the study file names; without any they were found.
    planned : collection of str
        Those that it named before there were results.
    """
    is_cut = any("(at " in column for column in levels.described)
    cut = (
        " Numbers of more values are cut in two at what the brackets say, which no outcome "
        "chose."
        if is_cut
        else ""
    )
    how = (
        "the columns that the study file names"
        if named
        else "columns of the cohort's samples that divide them in two to six levels, found by "
        "their names and values alone"
    )
    not_by = f" Not by {listed(levels.left_out)}." if levels.left_out else ""
    looked_at = f"Patients are looked at by {listed(levels.described)}: {how}.{cut}{not_by}"
    return f"{looked_at} {_describe_plan(list(levels.of_sample.columns), planned)}"


def _describe_plan(columns: Sequence[str], planned: Collection[str]) -> str:
    before = [column for column in columns if column in planned]
    later = [column for column in columns if column not in planned]
    if not later:
        return (
            "They were named before anything was fitted; the groups hold few events each all "
            "the same."
        )
    first = (
        f"Before anything was fitted {listed(before)} {'was' if len(before) == 1 else 'were'} "
        f"named, {listed(later)} {'was' if len(later) == 1 else 'were'} not. "
        if before
        else ""
    )
    these = listed(later) if before else "These groups"
    return (
        f"{first}{these} {'was' if before and len(later) == 1 else 'were'} not planned and the "
        "levels hold few events each: what differs here is exploratory, a question for other "
        "patients and not a finding."
    )


def describe_interactions(
    interactions: pd.DataFrame,
    levels: pd.DataFrame,
    headings: Mapping[str, str],
    planned: Collection[str],
    *,
    may_claim: bool,
) -> str:
    """Which columns are shown to change how well a model does, in a sentence or two.

    Parameters
    ----------
    interactions, levels : DataFrame
        One model's, as `compute_interactions` and `compute_subgroups` give them.
    headings : mapping
        Of each measure, its name for readers.
    planned : collection of str
        Columns that were named before there were results.
    may_claim : bool
        Whether the model is shown to exceed chance.
    """
    if interactions.empty:
        return (
            f"No column has two levels of at least {FEWEST_EVENTS} events and as many "
            "without: whether the model does better in some patients cannot be told."
        )
    model = levels["model"].iloc[0]
    if not may_claim:
        return (
            f"{model} is not shown to exceed chance, so how it differs between levels is not "
            "interpreted."
        )
    tests = f"{counted(len(interactions), 'interaction test')} (Holm)"
    told = [
        _describe_test(row, levels[levels["column"] == row["column"]], headings, planned)
        for row in interactions[interactions["p_holm"] <= LEVEL].to_dict("records")
    ]
    if told:
        return f"{model} differs between levels, corrected for {tests}: {'; '.join(told)}."
    least = interactions.sort_values("p_value").to_dict("records")[0]
    return (
        f"No difference between levels is shown, corrected for {tests}; the smallest p before "
        f"correction is {least['p_value']:.2g}, of {headings[least['measure']]} by "
        f"{least['column']}. With so few events this does not show that the model does as well "
        "in all of them."
    )


def _describe_test(
    row: Mapping[Any, Any],
    levels: pd.DataFrame,
    headings: Mapping[str, str],
    planned: Collection[str],
) -> str:
    measure = row["measure"]
    known = levels.dropna(subset=[f"{measure}_error"]).to_dict("records")
    of_levels = [f"{level['level']} {show(level, measure, '.2f')}" for level in known]
    plan = "planned" if row["column"] in planned else "exploratory"
    return (
        f"{headings[measure]} by {row['column']} (p {row['p_value']:.2g}, corrected "
        f"{row['p_holm']:.2g}; {plan}), {listed(of_levels)}"
    )


def describe_fairness(levels: pd.DataFrame, headings: Mapping[str, str]) -> str:
    """What the table says of the groups that fairness is usually asked of.

    Parameters
    ----------
    levels : DataFrame
        One model's, as `compute_subgroups` gives it.
    headings : mapping
        Of each measure, its name for readers; the first is that of ranks.
    """
    columns = [
        column
        for column in levels["column"].drop_duplicates()
        if _ASKED_OF_FAIRNESS & {*words_of_name(column)}
    ]
    if not columns:
        return (
            "Of what fairness is usually asked of (age, sex, race or ethnicity, centre) no "
            "column is looked at: whether the model is fair to such groups is not known."
        )
    rank = next(iter(headings))
    asked = levels[levels["column"].isin(columns)]
    rows = asked.dropna(subset=[f"{rank}_error"]).to_dict("records")
    start = f"For fairness the table is read by {listed(columns)}"
    if not rows:
        return f"{start}: no level has events enough to say anything."
    lowest = min(rows, key=lambda row: row[rank])
    said = [f"the lowest {headings[rank]} is {_place(lowest, rank)}"]
    if ratios := [row for row in rows if np.isfinite(row[OBSERVED_EXPECTED])]:
        farthest = max(ratios, key=lambda row: abs(np.log(row[OBSERVED_EXPECTED])))
        more = "more" if farthest[OBSERVED_EXPECTED] > 1 else "fewer"
        said.append(
            f"the O/E furthest from 1 is {_place(farthest, OBSERVED_EXPECTED)}, where "
            f"{more} had the event than the risks say"
        )
    few = _name_levels(asked[asked["absent"] != ""].to_dict("records"))
    unsaid = (
        f" Nothing can be said of {few}, with too few events or too short a follow-up."
        if few
        else ""
    )
    return (
        f"{start}: {'; '.join([*said, *_describe_harm(rows)])}.{unsaid} Groups that no column "
        "names are not judged."
    )


def _describe_harm(rows: Sequence[Mapping[Any, Any]]) -> list[str]:
    """Where acting on the risks did less good than treating all, or none; with intervals."""
    decided = [row for row in rows if np.isfinite(row["gain"])]
    if not decided:
        return []
    at = f"acting at a risk of {as_percent(decided[0]['threshold'])} did"
    harmed = [row for row in decided if row["gain"] < 0]
    if not harmed:
        return [f"{at} no less good than the better of treating all and none in any"]
    where = [f"{_name_levels([row])} by {show(row, 'gain', '+.3f')}" for row in harmed]
    return [f"{at} less good than the better of treating all and none in {listed(where)}"]


def _name_levels(rows: Sequence[Mapping[Any, Any]]) -> str:
    return listed([f"{row['column']} {row['level']}" for row in rows])


def _place(row: Mapping[Any, Any], measure: str) -> str:
    return f"{show(row, measure, '.2f')} in {row['column']} {row['level']}"


def describe_methods(
    table: pd.DataFrame, interactions: pd.DataFrame, rank: str, planned: Collection[str]
) -> str:
    """How groups of patients were looked at, for a methods section.

    Parameters
    ----------
    table, interactions : DataFrame
        As `compute_subgroups` and `compute_interactions` give them.
    rank : str
        The measure of ranks in words.
    planned : collection of str
        Columns that were named before there were results.
    """
    columns = table["column"].drop_duplicates().tolist()
    at = table["threshold"].dropna()
    benefit = (
        f", net benefit at a risk of {as_percent(at.iloc[0])} (the threshold nearest to the "
        "risk of all)"
        if len(at)
        else ""
    )
    tested = (
        " Whether levels differ is tested once for each column and measure by Welch's test "
        f"(1951) of the logits of {rank}, and logarithms of O/E, by standard errors of the "
        "draws, which is Cochran's Q where these are known (interaction); p after Holm for all "
        "tests of a model. Without a difference it rejected in 2 to 4 of 100 simulated studies."
        if len(interactions)
        else ""
    )
    named = [column for column in columns if column in planned]
    plan = (
        f" Named before anything was fitted: {listed(named)}."
        if named
        else " None was planned."
    )
    return (
        f"{rank} of pairs of the same level and test part, O/E of recalibrated risks{benefit}, "
        f"by {listed(columns)}; levels of fewer than {FEWEST_EVENTS} events, or patients "
        f"without, are counted alone. Differences to the largest level by square and add (Zou "
        f"and Donner 2008).{tested}{plan}"
    )


def show(row: Mapping[Any, Any], name: str, form: str) -> str:
    """A value with its interval, as far as they are known."""
    value, low, high = (row[column] for column in with_ends(name))
    if np.isnan(value):
        return ""
    ends = f" ({low:{form}} to {high:{form}})" if np.isfinite([low, high]).all() else ""
    return f"{value:{form}}{ends}"
