"""How much better a committee orders patients in time than its best member."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.committees.members import (
    compute_member_correlations,
    join_members,
    name_members,
    tabulate_gain,
)
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.evaluation.survival.tables.evaluated import Evaluation


def compute_survival_committee_gain(
    evaluation: Evaluation, members: pd.DataFrame, committee: str
) -> pd.DataFrame:
    """Uno's C of a committee and of each of its members, and what it is above theirs.

    Differences are those of `compute_survival_differences`, on the same patients and draws.
    What is to be thought of the best member is told at `compute_committee_gain`.

    Parameters
    ----------
    evaluation : Evaluation
        That of a study of times, whose patients and draws are taken.
    members : DataFrame
        As `join_members` takes them.
    committee : str

    Returns
    -------
    DataFrame
        As of `compute_committee_gain`.

    Raises
    ------
    AbsentError
        If Uno's C of no member can be estimated.
    """
    rows = join_members(evaluation.predictions, members, committee)
    names = name_members(rows, committee)
    with_members = replace(evaluation, predictions=rows, refitted=[committee, *names])
    values = compute_survival_discrimination(with_members, [UNO])
    if values["value"].isna().all():
        raise AbsentError(str(values["absent"].iloc[0]))
    keys = [name for name in (LEFT_OUT, "model") if name in values]
    columns = ["measure", "value", "ci_low", "ci_high", "n", "events", "n_splits"]
    differences = compute_survival_differences(with_members, committee, names, measures=[UNO])
    ends = {"baseline": "model", "ci_low": "difference_low", "ci_high": "difference_high"}
    renamed = differences.drop(columns="model").rename(columns=ends)
    kept = [*keys, "difference", "difference_low", "difference_high", "interval"]
    correlations = compute_member_correlations(rows, committee)
    return tabulate_gain(values[[*keys, *columns]], renamed[kept], correlations, committee)
